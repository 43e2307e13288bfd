"""The worker's main loop: load one adapter class, answer questions until the pipe closes.

Runs under any Python from 3.10 that has NumPy and the framework.  Whatever the adapter does - raise, exit, return
nonsense - becomes the answer to that question; what it prints goes to standard error, never into the protocol.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import platform
import signal
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from typing import Any, BinaryIO, TypeVar

from autograd_conformance.adapter import Adapter, Program, Unsupported
from autograd_conformance.graph import Graph
from autograd_conformance.word import PER_EXAMPLE
from autograd_conformance.worker.derived import batch_of, measure_derived
from autograd_conformance.worker.measure import (
    NoAnswer,
    clean,
    described,
    measure_all,
    measure_arranged,
    measure_product,
    measure_products,
    natives,
)
from autograd_conformance.worker.protocol import ProtocolError, encode_frame, read_message
from autograd_conformance.worker.questions import (
    Answered,
    Derivation,
    Failed,
    Measured,
    Question,
    Refused,
    answer_to_plain,
    question_from_plain,
)
from autograd_conformance.worker.stories import Told, telling_from_plain, told_to_plain
from autograd_conformance.worker.tell import contract_of, tell
from autograd_conformance.worker.watch import end_process_group, limit_data, resident_bytes, start_watching
from autograd_conformance.wrapping import Wrapper, Wrapping

MOST_PROGRAMS = 128
COLLECTIONS = (50_000, 20, 20)
"""Objects and collections between two collections: tracing makes many objects, few of them garbage."""
_T = TypeVar("_T")


class CannotLoad(Exception):
    """The adapter cannot be used; ``kind`` is missing, broken or mode."""

    def __init__(self, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.plain = {"error": kind, "message": clean(message), **details}


class Server:
    """One adapter class, an instance per mode, and the programs last used."""

    def __init__(self, adapter_class: type[Adapter]) -> None:
        self._class = adapter_class
        self._adapters: dict[str, Adapter] = {}
        self._programs: OrderedDict[tuple[str, str, str, Wrapping | None], Program] = OrderedDict()

    def adapter(self, mode: str) -> Adapter:
        """Raises CannotLoad."""
        if mode not in self._class.modes:
            raise CannotLoad("mode", f"{self._class.framework} has no mode {mode}", modes=list(self._class.modes))
        if mode not in self._adapters:
            try:
                self._adapters[mode] = self._class(mode)
            except ModuleNotFoundError as failure:
                raise CannotLoad("missing", str(failure), module=failure.name or "") from None
            except Exception:  # foreign code; what happened is sent
                message = f"{self._class.__name__}({mode!r}) cannot be made:\n{traceback.format_exc()}"
                raise CannotLoad("broken", message) from None
        return self._adapters[mode]

    def describe(self, mode: str | None, vocabulary: list[str]) -> dict[str, Any]:
        """Raises CannotLoad."""
        adapter = self.adapter(next(iter(self._class.modes)) if mode is None else mode)
        try:
            return {
                "framework": adapter.framework,
                "mode": adapter.mode,
                "modes": dict(adapter.modes),
                "compiled_modes": sorted(adapter.compiled_modes),
                "costly_modes": sorted(adapter.costly_modes),
                "slow_modes": sorted(adapter.slow_modes),
                "versions": installed_versions(adapter.distributions),
                "numerics": {str(name): str(value) for name, value in adapter.numerics().items()},
                "python": platform.python_version(),
                "lacks": {str(name): str(reason) for name, reason in adapter.lacks().items()},
                "rarely": {str(word): int(count) for word, count in adapter.rarely().items()},
                "lowers": [op for op in vocabulary if adapter.lowers(op)],
                "composes": [op for op in vocabulary if adapter.lowers(op) and adapter.composes(op)],
                "absences": {str(op): str(reason) for op, reason in adapter.absences().items()},
                "has_tape": adapter.tape() is not None,
                "contract": contract_of(adapter),
            }
        except Exception:  # foreign code; what happened is sent
            message = f"{self._class.__name__} cannot describe itself:\n{traceback.format_exc()}"
            raise CannotLoad("broken", message) from None

    def answer(self, plain: object) -> Answered | Refused | Failed:
        """Never raises, short of the end of the process."""
        program: list[Program] = []
        try:
            question = question_from_plain(plain)
            return self._answer(question, program)
        except Unsupported as reason:
            return Refused(clean(reason))
        except NoAnswer as failure:
            return Failed("NoAnswer", clean(failure), "", program[0].source if program else "")
        except CannotLoad as failure:
            return Failed("CannotLoad", clean(failure))
        except BaseException as failure:  # MemoryError, SystemExit and KeyboardInterrupt are answers too
            source = clean(program[0].source) if program else ""
            return Failed(type(failure).__name__, clean(failure), clean(traceback.format_exc()), source)

    def tell(self, plain: object) -> Told | Refused | Failed:
        """Never raises, short of the end of the process."""
        try:
            telling = telling_from_plain(plain)
            return tell(self.adapter(telling.mode), telling)
        except Unsupported as reason:
            return Refused(clean(reason))
        except CannotLoad as failure:
            return Failed("CannotLoad", clean(failure))
        except BaseException as failure:  # MemoryError, SystemExit and KeyboardInterrupt are answers too
            return Failed(type(failure).__name__, clean(failure), clean(traceback.format_exc()))

    def _answer(self, question: Question, made: list[Program]) -> Answered | Refused:
        adapter = self.adapter(question.mode)
        lacks = adapter.lacks()
        for capability in ("forward", question.dtype, *(("vjp",) if question.cotangents else ())):
            if capability in lacks:
                return Refused(clean(lacks[capability]))
        wrapping = question.wrapping
        wrapper = None
        if wrapping is not None:
            wrapping, wrapper = wrapper_of(adapter, wrapping)
        program = self._program(adapter, question.graph, question.dtype, wrapping)
        made.append(program)
        if question.only_script:
            return Answered((), (), None, (), program.source, script_of(adapter, program, question))
        leaves = natives(adapter, question.point, question.dtype)
        seeds = [natives(adapter, one, question.dtype) for one in question.cotangents]
        forward: tuple[Measured, ...] = ()
        if question.wants_forward:
            forward = measure_all(adapter, adapter.forward(program, leaves), "forward", len(question.graph.outputs))
        # The first cotangent is pulled back with the others, and in a call of its own when it is repeated.
        products = measure_products(adapter, program, leaves, seeds)
        repeat = question.twice and seeds
        second = measure_product(adapter, program, leaves, seeds[0]) if repeat else None
        arranged = {
            layout: measure_arranged(adapter, program, leaves, seeds, layout)
            for layout in question.layouts
            if repeat and layout in adapter.layouts
        }
        lacks = wrapper.lacks if wrapper is not None else {}
        derived = measure_derived(adapter, program, question, leaves, seeds[0], lacks) if question.derivations else {}
        after = measure_all(adapter, leaves, "native", len(leaves))
        return Answered(forward, tuple(products), second, after, program.source, "", arranged, derived)

    def _program(self, adapter: Adapter, graph: Graph, dtype: str, wrapping: Wrapping | None) -> Program:
        key = adapter.mode, graph.key, dtype, wrapping
        if key not in self._programs:
            if wrapping is None:
                program = adapter.translate(graph, dtype)
            else:
                program = adapter.translate_wrapped(graph, dtype, wrapping)
            if not isinstance(program, Program):
                raise NoAnswer(f"translate returned {described(program)}, not a Program")
            self._programs[key] = program
            if len(self._programs) > MOST_PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return self._programs[key]


def wrapper_of(adapter: Adapter, wrapping: Wrapping) -> tuple[Wrapping, Wrapper]:
    """The adapter's form of it, by its number and itself.  Raises Unsupported."""
    forms = adapter.wrappers().get(wrapping.kind, ())
    if not forms:
        raise Unsupported(f"{adapter.framework} has no such wrapper here: {wrapping.kind}")
    form = wrapping.form % len(forms)
    return replace(wrapping, form=form), forms[form]


def script_of(adapter: Adapter, program: Program, question: Question) -> str:
    """The adapter's script, or a comment saying why there is none: a missing script costs no answer.

    Where derivations were asked for it shows the first of them.
    """
    if not question.cotangents:
        return "# no script: the question has no cotangent"
    about = ""
    try:
        for asked in question.derivations[:1]:
            try:
                return _derivative_script(adapter, program, question, asked)
            except Unsupported as reason:
                about = clean(f"# This shows the vector-Jacobian product; {asked.word} it does not: {reason}\n")
        return about + adapter.script(program, question.point, question.cotangents[0])
    except Exception as failure:  # foreign code; what happened is sent
        return clean(f"# no script: {type(failure).__name__}: {failure}").replace("\n", "\n# ")


def _derivative_script(adapter: Adapter, program: Program, question: Question, asked: Derivation) -> str:
    point, cotangents, tangents = question.point, question.cotangents[0], asked.tangents
    if asked.word == PER_EXAMPLE:
        point, cotangents = batch_of(question, asked)
        tangents = ()
    return adapter.derivative_script(program, point, cotangents, asked.word, tangents)


def installed_versions(distributions: tuple[str, ...]) -> dict[str, str]:
    versions = {}
    for name in distributions:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def load(target: str) -> type[Adapter]:
    """Import ``pkg.mod:Class``.  Raises CannotLoad."""
    module_name, _, class_name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as failure:
        own = failure.name is not None and f"{module_name}.".startswith(f"{failure.name}.")
        kind = "broken" if own else "missing"
        raise CannotLoad(kind, f"no module named {failure.name}", module=failure.name or "") from None
    except SyntaxError as failure:
        message = f"{module_name} is not readable by Python {platform.python_version()}: {failure}"
        raise CannotLoad("broken", message) from None
    except BaseException:  # foreign code; what happened is sent
        message = f"importing {module_name} failed:\n{traceback.format_exc()}"
        raise CannotLoad("broken", message) from None
    found = getattr(module, class_name, None)
    if not isinstance(found, type) or not issubclass(found, Adapter):
        what = f"has no {class_name}" if found is None else f"has a {class_name} that is no Adapter class"
        raise CannotLoad("broken", f"{module_name} {what}")
    return found


def serve(target: str, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer every message until the parent closes the pipe."""
    home = os.getpid()

    def send(message: dict[str, Any]) -> None:
        if os.getpid() != home:
            os._exit(0)  # a copy forked by the adapter must not answer too
        answers.write(encode_frame(message))
        answers.flush()

    server = _or_error(send, lambda: Server(load(target)))
    if server is None:
        return
    gc.freeze()  # a framework's modules are walked by every full collection, and never freed
    gc.set_threshold(*COLLECTIONS)
    send({"ready": platform.python_version()})
    while (message := read_message(questions)) is not None:
        if "describe" in message:
            wanted, vocabulary = message["describe"], message["vocabulary"]
            described_now = _or_error(send, lambda: server.describe(wanted, vocabulary))  # noqa: B023 - called at once
            if described_now is not None:
                send({"description": described_now})
            continue
        answer = server.tell(message["telling"]) if "telling" in message else server.answer(message.get("question"))
        try:
            plain = told_to_plain(answer) if isinstance(answer, Told) else answer_to_plain(answer)
            send({"answer": plain, "resident": resident_bytes()})
        except ProtocolError as failure:
            send({"answer": answer_to_plain(Failed("ProtocolError", f"the answer was {failure}")), "resident": 0})


def _or_error(send: Callable[[dict[str, Any]], None], action: Callable[[], _T]) -> _T | None:
    try:
        return action()
    except CannotLoad as failure:
        send(failure.plain)
        return None


def main(settings: dict[str, Any]) -> None:
    """Move the protocol to private descriptors, guard the process, serve, and leave without clean-up."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    faulthandler.enable()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit = settings["memory_limit_bytes"]
    if limit is not None:
        limit_data(limit)
    start_watching(limit)
    try:
        serve(settings["target"], questions, answers)
    except BrokenPipeError:
        pass
    except BaseException:  # the last word goes to standard error
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    end_process_group()

"""One worker process for one adapter class, kept alive through whatever the adapter does to it.

A question that kills or silences the process costs exactly that question: the process is started again and the rest of
the batch asked.  Nothing here imports a framework.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import autograd_conformance
from autograd_conformance.worker.channel import Channel, ChannelEnded, ChannelSilent
from autograd_conformance.worker.description import (
    AdapterUnusable,
    BrokenAdapter,
    Description,
    FrameworkMissing,
    UnknownMode,
    WorkerFailed,
)
from autograd_conformance.worker.protocol import ProtocolError, encode_frame
from autograd_conformance.worker.questions import (
    Answer,
    Answered,
    Crashed,
    Failed,
    Measured,
    Product,
    Question,
    Refused,
    TimedOut,
    answer_from_plain,
    question_to_plain,
)
from autograd_conformance.worker.stories import Telling, Told, telling_to_plain, told_from_plain

__all__ = [
    "AdapterUnusable",
    "Answer",
    "Answered",
    "BrokenAdapter",
    "Crashed",
    "Description",
    "Failed",
    "FrameworkMissing",
    "Measured",
    "Product",
    "Question",
    "Refused",
    "Telling",
    "TimedOut",
    "Told",
    "UnknownMode",
    "Worker",
    "WorkerFailed",
]

GIB = 1 << 30
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""The order of summation must not depend on how busy the machine is."""

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Worker:
    """A process serving every mode of the adapter class ``target`` (``pkg.mod:Class``); started when first needed.

    ``python`` is the interpreter to run under, this one if None; it needs NumPy and the framework, not this package.
    ``timeout`` is in seconds from one answer to the next, ``start_timeout`` covers importing the framework.  Beyond
    ``memory_limit_bytes`` (resident) the process ends itself; beyond ``recycle_above_bytes`` it is replaced between
    batches.  One thread at a time.
    """

    def __init__(
        self,
        target: str,
        python: str | None = None,
        timeout: float = 60.0,
        start_timeout: float = 180.0,
        memory_limit_bytes: int | None = 6 * GIB,
        recycle_above_bytes: int | None = 2 * GIB,
    ) -> None:
        self.target = target
        self.python = python or sys.executable
        self.timeout = timeout
        self.start_timeout = start_timeout
        self.memory_limit_bytes = memory_limit_bytes
        self.recycle_above_bytes = recycle_above_bytes
        self.starts = 0
        """Processes started so far; one more than the number of restarts."""
        self._channel: Channel | None = None
        self._resident = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process now running, if one is."""
        return None if self._channel is None else self._channel.pid

    @property
    def is_this_python(self) -> bool:
        """Whether the worker runs under the parent's interpreter; links are not followed, they mean environments."""
        return Path(self.python).absolute() == Path(sys.executable).absolute()

    def close(self) -> None:
        """End the process.  The worker may be used again; it then starts a new one."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.end()

    def start(self) -> None:
        """Start the process and import the adapter, unless that is done.  Raises AdapterUnusable."""
        if self._channel is not None:
            return
        self.starts += 1
        try:
            self._channel = Channel(self._command(), worker_environment())
        except OSError as failure:
            raise WorkerFailed(f"cannot start {self.python}: {failure.strerror}") from None
        reply = self._receive_or_fail("was ready")
        if "ready" not in reply:
            self.close()
            raise self._error(reply)

    def describe(self, mode: str | None = None, vocabulary: Iterable[str] = ()) -> Description:
        """Ask the adapter about itself; ``mode`` None is its first.  Raises AdapterUnusable."""
        self.start()
        frame = encode_frame({"describe": mode, "vocabulary": list(vocabulary)})
        reply = self._receive_or_fail("had described itself", frame)
        if "description" not in reply:
            raise self._error(reply)
        try:
            plain: dict[str, Any] = dict(reply["description"])
            names = ("compiled_modes", "costly_modes", "slow_modes", "lowers", "composes")
            plain.update({name: tuple(plain[name]) for name in names})
            return Description(**plain)
        except (TypeError, ValueError, KeyError) as failure:
            raise WorkerFailed(f"{self.target} sent no description: {failure}") from None

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order, all sent without waiting.

        Whatever stops the process becomes the answer to the first question not yet answered.  Raises AdapterUnusable
        only when no process could be started to begin with.
        """
        return self._converse(questions, lambda one: {"question": question_to_plain(one)}, answer_from_plain)

    def tell(self, tellings: Sequence[Telling]) -> list[Told | Refused | Failed | Crashed | TimedOut]:
        """What was observed in each story, in order, with the guarantees of `ask`."""
        return self._converse(tellings, lambda one: {"telling": telling_to_plain(one)}, _told_from_plain)

    def _converse(
        self, asked: Sequence[_Asked], message: Callable[[_Asked], dict[str, Any]], parse: Callable[[Any], _Answer]
    ) -> list[_Answer | Crashed | TimedOut]:
        answers: list[_Answer | Crashed | TimedOut] = []
        try:
            while len(answers) < len(asked):
                try:
                    self.start()
                except AdapterUnusable as failure:
                    if not answers:
                        raise
                    lost = Crashed(f"the worker could not be started again: {failure}")
                    return answers + [lost] * (len(asked) - len(answers))
                self._converse_until_stopped(asked, message, parse, answers)
        except BaseException:
            self.close()  # answers may be under way that nobody will read
            raise
        if self.recycle_above_bytes is not None and self._resident > self.recycle_above_bytes:
            self.close()
        return answers

    def _converse_until_stopped(
        self,
        asked: Sequence[_Asked],
        message: Callable[[_Asked], dict[str, Any]],
        parse: Callable[[Any], _Answer],
        answers: list[_Answer | Crashed | TimedOut],
    ) -> None:
        channel = self._channel
        assert channel is not None, "started by the caller"
        remaining = iter(asked[len(answers) :])

        def more() -> bytes:
            following = next(remaining, None)
            return b"" if following is None else encode_frame(message(following))

        while len(answers) < len(asked):
            try:
                reply = channel.receive(self.timeout, more)
                answers.append(parse(reply.get("answer")))
                self._resident = int(reply["resident"])
                continue
            except ChannelSilent:
                answers.append(TimedOut(self.timeout, channel.ask_where()))
            except ChannelEnded:
                answers.append(Crashed(self._post_mortem(channel)))
            except (ProtocolError, KeyError, TypeError, ValueError) as failure:
                answers.append(Crashed(f"broke the protocol: {failure}"))
            self.close()
            return

    def _receive_or_fail(self, what: str, frame: bytes = b"") -> dict[str, Any]:
        """One message outside a batch.  Raises WorkerFailed, and ends the process then."""
        channel = self._channel
        assert channel is not None, "started by the caller"
        frames = iter([frame])
        try:
            return channel.receive(self.start_timeout, lambda: next(frames, b""))
        except ChannelSilent:
            reason = f"nothing came within {self.start_timeout:g} s; it was at\n{channel.ask_where()}"
        except ChannelEnded:
            reason = self._post_mortem(channel)
        except ProtocolError as failure:
            reason = f"{failure}; is it a Python interpreter?"
        except BaseException:
            self.close()
            raise
        self.close()
        raise WorkerFailed(f"the worker for {self.target} under {self.python} stopped before it {what}: {reason}")

    def _post_mortem(self, channel: Channel) -> str:
        how: str = channel.post_mortem()
        if how.startswith("out of memory") and self.memory_limit_bytes is not None:
            return how.replace("out of memory", f"out of memory: over {self.memory_limit_bytes / GIB:.3g} GiB", 1)
        return how

    def _command(self) -> list[str]:
        settings = {
            "target": self.target,
            "folders": {
                "autograd_conformance": list(autograd_conformance.__path__),
                "autograd_conformance.adapters": adapters_folders(),
            },
            "version": autograd_conformance.__version__,
            "path": [entry or str(Path.cwd()) for entry in sys.path] if self.is_this_python else [],
            "last": [str(Path.cwd())],
            "memory_limit_bytes": self.memory_limit_bytes,
        }
        bootstrap = Path(__file__).with_name("bootstrap.py").read_text(encoding="utf-8")
        return [self.python, "-c", bootstrap, json.dumps(settings)]

    def _error(self, reply: dict[str, Any]) -> AdapterUnusable:
        message, kind = str(reply.get("message")), reply.get("error")
        if kind == "missing":
            return FrameworkMissing(self._missing(str(reply.get("module"))))
        if kind == "mode":
            modes = [str(mode) for mode in reply.get("modes", ())]
            wanted = message.rpartition(" ")[2]
            near = difflib.get_close_matches(wanted, modes)
            guess = f"; did you mean {' or '.join(near)}?" if near else ";"
            return UnknownMode(f"{message}{guess} its modes: {', '.join(modes)}")
        if kind == "broken":
            return BrokenAdapter(f"{self.target}: {message}")
        if kind == "python":
            return WorkerFailed(message)
        return WorkerFailed(f"{self.target}: not a reply: {repr(reply)[:100]}")

    def _missing(self, module: str) -> str:
        what = f"{self.target} needs the module {module}, which is not installed for {self.python}"
        package, _, framework = self.target.partition(":")[0].rpartition(".")
        if package != "autograd_conformance.adapters":
            return what
        if self.is_this_python:
            return f'{what}; pip install "autograd-conformance[{framework}]"'
        return f'{what}; install it there (pip install "autograd-conformance[{framework}]" or only the framework)'


def _told_from_plain(plain: Any) -> Told | Refused | Failed:
    """Raises ProtocolError."""
    if isinstance(plain, dict) and plain.get("kind") == "told":
        return told_from_plain(plain)
    answer = answer_from_plain(plain)
    if isinstance(answer, (Refused, Failed)):
        return answer
    raise ProtocolError(f"an answer to another question: {type(answer).__name__}")


def adapters_folders() -> list[str]:
    """Where the adapters lie, found without importing their package: no arrow leads from here to an adapter."""
    spec = find_spec("autograd_conformance.adapters")
    return list(spec.submodule_search_locations or ()) if spec is not None else []


def worker_environment() -> dict[str, str]:
    """This process's environment with one thread, fixed hashing and quieter TensorFlow."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0"}
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    flags = environment.get("XLA_FLAGS", "")
    if "xla_cpu_multi_thread_eigen" not in flags:
        environment["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    return environment

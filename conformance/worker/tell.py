"""Inside a worker: find a scenario's program, run it, and hand back what it observed."""

from __future__ import annotations

import importlib
import inspect
import linecache
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd_conformance import observer
from autograd_conformance.adapter import Adapter, Unsupported
from autograd_conformance.worker.stories import Telling, Told

MODULES = {
    "A": "leaves", "B": "retention", "C": "life", "D": "accumulation", "E": "products", "F": "higher_order",
    "G": "cutting", "H": "control_flow", "I": "training", "J": "engine",
}  # fmt: skip
"""The module of a framework's scenario package that holds the programs of a letter."""


def tell(adapter: Adapter, telling: Telling) -> Told:
    """Run a scenario's program.  Raises Unsupported where there is none, and whatever the program raises."""
    program = own_program(adapter, telling.scenario)
    if program is not None:
        observe = observer.Observer()
        program(observe)
        text = inspect.getsource(program)
        return Told(observe.seen, text, script_of(_imports_of(program), text + f"\n\n{program.__name__}(observe)\n"))
    tape = adapter.tape()
    if telling.steps is None or tape is None:
        raise Unsupported(f"{adapter.framework} has no program for scenario {telling.scenario}")
    text = tape.write(telling.steps)
    return Told(run_story(text, tape.imports), text, script_of(tape.imports, text))


def run_story(text: str, imports: str) -> dict[str, Any]:
    """Run a tape's source."""
    observe = observer.Observer()
    source = f"{imports}\n\n{text}"
    filename = "<conformance story>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), {"__name__": "conformance_story", "observe": observe})  # noqa: S102 - a tape's own statements
    return observe.seen


def own_program(adapter: Adapter, scenario: str) -> Callable[[observer.Observer], None] | None:
    """The function of the framework's scenario package whose name starts with the scenario's, ``a1_...`` for A1."""
    package = adapter.scenarios.get(adapter.mode)
    if package is None or not scenario:
        return None
    try:
        module: ModuleType = importlib.import_module(f"{package}.{MODULES[scenario[0]]}")
    except ModuleNotFoundError as failure:
        if failure.name is not None and failure.name.startswith(package):
            return None
        raise
    prefix = f"{scenario.lower()}_"
    found = [value for name, value in vars(module).items() if name.startswith(prefix) and inspect.isfunction(value)]
    return found[0] if found else None


def contract_of(adapter: Adapter) -> str:
    """The text of the framework's contract for the adapter's mode; empty where it has none."""
    package = adapter.scenarios.get(adapter.mode)
    if package is None:
        return ""
    folder = Path(next(iter(importlib.import_module(package).__path__)))
    return (folder / "contract.toml").read_text(encoding="utf-8")


def script_of(imports: str, text: str) -> str:
    """A program that needs only the framework and prints every observation."""
    lines = inspect.getsource(observer).split('"""', 2)[2].replace("from __future__ import annotations\n", "")
    head = f"from __future__ import annotations\n\n{imports.strip()}\n\n{lines.strip()}"
    return f"{head}\n\n\nobserve = Observer(print)\n\n{text}"


def _imports_of(program: Callable[..., object]) -> str:
    """The import lines at the head of the module a program stands in, but for the suite's own."""
    lines = inspect.getsource(inspect.getmodule(program) or program).splitlines()
    head = [line for line in lines if line.startswith(("import ", "from "))]
    return "\n".join(line for line in head if "autograd_conformance.observer" not in line and "__future__" not in line)

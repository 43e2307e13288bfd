"""What a parent asks about scenarios and stories, what may come back, and how both look on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd_conformance.tape import Step, step_from_plain
from autograd_conformance.worker.protocol import ProtocolError


@dataclass(frozen=True)
class Telling:
    """Tell a scenario: by the framework's own program for it, else by its tape from the ``steps``.

    ``scenario`` is empty for a story that is none of the suite's scenarios.
    """

    mode: str
    scenario: str = ""
    steps: tuple[Step, ...] | None = None


@dataclass(frozen=True, eq=False)
class Told:
    """The program ran to its end.  ``observed`` is plain data by observation name."""

    observed: dict[str, Any]
    program: str
    """What is particular to the scenario."""
    script: str
    """The same with everything that is needed to run it."""


def telling_to_plain(telling: Telling) -> dict[str, Any]:
    steps = None if telling.steps is None else [step.to_plain() for step in telling.steps]
    return {"mode": telling.mode, "scenario": telling.scenario, "steps": steps}


def telling_from_plain(plain: Any) -> Telling:
    """Raises ProtocolError."""
    try:
        steps = None if plain["steps"] is None else tuple(step_from_plain(step) for step in plain["steps"])
        return Telling(str(plain["mode"]), str(plain["scenario"]), steps)
    except (TypeError, KeyError, ValueError) as failure:
        raise ProtocolError(f"not a telling: {failure}") from None


def told_to_plain(told: Told) -> dict[str, Any]:
    return {"kind": "told", "observed": told.observed, "program": told.program, "script": told.script}


def told_from_plain(plain: dict[str, Any]) -> Told:
    """Raises ProtocolError."""
    observed, program, script = plain.get("observed"), plain.get("program"), plain.get("script")
    if not isinstance(observed, dict) or not isinstance(program, str) or not isinstance(script, str):
        raise ProtocolError(f"not what was told: {repr(plain)[:60]}")
    return Told(observed, program, script)

"""What is planned for one adapter that has every op."""

from __future__ import annotations

from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter, PlannedCase, Singles, budget, planned_cases
from autograd_conformance.settings import Settings


class Described:
    """As much of its description as planning asks for."""

    lowers = tuple(VOCABULARY)
    slow_modes = compiled_modes = ()
    mode = ""


def planned(stratum: str, settings: Settings, is_compiled: bool = False) -> list[PlannedCase]:
    """The cases of one stratum."""
    few = {stratum: budget(settings, is_compiled, 0)[stratum]}
    adapter = PlannedAdapter(None, Described(), few)  # type: ignore[arg-type]
    return [one for one in planned_cases(settings, [adapter], [], Singles(settings)) if one.stratum == stratum]

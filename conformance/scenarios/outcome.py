"""From what was observed and what is documented to a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from autograd_conformance.records import VerdictName
from autograd_conformance.scenarios.contract import Documented
from autograd_conformance.scenarios.scenario import Curve, Scenario
from autograd_conformance.verdict import DISAGREE_BEYOND, Verdict


@dataclass(frozen=True)
class Row:
    """One observation beside its documentation."""

    name: str
    observed: Any
    documented: Any
    verdict: VerdictName
    """agree, disagree, inconclusive, or unsupported where there is no such concept."""
    detail: str = ""

    @property
    def sentence(self) -> str:
        if self.detail:
            return f"{self.name}: {self.detail}"
        return f"{self.name}: documented {worded(self.documented)}, observed {worded(self.observed)}"


def judge_scenario(scenario: Scenario, documented: Documented, observed: dict[str, Any]) -> tuple[Verdict, list[Row]]:
    """The verdict on one framework's telling, and a row for every observation."""
    rows = [_row(scenario, name, documented, observed) for name in scenario.observations]
    strangers = [name for name in observed if name not in (*scenario.observations, *scenario.exhibits)]
    rows += [Row(name, observed[name], None, "disagree", "is no observation of the scenario") for name in strangers]
    worst = next((row for row in rows if row.verdict == "disagree"), None)
    if worst is None:
        worst = next((row for row in rows if row.verdict == "inconclusive"), None)
    if worst is not None:
        return Verdict(worst.verdict, worst.sentence), rows
    if all(row.verdict == "unsupported" for row in rows):
        return Verdict("unsupported", f"no such concept: {rows[0].detail}"), rows
    return Verdict("agree"), rows


def worded(value: Any) -> str:
    """An outcome in words."""
    if isinstance(value, dict):
        for verb in ("raises", "warns"):
            if verb in value:
                message = value.get("message") or value.get("gist")
                return f"{verb} {value[verb]}{f' ({message})' if message else ''}"
        if "about" in value:
            return f"about {value['about']}"
        if "absent" in value:
            return f"no such concept: {value['absent']}"
    if value is None:
        return "None"
    text = str(value)
    return text if len(text) <= 100 else text[:97] + "..."


def _row(scenario: Scenario, name: str, documented: Documented, observed: dict[str, Any]) -> Row:
    expected = documented.outcome.get(name)
    if isinstance(expected, dict) and "absent" in expected:
        if name in observed:
            return Row(name, observed[name], expected, "disagree", f"documented as absent, observed {observed[name]}")
        return Row(name, None, expected, "unsupported", str(expected["absent"]))
    if name not in observed:
        return Row(name, None, expected, "disagree", "was not observed")
    if name in scenario.measured:
        return _measured(name, observed[name], scenario.measured[name]())
    verdict: VerdictName = "agree" if is_documented(expected, observed[name]) else "disagree"
    return Row(name, observed[name], expected, verdict)


def _measured(name: str, observed: Any, curve: Curve) -> Row:
    expected = curve.values.tolist()
    try:
        numbers = np.asarray(observed, dtype=np.float64)
    except (TypeError, ValueError):
        return Row(name, observed, expected, "disagree", f"numbers were expected, observed {worded(observed)}")
    if numbers.shape != curve.values.shape:
        detail = f"shape {list(curve.values.shape)} was expected, observed {list(numbers.shape)}"
        return Row(name, observed, expected, "disagree", detail)
    with np.errstate(all="ignore"):
        ratio = np.where(numbers == curve.values, 0.0, np.abs(numbers - curve.values) / curve.bound)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    worst = int(np.argmax(ratio))
    if ratio.flat[worst] <= 1:
        return Row(name, observed, expected, "agree")
    detail = (
        f"element {worst} is {float(numbers.flat[worst])!r}, the reference {float(curve.values.flat[worst])!r} "
        f"+- {curve.bound.flat[worst]:.1e}, {ratio.flat[worst]:.3g} bounds away"
    )
    return Row(name, observed, expected, "disagree" if ratio.flat[worst] > DISAGREE_BEYOND else "inconclusive", detail)


def is_documented(expected: Any, observed: Any) -> bool:
    """Whether an observation is the documented one.  Values are compared exactly, the kind of number aside."""
    if isinstance(expected, dict):
        if "about" in expected:
            return _is_about(str(expected["about"]), observed)
        verb = "raises" if "raises" in expected else "warns"
        if not isinstance(observed, dict) or verb not in observed:
            return False
        kinds = [observed[verb], *observed.get("kinds", [])]
        return expected[verb] in kinds and expected.get("gist", "").lower() in str(observed.get("message", "")).lower()
    if isinstance(expected, list):
        return (
            isinstance(observed, list)
            and len(expected) == len(observed)
            and all(is_documented(one, other) for one, other in zip(expected, observed, strict=True))
        )
    if observed is None:
        return expected == "None"
    if isinstance(expected, bool) or isinstance(observed, bool):
        return expected is observed
    return bool(expected == observed)


def _is_about(text: str, observed: Any) -> bool:
    """Whether a number rounds to a decimal as it is written."""
    try:
        written = Decimal(text)
        return abs(Decimal(float(observed)) - written) <= Decimal(5).scaleb(int(written.as_tuple().exponent) - 1)
    except (InvalidOperation, TypeError, ValueError, OverflowError):
        return False

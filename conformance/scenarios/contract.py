"""What a framework documents: the outcome of each scenario, read from its ``contract.toml``.

    [A1]
    link = "https://..."
    "is_leaf of a, b, c, d" = [true, false, true, true]
    "gradient of d = c*c at a constant c = 5" = { raises = "RuntimeError", gist = "does not require grad" }

    [B2]
    link = "https://..."
    absent = "functional: nothing is retained"

The link is an address, or the path of a file of this project.

An outcome is a plain value, compared exactly ("None" for none); ``{ about = "2.97" }`` for a number that agrees when
rounded to those decimals; ``{ raises = TYPE, gist = TEXT }`` and ``{ warns = TYPE, gist = TEXT }``, where the message
must contain the gist; or ``{ absent = REASON }`` where there is no such concept.

What cannot be read is refused, with every bad place named.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from autograd_conformance.scenarios.scenario import Scenario

_LINK = re.compile(r"https?://\S+|(?:[a-z]\w*/)+\w+\.(?:py|md)")
_FORMS = ({"about"}, {"raises"}, {"raises", "gist"}, {"warns"}, {"warns", "gist"}, {"absent"})


class UnreadableContract(Exception):
    """A contract cannot be used; the message names every bad place and what is wrong with it."""


@dataclass(frozen=True)
class Documented:
    """A framework's documentation of one scenario."""

    link: str
    outcome: dict[str, Any] = field(default_factory=dict)
    """Observation name to documented value."""
    absent: str = ""
    """Why the whole scenario is no concept of the framework; empty when it is one."""


def parse_contract(text: str, owner: str, scenarios: dict[str, Scenario]) -> dict[str, Documented]:
    """Read a contract; ``owner`` is whose it is.  Raises UnreadableContract."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise UnreadableContract(f"the contract of {owner} is not TOML: {failure}") from None
    contract, problems = {}, []
    for name, table in tables.items():
        if name not in scenarios:
            problems.append(f"[{name}]: there is no such scenario; `autograd-conformance list scenarios` names them")
        elif not isinstance(table, dict):
            problems.append(f"{name}: a table is expected, [{name}]")
        else:
            found = list(_problems(scenarios[name], table))
            problems += [f"[{name}]: {problem}" for problem in found]
            outcome = {key: value for key, value in table.items() if key not in ("link", "absent")}
            contract[name] = Documented(str(table.get("link", "")), outcome, str(table.get("absent", "")))
    if problems:
        raise UnreadableContract("\n".join([f"the contract of {owner} cannot be used:", *problems]))
    return contract


def _problems(scenario: Scenario, table: dict[str, Any]) -> list[str]:
    found = []
    if not _LINK.fullmatch(str(table.get("link", ""))):
        found.append(f"link is the address of the documentation, or a file of this project, not {table.get('link')!r}")
    if "absent" in table:
        if set(table) - {"link", "absent"}:
            found.append("what is absent has no outcomes")
        if not str(table["absent"]).strip():
            found.append("absent says in words why there is no such concept")
        return found
    for name, value in table.items():
        if name == "link":
            continue
        if name not in scenario.observations:
            found.append(f"{name!r} is not observed here; {', '.join(map(repr, scenario.observations))} are")
        if isinstance(value, dict) and set(value) not in _FORMS:
            found.append(f"{name!r}: {{{', '.join(value)}}} is no outcome; see the head of scenarios/contract.py")
        if name in scenario.measured and not (isinstance(value, dict) and set(value) == {"absent"}):
            found.append(f"{name!r} is measured by the suite; a contract can only say that it is absent")
    missing = [name for name in scenario.observations if name not in table and name not in scenario.measured]
    found += [f"nothing is documented of {name!r}" for name in missing]
    return found

"""A comparison as text for a terminal, as Markdown for a pull request and as JSON for other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from shlex import quote
from typing import Any, TypeVar

import msgspec

from autograd_conformance.comparison import STATES, Comparison, Drift, State, Transition
from autograd_conformance.comparison_sides import Side
from autograd_conformance.records import number

FORMAT_VERSION = "1.0"
Item = TypeVar("Item")

MOST_LISTED = 20
"""Transitions shown per state; JSON has them all."""

_TITLES: dict[State, str] = {
    "regressed": "regressed",
    "worse": "worse",
    "fixed": "fixed",
    "better": "better",
    "new": "only in the new file",
    "gone": "gone from the new file",
    "not_comparable": "not comparable",
    "same": "same",
}
_LISTED: tuple[State, ...] = ("regressed", "worse", "fixed", "better")
_GROUPED: tuple[State, ...] = ("not_comparable", "gone", "new")


def answer(comparison: Comparison) -> str:
    """One sentence: what to think of the change."""
    counts = comparison.counts
    if not comparison.compared:
        sentence = "Nothing could be compared."
    elif counts["regressed"] or counts["worse"]:
        sentence = f"{counts['regressed']:,} regressed and {counts['worse']:,} got worse"
        sentence += f" among {comparison.compared:,} verdicts compared."
    else:
        sentence = f"Nothing regressed among {comparison.compared:,} verdicts compared."
    return f"Incomplete: {sentence}" if comparison.incomplete else sentence


def to_text(comparison: Comparison, most: int = MOST_LISTED) -> str:
    """Plain text, at most ``most`` transitions per state; texts from the files lose control characters."""
    lines = [answer(comparison), ""]
    lines += [f"base  {_side(comparison.base)}", f"new   {_side(comparison.new)}"]
    lines += [f"  ! {each}" for each in comparison.incomplete]
    lines += [f"  {each}" for each in comparison.differences]
    lines += ["", "  ".join(f"{_TITLES[state]} {count:,}" for state, count in comparison.counts.items() if count)]
    for state in _LISTED:
        lines += _section(_TITLES[state], comparison.in_state(state), most, _text_entry)
    for state in _GROUPED:
        lines += _section(_TITLES[state], _grouped(comparison.in_state(state)), most, lambda each: [f"  {each}"])
    lines += _section("moved within the same verdict", comparison.drifted, most, _drift_entry)
    return "\n".join(map(_printable, lines)).rstrip() + "\n"


def to_markdown(comparison: Comparison, most: int = MOST_LISTED) -> str:
    """GitHub Markdown: the sentence, a table of adapters by state, and the transitions that matter."""
    lines = [f"**{answer(comparison)}**", ""]
    lines += [f"- base: {_cell(_side(comparison.base))}", f"- new: {_cell(_side(comparison.new))}"]
    lines += [f"- **{_cell(each)}**" for each in comparison.incomplete]
    lines += [f"- {_cell(each)}" for each in comparison.differences]
    lines += ["", *_table(["adapter", *(_TITLES[state] for state in STATES)], _adapter_rows(comparison))]
    for state in _LISTED:
        rows = [_row(each) for each in comparison.in_state(state)]
        if rows:
            lines += ["", f"### {_TITLES[state].capitalize()}", ""]
            lines += _table(["adapter", "law", "dtype", "case", "ops", "verdict", "gap"], rows[:most])
            lines += _left_off(rows, most)
    for state in _GROUPED:
        groups = _grouped(comparison.in_state(state))
        lines += _section(f"### {_TITLES[state].capitalize()}", groups, most, lambda each: [f"- {_cell(each)}"])
    return "\n".join(lines) + "\n"


def to_json(comparison: Comparison) -> bytes:
    """Strict JSON with every transition but the unchanged ones; nan and infinities are texts."""
    plain = {
        "format": FORMAT_VERSION,
        "answer": answer(comparison),
        "exit_code": comparison.exit_code,
        "base": comparison.base,
        "new": comparison.new,
        "differences": comparison.differences,
        "incomplete": comparison.incomplete,
        "counts": comparison.counts,
        "matrix": [[was, now, count] for (was, now), count in sorted(comparison.matrix.items())],
        "transitions": [_plain(each) for each in comparison.transitions if each.state != "same"],
        "drift": [_plain(each) for each in comparison.drifted],
    }
    return msgspec.json.encode(plain, order="deterministic") + b"\n"


def _plain(transition: Transition) -> dict[str, Any]:
    was, now = transition.verdicts
    plain: dict[str, Any] = {
        "case": transition.case,
        "law": transition.law,
        "adapter": transition.adapter,
        "dtype": transition.dtype,
        "peer": transition.peer,
        "state": transition.state,
        "reason": transition.reason,
        "signature": transition.signature,
        "base": was,
        "new": now,
    }
    if (drift := transition.drift) is not None:
        plain["drift"] = {
            "where": drift.where,
            "base_gap": number(drift.base_gap),
            "new_gap": number(drift.new_gap),
            "base_bound": number(drift.base_bound),
            "new_bound": number(drift.new_bound),
            "moved": None if drift.moved is None else number(drift.moved),
        }
    return plain


def _side(side: Side) -> str:
    versions = Counter(
        f"{name} {version}" for distributions in side.adapters.values() for name, version in distributions.items()
    )
    parts = [side.path, f"suite {side.suite}", f"seed {side.seed}", *sorted(versions)]
    return ", ".join([*parts, *(f"{name} missing" for name in sorted(side.missing))])


def _text_entry(transition: Transition) -> list[str]:
    with_peer = f" with {transition.peer}" if transition.peer else ""
    ops = f" on {transition.signature}" if transition.signature else ""
    lines = [
        f"  {transition.law}: {transition.adapter}{with_peer}{ops}, {transition.dtype}: {transition.reason}",
    ]
    if transition.drift is not None:
        lines.append(f"    {_gaps(transition.drift)}")
    lines.append(f"    replay: autograd-conformance replay {quote(transition.case)} -a {quote(transition.adapter)}")
    return lines


def _drift_entry(transition: Transition) -> list[str]:
    drift = transition.drift
    assert drift is not None  # `drifted` holds no other
    return [f"  {transition.law}: {transition.adapter}, {transition.dtype}, case {transition.case}: {_gaps(drift)}"]


def _gaps(drift: Drift) -> str:
    moved = "" if drift.moved is None else f", value moved by {drift.moved:.3g}"
    return f"gap {drift.base_gap:.3g} -> {drift.new_gap:.3g}, bound {drift.new_bound:.3g}{moved}"


def _grouped(transitions: Iterable[Transition]) -> list[str]:
    """Adapters and reasons with how often, the most frequent first."""
    found = Counter((each.adapter, each.reason) for each in transitions)
    return [f"{count:,} of {adapter}: {reason}" for (adapter, reason), count in found.most_common()]


def _section(title: str, items: Sequence[Item], most: int, render: Callable[[Item], list[str]]) -> list[str]:
    if not items:
        return []
    lines = ["", title]
    for item in items[:most]:
        lines += render(item)
    return lines + _left_off(items, most)


def _left_off(items: Sequence[object], most: int) -> list[str]:
    return ["", f"and {len(items) - most:,} more; JSON has them all"] if len(items) > most else []


def _adapter_rows(comparison: Comparison) -> list[list[str]]:
    found = Counter((each.adapter, each.state) for each in comparison.transitions)
    adapters = sorted({adapter for adapter, _ in found})
    return [[adapter, *(f"{found[adapter, state]:,}" for state in STATES)] for adapter in adapters]


def _row(each: Transition) -> list[str]:
    gap = f"{each.drift.base_gap:.3g} -> {each.drift.new_gap:.3g}" if each.drift else ""
    return [each.adapter, each.law, each.dtype, each.case, each.signature, " -> ".join(each.verdicts), gap]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(map(_cell, line))} |" for line in lines]


def _cell(text: str) -> str:
    """Text that Markdown shows as it is: no table, link or HTML comes out of a results file."""
    for mark in "\\|`*_[]<>":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return _printable(text)


def _printable(line: str) -> str:
    """No control character of a file's texts reaches the terminal."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in line)

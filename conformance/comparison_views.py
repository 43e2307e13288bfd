"""A comparison as text for a terminal, as Markdown for a pull request and as JSON for other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from shlex import quote
from typing import Any, TypeVar

import msgspec

from autograd_conformance.comparison import STATES, Comparison, Drift, State, Transition
from autograd_conformance.comparison_sides import Side
from autograd_conformance.markdown import MOST_BYTES, cell, limited, printable, table
from autograd_conformance.records import SCENARIO_LAW, number
from autograd_conformance.transition import alike

FORMAT_VERSION = "1.0"
Item = TypeVar("Item")

MOST_LISTED = 20
"""Kinds of transitions shown per state; JSON has every single one."""

TITLES: dict[State, str] = {
    "regressed": "regressed",
    "worse": "worse",
    "fixed": "fixed",
    "better": "better",
    "convention_changed": "convention changed",
    "new": "only in the new file",
    "gone": "gone from the new file",
    "not_comparable": "not comparable",
    "same": "same",
}
LISTED: tuple[State, ...] = ("regressed", "worse", "fixed", "better", "convention_changed")
GROUPED: tuple[State, ...] = ("not_comparable", "gone", "new")
DRIFTED = "drifted: moved within the same verdict, what came nearest to its bound first"
FORESIGHTS = "what expectations say otherwise"


def answer(comparison: Comparison) -> str:
    """One sentence: what to think of the change."""
    counts = comparison.counts
    if not comparison.compared:
        sentence = "Nothing could be compared."
    elif counts["regressed"] or counts["worse"]:
        sentence = f"{counts['regressed']:,} regressed and {counts['worse']:,} got worse"
        sentence += f" among {comparison.compared:,} verdicts compared{_foreseen_among(comparison)}."
    else:
        sentence = f"Nothing regressed among {comparison.compared:,} verdicts compared."
    others = [
        (counts["fixed"] + counts["better"], "fixed or better"),
        (counts["convention_changed"], f"convention{'s' * (counts['convention_changed'] != 1)} changed"),
        (counts["not_comparable"], "not comparable"),
        (counts["gone"], "gone"),
        (len(comparison.drifted), "drifted within the same verdict"),
    ]
    told = ", ".join(f"{count:,} {words}" for count, words in others if count)
    sentence += f" {told[0].upper()}{told[1:]}." if told else ""
    return f"Incomplete: {sentence}" if comparison.incomplete else sentence


def _foreseen_among(comparison: Comparison) -> str:
    bad = comparison.in_state("regressed", "worse")
    foreseen = len(bad) - len(comparison.gating)
    if not foreseen:
        return ""
    return ", all of it foreseen" if foreseen == len(bad) else f", {foreseen:,} of it foreseen"


def to_text(comparison: Comparison, most: int = MOST_LISTED) -> str:
    """Plain text, at most ``most`` transitions per state; texts from the files lose control characters."""
    drifted = comparison.drifted
    counts = {TITLES[state]: count for state, count in comparison.counts.items()}
    counts["same"] -= len(drifted)
    counts["drifted"] = len(drifted)
    lines = [answer(comparison), ""]
    lines += [f"base  {_side(comparison.base)}", f"new   {_side(comparison.new)}"]
    lines += [f"  ! {each}" for each in comparison.incomplete]
    lines += [f"  {each}" for each in comparison.differences]
    lines += ["", "  ".join(f"{title} {count:,}" for title, count in counts.items() if count)]
    lines += [f"  {line}" for line in beside_defects(comparison)]
    for state in LISTED:
        lines += _section(TITLES[state], alike(comparison.in_state(state)), most, _text_entry)
    for state in GROUPED:
        lines += _section(TITLES[state], grouped(comparison.in_state(state)), most, lambda each: [f"  {each}"])
    lines += _section(FORESIGHTS, foresight_lines(comparison), most, lambda each: [f"  {each}"])
    lines += _section(DRIFTED, drifted, most, _drift_entry)
    return "\n".join(map(printable, lines)).rstrip() + "\n"


def to_markdown(comparison: Comparison, most: int = MOST_LISTED, most_bytes: int = MOST_BYTES) -> str:
    """GitHub Markdown: the sentence, a table of adapters by state, and the transitions that matter."""
    lines = [f"**{answer(comparison)}**", ""]
    lines += [f"- base: {cell(_side(comparison.base))}", f"- new: {cell(_side(comparison.new))}"]
    lines += [f"- **{cell(each)}**" for each in comparison.incomplete]
    lines += [f"- {cell(each)}" for each in comparison.differences]
    lines += ["", *table(["adapter", *(TITLES[state] for state in STATES), "of it drifted"], _adapter_rows(comparison))]
    lines += ["", *unlooked] if (unlooked := beside_defects(comparison)) else []
    for state in LISTED:
        head = ["adapter", "law", "dtype", "case", "ops", "what", "verdicts", "worst gap"]
        lines += _rows(TITLES[state], head, [_row(kind) for kind in alike(comparison.in_state(state))], most)
    for state in GROUPED:
        groups = grouped(comparison.in_state(state))
        lines += _section(f"### {TITLES[state].capitalize()}", groups, most, lambda each: [f"- {cell(each)}"])
    told = foresight_lines(comparison)
    lines += _section(f"### {FORESIGHTS.capitalize()}", told, most, lambda each: [f"- {cell(each)}"])
    head = ["adapter", "law", "dtype", "case", "gap", "times", "in bounds"]
    lines += _rows(DRIFTED, head, [_drift_row(each) for each in comparison.drifted], most)
    return limited("\n".join(lines) + "\n", most_bytes, "`compare --format json` has everything")


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
        "beside_known_defects": comparison.beside_defects,
        "matrix": [[was, now, count] for (was, now), count in sorted(comparison.matrix.items())],
        "transitions": [_plain(each) for each in comparison.transitions if each.state != "same"],
        "drift": [_plain(each) for each in comparison.drifted],
        "expectations": [
            {"kind": each.kind, "adapter": each.adapter, "was": each.was, "now": each.now, "verdicts": count}
            for each, count in comparison.foresights
        ],
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
        "foreseen": transition.foreseen,
        "changes": transition.changes,
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


def _text_entry(kind: Sequence[Transition]) -> list[str]:
    """The worst of a kind, and how many there are."""
    worst = kind[0]
    with_peer = f" with {worst.peer}" if worst.peer else ""
    foreseen = f", foreseen: {worst.foreseen}" if worst.foreseen else ""
    more = f" ({len(kind):,} verdicts, the worst here)" if len(kind) > 1 else ""
    lines = [f"  {subject(worst)}{with_peer}: {worst.reason}{foreseen}{more}"]
    if worst.drift is not None:
        lines.append(f"    {_gaps(worst.drift)}")
    lines.append(f"    {again(worst)}")
    return lines


def subject(transition: Transition) -> str:
    """``law: adapter on ops, dtype``; of a scenario its name."""
    if transition.law == SCENARIO_LAW:
        return f"scenario {transition.case}: {transition.adapter}"
    ops = f" on {transition.signature}" if transition.signature else ""
    return f"{transition.law}: {transition.adapter}{ops}, {transition.dtype}"


def again(transition: Transition) -> str:
    """The command that shows it."""
    adapter = quote(transition.adapter)
    if transition.law == SCENARIO_LAW:
        return f"again: autograd-conformance run -a {adapter} --scenario {quote(transition.case)}"
    return f"replay: autograd-conformance replay {quote(transition.smallest)} -a {adapter}"


def _drift_entry(transition: Transition) -> list[str]:
    drift = transition.drift
    assert drift is not None  # `drifted` holds no other
    times = "" if drift.growth in (1, float("inf")) else f"{drift.growth:.3g} times, "
    share = f", {times}{_share(drift)} of the bound" if _share(drift) else ""
    return [f"  {subject(transition)}, case {transition.case}: {_gaps(drift)}{share}"]


def _share(drift: Drift) -> str:
    return f"{drift.new_gap / drift.new_bound:.2g}" if 0 < drift.new_bound < float("inf") else ""


def _gaps(drift: Drift) -> str:
    moved = "" if drift.moved is None else f", value moved by {drift.moved:.3g}"
    return f"gap {drift.base_gap:.3g} -> {drift.new_gap:.3g}, bound {drift.new_bound:.3g}{moved}"


def grouped(transitions: Iterable[Transition]) -> list[str]:
    """Adapters and reasons with how often, the most frequent first."""
    found = Counter((each.adapter, each.reason) for each in transitions)
    return [f"{count:,} of {adapter}: {reason}" for (adapter, reason), count in found.most_common()]


def beside_defects(comparison: Comparison) -> list[str]:
    """What was not looked at, in a line; none where everything was."""
    count = comparison.beside_defects
    return [f"numbers of {count:,} verdicts were not compared: a known defect of their case gave others"] * bool(count)


def foresight_lines(comparison: Comparison) -> list[str]:
    """Where expectations differ, a line each."""
    lines = []
    for each, count in comparison.foresights:
        reason = f"{each.was} -> {each.now}" if each.was and each.now else each.was or each.now
        lines.append(f"{count:,} of {each.adapter} {each.kind}: {reason}")
    return lines


def _section(title: str, items: Sequence[Item], most: int, render: Callable[[Item], list[str]]) -> list[str]:
    if not items:
        return []
    lines = ["", title]
    for item in items[:most]:
        lines += render(item)
    return lines + _left_off(items, most)


def _left_off(items: Sequence[object], most: int) -> list[str]:
    return ["", f"and {len(items) - most:,} more; --format json has them all"] if len(items) > most else []


def _rows(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> list[str]:
    if not rows:
        return []
    return ["", f"### {title.capitalize()}", "", *table(head, rows[:most]), *_left_off(rows, most)]


def _adapter_rows(comparison: Comparison) -> list[list[str]]:
    found = Counter((each.adapter, each.state) for each in comparison.transitions)
    drifted = Counter(each.adapter for each in comparison.drifted)
    adapters = sorted({adapter for adapter, _ in found})
    return [
        [adapter, *(f"{found[adapter, state]:,}" for state in STATES), f"{drifted[adapter]:,}"] for adapter in adapters
    ]


def _row(kind: Sequence[Transition]) -> list[str]:
    each = kind[0]
    gap = f"{each.drift.base_gap:.3g} -> {each.drift.new_gap:.3g}" if each.drift else ""
    what = each.reason + (f" (foreseen: {each.foreseen})" if each.foreseen else "")
    dtypes = ", ".join(sorted({one.dtype for one in kind}))
    return [each.adapter, each.law, dtypes, each.smallest, each.signature, what, f"{len(kind):,}", gap]


def _drift_row(each: Transition) -> list[str]:
    drift = each.drift
    assert drift is not None  # `drifted` holds no other
    gap = f"{drift.base_gap:.3g} -> {drift.new_gap:.3g}"
    return [each.adapter, each.law, each.dtype, each.case, gap, f"{drift.growth:.3g}", _share(drift)]

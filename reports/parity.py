"""The parity matrix of a case: every derivative that was asked for, by adapter and dtype; the cells that differ name the
culprit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from autograd_conformance.records import UNEXPECTED_VERDICTS, VERDICTS, Result
from autograd_conformance.word import FORWARD, HESSIAN, PER_EXAMPLE, REVERSE, VECTORIZED, WORDS, is_word, order_of

_DIFFERENCES = "_matches_finite_differences"
_NAMES = {"vjp": "r", "jvp": "f", "hessian": HESSIAN}
_FORMS = {
    "reverse_jacobian_has_rows": REVERSE,
    "forward_jacobian_has_rows": FORWARD,
    "vectorized_jacobian_has_rows": VECTORIZED,
    "per_example_gradients_are_single_ones": PER_EXAMPLE,
}
_ORDER = ("r", *WORDS, HESSIAN, *_FORMS.values())


@dataclass(frozen=True, eq=False)
class Cell:
    """One derivative in one adapter and dtype."""

    derivative: str
    adapter: str
    dtype: str
    result: Result

    @property
    def is_bad(self) -> bool:
        return self.result.verdict in UNEXPECTED_VERDICTS

    @property
    def is_answered(self) -> bool:
        return self.is_bad or self.result.verdict in ("agree", "weak", "imprecise")

    def traits(self) -> Iterator[tuple[str, str]]:
        """What a culprit could be common in, as (kind, words)."""
        yield "adapter", self.adapter
        yield "dtype", self.dtype
        yield "derivative", self.derivative
        order = order_of(self.derivative)
        if is_word(self.derivative) or order > 1:
            yield "order", f"order {order}"
        if order > 1:
            yield "higher", "every order above the first"
        if is_word(self.derivative):
            yield "outermost", "an outermost forward step" if self.derivative[0] == "f" else "an outermost reverse step"
            if "f" in self.derivative:
                yield "forward", "forward mode"


@dataclass(frozen=True, eq=False)
class Parity:
    """``columns``: (adapter, dtype); ``rows``: the derivative's name and a cell or None for each column."""

    columns: list[tuple[str, str]]
    rows: list[tuple[str, list[Cell | None]]]
    culprit: str
    """What exactly the bad cells have in common and no good cell has; empty where nothing is bad or nothing fits."""


def parity(results: Sequence[Result]) -> Parity | None:
    """None for a case of which plain gradients alone were asked."""
    cells: dict[tuple[str, str, str], Cell] = {}
    for result in results:
        name = derivative_of(result.law)
        if name is None:
            continue
        key = name, result.adapter, result.dtype
        if key not in cells or VERDICTS.index(result.verdict) > VERDICTS.index(cells[key].result.verdict):
            cells[key] = Cell(*key, result)
    names = [name for name in _ORDER if any(key[0] == name for key in cells)]
    if len(names) < 2:
        return None
    columns = list(dict.fromkeys((adapter, dtype) for _, adapter, dtype in cells))
    rows = [(name, [cells.get((name, *column)) for column in columns]) for name in names]
    return Parity(columns, rows, _culprit(list(cells.values())))


def derivative_of(law: str) -> str | None:
    """The word or form that a law is about; None for others."""
    if law.endswith(_DIFFERENCES):
        word = law.removesuffix(_DIFFERENCES)
        word = _NAMES.get(word, word)
        return word if word in _ORDER else None
    return _FORMS.get(law)


def _culprit(cells: Sequence[Cell]) -> str:
    """The fewest traits that all bad cells share and that no good cell has together."""
    answered = [cell for cell in cells if cell.is_answered]
    bad = [cell for cell in answered if cell.is_bad]
    if not bad or len(bad) == len(answered):
        return ""
    good = [set(cell.traits()) for cell in answered if not cell.is_bad]
    shared = set.intersection(*(set(cell.traits()) for cell in bad))
    varied = [trait for trait in _in_order(shared) if any(trait not in traits for traits in good)]
    for count in range(1, len(varied) + 1):
        for chosen in combinations(varied, count):
            if not any(set(chosen) <= traits for traits in good):
                return ", ".join(words for _, words in chosen)
    return ""


_KINDS = ("forward", "higher", "order", "outermost", "derivative", "adapter", "dtype")


def _in_order(traits: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(traits, key=lambda trait: _KINDS.index(trait[0]))

"""Laws between adapters: one case, several answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograd_conformance.laws.law import peer_law
from autograd_conformance.laws.numbers import gradients_apart, undecided
from autograd_conformance.laws.words import contracted, is_plausible, numbers_apart, unknown
from autograd_conformance.measurement import FIRST, Measurement, WrongForm
from autograd_conformance.reference.estimate import Estimate
from autograd_conformance.verdict import Compared, Finding, Violated
from autograd_conformance.word import WORDS
from autograd_conformance.worker.questions import Derived


@peer_law("J'u in one mode = J'u in another mode of the framework")
def modes_agree(estimate: Estimate, measured: Measurement, peers: Sequence[Measurement]) -> tuple[Finding, str] | None:
    """Eager, traced and compiled modes of one framework give one gradient, and one derivative for every word."""
    return _worst(estimate, measured, [peer for peer in peers if peer.framework == measured.framework])


@peer_law("J'u in one framework = J'u in another")
def frameworks_agree(
    estimate: Estimate, measured: Measurement, peers: Sequence[Measurement]
) -> tuple[Finding, str] | None:
    """The same case has the same gradient in every framework."""
    return _worst(
        estimate, measured, [peer for peer in peers if peer.framework != measured.framework], about_words=False
    )


def _worst(
    estimate: Estimate, measured: Measurement, peers: Sequence[Measurement], *, about_words: bool = True
) -> tuple[Finding, str] | None:
    """The peer farthest away, by the noise bound of both sides; no finite difference enters."""
    if not peers:
        return None
    if stop := undecided(estimate, measured.dtype):
        return stop, peers[0].adapter
    found: list[tuple[Compared, str]] = []
    for peer in peers:
        try:
            mine, other = measured.gradient(FIRST), peer.gradient(FIRST)
        except WrongForm as form:
            return Violated(str(form)), peer.adapter
        compared = gradients_apart(estimate, measured.dtype, mine, other, f"against {peer.adapter}")
        if compared is None:
            return None
        found.append((compared, peer.adapter))
        if about_words:
            found += [(each, peer.adapter) for each in _words_apart(estimate, measured, peer)]
    return max(found, key=lambda pair: pair[0].ratio)


def _words_apart(estimate: Estimate, measured: Measurement, peer: Measurement) -> Iterator[Compared]:
    """Of the words both answered, as far as the reference contradicts neither: what it contradicts is red already."""
    dtype = measured.dtype
    for word in WORDS:
        answered = (isinstance(one.answer.derived.get(word), Derived) for one in (measured, peer))
        if not all(answered) or unknown(estimate, len(word), dtype):
            continue
        try:
            mine, other = contracted(estimate, measured, word), contracted(estimate, peer, word)
        except WrongForm:
            continue
        if all(is_plausible(estimate, dtype, word, number) for number in (mine, other)):
            compared = numbers_apart(estimate, dtype, len(word), mine, other, f"{word}, against {peer.adapter}")
            if compared is not None:
                yield compared

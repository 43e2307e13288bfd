"""The parity matrix names what the cells that differ have in common."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autograd_conformance.records import Result, VerdictName
from autograd_conformance.reports.parity import derivative_of, parity
from autograd_conformance.word import HESSIAN

LAWS = {"r": "vjp", "f": "jvp", "rr": "rr", "fr": "fr", "rf": "rf", "ff": "ff", "rrr": "rrr"}
HESSIAN_LAW = "hessian_matches_finite_differences"


def results(bad: set[tuple[str, str]], words: tuple[str, ...] = tuple(LAWS)) -> list[Result]:
    """One dtype, two modes; ``bad`` are pairs of word and mode."""
    return [
        result(word, mode, "disagree" if (word, mode) in bad else "agree") for word in words for mode in ("a:x", "a:y")
    ]


def result(word: str, mode: str, verdict: VerdictName, dtype: str = "float64") -> Result:
    law = f"{LAWS[word]}_matches_finite_differences"
    return Result(case="c", stratum="orders", adapter=mode, law=law, dtype=dtype, verdict=verdict)


@pytest.mark.parametrize(
    ("bad", "culprit"),
    [
        ({(word, mode) for word in ("f", "fr", "rf", "ff") for mode in ("a:x", "a:y")}, "forward mode"),
        ({(word, "a:y") for word in LAWS}, "a:y"),
        ({(word, mode) for word in LAWS if len(word) > 1 for mode in ("a:x", "a:y")}, "every order above the first"),
        ({("rf", "a:x"), ("rf", "a:y")}, "rf"),
        ({("rr", "a:x"), ("fr", "a:x"), ("rf", "a:x"), ("ff", "a:x")}, "order 2, a:x"),
        ({(word, "a:x") for word in ("f", "fr", "rf", "ff")}, "forward mode, a:x"),
        (set(), ""),
        ({("r", "a:x"), ("rf", "a:y")}, ""),
    ],
)
def test_the_culprit(bad: set[tuple[str, str]], culprit: str) -> None:
    found = parity(results(bad))
    assert found is not None
    assert found.culprit == culprit


def test_rows_are_in_the_order_of_words_and_gaps_stay_gaps() -> None:
    given = [one for one in results(set()) if not (one.adapter == "a:y" and one.law.startswith("ff"))]
    found = parity(given)
    assert found is not None
    assert [name for name, _ in found.rows] == ["r", "f", "rr", "fr", "rf", "ff", "rrr"]
    assert dict(found.rows)["ff"][1] is None


def test_a_whole_hessian_is_of_order_2_and_stands_behind_the_words() -> None:
    """Bad with all words of order 2 it is that order; bad alone, itself."""
    assert derivative_of(HESSIAN_LAW) == HESSIAN
    for bad_words, culprit in (({"rr", "fr", "rf", "ff"}, "order 2"), (set(), HESSIAN)):
        given = results({(word, mode) for word in bad_words for mode in ("a:x", "a:y")})
        given += [replace(result("r", mode, "disagree"), law=HESSIAN_LAW) for mode in ("a:x", "a:y")]
        found = parity(given)
        assert found is not None
        assert found.culprit == culprit
        assert [name for name, _ in found.rows][-1] == HESSIAN


def test_an_unsupported_word_is_neither_good_nor_bad() -> None:
    given = results({("f", "a:x")}, ("r", "f"))
    given = [
        one if (one.adapter, one.law) != ("a:y", given[2].law) else result("f", "a:y", "unsupported") for one in given
    ]
    found = parity(given)
    assert found is not None
    assert found.culprit == "forward mode"


def test_plain_gradients_alone_have_no_matrix() -> None:
    assert parity(results(set(), ("r",))) is None
    assert derivative_of("vjp_is_linear") is None
    assert derivative_of("forward_matches_numpy") is None

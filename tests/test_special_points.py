"""Ops list their special points; what an entry says of one is what the reference finds; a run judges the smooth ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from autograd_conformance.adapters.tape import EXPRESSIONS, TapeAdapter
from autograd_conformance.adapters.translator import Table
from autograd_conformance.case import Case
from autograd_conformance.corpus import PASSING
from autograd_conformance.generation.special import (
    USUAL,
    arrays_at,
    bare_graph,
    in_order_of_delicacy,
    smooth_points,
    special_cases,
)
from autograd_conformance.graph import Shape
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY, check
from autograd_conformance.ops.op import Op
from autograd_conformance.ops.points import (
    GRID,
    IDENTITY,
    Fill,
    SpecialPoint,
    as_first,
    diagonal,
    everywhere,
    ordinary,
    point,
    rank_one,
    repeated_row,
    with_zeros,
)
from autograd_conformance.plan import HIGHER, SPECIAL, Singles, budget, handful
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.settings import PROFILES, Settings
from autograd_conformance.variants import derivations_about
from autograd_conformance.verdict import Verdict
from autograd_conformance.word import order_of
from tests.asking import AskedHere
from tests.planning import planned

EVERY = [(op, each) for op in VOCABULARY.values() for each in op.special]
SMOOTH = [(op, each) for op, each in EVERY if each.nature == "smooth"]
NOT_SMOOTH = [(op, each) for op, each in EVERY if each.nature != "smooth"]
FLAT = {("tanhshrink", "at 0"), ("det", "at 0"), ("hardshrink", "at 0"), ("softshrink", "at 0")}
"""Where the first and second derivatives of the op are zero."""
SHARP = 1e-9
"""Error beside the largest derivative up to which the reference counts as having found one."""

LINEAR_FAMILIES = {"shape", "matrix parts"}
"""Ops that only move, repeat or leave out elements."""
_LINEAR = """
neg scale shift deg2rad sum mean cumsum segment_sum segment_mean where nll_loss batch_norm_inference slice take
scatter_add gather_along_axis scatter_along_axis index_copy slice_update masked_fill masked_select gather_nd scatter_nd
select repeat_interleave embedding embedding_bag interpolate_nearest interpolate_linear interpolate_bilinear
pixel_shuffle pixel_unshuffle unfold fold avg_pool1d avg_pool2d adaptive_avg_pool1d pad_reflect pad_symmetric
pad_replicate pad_circular pad_constant rfft irfft fft ifft fft2 dct fftshift
"""
_LINEAR_IN_EACH_OPERAND = """
matmul einsum dot matvec outer inner tensordot einsum_of_one einsum_of_three multi_dot addmm kron cross linear conv1d
conv2d conv3d conv1d_grouped conv2d_grouped conv_transpose1d conv_transpose2d power_spectrum circular_convolution
"""
_COMPUTED_ALIKE = "exp exp2 sin cos"
NOTHING_SPECIAL = {*_LINEAR.split(), *_LINEAR_IN_EACH_OPERAND.split(), *_COMPUTED_ALIKE.split()}


def filled(fill: Fill | float, shape: Shape, *earlier: np.ndarray) -> np.ndarray:
    """What a fill makes of a shape; ordinary numbers lie anywhere."""
    known = tuple(lambda _slot, array=array: array for array in earlier)
    interval = (-64.0, 64.0)
    shapes = (*(array.shape for array in earlier), shape)
    generator = np.random.default_rng(0)
    return point("", *known, fill).arrays(shapes, (interval,) * len(shapes), generator)[-1]


def test_an_op_without_special_points_is_one_that_has_none() -> None:
    """Who adds an op says where it is special, or here that it is nowhere."""
    without = {op.name for op in VOCABULARY.values() if not op.special and op.family not in LINEAR_FAMILIES}
    assert without == NOTHING_SPECIAL


@pytest.mark.parametrize("op", [op for op in VOCABULARY.values() if op.special], ids=lambda op: op.name)
def test_points_of_an_op_are_told_apart(op: Op) -> None:
    """By name and by numbers; every operand has a fill, and delicate points are smooth."""
    assert len({each.name for each in op.special}) == len(op.special)
    assert len({str([array.tolist() for array in arrays_at(op, each)]) for each in op.special}) == len(op.special)
    for each in op.special:
        assert len(each.operands) == op.operands.count("float")
        assert each.nature == "smooth" or not each.is_delicate


@pytest.mark.parametrize(("op", "special"), EVERY, ids=lambda each: each.name)
def test_points_are_exact_in_every_dtype(op: Op, special: SpecialPoint) -> None:
    """Small multiples of 2^-5, but for an end or a kink that an attribute sets elsewhere."""
    for array in arrays_at(op, special):
        assert array.dtype == np.float64
        is_on_grid = np.all(array % GRID == 0) and np.all(np.abs(array) <= 32)
        assert is_on_grid or special.nature != "smooth"


@pytest.mark.parametrize(("op", "special"), SMOOTH, ids=lambda each: each.name)
def test_the_reference_finds_a_derivative_at_smooth_points(op: Op, special: SpecialPoint) -> None:
    """Of the op alone, finite and sharp."""
    found = estimate(Case(bare_graph(op), arrays_at(op, special)))
    assert not found.problem
    assert not found.noise("float64").problem
    assert is_sharp(found.derivative.value, found.derivative.error)


@pytest.mark.parametrize("op", in_order_of_delicacy(VOCABULARY.values()), ids=lambda op: op.name)
def test_the_reference_finds_second_derivatives_at_smooth_points(op: Op) -> None:
    """Of the case that is judged; nothing is special about order 2."""
    for each, case in zip(smooth_points(op), special_cases(op, SPECIAL), strict=True):
        second = estimate(case).differential(2, "float64")
        assert not second.problem
        assert is_sharp(second.value, second.error)
        assert np.any(np.abs(second.value) > second.error) == ((op.name, each.name) not in FLAT)


def is_sharp(value: np.ndarray, error: np.ndarray) -> bool:
    return bool(np.all(np.isfinite(value)) and np.max(error, initial=0) <= SHARP * (1 + np.max(np.abs(value))))


@pytest.mark.parametrize(("op", "special"), NOT_SMOOTH, ids=lambda each: each.name)
def test_the_reference_finds_none_at_kinks_and_ends(op: Op, special: SpecialPoint) -> None:
    """It says why, or its error is no smaller than what it found."""
    found = estimate(Case(bare_graph(op), arrays_at(op, special)))
    if not found.problem:
        assert np.max(found.derivative.error) > 0.1 * np.max(np.abs(found.derivative.value))


def test_fills_are_what_they_are_called() -> None:
    shape = (3, 3)
    numbers = filled(ordinary, shape)
    assert len(np.unique(numbers)) == 9
    assert 0 not in numbers
    assert np.array_equal(filled(as_first(0.5), shape, numbers), numbers + 0.5)
    assert np.array_equal(filled(0.25, shape), np.full(shape, 0.25))
    assert np.array_equal(filled(everywhere(0.25), ()), 0.25)
    assert np.array_equal(filled(IDENTITY, (2, 3)), np.eye(2, 3))
    assert np.array_equal(filled(diagonal(2.0, 1.0, 0.5), shape), np.diag([2.0, 1.0, 0.5]))
    assert np.linalg.matrix_rank(filled(rank_one, shape)) == 1
    assert np.linalg.matrix_rank(filled(repeated_row, shape)) == 2


@pytest.mark.parametrize("shape", [(3,), (3, 2), (1, 2, 5)])
def test_zeros_are_as_many_as_fit(shape: Shape) -> None:
    """Neighbours along the first axis."""
    for count in (1, 2):
        array = filled(with_zeros(count), shape)
        assert np.sum(array == 0) == min(count, shape[0])


@pytest.mark.parametrize("interval", [(1.5, 32.0), (-4.0, -1.25), (0.25, 4.0), (-64.0, 64.0), (0.0625, 0.9375)])
def test_ordinary_numbers_lie_in_the_domain(interval: tuple[float, float]) -> None:
    (array,) = point("", ordinary).arrays(((3, 4),), (interval,), np.random.default_rng(1))
    assert np.all((array >= interval[0]) & (array <= interval[1]))
    assert len(np.unique(array)) == 12


def test_equal_operands_are_equal() -> None:
    """Element by element, in different leaves, and the elements differ."""
    for name in ("hypot", "betaln", "logaddexp", "mul", "huber_loss"):
        op = VOCABULARY[name]
        names = [each.name for each in smooth_points(op)]
        first, second = special_cases(op, SPECIAL)[names.index("equal operands")].point
        assert np.array_equal(first, second)
        assert len(np.unique(first)) == first.size == np.prod(USUAL)


@pytest.mark.parametrize("op", in_order_of_delicacy(VOCABULARY.values()), ids=lambda op: op.name)
def test_cases_of_an_op_are_one_graph_at_its_points(op: Op) -> None:
    """The same in every run; ops round it are few and smooth, and its derivatives do not vanish."""
    cases = special_cases(op, SPECIAL)
    assert [case.id for case in cases] == [case.id for case in special_cases(op, SPECIAL)]
    assert len({case.graph.key for case in cases}) == 1
    assert len({case.id for case in cases}) == len(cases) == len(smooth_points(op))
    check(cases[0].graph)
    assert set(cases[0].graph.op_names) <= {op.name, "shift", "sin"}
    assert {case.stratum for case in cases} == {SPECIAL}


def test_delicate_points_come_first() -> None:
    ops = in_order_of_delicacy(VOCABULARY.values())
    is_delicate = [any(each.is_delicate for each in op.special) for op in ops]
    assert is_delicate == sorted(is_delicate, reverse=True)
    first = PROFILES["default"].special_compiled
    assert first is not None
    assert sum(is_delicate) <= first


def test_cases_are_the_same_however_many_there_are() -> None:
    """And whatever the seed of the run."""
    every = [one.case.id for one in planned(SPECIAL, Settings(seed=1))]
    assert every == [one.case.id for one in planned(SPECIAL, Settings(seed=2))]
    few = [one.case.id for one in planned(SPECIAL, Settings(profile="quick"))]
    assert few == every[: len(few)]
    assert len(every) == sum(len(smooth_points(op)) for op in VOCABULARY.values())


def test_all_points_of_a_graph_go_to_one_worker() -> None:
    shares: dict[str, set[int]] = {}
    for one in planned(SPECIAL, Settings()):
        shares.setdefault(one.case.graph.key, set()).add(one.share)
    assert all(len(found) == 1 for found in shares.values())
    assert len({min(found) for found in shares.values()}) == len(shares)


def test_budgets_by_profile_and_mode() -> None:
    """Compiled modes get the first ops, slow and costly ones none."""

    def counts(profile: str) -> tuple[int, int, int]:
        settings = Settings(profile=profile)
        eager, compiled = (budget(settings, is_compiled, 0)[SPECIAL] for is_compiled in (False, True))
        return eager, compiled, budget(settings, True, 0, is_slow=True)[SPECIAL]

    every = len(SMOOTH)
    quick, default, nightly = map(counts, ("quick", "default", "nightly"))
    assert 0 < quick[1] <= 8
    assert quick[0] <= 60
    assert default[0] == nightly[0] == nightly[1] == every
    assert quick[1] < default[1] < every
    assert quick[2] == default[2] == nightly[2] == 0
    assert SPECIAL not in handful(Settings(), 0)
    assert (
        len({one.case.graph.key for one in planned(SPECIAL, Settings(), True)}) == PROFILES["default"].special_compiled
    )


def test_a_narrow_run_judges_fewer_ops_there() -> None:
    """None where it replays, as many as random graphs were asked for, those of chosen ops."""
    assert budget(Settings(replay_only=True), False, 0)[SPECIAL] == 0
    assert budget(Settings(examples=0), False, 0)[SPECIAL] == 0
    assert len({one.case.graph.key for one in planned(SPECIAL, Settings(examples=3))}) == 3
    assert budget(Settings(ops=("hypot",)), False, 0)[SPECIAL] == len(smooth_points(VOCABULARY["hypot"]))
    assert budget(Settings(ops=("sum",)), False, 0)[SPECIAL] == 0
    assert budget(Settings(), False, 0, passing_size=5)[PASSING] == 0


def test_derivatives_of_first_and_second_order_are_always_asked() -> None:
    """Of third order at one point in three or so."""
    orders = [
        {order_of(each.word) for each in derivations_about(case, "float64", LAWS)}
        for op in VOCABULARY.values()
        for case in special_cases(op, SPECIAL)
    ]
    assert all(found >= {1, 2} for found in orders)
    assert 0.2 < sum(3 in found for found in orders) / len(orders) < 0.5


def _hypot(a: Any, b: Any) -> Any:
    """Its gradient is right everywhere; where both operands are equal, the tie is differentiated twice."""
    from autograd_conformance.adapters import tape_engine as tp

    larger, smaller = tp.maximum(tp.abs(a), tp.abs(b)), tp.minimum(tp.abs(a), tp.abs(b))
    return larger * tp.sqrt(tp.square(smaller / larger) + 1.0)


class TiesDifferentiatedTwice(TapeAdapter):
    table: ClassVar[Table] = Table({**EXPRESSIONS, "hypot": "hypot({0}, {1})"})

    def names(self) -> Mapping[str, Any]:
        return {**super().names(), "hypot": _hypot}


def test_a_second_derivative_that_is_wrong_at_equal_operands_only_is_found() -> None:
    """Random cases of the op find nothing: none is near such a point."""
    here = AskedHere(TiesDifferentiatedTwice)
    op = VOCABULARY["hypot"]
    names = [each.name for each in smooth_points(op)]
    singles = Singles(Settings(), HIGHER)

    def wrong(case: Case) -> set[str]:
        verdicts: Mapping[tuple[str, str], Verdict] = here.investigator.judge(here.planned, case, ("float64",)).verdicts
        return {law for (_, law), verdict in verdicts.items() if verdict.name == "disagree"}

    found = {name: wrong(case) for name, case in zip(names, special_cases(op, SPECIAL), strict=True)}
    assert "rr_matches_finite_differences" in found["equal operands"]
    assert "vjp_matches_finite_differences" not in found["equal operands"]
    assert not any(wrong(singles.case(op, graph, 0)) for graph in range(3))

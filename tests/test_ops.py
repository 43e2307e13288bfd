"""Every op of the vocabulary: its batched meaning, its decisions, its special shapes, its noise."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from scipy import fft, linalg, special
from scipy.spatial import distance

from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node, Shape
from autograd_conformance.ops import VOCABULARY, evaluate_op
from autograd_conformance.ops.op import Array, Exact, Rounding
from autograd_conformance.reference.interpreter import EXTENDED, evaluate
from autograd_conformance.reference.noise import FrozenNoise
from tests.drawing import shapes_of, single

NAMES = tuple(sorted(VOCABULARY))
EVERY = [(name, shape) for name in NAMES for shape in shapes_of(VOCABULARY[name])]


SIZES = (1, 2, 3, 4, 8)
EVERY_SHAPE: tuple[Shape, ...] = ((), *(each for rank in (1, 2, 3) for each in product(SIZES, repeat=rank)))


def copies_of(case: Case, count: int, seed: int = 0) -> list[Array]:
    """The point and moved copies of it, in one batch."""
    generator = np.random.default_rng(seed)
    moved = [array + generator.integers(-8, 8, (count, *array.shape)) / 128 for array in case.point]
    for array, centre in zip(moved, case.point, strict=True):
        array[0] = centre
    return moved


@pytest.mark.parametrize("name", NAMES)
def test_what_an_op_accepts_it_is_arranged_for(name: str) -> None:
    """Whatever is drawn, the graph may be evaluated and translated."""
    for seed, shape in enumerate(shape for shape in (*EVERY_SHAPE, (1, 2, 2, 4)) if VOCABULARY[name].accepts(shape)):
        for more in (0, 1000):
            single(name, shape, seed + more)


def test_the_vocabulary_is_large_enough() -> None:
    """Forty ops or so in a dozen families."""
    assert len(NAMES) >= 35
    assert len({op.family for op in VOCABULARY.values()}) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_complete(name: str) -> None:
    """Its example is accepted, and what it arranges has as many operands as it says and exactly its attributes."""
    op = VOCABULARY[name]
    assert op.accepts(op.example)
    for seed in range(20):
        node = next(node for node in single(name, op.example, seed).graph.nodes if node.op == name)
        assert set(node.attributes) == set(op.attributes)


@pytest.mark.parametrize(("name", "shape"), EVERY)
def test_batched_meaning_is_that_of_single_calls(name: str, shape: Shape) -> None:
    """K copies at once give what K evaluations give; sums may be added in another order."""
    for seed in range(4):
        case = single(name, shape, seed)
        batch = copies_of(case, 5, seed)
        together = evaluate(case.graph, batch).outputs
        for copy in range(5):
            alone = evaluate(case.graph, [array[copy : copy + 1] for array in batch]).outputs
            for left, right in zip(together, alone, strict=True):
                np.testing.assert_allclose(left[copy], right[0], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("name", "shape"), EVERY)
def test_partial_results_spelled_out_give_the_clean_value(name: str, shape: Shape) -> None:
    """A noisy meaning with nothing moved is the clean meaning."""
    for seed in range(4):
        case = single(name, shape, seed)
        batch = copies_of(case, 3, seed)
        clean, noisy = (evaluate(case.graph, batch, rounding).outputs for rounding in (Exact(), Rounding()))
        for left, right in zip(clean, noisy, strict=True):
            assert left.shape == right.shape
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("name", "shape"), EVERY)
def test_noise_vanishes_with_its_size(name: str, shape: Shape) -> None:
    """Values under noise of size d differ from clean ones in proportion to d, unless an op decides otherwise."""
    case = single(name, shape, 1)
    batch = [np.tile(array[None], (6, *(1,) * array.ndim)).astype(EXTENDED) for array in case.point]
    centre = evaluate(case.graph, batch)
    clean = centre.flat_outputs()
    for size in (2.0**-20, 2.0**-40):
        noise = FrozenNoise(size, 2, 3, np.random.default_rng(3))
        noisy = evaluate(case.graph, batch, noise, centre.decisions)
        gaps = np.abs(noisy.flat_outputs() - clean)[noisy.is_valid]
        assert np.max(gaps, initial=0) <= 1e3 * size * (1 + np.max(np.abs(clean), initial=0))


@pytest.mark.parametrize("name", NAMES)
def test_clean_meaning_leaves_its_operands_alone(name: str) -> None:
    """Operands are shared by other nodes and by noise replicates."""
    case = single(name, VOCABULARY[name].example, 2)
    batch = copies_of(case, 3)
    before = [array.copy() for array in batch]
    evaluate(case.graph, batch)
    evaluate(case.graph, batch, Rounding())
    assert all(np.array_equal(left, right) for left, right in zip(before, batch, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_values_stay_in_extended_precision(name: str) -> None:
    """No meaning falls back to float64 on the way."""
    case = single(name, VOCABULARY[name].example, 3)
    batch = [array.astype(EXTENDED) for array in copies_of(case, 2)]
    assert all(output.dtype == EXTENDED for output in evaluate(case.graph, batch).outputs)
    noise = FrozenNoise(2.0**-30, 2, 1, np.random.default_rng(0))
    assert all(output.dtype == EXTENDED for output in evaluate(case.graph, batch, noise).outputs)


@pytest.mark.parametrize("name", [name for name in NAMES if VOCABULARY[name].is_analytic])
def test_analytic_meanings_evaluate_complex_numbers(name: str) -> None:
    """The imaginary part of a tiny imaginary step is the derivative, and the real part is unchanged."""
    case = single(name, VOCABULARY[name].example, 4)
    step, slope = 2.0**-60, 2.0**-20
    real = evaluate(case.graph, [array[None].astype(EXTENDED) for array in case.point]).flat_outputs()
    comp = evaluate(case.graph, [array[None] + 1j * EXTENDED(step) for array in case.point]).flat_outputs()
    ahead, behind = (
        evaluate(case.graph, [array[None] + EXTENDED(sign * slope) for array in case.point]).flat_outputs()
        for sign in (1, -1)
    )
    np.testing.assert_allclose(comp.real.astype(float), real.astype(float), rtol=1e-13, atol=1e-14)
    central = ((ahead - behind) / (2 * slope)).astype(float)
    np.testing.assert_allclose((comp.imag / step).astype(float), central, rtol=1e-8, atol=1e-8)


def value(name: str, *arrays: object, **attributes: object) -> np.ndarray:
    """One op on plain arrays."""
    batch = [np.asarray(array)[None] for array in arrays]
    result = evaluate_op(VOCABULARY[name], Node(name, (), attributes), Exact(), batch)  # type: ignore[arg-type]
    return np.asarray(result[0][0])


X = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.25]])
S = np.array([[2.0, 0.5, 0.25], [0.5, -1.5, 1.0], [0.0, 1.0, 3.0]])
SIGNAL, KERNEL = np.arange(8.0).reshape(1, 2, 4) / 4, np.array([[[1.0, -2.0], [0.5, 4.0]]])
CONVOLVED = sum(np.correlate(np.pad(SIGNAL[0, c], 1), KERNEL[0, c], "valid") for c in range(2))[::2]


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        (value("sigmoid", X), special.expit(X)),
        (value("softplus", X), np.logaddexp(0, X)),
        (value("logsumexp", X, axes=(1,), keepdims=False), special.logsumexp(X, axis=1)),
        (value("softmax", X, axis=0), special.softmax(X, axis=0)),
        (value("log_softmax", X, axis=1), special.log_softmax(X, axis=1)),
        (value("var", X, axes=(0, 1), keepdims=True), X.var(keepdims=True)),
        (value("mean", X, axes=(0,), keepdims=False), X.mean(0)),
        (value("prod", X, axes=(), keepdims=False), X),
        (value("sum", X, axes=(), keepdims=False), X),
        (value("det", S), np.linalg.det(S)),
        (value("det", S[:1, :1]), S[0, 0]),
        (value("det", S[[1, 0, 2]]), -np.linalg.det(S)),
        (value("det", np.zeros((2, 2))), 0.0),
        (value("solve", S, X.T), np.linalg.solve(S, X.T)),
        (value("matmul", X, X.T), X @ X.T),
        (value("matmul", np.stack([S, S.T]), X.T), np.stack([S, S.T]) @ X.T),
        (value("einsum", X, X, pattern="ij,kj->ikj"), X[:, None] * X[None]),
        (value("conv1d", SIGNAL, KERNEL, stride=2, padding=1), CONVOLVED[None, None]),
        (value("max_pool1d", SIGNAL, window=2, stride=2), SIGNAL[..., 1::2]),
        (value("slice", np.arange(5.0), slices=((4, 3, -2),)), np.array([4.0, 2.0, 0.0])),
        (value("take", X, indices=(2, 0, 2), axis=1), X[:, [2, 0, 2]]),
        (value("scatter_add", X, X[:, :2], indices=(1, 1), axis=1), np.add(X, [[0, -0.75, 0], [0, 2.25, 0]])),
        (value("broadcast_to", X[:, :1], shape=(2, 2, 3)), np.broadcast_to(X[:, :1], (2, 2, 3))),
        (value("pad", X, widths=((0, 1), (2, 0))), np.pad(X, ((0, 1), (2, 0)))),
        (value("sinc", X), np.sinc(X)),
        (value("logaddexp2", 9 * X, -X), np.logaddexp2(9 * X, -X)),
        (value("remainder", 3 * X, -X[::-1]), np.remainder(3 * X, -X[::-1])),
        (value("erf", 4 * X), special.erf(4 * X)),
        (value("erfc", 4 * X), special.erfc(4 * X)),
        (value("erfinv", X / 2.5), special.erfinv(X / 2.5)),
        (value("ndtri", 0.5 + X / 5), special.ndtri(0.5 + X / 5)),
        (value("log_ndtr", 20 * X), special.log_ndtr(20 * X)),
        (value("lgamma", 9 * X), special.gammaln(9 * X)),
        (value("digamma", 9 * X), special.psi(9 * X)),
        (value("polygamma", np.abs(X), order=3), special.polygamma(3, np.abs(X))),
        (value("multigammaln", X + 3, dimension=3), np.vectorize(special.multigammaln)(X + 3, 3)),
        (value("i1", 20 * X), special.i1(20 * X)),
        (value("i0e", 20 * X), special.i0e(20 * X)),
        (value("bessel_j1", 4 * X), special.j1(4 * X)),
        (value("entr", np.abs(X)), special.entr(np.abs(X))),
        (value("transpose", X, permutation=(1, 0)), X.T),
        (value("std", X, axes=(1,), keepdims=False), X.std(1)),
        (value("norm_l2", X, axis=0, keepdims=True), np.linalg.norm(X, axis=0, keepdims=True)),
        (value("logcumsumexp", X, axis=1), np.logaddexp.accumulate(X, 1)),
        (value("top_k", X, k=2), np.sort(X, 1)[:, :0:-1]),
        (value("segment_mean", X.T, segments=(0, 1, 1)), np.stack((X[:, 0], X[:, 1:].mean(1)))),
        (value("gather_along_axis", X, indices=((2, 0), (1, 1)), axis=1), np.array([[2.0, 0.5], [0.75, 0.75]])),
        (value("scatter_mul", X[:1], X[1:], indices=((2, 2, 0),), axis=1), np.array([[-0.125, -1.25, 2.25]])),
        (value("scatter_max", X, X[:, :2], indices=((2, 1), (0, 1)), axis=1), X),
        (value("masked_select", X, mask=((True, False, True), (False, True, False))), np.array([0.5, 2.0, 0.75])),
        (value("repeat_interleave", X, repeats=(2, 0, 1), axis=1), X[:, [0, 0, 2]]),
        (value("roll", X, shift=-1, axis=1), X[:, [1, 2, 0]]),
        (value("diff", X, order=2, axis=1), np.diff(X, 2)),
        (value("flip", X, axes=(0, 1)), X[::-1, ::-1]),
        (value("sort", X, axis=1), np.sort(X, 1)),
        (value("clip", X, low=-1.0, high=1.0), np.clip(X, -1, 1)),
        (value("add", X, X[0]), X + X[0]),
        (value("power", np.abs(X), np.float64(2.5)), np.abs(X) ** 2.5),
        (value("cumprod", X, axis=0), np.cumprod(X, 0)),
        (value("inner", X, X), np.inner(X, X)),
        (value("tensordot", X, S, axes=((1,), (0,))), np.tensordot(X, S, 1)),
        (value("einsum_of_one", S, pattern="ii->i"), np.diag(S)),
        (value("einsum_of_three", X[:, 0], X, X[0], pattern="i,ij,j->"), X[:, 0] @ X @ X[0]),
        (value("addmm", X, X, S, beta=0.5, alpha=-1.0), 0.5 * X - X @ S),
        (value("kron", X, S), np.kron(X, S)),
        (value("cross", X, X[::-1]), np.cross(X, X[::-1])),
        (value("block_diag", X, S), linalg.block_diag(X, S)),
        (value("diagonal", X, offset=1), np.diagonal(X, 1)),
        (value("diag_embed", X[0], offset=-1), np.diag(X[0], -1)),
        (value("tril", X, offset=1), np.tril(X, 1)),
        (value("triu", X, offset=-1), np.triu(X, -1)),
        (value("vander", X[0], columns=4, increasing=False), np.vander(X[0], 4)),
        (value("cdist", X, X + 1, p=3.0), distance.cdist(X, X + 1, "minkowski", p=3)),
        (value("cov", X, correction=1), np.cov(X)),
        (value("corrcoef", X), np.corrcoef(X)),
        (value("cholesky_of_gram", X), np.linalg.cholesky(X @ X.T + 2 * np.eye(2))),
        (value("logdet_of_gram", X), np.linalg.slogdet(X @ X.T + 2 * np.eye(2))[1]),
        (value("inv", S), np.linalg.inv(S)),
        (value("slogdet", S), np.linalg.slogdet(S)[1]),
        (value("matrix_power", S, exponent=3), np.linalg.matrix_power(S, 3)),
        (value("matrix_exp", S / 4), linalg.expm(S / 4)),
        (value("triangular_solve", S, X.T, lower=True, unit=False), np.linalg.solve(np.tril(S), X.T)),
        (value("triangular_solve", S, X.T, lower=False, unit=True), np.linalg.solve(np.triu(S, 1) + np.eye(3), X.T)),
        (value("cholesky_solve", S, X.T), linalg.cho_solve((S, True), X.T)),
        (value("lstsq", X.T, S), np.linalg.lstsq(X.T, S)[0]),
        (value("qr_r", X.T), linalg.cholesky(X @ X.T)),
        (value("pinv", X), np.linalg.pinv(X)),
        (value("eigvalsh_of_symmetrised", S), np.linalg.eigvalsh(S + S.T)),
        (value("svdvals", X), np.linalg.svd(X, compute_uv=False)),
        (value("nuclear_norm", X), np.linalg.norm(X, "nuc")),
        (value("spectral_norm", X), np.linalg.norm(X, 2)),
        (value("frobenius_norm", X), np.linalg.norm(X)),
        (value("rfft", X), np.fft.rfft(X).real),
        (value("irfft", X, X[::-1], is_odd=True), np.fft.irfft(X + 1j * X[::-1], 5)),
        (value("irfft", X, X[::-1], is_odd=False), np.fft.irfft(X + 1j * X[::-1], 4)),
        (value("fft", X, X[::-1]), np.fft.fft(X + 1j * X[::-1]).real),
        (value("ifft", X, X[::-1]), np.fft.ifft(X + 1j * X[::-1]).real),
        (value("fft2", X, X[::-1]), np.fft.fft2(X + 1j * X[::-1]).real),
        (value("dct", X), fft.dct(X)),
        (value("fftshift", X, axes=(1,), is_inverse=True), np.fft.ifftshift(X, 1)),
    ],
)  # fmt: skip
def test_meaning_is_what_numpy_and_scipy_say(computed: np.ndarray, expected: np.ndarray) -> None:
    """Composites and data movement against an independent formula."""
    np.testing.assert_allclose(computed, expected, rtol=1e-13, atol=1e-14)
    assert computed.shape == np.shape(expected)


KINKS = {
    "relu": (Node("relu", (0,)), [-0.1, 0.1]),
    "abs": (Node("abs", (0,)), [-0.1, 0.0, 0.1]),
    "clip low": (Node("clip", (0,), {"low": 0.0, "high": 9.0}), [-0.1, 0.0, 0.1]),
    "clip high": (Node("clip", (0,), {"low": -9.0, "high": 0.0}), [-0.1, 0.0, 0.1]),
}


@pytest.mark.parametrize(("node", "sides"), KINKS.values(), ids=KINKS)
def test_sides_of_a_kink_are_different_decisions(node: Node, sides: list[float]) -> None:
    """So that no difference is taken across it."""
    decision = VOCABULARY[node.op].decision
    assert decision is not None
    made = [decision(np.array([[side]]), **node.attributes).tolist() for side in sides]
    assert all(left != right for left, right in pairwise(made))


@pytest.mark.parametrize(
    ("node", "near", "far"),
    [
        (Node("maximum", (0, 1)), [[0.0], [0.1]], [[0.0], [-0.1]]),
        (Node("minimum", (0, 1)), [[0.0], [0.1]], [[0.0], [-0.1]]),
        (Node("greater", (0, 1)), [[0.0], [0.1]], [[0.0], [-0.1]]),
        (Node("max", (0,), {"axes": (0,), "keepdims": False}), [[0.0, 0.1]], [[0.1, 0.0]]),
        (Node("max", (0,), {"axes": (0,), "keepdims": False}), [[0.0, 0.1]], [[0.1, 0.1]]),
        (Node("sort", (0,), {"axis": 0}), [[0.0, 0.1]], [[0.1, 0.0]]),
        (Node("max_pool1d", (0,), {"window": 2, "stride": 1}), [[[[0.0, 0.1]]]], [[[[0.1, 0.0]]]]),
        (Node("remainder", (0, 1)), [[0.9], [0.5]], [[1.0], [0.5]]),
        (Node("remainder", (0, 1)), [[1.0], [0.5]], [[1.1], [0.5]]),
        (Node("min", (0,), {"axes": (0,), "keepdims": False}), [[0.0, 0.1]], [[0.1, 0.1]]),
        (Node("std", (0,), {"axes": (0,), "keepdims": False}), [[0.0, 0.1]], [[0.1, 0.0]]),
        (Node("norm_inf", (0,), {"axis": 0, "keepdims": False}), [[0.1, -0.2]], [[0.1, 0.2]]),
        (Node("norm_l2", (0,), {"axis": 0, "keepdims": False}), [[0.0, 0.0]], [[0.1, 0.0]]),
        (Node("cummax", (0,), {"axis": 0}), [[0.0, 0.1]], [[0.1, 0.0]]),
        (Node("top_k", (0,), {"k": 1}), [[0.0, 0.1]], [[0.1, 0.0]]),
        (Node("segment_min", (0,), {"segments": (0, 0)}), [[0.0, 0.1]], [[0.1, 0.0]]),
        (Node("scatter_max", (0, 1), {"indices": (0,), "axis": 0}), [[0.0], [0.1]], [[0.1], [0.0]]),
    ],
)
def test_a_turned_comparison_is_another_decision(node: Node, near: list[object], far: list[object]) -> None:
    """Order of two operands, of elements, of windows."""
    decision = VOCABULARY[node.op].decision
    assert decision is not None
    made = [decision(*(np.array(array)[None] for array in arrays), **node.attributes) for arrays in (near, far)]
    assert not np.array_equal(*made)


OF_SPECTRA = ("eigvalsh_of_symmetrised", "svdvals", "nuclear_norm", "spectral_norm", "frobenius_norm")
OF_RANK = ("inv", "slogdet", "qr_r", "pinv")


@pytest.mark.parametrize("name", [name for name in NAMES if VOCABULARY[name].decision is not None])
def test_a_decision_invalidates_only_the_copies_that_decide_otherwise(name: str) -> None:
    """The batch axis of a trace is that of the copies."""
    case = single(name, VOCABULARY[name].example, 5)
    far = [np.concatenate([a[None], a[None], -2 * a[None] - 0.3 * (1 + i), a[None]]) for i, a in enumerate(case.point)]
    if name in ("clip", "remainder"):
        far[0][2] += 9
    if name == "cosine_embedding_loss":
        far[1][2] *= -1
    if name in ("norm_l2", "std", "l2_normalize", "lp_pool1d", "hypot", *OF_SPECTRA, *OF_RANK):
        far[0][2] = 0
    if name == "hypot":
        far[1][2] = 0
    is_valid = evaluate(case.graph, far).is_valid
    assert is_valid[[0, 1, 3]].all()
    assert not is_valid[2]


@pytest.mark.parametrize("name", [name for name in NAMES if VOCABULARY[name].decision is None])
def test_ops_that_decide_nothing_are_smooth_in_their_domain(name: str) -> None:
    """Second differences shrink with the square of the step; a kink without a trace would show."""
    if name == "where":
        pytest.skip("its condition decides")
    case = single(name, VOCABULARY[name].example, 6)
    generator = np.random.default_rng(0)
    directions = [generator.uniform(-1, 1, array.shape) for array in case.point]
    sizes = []
    for step in (2.0**-7, 2.0**-9):
        rows = [
            np.stack([a - step * d, a, a + step * d]).astype(EXTENDED)
            for a, d in zip(case.point, directions, strict=True)
        ]
        low, centre, high = evaluate(case.graph, rows).flat_outputs()
        sizes.append(float(np.max(np.abs(high - 2 * centre + low), initial=0)))
    assert sizes[1] <= sizes[0] / 8 + 1e-15


def test_a_copy_that_meets_nan_or_infinity_is_invalid() -> None:
    """Even where the output hides it."""
    graph = Graph(((),), (Node("log", (0,)), Node("square", (1,)), Node("scale", (0,), {"factor": 0.0})), (3,))
    assert evaluate(graph, [np.array([1.0, -1.0, 0.0, 2.0])]).is_valid.tolist() == [True, False, False, True]

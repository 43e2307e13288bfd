"""The suite's own engine: what its documentation promises."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_conformance.adapters.tape_engine as tp

A = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])
B = np.array([[1.25, 0.5, -0.75], [2.0, -1.5, 0.25]])
POSITIVE = np.abs(A) + 0.25
INSIDE = A / 4
SQUARE = np.array([[2.0, 0.5, -1.0], [0.25, 1.5, 0.75], [-0.5, 1.0, 3.0]])


def leaf(values: Any, dtype: str = "float64") -> tp.Array:
    return tp.array(values, requires_grad=True, dtype=dtype)


# Leaves.


def test_a_leaf_requires_no_gradient_unless_asked_to() -> None:
    x = tp.array(3.0)
    assert (x.requires_grad, x.is_leaf, x.grad_fn) == (False, True, None)
    assert x.requires_grad_() is x
    assert (x.requires_grad, x.is_leaf, x.grad_fn) == (True, True, None)


def test_a_result_requires_a_gradient_when_any_operand_does() -> None:
    a, c = leaf(3.0), tp.array(5.0)
    assert [y.requires_grad for y in (a * a, c * c, tp.sin(a * c))] == [True, False, True]
    assert [y.is_leaf for y in (a * a, c * c, a + 1)] == [False, True, False]
    assert (a * a).grad_fn is not None


def test_only_floating_point_arrays_can_require_a_gradient() -> None:
    with pytest.raises(tp.TapeError, match="only floating-point arrays"):
        tp.array([1, 2], dtype="int64").requires_grad_()


def test_python_integers_become_floats() -> None:
    """So that no gradient is ever kept in integers."""
    x = leaf([1, 2, 3], dtype=None)  # type: ignore[arg-type]
    tp.sum(x * 0.5).backward()
    assert x.grad.tolist() == [0.5, 0.5, 0.5]


def test_constants_keep_no_gradient() -> None:
    w, x, b = leaf(0.5), tp.array(2.0), leaf(1.0)
    (w * x + b).backward()
    assert (w.grad.item(), x.grad, b.grad.item()) == (2.0, None, 1.0)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_python_numbers_take_the_dtype_of_their_companion(dtype: str) -> None:
    x = leaf([1.0, 2.0], dtype)
    y = tp.mean(2 * x**2 / 3 - 1)
    y.backward()
    assert (y.dtype, x.grad.dtype) == (dtype, dtype)


def test_a_gradient_has_the_dtype_of_its_operand() -> None:
    narrow, wide = leaf([1.0, 2.0], "float16"), leaf([3.0, 4.0])
    product = narrow * wide
    product.backward([1.0, 1.0])
    assert (product.dtype, narrow.grad.dtype, wide.grad.dtype) == ("float64", "float16", "float64")


# Backward.


def test_gradients_of_later_calls_are_added() -> None:
    a = leaf(3.0)
    for _ in range(2):
        (a * a).backward()
    assert a.grad.item() == 12.0
    a.zero_grad()
    assert a.grad is None


def test_leaves_have_buffers_of_their_own() -> None:
    x, y = leaf(1.0), leaf(2.0)
    (x + y).backward()
    x.grad.mul_(2.0)
    assert (x.grad.item(), y.grad.item()) == (2.0, 1.0)


def test_the_cotangent_given_is_not_kept_as_a_gradient() -> None:
    x, cotangent = leaf([1.0, 2.0]), tp.array([1.0, 1.0])
    for _ in range(2):
        (x + 0.0).backward(cotangent)
    assert (cotangent.tolist(), x.grad.tolist()) == ([1.0, 1.0], [2.0, 2.0])


def test_results_have_a_gradient_only_if_retained() -> None:
    a = leaf(3.0)
    b = a * a
    c = b * 2
    c.retain_grad()
    (c + b).backward()
    assert (a.grad.item(), b.grad, c.grad.item()) == (18.0, None, 1.0)


def test_an_output_of_many_elements_needs_a_cotangent() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(tp.TapeError, match="needs a cotangent"):
        (x * x).backward()
    (x * x).backward([1.0, 10.0])
    assert x.grad.tolist() == [2.0, 40.0]


def test_a_cotangent_of_another_shape_is_refused() -> None:
    x = leaf([[1.0, 2.0]])
    with pytest.raises(tp.TapeError, match=r"shape \(2,\) for an output of shape \(1, 2\)"):
        (x * x).backward([1.0, 1.0])
    assert x.grad is None


def test_what_requires_no_gradient_cannot_go_backward() -> None:
    with pytest.raises(tp.TapeError, match="requires no gradient"):
        tp.array(1.0).backward()


def test_a_graph_is_freed_by_backward_unless_retained() -> None:
    a = leaf(3.0)
    y = a * a
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(tp.TapeError, match="freed by an earlier backward, at mul"):
        y.backward()
    assert a.grad.item() == 12.0


def test_a_graph_that_saved_nothing_can_be_walked_again() -> None:
    a = leaf(3.0)
    y = a + a
    y.backward()
    y.backward()
    assert a.grad.item() == 4.0


def test_freeing_one_branch_leaves_the_shared_trunk_freed() -> None:
    a = leaf(2.0)
    trunk = a * a
    first, second = trunk * 3, tp.exp(trunk)
    first.backward()
    with pytest.raises(tp.TapeError, match="freed"):
        second.backward()


def test_diamonds_cost_what_their_edges_cost() -> None:
    x = y = leaf(1.0)
    for _ in range(40):
        y = y * 0.5 + y * 0.5
    start = time.perf_counter()
    y.backward()
    assert x.grad.item() == 1.0
    assert time.perf_counter() - start < 1


def test_a_chain_may_be_longer_than_any_recursion() -> None:
    x = y = leaf(0.5)
    for _ in range(5000):
        y = -y
    y.backward()
    assert x.grad.item() == 1.0
    assert len(tp.export(y)["nodes"]) == 5001


# The function `gradient`.


def test_gradient_returns_a_tuple_and_touches_no_grad() -> None:
    a, b = leaf(3.0), leaf(4.0)
    assert [g.item() for g in tp.gradient(a * b, (a, b))] == [4.0, 3.0]
    assert (a.grad, b.grad) == (None, None)


def test_gradient_takes_results_as_inputs() -> None:
    a = leaf(3.0)
    b = a * a
    assert [g.item() for g in tp.gradient(b * b * a, [b, a])] == [54.0, 405.0]


def test_an_unused_input_is_an_error_or_none() -> None:
    a, b = leaf(3.0), leaf(4.0)
    with pytest.raises(tp.TapeError, match="do not depend on input 1"):
        tp.gradient(a * a, [a, b])
    assert tp.gradient(a * a, [a, b], allow_unused=True)[1] is None


def test_gradient_leaves_other_parts_of_the_graph_alone() -> None:
    """What does not lead to an input is neither computed nor freed."""
    a, b = leaf(3.0), leaf(2.0)
    other = tp.exp(b)
    tp.gradient(a * a + other, a)
    other.backward()
    assert b.grad.item() == np.exp(2.0)


def test_jvp_is_the_jacobian_times_the_tangents() -> None:
    """Of every output, along all inputs together; an output that no input reaches has no tangent."""
    x, y = leaf([0.5, 2.0]), leaf(3.0)
    constant = tp.array([1.0])
    moved, product, still = tp.jvp([tp.sin(x), x * y, constant], [x, y], [tp.array([1.0, -1.0]), tp.array(0.5)])
    np.testing.assert_allclose(moved.numpy(), [np.cos(0.5), -np.cos(2.0)], rtol=1e-15)
    assert product.tolist() == [3.25, -2.0]
    assert still is None
    assert (x.grad, y.grad) == (None, None)


def test_jvp_can_be_differentiated() -> None:
    """Of x**4 along 1 again and again."""
    x, one = leaf(2.0), tp.array(1.0)
    found, values = x**4, []
    for _ in range(4):
        (found,) = tp.jvp([found], [x], [one], create_graph=True)
        values.append(found.item())
    assert values == [32.0, 48.0, 48.0, 24.0]


@pytest.mark.parametrize("op", [tp.arctanh, tp.arcsin, tp.arccos])
def test_second_derivatives_keep_their_digits_near_zero(op: Any) -> None:
    """2 a and +-a to the first order: (1 - a) - (1 + a) would have no digit of them left."""
    a = leaf(2.0**-60)
    (first,) = tp.gradient(op(a), a, create_graph=True)
    (second,) = tp.gradient(first, a)
    assert second.item() == {"arctanh": 2, "arcsin": 1, "arccos": -1}[op.name] * 2.0**-60


@pytest.mark.parametrize("size", [0, 1, 2])
def test_the_gradient_of_a_determinant_can_be_differentiated_down_to_no_rows(size: int) -> None:
    a = leaf(np.eye(size) + 1)
    (first,) = tp.gradient(tp.det(a), a, create_graph=True)
    (second,) = tp.gradient(first.sum(), a)
    assert (
        second.tolist() == (2 * np.eye(size) - np.ones((size, size)) if size == 2 else np.zeros((size, size))).tolist()
    )


def test_gradients_of_several_outputs_are_summed() -> None:
    x = leaf([1.0, 2.0])
    (found,) = tp.gradient([x * x, x * 3], x, [[1.0, 1.0], [10.0, 0.0]])
    assert found.tolist() == [32.0, 4.0]


# Higher order.


def test_the_gradient_of_a_cube_can_be_differentiated_until_it_is_zero() -> None:
    a = leaf(3.0)
    y, found = a**3, []
    for _ in range(4):
        (y,) = tp.gradient(y, a, create_graph=True)
        found.append(y.item())
    assert found == [27.0, 18.0, 6.0, 0.0]


def test_create_graph_retains_the_graph() -> None:
    a = leaf(3.0)
    y = a * a
    y.backward(create_graph=True)
    assert a.grad.requires_grad
    y.backward()


OPS: dict[str, tuple[Callable[..., tp.Array], list[np.ndarray]]] = {
    **{op.name: (op, [A]) for op in (tp.sin, tp.cos, tp.tanh, tp.arctan, tp.sigmoid, tp.softplus, tp.exp, tp.expm1)},
    **{op.name: (op, [A]) for op in (tp.square, tp.abs, tp.relu, tp.neg)},
    **{op.name: (op, [POSITIVE]) for op in (tp.sqrt, tp.log, tp.log1p, tp.reciprocal)},
    **{op.name: (op, [INSIDE]) for op in (tp.arcsin, tp.arccos, tp.arctanh)},
    **{op.name: (op, [A, B[:1]]) for op in (tp.add, tp.sub, tp.mul, tp.div, tp.maximum, tp.minimum)},
    "power": (tp.power, [POSITIVE, B[:1]]),
    "clip": (lambda a: tp.clip(a, low=-0.75, high=1.75), [A]),
    "where": (lambda a, b: tp.where(A > B, a * a, b * b), [A, B]),
    **{f.__name__: (lambda a, f=f: f(a, 1) * f(a), [A]) for f in (tp.sum, tp.mean, tp.prod, tp.max, tp.var)},
    "logsumexp": (lambda a: tp.logsumexp(a, 0, keepdims=True), [A]),
    **{f.__name__: (lambda a, f=f: f(a, 1) * B, [A]) for f in (tp.softmax, tp.log_softmax, tp.cumsum, tp.cumprod)},
    "sort": (lambda a: tp.sort(a, 1) ** 2 * B, [A]),
    "movement": (lambda a: tp.pad(tp.flip(a.T.reshape(2, 3), (0, 1)), ((1, 0), (0, 2))) ** 3, [A]),
    "indexing": (lambda a: tp.take(a, (2, 0, 2), 1) * a[::-1, 1:2] * a[:, None, 0], [A]),
    "scatter_add": (lambda a, b: tp.scatter_add(a, b, (1, 1, 0), 1) ** 2, [A, B]),
    "joining": (lambda a, b: tp.concatenate((a, b, a), 1)[:, 2:5] ** 2 + tp.stack([a, b])[1] ** 3, [A, B]),
    "split": (lambda a: tp.split(a, 1, 1)[0] * tp.split(a, 1, 1)[1], [A]),
    "assignment": (lambda a, b: _assigned(a, b), [A, B[0]]),
    "matmul": (lambda a, b: (a @ b) ** 2, [A, np.stack([B.T, A.T])]),
    "dot": (lambda a, b: (a @ b) ** 2 + a @ tp.reshape(b, (3, 1)), [A[0], B[0]]),
    "einsum": (lambda a, b: tp.einsum("ij,kj->ki", a, b) * tp.einsum("ij,jk->k", a, b.T), [A, B]),
    "det": (tp.det, [SQUARE]),
    "solve": (lambda a, b: tp.solve(a, b.T), [SQUARE, B]),
    "conv1d": (lambda a, k: tp.conv1d(a[None], k[None, :, :2], 1, 1) ** 2, [A, B]),
    "max_pool1d": (lambda a: tp.max_pool1d(a[None], 2, 1) ** 3, [A]),
}


def _assigned(a: tp.Array, b: tp.Array) -> tp.Array:
    result = a * 2
    result[0] = b * b
    result.add_(a)
    return result**2


@pytest.mark.parametrize("name", OPS)
def test_second_derivatives_match_differences_of_first(name: str) -> None:
    """Along one direction, for every op; the first derivatives are judged by the suite itself."""
    function, point = OPS[name]
    random = np.random.default_rng(1)
    directions = [random.uniform(-1, 1, x.shape) for x in point]

    def first(step: float, create_graph: bool = False) -> tuple[list[tp.Array], tuple[tp.Array | None, ...]]:
        leaves = [leaf(x + step * d) for x, d in zip(point, directions, strict=True)]
        output = function(*leaves)
        cotangent = np.random.default_rng(2).uniform(-1, 1, output.shape)
        return leaves, tp.gradient(output, leaves, cotangent, create_graph=create_graph)

    leaves, found = first(0.0, create_graph=True)
    along = sum((tp.sum(g * d) for g, d in zip(found, directions, strict=True)), tp.array(0.0))
    second = tp.gradient(along, leaves, allow_unused=True) if along.requires_grad else [None] * len(leaves)
    for above, below, exact in zip(first(1e-5)[1], first(-1e-5)[1], second, strict=True):
        expected = (above.data - below.data) / 2e-5
        np.testing.assert_allclose(0.0 if exact is None else exact.data, expected, rtol=1e-6, atol=1e-7)


# Hard points.


def test_a_power_is_flat_where_its_exponent_is_zero() -> None:
    a, b = leaf([0.0, 0.0, 2.0]), leaf([0.0, 2.0, 0.0])
    (a**b).backward([1.0, 1.0, 1.0])
    assert a.grad.tolist() == [0.0, 0.0, 0.0]
    assert b.grad.tolist() == [0.0, 0.0, np.log(2.0)]


@pytest.mark.parametrize("zeros", [1, 2])
def test_products_with_zeros_are_differentiated_without_dividing(zeros: int) -> None:
    values = np.array([2.0, 3.0, 5.0])
    values[:zeros] = 0.0
    x = leaf(values)
    tp.prod(x).backward()
    assert x.grad.tolist() == ([15.0, 0.0, 0.0] if zeros == 1 else [0.0, 0.0, 0.0])
    (found,) = tp.gradient(tp.cumprod(x, 0), x, [1.0, 1.0, 1.0])
    assert found.tolist() == ([1.0 + 3.0 + 15.0, 0.0, 0.0] if zeros == 1 else [1.0, 0.0, 0.0])


def test_the_determinant_of_a_singular_matrix_has_its_cofactors() -> None:
    x = leaf([[1.0, 2.0], [2.0, 4.0]])
    tp.det(x).backward()
    np.testing.assert_allclose(x.grad.data, [[4.0, -2.0], [-2.0, 1.0]], rtol=1e-15)


def test_saturated_functions_keep_the_digits_of_their_derivatives() -> None:
    x = leaf([-100.0, 40.0, 800.0])
    (sigmoid,) = tp.gradient(tp.sigmoid(x), x, np.ones(3))
    np.testing.assert_allclose(sigmoid.data, [np.exp(-100.0), np.exp(-40.0), 0.0], rtol=1e-14)
    (tanh,) = tp.gradient(tp.tanh(x), x, np.ones(3))
    np.testing.assert_allclose(tanh.data, [4 * np.exp(-200.0), 4 * np.exp(-80.0), 0.0], rtol=1e-14)
    np.testing.assert_allclose(tp.softplus(x).data, [np.exp(-100.0), 40.0, 800.0], rtol=1e-14)


def test_ties_share_the_gradient() -> None:
    x = leaf([2.0, 2.0, 1.0])
    tp.max(x).backward()
    assert x.grad.tolist() == [0.5, 0.5, 0.0]


# Recording.


def test_nothing_is_recorded_within_no_grad() -> None:
    a = leaf(3.0)
    with tp.no_grad():
        b = a * a
        with tp.enable_grad():
            c = a * a
    assert (b.requires_grad, b.is_leaf, c.requires_grad, tp.is_recording()) == (False, True, True, True)


def test_recording_is_switched_at_once_and_put_back_by_with() -> None:
    a = leaf(3.0)
    tp.set_recording(False)
    assert not (a * a).requires_grad
    with tp.set_recording(True):
        assert (a * a).requires_grad
    assert not (a * a).requires_grad
    tp.set_recording(True)
    assert (a * a).requires_grad


def test_no_grad_decorates() -> None:
    a = leaf(3.0)

    @tp.no_grad()
    def cube() -> tp.Array:
        return a**3

    assert not cube().requires_grad


def test_recording_is_switched_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), tp.no_grad():
        _ = 1 / 0
    assert tp.is_recording()


def test_detach_cuts_the_graph_and_shares_the_storage() -> None:
    w = leaf(3.0)
    cut = w.detach()
    (cut * w).backward()
    assert w.grad.item() == 3.0
    with tp.no_grad():
        cut.add_(1.0)
    assert w.item() == 4.0


def test_rebuilding_from_numbers_cuts_the_graph() -> None:
    w = leaf([1.0, 1.0])
    rebuilt = tp.array([float(w[0]), float(w[1])])
    assert not tp.sum(rebuilt * 2).requires_grad
    with pytest.raises(TypeError, match="stack"):
        tp.sum([w[0], w[1]])


# Changes in place.


def test_a_leaf_that_requires_a_gradient_is_changed_within_no_grad_only() -> None:
    w = leaf([1.0, 2.0])
    for change in (lambda: w.add_(1.0), lambda: w.__setitem__(0, 5.0), w.zero_):
        with pytest.raises(tp.TapeError, match="no_grad"):
            change()
    with tp.no_grad():
        w.sub_(0.5)
    assert (w.tolist(), w.is_leaf, w.requires_grad) == ([0.5, 1.5], True, True)


def test_an_array_can_be_filled_in_place_and_differentiated() -> None:
    x = leaf([2.0, 3.0])
    y = tp.array(np.zeros((1, 2)))
    y[0, 0] = x[0] ** 2 + 3 * x[1]
    y[0, 1] = x[1] ** 2 + 2 * x[0]
    y.backward([[1.0, 1.0]])
    assert x.grad.tolist() == [6.0, 9.0]


def test_augmented_assignment_is_a_change_in_place() -> None:
    x = leaf([1.0, 2.0])
    y = same = x * 3.0
    y += x
    y *= 2.0
    y -= 1.0
    assert y is same
    tp.sum(y).backward()
    assert (y.tolist(), x.grad.tolist()) == ([7.0, 15.0], [8.0, 8.0])


def test_a_saved_value_changed_in_place_is_noticed() -> None:
    w = leaf(3.0)
    for change in (lambda: w.add_(1.0), lambda: w.detach().add_(1.0)):
        y = w * w
        with tp.no_grad():
            change()
        with pytest.raises(tp.TapeError, match="needed for the gradient of mul was changed in place 1 time"):
            y.backward()
    assert w.grad is None


def test_a_result_needed_by_its_own_rule_is_watched_too() -> None:
    x = leaf(1.0)
    y = tp.exp(x)
    y.mul_(2.0)
    with pytest.raises(tp.TapeError, match="exp was changed in place"):
        y.backward()


def test_a_value_no_rule_needs_may_change() -> None:
    x = leaf(1.0)
    y = x + 1.0
    z = y * 2.0
    y.add_(5.0)
    z.backward()
    assert x.grad.item() == 2.0


# Rules of one's own.


class Cube(tp.Function):
    @staticmethod
    def forward(context: Any, x: tp.Array, note: str) -> tp.Array:
        context.save_for_backward(x)
        context.note = [note]
        return tp.array(x.numpy() ** 3)

    @staticmethod
    def backward(context: Any, cotangent: tp.Array) -> tuple[tp.Array, None]:
        assert context.note == ["kept"]
        (x,) = context.saved_arrays
        return cotangent * 3 * x**2, None


def test_a_function_has_its_own_rule_in_every_order() -> None:
    x = leaf(3.0)
    y = Cube.apply(x, "kept")
    (first,) = tp.gradient(y, x, create_graph=True)
    (second,) = tp.gradient(first, x)
    assert (y.item(), first.item(), second.item()) == (27.0, 27.0, 18.0)
    assert not Cube.apply(tp.array(3.0), "kept").requires_grad


def test_what_a_function_saved_is_freed_and_watched() -> None:
    x = leaf(3.0)
    y = Cube.apply(x, "kept")
    y.backward()
    with pytest.raises(tp.TapeError, match="freed"):
        y.backward()
    y = Cube.apply(x, "kept")
    with tp.no_grad():
        x.add_(1.0)
    with pytest.raises(tp.TapeError, match="gradient of Cube was changed"):
        y.backward()


class Misfit(tp.Function):
    @staticmethod
    def forward(context: Any, x: tp.Array) -> tp.Array:
        return x * 2.0

    @staticmethod
    def backward(context: Any, cotangent: tp.Array) -> Any:
        return tp.sum(cotangent)


def test_a_gradient_that_does_not_fit_its_operand_is_refused() -> None:
    with pytest.raises(tp.TapeError, match=r"Misfit.backward gave shape \(\) for an operand of shape \(2,\)"):
        Misfit.apply(leaf([1.0, 2.0])).backward([1.0, 1.0])


# Export.


def test_the_graph_is_exported_as_nodes_and_edges() -> None:
    x, y = leaf([1.0, 2.0]), tp.array(3.0, requires_grad=True, name="y")
    graph = tp.export(tp.sin(x * y) + x * tp.array(2.0))
    assert json.loads(json.dumps(graph)) == graph
    assert graph["nodes"] == [
        {"id": 0, "op": "leaf", "shape": [2], "kind": "leaf"},
        {"id": 1, "op": "leaf", "shape": [], "kind": "leaf", "name": "y"},
        {"id": 2, "op": "mul", "shape": [2], "kind": "result"},
        {"id": 3, "op": "sin", "shape": [2], "kind": "result"},
        {"id": 4, "op": "constant", "shape": [], "kind": "constant"},
        {"id": 5, "op": "mul", "shape": [2], "kind": "result"},
        {"id": 6, "op": "add", "shape": [2], "kind": "result"},
    ]
    assert graph["edges"] == [[0, 2], [1, 2], [2, 3], [0, 5], [4, 5], [3, 6], [5, 6]]


def test_a_value_used_twice_is_one_node_and_two_edges() -> None:
    x = leaf(1.0)
    graph = tp.export(x * x)
    assert (len(graph["nodes"]), graph["edges"]) == (2, [[0, 1], [0, 1]])


def test_exports_share_nothing() -> None:
    y = leaf(1.0) * 2
    first = tp.export(y)
    first["nodes"].clear()
    assert len(tp.export(y)["nodes"]) == 3


def test_the_drawing_names_every_node_and_edge() -> None:
    text = tp.to_dot(tp.sum(tp.array([1.0, 2.0], requires_grad=True, name="w") * 2.0))
    assert text.startswith("digraph tape {\n")
    assert 'n0 [label="w (2,)"' in text
    assert text.count(" -> ") == 3


# Training.


@pytest.mark.parametrize("make", [lambda p: tp.SGD(p, rate=0.05), lambda p: tp.Adam(p, rate=0.2)])
def test_an_optimizer_fits_a_line_and_keeps_its_leaves(make: Callable[[list[tp.Array]], tp.Optimizer]) -> None:
    x = tp.array(np.linspace(-1, 1, 20)[:, None])
    w, b = leaf([[0.0]]), leaf([0.0])
    optimizer = make([w, b])
    for _ in range(300):
        optimizer.zero_grad()
        tp.mean((tp.linear(x, w, b) - (3.0 * x.detach() - 2.0)) ** 2).backward()
        optimizer.step()
    assert (w.is_leaf, b.is_leaf) == (True, True)
    np.testing.assert_allclose([w.item(), b.item()], [3.0, -2.0], atol=0.02)


def test_a_parameter_without_a_gradient_is_an_error() -> None:
    """It is not connected to the loss, and would silently stay where it is."""
    w, b = leaf(1.0), leaf(0.0)
    optimizer = tp.SGD([w, b], rate=0.5)
    (w * w).backward()
    with pytest.raises(tp.TapeError, match="parameter 1 has no gradient"):
        optimizer.step()
    assert w.item() == 1.0
    optimizer.step(allow_unused=True)
    assert (w.item(), b.item()) == (0.0, 0.0)


def test_the_engine_needs_nothing_but_numpy() -> None:
    code = "import sys, autograd_conformance.adapters.tape_engine; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not {"torch", "jax", "tensorflow", "hypothesis", "msgspec", "click"} & set(done.stdout.split())

"""Every adapter, in every mode, against the torch adapter on small graphs written by hand."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from autograd_conformance.adapter import Unsupported
from autograd_conformance.adapters.translator import Table, missing_name
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.laws.words import derivations
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.tape import Story
from autograd_conformance.word import HESSIAN, JACOBIANS, PER_EXAMPLE
from autograd_conformance.worker.questions import Derived, Question, question_to_plain
from autograd_conformance.worker.serve import Server
from autograd_conformance.worker.stories import Telling
from autograd_conformance.worker.tell import tell

EAGER = [("torch", "eager"), ("jax", "eager"), ("tensorflow", "eager")]
TORCH = [("torch", "func"), ("torch", "compile-eager")]
ALL = [*EAGER, *TORCH, ("jax", "jit"), ("tensorflow", "function"), ("tensorflow", "graph")]
OTHERS = [subject for subject in ALL if subject != ("torch", "eager")]
CLASSES = {"torch": "TorchAdapter", "jax": "JaxAdapter", "tensorflow": "TensorFlowAdapter"}

UNARY = ["neg", "sin", "cos", "tanh", "arctan", "sigmoid", "softplus", "exp", "expm1", "square", "relu", "abs"]
UNARY += ["arcsin", "arccos", "arctanh"]
POSITIVE = ["sqrt", "log", "log1p", "reciprocal"]
BINARY = ["add", "sub", "mul", "maximum", "minimum"]
REDUCTIONS = ["sum", "mean", "prod", "max", "logsumexp", "var"]


def _reductions(op):
    yield op, [(2, 3, 4)], {"axes": (0, 2), "keepdims": False}
    yield op, [(3, 1)], {"axes": (1,), "keepdims": True}
    yield op, [(4,)], {"axes": (0,), "keepdims": False}


GROUPS = {
    "unary": [
        *((op, [shape], {}) for op in UNARY for shape in [(3, 2), ()]),
        ("neg", [(0, 3)], {}),
        ("scale", [(1,)], {"factor": -0.75}),
        ("shift", [()], {"offset": 2}),
        ("clip", [(5,)], {"low": -0.5, "high": 0.5}),
    ],
    "positive": [
        *((op, [shape], {}) for op in POSITIVE for shape in [(3, 2), ()]),
        ("power", [(3, 1), (4,)], {}),
        ("div", [(3, 1), (4,)], {}),
        ("cumprod", [(2, 3)], {"axis": 1}),
        ("cumprod", [(3,)], {"axis": 0}),
    ],
    "binary": [
        *((op, shapes, {}) for op in BINARY for shapes in [[(3, 1), (4,)], [(), (2,)]]),
        ("mul", [(0, 1), (3,)], {}),
        ("where", [(3, 1), (4,), (3, 1), (4,)], {}),
        ("where", [(2,), (), (2,), (1,)], {}),
    ],
    "reductions": [case for op in REDUCTIONS for case in _reductions(op)],
    "empty reductions": [
        ("sum", [(0, 3)], {"axes": (0,), "keepdims": False}),
        ("prod", [(2, 0)], {"axes": (1,), "keepdims": True}),
        ("max", [(2, 0)], {"axes": (0,), "keepdims": False}),
    ],
    "normalisations": [
        ("softmax", [(2, 3)], {"axis": 0}),
        ("softmax", [(3,)], {"axis": 0}),
        ("log_softmax", [(2, 3)], {"axis": 1}),
        ("cumsum", [(2, 3)], {"axis": 0}),
        ("cumsum", [(0,)], {"axis": 0}),
        ("sort", [(3, 2)], {"axis": 0}),
        ("sort", [(2, 3)], {"axis": 1}),
    ],
    "shapes": [
        ("reshape", [(2, 3)], {"shape": (3, 1, 2)}),
        ("reshape", [()], {"shape": (1,)}),
        ("reshape", [(0, 2)], {"shape": (2, 0)}),
        ("transpose", [(2, 3, 4)], {"permutation": (2, 0, 1)}),
        ("transpose", [()], {"permutation": ()}),
        ("broadcast_to", [(3, 1)], {"shape": (2, 3, 4)}),
        ("broadcast_to", [()], {"shape": (2,)}),
        ("concatenate", [(2, 3), (2, 1)], {"axis": 1}),
        ("concatenate", [(0, 3), (2, 3)], {"axis": 0}),
        ("split", [(2, 5)], {"axis": 1, "at": 2}),
        ("split", [(3,)], {"axis": 0, "at": 0}),
        ("pad", [(2, 3)], {"widths": ((0, 1), (2, 0))}),
        ("pad", [()], {"widths": ()}),
        ("flip", [(2, 3)], {"axes": (0, 1)}),
    ],
    "indexing": [
        ("slice", [(5, 4)], {"slices": ((4, 3, -2), (1, 2, 2))}),
        ("slice", [(5,)], {"slices": ((3, 2, -1),)}),
        ("slice", [(3, 2)], {"slices": ((0, 0, 1), (1, 2, -1))}),
        ("slice", [(3,)], {"slices": ((2, 0, -1),)}),
        ("slice", [()], {"slices": ()}),
        ("take", [(3, 2)], {"indices": (2, 0, 2, 2), "axis": 0}),
        ("take", [(2, 3)], {"indices": (1, 1), "axis": 1}),
        ("take", [(2, 3)], {"indices": (), "axis": 1}),
        ("scatter_add", [(3, 2), (4, 2)], {"indices": (2, 0, 2, 2), "axis": 0}),
        ("scatter_add", [(2, 3, 2), (2, 3, 4)], {"indices": (1, 1, 0, 1), "axis": 2}),
        ("scatter_add", [(3,), (0,)], {"indices": (), "axis": 0}),
    ],
    "places": [
        ("gather_along_axis", [(3, 2)], {"indices": ((2, 0), (1, 1), (0, 2), (2, 2)), "axis": 0}),
        ("gather_along_axis", [(2, 3)], {"indices": ((2, 0), (1, 1)), "axis": 1}),
        ("scatter_along_axis", [(3, 2), (2, 2)], {"indices": ((2, 0), (2, 1)), "axis": 0}),
        ("scatter_along_axis", [(3,), (4,)], {"indices": (0, 2, 2, 0), "axis": 0}),
        ("scatter_max", [(2, 3), (2, 4)], {"indices": ((2, 0, 2, 2), (1, 1, 0, 0)), "axis": 1}),
        ("scatter_min", [(2, 3), (2, 4)], {"indices": ((2, 0, 2, 2), (1, 1, 0, 0)), "axis": 1}),
        ("index_copy", [(2, 4), (2, 3)], {"indices": (3, 0, 2), "axis": 1}),
        ("slice_update", [(2, 5), (2, 2)], {"axis": 1, "start": 1, "count": 2, "step": 2}),
        ("masked_fill", [(2, 2)], {"mask": ((True, False), (False, False)), "value": -1.5}),
        ("masked_select", [(2, 2)], {"mask": ((True, False), (True, True))}),
        ("gather_nd", [(2, 3, 2)], {"places": ((1, 2), (0, 0), (1, 2))}),
        ("scatter_nd", [(3, 2)], {"places": ((1, 2), (0, 0), (1, 2)), "shape": (2, 3, 2)}),
        ("select", [(2, 3)], {"axis": 1, "index": -1}),
        ("select", [(3,)], {"axis": 0, "index": 2}),
        ("unstack", [(3, 2)], {"axis": 1}),
        ("repeat_interleave", [(2, 3)], {"repeats": (2, 0, 1), "axis": 1}),
    ],
    "rearranging": [
        ("stack", [(2, 3), (2, 3)], {"axis": 1}),
        ("stack", [(), ()], {"axis": 0}),
        ("tile", [(2, 3)], {"repeats": (1, 2)}),
        ("roll", [(2, 3)], {"shift": -1, "axis": 1}),
        *(("rot90", [(2, 3)], {"turns": turns}) for turns in range(5)),
        ("moveaxis", [(2, 3, 4)], {"source": 0, "destination": 2}),
        ("diff", [(2, 4)], {"order": 2, "axis": 1}),
        ("expand_dims", [(2, 3)], {"axis": 2}),
        ("squeeze", [(1, 3, 1)], {"axis": 2}),
        ("meshgrid", [(2,), (3,)], {}),
    ],
    "statistics": [
        *((op, [(2, 3)], {"axes": (1,), "keepdims": True}) for op in ("min", "std")),
        *((op, [(2, 3)], {"axis": 0, "keepdims": False}) for op in ("norm_l1", "norm_l2", "norm_inf")),
        *((op, [(2, 3)], {"axis": 1}) for op in ("logcumsumexp", "cummax", "cummin", "sort_descending")),
        *((op, [(4,)], {"axis": 0}) for op in ("cummax", "cummin")),
        ("top_k", [(2, 4)], {"k": 2}),
        *((f"segment_{how}", [(4, 2)], {"segments": (0, 0, 0, 1)}) for how in ("sum", "mean", "max", "min")),
        ("segment_mean", [(3, 2, 2)], {"segments": (0, 1, 1)}),
    ],
    "loops": [
        ("matrix_exp", [(2, 2)], {}),
        ("lstsq", [(3, 2), (3, 1)], {}),
    ],
    "products": [
        ("matmul", [(2, 3), (3, 4)], {}),
        ("matmul", [(2, 2, 3), (3, 1)], {}),
        ("matmul", [(0, 3), (3, 2)], {}),
        ("matmul", [(2, 0), (0, 3)], {}),
        *(("einsum", shapes, {"pattern": pattern}) for pattern, shapes in {
            "ij,jk->ik": [(2, 3), (3, 2)],
            "ij,ij->": [(2, 3), (2, 3)],
            "ij,kj->ikj": [(2, 3), (4, 3)],
            "ij,j->i": [(2, 3), (3,)],
        }.items()),
    ],
    "systems and windows": [
        ("det", [(3, 3)], {}),
        ("det", [(2, 1, 1)], {}),
        ("solve", [(3, 3), (3, 1)], {}),
        ("solve", [(2, 2, 2), (2, 2, 3)], {}),
        ("conv1d", [(2, 3, 5), (4, 3, 2)], {"stride": 2, "padding": 1}),
        ("conv1d", [(1, 1, 3), (2, 1, 3)], {"stride": 1, "padding": 0}),
        ("max_pool1d", [(2, 3, 7)], {"window": 3, "stride": 2}),
        ("max_pool1d", [(1, 2, 4)], {"window": 2, "stride": 1}),
    ],
}  # fmt: skip


def side_by_side(cases):
    """One graph that runs every case on inputs of its own, so that each mode compiles once for all of them."""
    inputs = tuple(shape for _, shapes, _ in cases for shape in shapes)
    nodes, outputs, following, first = [], [], len(inputs), 0
    for op, shapes, attributes in cases:
        operands = tuple(range(first, first + len(shapes)))
        if op == "where":
            nodes.append(Node("greater", operands[:2]))
            operands = (following, *operands[2:])
            following += 1
        results = VOCABULARY[op].results
        nodes.append(Node(op, operands, attributes, results))
        outputs += range(following, following + results)
        following, first = following + results, first + len(shapes)
    return Graph(inputs, tuple(nodes), tuple(outputs))


@functools.cache
def adapter_for(framework, mode):
    module = pytest.importorskip(f"autograd_conformance.adapters.{framework}")  # sets up, then imports, the framework
    return getattr(module, CLASSES[framework])(mode)


def point_of(shapes, positive=False):
    """Values away from ties and kinks: a shuffled grid."""
    random = np.random.default_rng(1)
    arrays = []
    for shape in shapes:
        size = int(np.prod(shape))
        grid = (np.arange(size) + 0.83) / (size + 1.0)
        arrays.append(random.permutation(0.3 + grid if positive else 2.0 * grid - 0.93).reshape(shape))
    return arrays


def measure(adapter, graph, point, dtype="float64"):
    """Forward outputs, vjp outputs, cotangents and gradients, all as NumPy arrays."""
    program = adapter.translate(graph, dtype)
    forward = [adapter.export(y) for y in adapter.forward(program, [adapter.native(x, dtype) for x in point])]
    random = np.random.default_rng(2)
    cotangents = [random.uniform(0.5, 1.5, y.shape) for _, y in forward]
    leaves, seeds = ([adapter.native(x, dtype) for x in arrays] for arrays in (point, cotangents))
    outputs, gradients = adapter.vjp(program, leaves, seeds)
    gradients = [None if g is None else adapter.export(g) for g in gradients]
    assert {name for name, _ in (*forward, *(g for g in gradients if g))} == {dtype}
    assert len(outputs) == len(graph.outputs)
    assert len(gradients) == len(graph.inputs)
    for (_, plain), y in zip(forward, outputs, strict=True):
        np.testing.assert_allclose(adapter.export(y)[1], plain, rtol=1e-12 if dtype == "float64" else 1e-5)
    return [y for _, y in forward], cotangents, [g and g[1] for g in gradients]


@functools.cache
def _expected(group, dtype):
    graph = side_by_side(GROUPS[group])
    point = point_of(graph.inputs, group == "positive")
    return graph, point, measure(adapter_for("torch", "eager"), graph, point, dtype)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("framework", "mode"), OTHERS)
def test_an_adapter_agrees_with_torch(framework, mode, group):
    adapter = adapter_for(framework, mode)
    graph, point, (outputs, _, gradients) = _expected(group, "float64")
    assert all(map(adapter.lowers, graph.op_names))
    if group == "loops" and mode == "compile-eager":  # lstsq is not traced
        with pytest.raises(Unsupported, match="Dynamic shape operator"):
            measure(adapter, graph, point)
        return
    found_outputs, _, found_gradients = measure(adapter, graph, point)
    for number, (found, expected) in enumerate(zip(found_outputs, outputs, strict=True)):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10, err_msg=f"output {number} of {graph}")
    for number, (found, expected) in enumerate(zip(found_gradients, gradients, strict=True)):
        if expected is None:  # torch says None for the operands of a comparison, JAX zeros
            assert found is None or not found.any()
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10, err_msg=f"input {number} of {graph}")


@pytest.mark.parametrize("group", ["binary", "systems and windows"])
@pytest.mark.parametrize(("framework", "mode"), EAGER[1:])
def test_float32_stays_float32(framework, mode, group):
    graph, point, (outputs, _, gradients) = _expected(group, "float32")
    found_outputs, _, found_gradients = measure(adapter_for(framework, mode), graph, point, "float32")
    for found, expected in zip((*found_outputs, *found_gradients), (*outputs, *gradients), strict=True):
        if expected is not None:
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


WIRING = Graph(
    inputs=((2, 3), (3,), (2,), (3,)),  # the third input is unused, the last is only an output
    nodes=(Node("mul", (0, 1)), Node("sin", (4,)), Node("greater", (4, 0)), Node("where", (6, 5, 4))),
    outputs=(7, 5, 7, 0, 3),  # one value twice, an intermediate of another output, two inputs
)


@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_outputs_may_repeat_be_inputs_and_leave_inputs_unused(framework, mode):
    point = point_of(WIRING.inputs)
    _, (first, second, third, fourth, fifth), gradients = measure(adapter_for(framework, mode), WIRING, point)
    x, w, _, _ = point
    product = x * w
    total = first + third
    inner = np.where(product > x, total * np.cos(product), total) + second * np.cos(product)
    np.testing.assert_allclose(gradients[0], inner * w + fourth, rtol=1e-12)
    np.testing.assert_allclose(gradients[1], (inner * x).sum(axis=0), rtol=1e-12)
    assert gradients[2] is None or not gradients[2].any()
    np.testing.assert_array_equal(gradients[3], fifth)


@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_an_output_need_not_depend_on_a_leaf(framework, mode):
    """With no elements of the leaf left, or through a comparison alone."""
    graph = Graph(
        ((2,), (2,)), (Node("take", (0,), {"indices": (), "axis": 0}), Node("scale", (1,), {"factor": 2.0})), (2, 3)
    )
    _, cotangents, gradients = measure(adapter_for(framework, mode), graph, point_of(graph.inputs))
    np.testing.assert_array_equal(gradients[0], np.zeros(2))
    np.testing.assert_array_equal(gradients[1], 2 * cotangents[1])


@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_a_program_serves_many_points_and_keeps_leaves_intact(framework, mode):
    adapter = adapter_for(framework, mode)
    program = adapter.translate(Graph(((2,),), (Node("square", (0,)),), (1,)), "float64")
    for point in (np.array([1.0, 2.0]), np.array([-3.0, 0.5])):
        leaves = [adapter.native(point, "float64")]
        for _ in range(2):
            _, (gradient,) = adapter.vjp(program, leaves, [adapter.native(np.ones(2), "float64")])
            np.testing.assert_array_equal(adapter.export(gradient)[1], 2 * point)
        np.testing.assert_array_equal(adapter.export(leaves[0])[1], point)


@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_a_missing_dtype_or_op_is_said_to_be_missing(framework, mode):
    adapter = adapter_for(framework, mode)
    with pytest.raises(Unsupported, match="no solve in bfloat16"):
        adapter.translate(Graph(((2, 2), (2, 1)), (Node("solve", (0, 1)),), (2,)), "bfloat16")
    assert not adapter.lowers("no_such_op")
    with pytest.raises(Unsupported, match="no_such_op"):
        adapter.translate(Graph(((2,),), (Node("no_such_op", (0,)),), (1,)), "float64")


@pytest.mark.parametrize(("framework", "mode"), EAGER)
def test_a_story_stands_behind_the_definitions_it_calls(framework, mode):
    """Both ops call one function; log(x^2 + 1) has the derivative 1 at 1, and the square of sqrt(x^2 + 1) has 2."""
    t = Story()
    t.leaf("x", [[1.0]])
    t.apply("logarithm", "logdet_of_gram", "x")
    t.apply("factor", "cholesky_of_gram", "x")
    t.apply("square", "square", "factor")
    t.apply("scalar", "reshape", "square", shape=())
    t.apply("total", "add", "logarithm", "scalar")
    t.gradient(["g"], "total", ["x"])
    t.observe("gradient", t.value("g"))
    told = tell(adapter_for(framework, mode), Telling(mode, "", tuple(t.steps)))
    np.testing.assert_allclose(told.observed["gradient"], [[3.0]], rtol=1e-12)
    assert told.program.count("def gram(") == 1


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_narrow_dtypes_go_in_and_out_exactly(framework, mode, dtype):
    adapter = adapter_for(framework, mode)
    values = np.array([1.5, -0.25])
    name, exported = adapter.export(adapter.native(values, dtype))
    assert name == dtype
    np.testing.assert_array_equal(exported, values)


@pytest.mark.parametrize("word", ["f", "rr", "fr", "rf", "ff", "rrr", "ffr", *JACOBIANS, HESSIAN, PER_EXAMPLE])
@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_a_script_of_a_derivative_shows_what_the_adapter_gives(framework, mode, word, capsys):
    """Each is run here, beside the suite, because starting a framework takes seconds; none may import it."""
    adapter = adapter_for(framework, mode)
    graph = Graph(((2,), ()), (Node("mul", (0, 1)), Node("sin", (2,)), Node("mul", (3, 0))), (4, 3))
    point = (np.array([0.5, -1.25]), np.array(0.75))
    case = Case(graph, point)
    (asked,) = derivations(case, [word])
    question = Question(mode, "float64", graph, point, (case.cotangent(0),), False, derivations=(asked,))
    server = Server(type(adapter))
    found = server.answer(question_to_plain(question)).derived[word]
    script = server.answer(question_to_plain(replace(question, only_script=True))).script
    program = compile(script, "script.py", "exec")
    assert "autograd_conformance" not in script
    if not isinstance(found, Derived):  # then the program shows that there is none, in the framework's own way
        return
    exec(program, {"__name__": "script"})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[0] == framework
    shown = [np.array(ast.literal_eval(line.removeprefix("derivative "))) for line in printed[1:]]
    count = len(graph.inputs) if word == PER_EXAMPLE else len(found.arrays)
    for one, expected in zip(shown, found.arrays[:count], strict=True):
        np.testing.assert_allclose(one, expected.values, rtol=1e-12)


def test_a_part_of_a_known_zero_is_exported():
    """A second derivative of torch that is a tensor without memory; its own numpy(force=True) ends the process."""
    adapter = adapter_for("torch", "eager")
    graph = Graph(((3,), (3,)), (Node("concatenate", (0, 1), {"axis": 0}), Node("abs", (2,))), (3,))
    leaves = [adapter.native(np.ones(3), "float64") for _ in range(2)]
    cotangent, tangent = adapter.native(np.ones(6), "float64"), [adapter.native(np.ones(3), "float64")] * 2
    second = adapter.derive(adapter.translate(graph, "float64"), leaves, "rr", [cotangent], [tangent])
    assert second[1]._is_zerotensor()
    np.testing.assert_array_equal(adapter.export(second[1])[1], np.zeros(3))


@pytest.mark.parametrize(("framework", "mode"), EAGER)
def test_the_kronecker_product_takes_what_a_solver_returns(framework, mode):
    """In torch one column whose strides are those of a transposed array."""
    nodes = (Node("cholesky_solve", (0, 1)), Node("kron", (3, 2)))
    graph = Graph(((2, 2), (2, 1), (2, 1)), nodes, (4,))
    outputs, _, _ = measure(adapter_for(framework, mode), graph, point_of(graph.inputs))
    assert outputs[0].shape == (4, 1)


@pytest.mark.parametrize(("framework", "mode"), ALL)
def test_a_script_shows_the_same_numbers_without_us(framework, mode, tmp_path):
    adapter = adapter_for(framework, mode)
    graph = Graph(
        inputs=((2, 2, 3), (2, 2, 2), (0, 2)),
        nodes=(
            Node("conv1d", (0, 1), {"stride": 1, "padding": 1}),
            Node("take", (3,), {"indices": (1, 1), "axis": 0}),
            Node("neg", (2,)),
        ),
        outputs=(4, 5),
    )
    point = point_of(graph.inputs)
    outputs, cotangents, gradients = measure(adapter, graph, point)
    script = adapter.script(adapter.translate(graph, "float64"), point, cotangents)
    assert "autograd_conformance" not in script
    (tmp_path / "script.py").write_text(script)
    run = [sys.executable, "-W", "error::SyntaxWarning", "script.py"]
    printed = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.splitlines()
    assert printed[0].split()[0] == framework
    shown = [ast.literal_eval(line.split(" ", 1)[1]) for line in printed[1:]]
    for found, expected in zip(shown, (*outputs, *gradients), strict=True):
        np.testing.assert_allclose(np.array(found).reshape(expected.shape), expected, rtol=1e-12)


OLDER = Table({"tan": "torch.no_tan({0})", "sin": lambda operand: f"torch.no_sin({operand})"})


def test_what_this_version_does_not_have_is_said_to_be_missing():
    """A name that a module of the framework lacks is no error of the graph; what stands behind other names is not told."""
    torch = pytest.importorskip("torch")
    assert missing_name("torch.linalg.solve(x, torch.special.no_such)", {"torch": torch}) == "torch.special.no_such"
    assert missing_name("torch.no_such.det(v0)", {"torch": torch}) == "torch.no_such"
    assert missing_name("v0.no_such + helper.no_such + x.torch.no_such", {"torch": torch, "helper": len}) == ""
    adapter = type("Older", (type(adapter_for("torch", "eager")),), {"table": OLDER})("eager")
    assert not adapter.lowers("tan")
    assert adapter.lowers("sin")
    for op, missing in (("tan", "torch.no_tan"), ("sin", "torch.no_sin")):
        with pytest.raises(Unsupported, match=f"this version of torch has no {missing}"):
            adapter.translate(Graph(((2,),), (Node(op, (0,)),), (1,)), "float64")

"""Derivatives of every word in TensorFlow's modes, and what TensorFlow says it cannot do."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from autograd_conformance.adapter import Unsupported
from autograd_conformance.case import Case
from autograd_conformance.discovery import parse_adapter
from autograd_conformance.graph import Graph, Node
from autograd_conformance.laws import LAWS
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.word import WORDS, has_reverse, tangent_count
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.serve import Server

tf = pytest.importorskip("tensorflow")

from autograd_conformance.adapters.tensorflow import TensorFlowAdapter  # noqa: E402

SINE = Graph(((3,),), (Node("sin", (0,)),), (1,))
DETERMINANT = Graph(((2, 2),), (Node("det", (0,)),), (1,))
X, U = np.array([0.5, -1.25, 2.0]), np.array([1.5, -0.5, 0.75])
TANGENTS = np.array([[1.0, 0.5, -0.25], [0.75, -1.5, 1.0], [-0.5, 2.0, 1.25], [1.0, -0.75, 0.5]])
REFUSED = {
    "eager": {"ffr": "a function of every op", "fff": "a function of every op"},
    "graph": {word: "no forward mode" for word in WORDS if "f" in word},
}


@functools.cache
def adapter_for(mode):
    return TensorFlowAdapter(mode)


def derive(mode, word, function=None):
    """Of sine, or another function of one array."""
    adapter = adapter_for(mode)
    program = adapter.translate(SINE, "float64")
    if function is not None:
        program = of_function(adapter, function)
    leaves, seeds = ([adapter.native(one, "float64")] for one in (X, U))
    along = [[adapter.native(one, "float64")] for one in TANGENTS[: tangent_count(word)]]
    (found,) = adapter.derive(program, leaves, word, seeds, along)
    return np.asarray(found)


def of_function(adapter, function):
    class Written(TensorFlowAdapter):
        def names(self):
            return {"f": function}

        def write_source(self, graph):
            return "def graph_function(v0):\n    return (f(v0),)\n"

    return Written(adapter.mode).translate(SINE, "float64")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("mode", TensorFlowAdapter.modes)
def test_a_word_is_the_derivative_it_names(mode, word):
    """Of sine, element by element: its n-th derivative times all tangents, and times u where a step is reverse."""
    if reason := REFUSED.get(mode, {}).get(word):
        with pytest.raises(Unsupported, match=reason):
            derive(mode, word)
        return
    expected = np.sin(X + len(word) * np.pi / 2) * np.prod(TANGENTS[: tangent_count(word)], axis=0)
    np.testing.assert_allclose(derive(mode, word), expected * U if has_reverse(word) else expected, rtol=1e-12)


@pytest.mark.parametrize("mode", TensorFlowAdapter.modes)
def test_an_op_without_a_gradient_is_unsupported_in_the_words_of_tensorflow(mode):
    """That of igamma with respect to its first argument is an op of its own, which has none."""
    with pytest.raises(Unsupported, match=r"gradient.*IgammaGradA"):
        derive(mode, "rr", lambda x: tf.math.igamma(x * x, x * x))


def test_an_op_without_a_kernel_of_xla_is_unsupported():
    """XLA has no determinant; what it says of the function it was asked to compile is left out."""
    adapter = adapter_for("xla")
    program = adapter.translate(DETERMINANT, "float64")
    leaves, seeds = [adapter.native(np.eye(2), "float64")], [adapter.native(np.array(1.0), "float64")]
    asked = (
        lambda: adapter.forward(program, leaves),
        lambda: adapter.vjp(program, leaves, seeds),
        lambda: adapter.derive(program, leaves, "f", seeds, [leaves]),
    )
    for ask in asked:
        with pytest.raises(Unsupported) as refused:
            ask()
        assert str(refused.value) == (
            "Detected unsupported operations when trying to compile graph on XLA_CPU_JIT: MatrixDeterminant"
        )


@pytest.mark.parametrize("mode", ["eager", "function"])
def test_other_exceptions_are_errors(mode):
    """A lookup that fails elsewhere says nothing about gradients."""

    def misled(x):
        raise LookupError("no such key")

    with pytest.raises(LookupError, match="no such key"):
        derive(mode, "f", misled)


def test_forward_mode_is_asked_of_some_cases_outside_a_function():
    """Chosen by their content, of frozen cases too; and everything where it costs little."""
    server = Server(TensorFlowAdapter)
    laws = {name: LAWS[f"{name}_matches_finite_differences"] for name in ("jvp", "ff", "rr")}
    cases = [Case(SINE, (X + number / 8,), "orders") for number in range(64)]

    def count(mode, name, stratum="orders"):
        adapter = planned(server, mode)
        return sum(name in adapter.laws_about(Case(SINE, case.point, stratum), laws) for case in cases)

    assert count("eager", "rr") == count("function", "ff") == count("function", "ff", "corpus") == 64
    assert 0 < count("eager", "ff") < count("eager", "jvp") < 64
    assert 0 < count("eager", "ff", "corpus") < 64


def planned(server, mode):
    described = server.describe(mode, [])
    plain = {**described, **{name: tuple(described[name]) for name in ("compiled_modes", "costly_modes")}}
    return PlannedAdapter(parse_adapter(f"tensorflow:{mode}"), Description(**plain), {})

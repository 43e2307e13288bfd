"""Derivatives of every word in PyTorch's modes, what it says it cannot do, and that compiled functions are compiled."""

from __future__ import annotations

import functools
import itertools
import shutil

import numpy as np
import pytest

from autograd_conformance.adapter import Unsupported
from autograd_conformance.case import Case
from autograd_conformance.graph import Graph, Node
from autograd_conformance.plan import handful
from autograd_conformance.preparation import prepare
from autograd_conformance.settings import Settings
from autograd_conformance.word import WORDS, has_reverse, tangent_count
from tests.asking import AskedHere

torch = pytest.importorskip("torch")

from autograd_conformance.adapters.torch import BACKENDS, TorchAdapter  # noqa: E402
from autograd_conformance.adapters.torch_compile import NotCompiled, compiled  # noqa: E402

# PyTorch scripts its own forward formulas when the first is needed, and parts of inductor.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")

SINE = Graph(((3,),), (Node("sin", (0,)),), (1,))
X, U = np.array([0.5, -1.25, 2.0]), np.array([1.5, -0.5, 0.75])
TANGENTS = np.array([[1.0, 0.5, -0.25], [0.75, -1.5, 1.0], [-0.5, 2.0, 1.25], [1.0, -0.75, 0.5]])
SLOW = {"compile-aot": ("r", "f", "rr", "rf"), "compile-inductor": ("r",)}
"""Words asked of the modes in which each takes seconds."""
THREE_LEVELS = {"ffr", "fff"}
"""Three transforms around a forward one: the compiler fails, which a run reports as what it is."""


@functools.cache
def adapter_for(mode):
    return TorchAdapter(mode)


def derived(mode, graph, point, word, cotangents, tangents):
    adapter = adapter_for(mode)
    program = adapter.translate(graph, "float64")
    leaves = [adapter.native(x, "float64") for x in point]
    seeds = [adapter.native(u, "float64") for u in cotangents]
    along = [[adapter.native(t, "float64") for t in one] for one in tangents]
    found = adapter.derive(program, leaves, word, seeds, along)
    return [None if one is None else adapter.export(one)[1] for one in found]


def asked():
    for mode in TorchAdapter.modes:
        for word in ("r", *WORDS):
            if word in SLOW.get(mode, (*WORDS, "r")) and not (mode in BACKENDS and word in THREE_LEVELS):
                yield mode, word


needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="inductor compiles with g++, which is not here")
MODES_AND_WORDS = [
    pytest.param(*one, marks=needs_compiler) if one[0] == "compile-inductor" else one for one in asked()
]  # fmt: skip


@pytest.mark.parametrize(("mode", "word"), MODES_AND_WORDS)
def test_a_word_is_the_derivative_it_names(mode, word):
    """Of sin, element by element: its n-th derivative times all tangents, and times u where a step is reverse."""
    if mode == "eager" and word.count("f") > 1:
        with pytest.raises(Unsupported, match="one level"):
            derived(mode, SINE, [X], word, [U], TANGENTS[: tangent_count(word), None])
        return
    count = tangent_count(word)
    (found,) = derived(mode, SINE, [X], word, [U], TANGENTS[:count, None])
    expected = np.sin(X + len(word) * np.pi / 2) * np.prod(TANGENTS[:count], axis=0)
    np.testing.assert_allclose(found, expected * U if has_reverse(word) else expected, rtol=1e-12)


@pytest.mark.parametrize("mode", ["eager", "func"])
@pytest.mark.parametrize(
    ("op", "word"), [("cdist", "rr"), ("cdist", "f"), ("hard_sigmoid", "rr"), ("hard_sigmoid", "fr")]
)
def test_what_torch_has_not_implemented_is_unsupported_in_its_own_words(mode, op, word):
    operands = 2 if op == "cdist" else 1
    attributes = {"p": 1.5} if op == "cdist" else {}
    graph = Graph(((2, 3),) * operands, (Node(op, tuple(range(operands)), attributes),), (operands,))
    point = [np.arange(6.0).reshape(2, 3) / 7 - 0.3, np.arange(6.0).reshape(2, 3)[::-1] / 5][:operands]
    shape = (2, 2) if op == "cdist" else (2, 3)
    with pytest.raises(Unsupported) as refused:
        derived(mode, graph, point, word, [np.ones(shape)], [[np.ones((2, 3))] * operands] * tangent_count(word))
    assert "implemented" in str(refused.value) or "does not support it" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_errors_of_torch_stay_errors():
    """The forward formula of softmax overwrites what the reverse step needs."""
    graph = Graph(((3,),), (Node("softmax", (0,), {"axis": 0}),), (1,))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        derived("eager", graph, [X], "rf", [U], TANGENTS[:1, None])


@pytest.mark.parametrize("mode", ["eager", "func"])
def test_a_tensor_that_is_known_to_be_zero_is_zeros(mode):
    graph = Graph(((3,),), (Node("abs", (0,)),), (1,))
    (found,) = derived(mode, graph, [X], "rr", [U], TANGENTS[:1, None])
    np.testing.assert_array_equal(found, np.zeros(3))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_compiled_function_is_compiled(backend, monkeypatch):
    graphs = []
    monkeypatch.setattr(torch, "compile", _counting(torch.compile, graphs))
    run = compiled(lambda x: (torch.sin(x) * 2,), backend)
    for _ in range(2):
        np.testing.assert_allclose(run(torch.tensor([0.5]))[0].numpy(), 2 * np.sin([0.5]), rtol=1e-6)
    assert len(graphs) == 1


def _counting(compile_, graphs):
    def counted(function, *, backend, **more):
        known = torch._dynamo.lookup_backend(backend)

        def noting(graph, inputs, **options):
            graphs.append(graph)
            return known(graph, inputs, **options)

        return compile_(function, backend=noting, **more)

    return counted


def test_a_function_that_runs_uncompiled_is_an_error(monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    with pytest.raises(NotCompiled, match="compiled nothing"):
        compiled(torch.sin, "eager")(torch.tensor(0.5))


def test_what_the_compiler_cannot_trace_is_unsupported():
    def branching(x):
        return x if x.sum() > 0 else -x

    with pytest.raises(Unsupported, match=r"(?i)data-dependent"):
        compiled(branching, "eager")(torch.ones(2))


def test_hundreds_of_programs_are_compiled_each(monkeypatch):
    """The compiler gives up on a function that it compiled eight times; every program is another function."""
    for number in range(12):
        graph = Graph(((3,),), (Node("scale", (0,), {"factor": number + 0.5}),), (1,))
        (found,) = derived("compile-eager", graph, [X], "f", [U], TANGENTS[:1, None])
        np.testing.assert_allclose(found, (number + 0.5) * TANGENTS[0])


def test_costly_modes_run_only_when_named():
    costly = set(TorchAdapter.costly_modes)
    assert costly == set(BACKENDS)
    prepared = prepare(["torch", "torch:compile-eager"], Settings(), [])
    try:
        names = {adapter.name: adapter for adapter in prepared.adapters}
        assert set(names) == {"torch:eager", "torch:func", "torch:compile-eager"}
        assert names["torch:compile-eager"].budget == handful(Settings(), 0)
        assert sum(handful(Settings(), 0).values()) < 20
        assert not names["torch:compile-eager"].floor(Settings())
    finally:
        prepared.close()


def test_a_handful_is_the_frozen_cases_where_nothing_else_is_asked():
    assert handful(Settings(replay_only=True), 30) == {"corpus": 30}


def test_every_word_is_asked_of_some_compiled_mode():
    compiled_words = {word for mode, word in asked() if mode in BACKENDS}
    assert compiled_words == set(itertools.chain(WORDS, "r")) - THREE_LEVELS


@pytest.mark.parametrize(("factor", "said"), [(1.0, "imprecise"), (1 + 1e-6, "disagree")])
def test_digits_lost_in_a_third_derivative_are_no_wrong_rule(factor, said):
    """Near a singular matrix the terms of a determinant's third derivative cancel: the gap shrinks with the roundoff, as
    float32 shows, which is asked because float64 is in doubt.  A rule that is off by a millionth is wrong in both.
    """
    law = "rrr_matches_finite_differences"
    case = Case(Graph(((3, 3),), (Node("det", (0,)),), (1,)),
                (np.array([[0.5, 2.0, 1.0], [-2.0, 2.0, 0.25], [-0.5, 1.0, 0.25]]),))  # fmt: skip

    class Scaled(TorchAdapter):
        def derive(self, *arguments):
            return tuple(None if one is None else factor * one for one in super().derive(*arguments))

    asked = AskedHere(Scaled)
    assert asked.investigator.judge(asked.planned, case, ("float64",), law).verdicts["float64", law].name == said

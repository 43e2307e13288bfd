"""Derivatives of every word in JAX's modes, compiled one by one and together, and what JAX says it cannot do."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from autograd_conformance.adapter import Unsupported
from autograd_conformance.graph import Graph, Node
from autograd_conformance.word import WORDS, has_reverse, tangent_count
from autograd_conformance.worker.questions import Derivation, Derived, Failed, Question, Refused
from autograd_conformance.worker.serve import Server

jax = pytest.importorskip("jax")

from autograd_conformance.adapters.jax import JaxAdapter, JaxProgram  # noqa: E402

SINE = Graph(((3,),), (Node("sin", (0,)),), (1,))
X, U = np.array([0.5, -1.25, 2.0]), np.array([1.5, -0.5, 0.75])
TANGENTS = np.array([[1.0, 0.5, -0.25], [0.75, -1.5, 1.0], [-0.5, 2.0, 1.25], [1.0, -0.75, 0.5]])
JITTED = ("jit", "checkpoint")


@jax.custom_vjp
def backwards_only(x):
    return jax.numpy.sin(x)


backwards_only.defvjp(lambda x: (jax.numpy.sin(x), x), lambda x, u: (u * jax.numpy.cos(x),))


@functools.cache
def adapter_for(mode):
    return JaxAdapter(mode)


def asked_of(adapter, word):
    return word, [[adapter.native(one, "float64")] for one in TANGENTS[: tangent_count(word)]]


def derived(mode, words, function=None):
    """Of sine, or another function of one array; every word's answer."""
    adapter = adapter_for(mode)
    program = adapter.translate(SINE, "float64")
    if function is not None:
        program = JaxProgram(SINE, "float64", program.source, function, function, function)
    leaves, seeds = ([adapter.native(one, "float64")] for one in (X, U))
    return adapter.derivatives(program, leaves, seeds, [asked_of(adapter, word) for word in words])


def truth(word):
    """The n-th derivative of sine times all tangents, and times u where a step is reverse."""
    expected = np.sin(X + len(word) * np.pi / 2) * np.prod(TANGENTS[: tangent_count(word)], axis=0)
    return expected * U if has_reverse(word) else expected


@pytest.mark.parametrize("mode", JaxAdapter.modes)
def test_every_word_is_the_derivative_it_names(mode):
    """Asked together, and each for itself."""
    for word, (found,) in zip(WORDS, derived(mode, WORDS), strict=True):
        np.testing.assert_allclose(found, truth(word), rtol=1e-12, err_msg=word)
    ((alone,),) = derived(mode, ("fr",))
    np.testing.assert_allclose(alone, truth("fr"), rtol=1e-12)


@pytest.mark.parametrize("mode", ["jit", "eager"])
def test_a_function_without_forward_rule_is_unsupported_in_jax_words_and_costs_no_other_word(mode):
    """`jax.custom_vjp` has reverse mode alone; what is reverse at the inside has been replaced by its rule by then."""
    words = ("rr", "f", "rf", "fr")
    second, forward, under_reverse, mixed = derived(mode, words, lambda x: (backwards_only(x),))
    assert isinstance(forward, Unsupported)
    assert "can't apply forward-mode" in str(forward)
    assert isinstance(under_reverse, Unsupported)
    for word, (found,) in (("rr", second), ("fr", mixed)):
        np.testing.assert_allclose(found, truth(word), rtol=1e-12, err_msg=word)


def test_a_primitive_without_a_rule_is_unsupported():
    """The name of the primitive stands in the reason."""
    (refused,) = derived("eager", ("f",), lambda x: (jax.lax.igamma_grad_a(x, x),))
    assert isinstance(refused, Unsupported)
    assert "igamma_grad_a" in str(refused)


def test_other_exceptions_are_errors():
    """What is no sentence about a missing rule is JAX's failure, or ours."""
    (failed,) = derived("eager", ("f",), lambda x: (x + jax.numpy.ones(4),))
    assert isinstance(failed, TypeError)


@pytest.mark.parametrize("mode", JITTED)
def test_what_cannot_be_compiled_together_is_asked_one_by_one(mode, monkeypatch):
    """Then it shows whose failure it is."""
    monkeypatch.setattr("autograd_conformance.adapters.jax.Together.__call__", _fails)
    for word, (found,) in zip(("f", "rr"), derived(mode, ("f", "rr")), strict=True):
        np.testing.assert_allclose(found, truth(word), rtol=1e-12, err_msg=word)


def _fails(self, *arguments):
    raise jax.errors.JaxRuntimeError("INTERNAL: RET_CHECK failure")


def test_disabled_jit_runs_what_jax_compiles_itself_op_by_op():
    """A function under `jax.jit` sees numbers there, and traced values elsewhere."""
    seen = []

    @jax.jit
    def watched(x):
        seen.append(isinstance(x, jax.core.Tracer))
        return (x * x,)

    for mode in ("eager", "disable_jit"):
        adapter = adapter_for(mode)
        plain = adapter.translate(SINE, "float64")
        adapter.forward(
            JaxProgram(SINE, "float64", plain.source, watched, watched, watched), [adapter.native(X, "float64")]
        )
    assert seen == [True, False]


def test_checkpoint_computes_the_function_again():
    """The reverse pass of the gradient's program is one of a checkpointed function."""
    adapter = adapter_for("checkpoint")
    program = adapter.translate(SINE, "float64")
    leaves, seeds = ((adapter.native(one, "float64"),) for one in (X, U))
    assert "prevent_cse=True" in str(jax.make_jaxpr(program.outputs_and_vjp)(leaves, seeds))


class DerivesItself(JaxAdapter):
    """Overrides `derive` alone, below a class that serves several words in one call."""

    def derive(self, program, leaves, word, cotangents, tangents):
        if word == "rr":
            raise Unsupported("no second derivative")
        if word == "f":
            raise OverflowError("too far")
        return tuple(leaves)


def test_a_class_with_a_derive_of_its_own_is_asked_through_it():
    """In words that raise, what was raised; in others, what it returned."""
    words = ("rr", "f", "fr")
    derivations = tuple(
        Derivation(word, word, tuple((one,) for one in TANGENTS[: tangent_count(word)])) for word in words
    )
    question = Question("jit", "float64", SINE, (X,), ((U,),), twice=False, derivations=derivations)
    answer = Server(DerivesItself)._answer(question, [])
    refused, failed, given = (answer.derived[word] for word in words)
    assert isinstance(refused, Refused)
    assert isinstance(failed, Failed)
    assert failed.kind == "OverflowError"
    assert isinstance(given, Derived)
    np.testing.assert_array_equal(given.arrays[0].values, X)

"""Every law of the suite, in the order they are judged and shown."""

from __future__ import annotations

from autograd_conformance.laws.agreement import frameworks_agree, modes_agree
from autograd_conformance.laws.batches import (
    forward_jacobian_has_rows,
    hessian_matches_finite_differences,
    per_example_gradients_are_single_ones,
    reverse_jacobian_has_rows,
    vectorized_jacobian_has_rows,
)
from autograd_conformance.laws.law import Law
from autograd_conformance.laws.layout import layout_changes_nothing
from autograd_conformance.laws.linearity import fan_out_accumulates, vjp_is_linear
from autograd_conformance.laws.numbers import (
    coarse_dtype_matches_float64,
    forward_matches_numpy,
    jacobian_matches_finite_differences,
    vjp_matches_finite_differences,
)
from autograd_conformance.laws.rewriting import equal_graphs_have_equal_gradients, gradients_follow_their_leaves
from autograd_conformance.laws.structure import (
    gradient_has_primal_shape_and_dtype,
    inputs_are_unmodified,
    second_call_is_equal,
    vjp_of_zero_is_zero,
)
from autograd_conformance.laws.words import WORD_LAWS, hessian_is_symmetric, jvp_transposes_vjp, words_agree
from autograd_conformance.laws.wrapping import (
    stopped_gradients_are_zero,
    wrapped_graphs_have_equal_derivatives,
    wrapped_graphs_have_equal_gradients,
)

LAWS: dict[str, Law] = {
    law.name: law
    for law in (
        forward_matches_numpy,
        vjp_matches_finite_differences,
        jacobian_matches_finite_differences,
        coarse_dtype_matches_float64,
        gradient_has_primal_shape_and_dtype,
        vjp_of_zero_is_zero,
        vjp_is_linear,
        fan_out_accumulates,
        equal_graphs_have_equal_gradients,
        gradients_follow_their_leaves,
        second_call_is_equal,
        inputs_are_unmodified,
        layout_changes_nothing,
        *WORD_LAWS,
        jvp_transposes_vjp,
        hessian_is_symmetric,
        words_agree,
        reverse_jacobian_has_rows,
        forward_jacobian_has_rows,
        vectorized_jacobian_has_rows,
        hessian_matches_finite_differences,
        per_example_gradients_are_single_ones,
        wrapped_graphs_have_equal_gradients,
        wrapped_graphs_have_equal_derivatives,
        stopped_gradients_are_zero,
        modes_agree,
        frameworks_agree,
    )
}

__all__ = ["LAWS", "Law"]

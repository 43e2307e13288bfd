"""Each law sees the faults it is there for: the later miniatures, in one mode of each framework."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import replace

import pytest

from autograd_conformance.case import Case
from autograd_conformance.discovery import parse_adapter
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.investigation import Investigator
from autograd_conformance.judge import Judged, judge_peers
from autograd_conformance.laws import LAWS, Law
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.plan import PlannedAdapter
from autograd_conformance.records import UNEXPECTED_VERDICTS
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.verdict import Verdict
from autograd_conformance.worker.description import Description
from autograd_conformance.worker.questions import Answer, Question, question_to_plain
from autograd_conformance.worker.serve import Server, load
from tests.miniature_samples import IN_EVERY_MODE, SAMPLES
from tests.miniatures import FAULTS

VJP, JACOBIAN = "vjp_matches_finite_differences", "jacobian_matches_finite_differences"
COARSE = "coarse_dtype_matches_float64"


def matches(word: str) -> str:
    return f"{word}_matches_finite_differences"


LAWS_THAT_CATCH = {
    "LastElementLost": {VJP},
    "SoftmaxWrongAxis": {VJP},
    "MatmulNotTransposed": {VJP},
    "SortNotUndone": {VJP},
    "WhereSwapped": {VJP},
    "ProductByDividing": {VJP},
    "WrongInNarrowRange": {VJP},
    "NarrowedOnTheWay": {VJP},
    "WrongInLowPrecision": {VJP, COARSE},
    "VarianceUnbiased": {"forward_matches_numpy", VJP},
    "CotangentIgnored": {"vjp_of_zero_is_zero", "vjp_is_linear"},
    "CotangentClipped": {"vjp_is_linear"},
    "SparseTakenForZero": {JACOBIAN},
    "CompiledToConstant": {VJP},
    "GradientsAccumulated": {"second_call_is_equal"},
    "ScalarGradientIsVector": {"gradient_has_primal_shape_and_dtype"},
    "DoubleNegationSimplified": {"equal_graphs_have_equal_gradients"},
    "JoinedLeafCut": {"gradients_follow_their_leaves"},
    "CurvatureWrong": {matches(word) for word in ("rr", "fr", "rf", "rrr")},
    "CompiledCurvatureWrong": {matches(word) for word in ("rr", "fr", "rf")},
    "ForwardModeScaled": {matches("jvp"), matches("fr"), matches("rf"), "jvp_transposes_vjp"},
    "GradientOfGradientScaled": {matches("rr"), matches("rrr")},
    "HessianSkewed": {matches("rr"), "hessian_is_symmetric"},
    "ThirdOrderDrifts": {"words_agree"},
    "WholeJacobianScaled": {f"{form}_jacobian_has_rows" for form in ("reverse", "forward")},
    "MixedPartialsLost": {"hessian_matches_finite_differences"},
    "ExamplesMixedUp": {"per_example_gradients_are_single_ones"},
    "SavedOperandOverwritten": {"inputs_are_unmodified", "second_call_is_equal"},
}
ABOUT_GRADIENTS = {name: law for name, law in LAWS.items() if not law.words}
"""Custom rules, which most miniatures are made of, have no derivatives of higher order worth asking for."""
COMPILED = {"Torch": "folded", "Jax": "jit", "TensorFlow": "function"}
OTHERS = [(fault, other) for fault in LAWS_THAT_CATCH for other in FAULTS[fault].frameworks if other != "Torch"]
MODES = {"ThirdOrderDrifts": "func"}
"""Where it is not eager: torch's engine has one word of the third order, and nothing to compare it with."""
MOST_CASES = 25


@functools.cache
def search(fault: str) -> tuple[Case, ...]:
    """Random graphs over the faulty op and a few more, without it where rewrites bring it in."""
    ops = () if FAULTS[fault].is_of_rewrites else FAULTS[fault].ops
    names = dict.fromkeys((*ops, "mul", "sin", "add"))
    drawn = stream(cases([VOCABULARY[name] for name in names], 2, 6), 11)
    return tuple(itertools.islice(drawn, MOST_CASES))


estimated = functools.cache(estimate)


class Asked:
    """One adapter asked as a run asks, but in this process: importing a framework anew for each takes most of the time."""

    def __init__(self, name: str, laws: Mapping[str, Law] = ABOUT_GRADIENTS) -> None:
        spec = parse_adapter(name)
        self.server = Server(load(spec.target))
        assert spec.mode is not None
        description = Description(**self.server.describe(spec.mode, []))
        self.adapter = PlannedAdapter(spec, description, {})
        self.investigator = Investigator(laws, estimated, self._ask)

    def _ask(self, _adapter: PlannedAdapter, questions: list[Question]) -> list[Answer]:
        return [self.server.answer(question_to_plain(question)) for question in questions]

    def judge(self, case: Case, dtype: str) -> Judged:
        return self.investigator.judge(self.adapter, case, (dtype,))


def broken(judged: Judged) -> set[str]:
    return {law for (_, law), verdict in judged.verdicts.items() if verdict.name in UNEXPECTED_VERDICTS}


def laws_about(fault: str) -> Mapping[str, Law]:
    return LAWS if any(LAWS[law].words for law in LAWS_THAT_CATCH[fault]) else ABOUT_GRADIENTS


def asked_about(fault: str, framework: str) -> Asked:
    pytest.importorskip(framework.lower())
    mode = COMPILED[framework] if fault.startswith("Compiled") else MODES.get(fault, "eager")
    return Asked(f"tests.miniatures:{fault}{framework}:{mode}", laws_about(fault))


def test_every_miniature_is_tested() -> None:
    assert {*LAWS_THAT_CATCH, *IN_EVERY_MODE} == set(FAULTS)


@pytest.mark.parametrize("fault", LAWS_THAT_CATCH)
def test_a_small_search_catches_a_miniature(fault: str) -> None:
    """The laws that should break do, on graphs where all of them hold for the real framework."""
    faulty, real = asked_about(fault, "Torch"), Asked(f"torch:{MODES.get(fault, 'eager')}", laws_about(fault))
    missing = set(LAWS_THAT_CATCH[fault])
    dtype = SAMPLES[fault].dtype
    for case in search(fault):
        if not FAULTS[fault].affects(case.graph) and not FAULTS[fault].is_of_rewrites:
            continue
        missing -= broken(faulty.judge(case, dtype))
        assert not broken(real.judge(case, dtype))
        if not missing:
            return
    pytest.fail(f"{MOST_CASES} graphs, and {' and '.join(sorted(missing))} held on all of them")


@pytest.mark.parametrize(("fault", "framework"), OTHERS)
def test_the_smallest_case_suffices_in_other_frameworks(fault: str, framework: str) -> None:
    sample = SAMPLES[fault]
    case = next(iter(search(fault))) if FAULTS[fault].is_of_rewrites else sample.case
    assert broken(asked_about(fault, framework).judge(case, sample.dtype)) >= LAWS_THAT_CATCH[fault]


def test_modes_that_differ_are_caught_by_comparing_them() -> None:
    """The wrong mode is the one named."""
    asked = {mode: Asked(f"tests.miniatures:CompiledToConstantTorch:{mode}") for mode in ("eager", "folded")}
    judged = {mode: each.judge(SAMPLES["CompiledToConstant"].case, "float64") for mode, each in asked.items()}
    everyone = list(judged.values())
    found = judge_peers(LAWS["modes_agree"], judged["folded"], everyone, "float64")
    assert found is not None
    assert (found[0].name, found[1]) == ("disagree", judged["eager"].adapter)
    assert judge_peers(LAWS["modes_agree"], judged["eager"], everyone, "float64") is None


@pytest.mark.parametrize("word", ["imprecise", "inconclusive"])
def test_a_lost_or_doubted_gradient_is_no_farther_from_its_peers_than_that_explains(word: str) -> None:
    """Torch's det under torch.func loses digits, and was called wrong for being other than its eager one."""
    asked = {mode: Asked(f"tests.miniatures:CompiledToConstantTorch:{mode}") for mode in ("eager", "folded")}
    eager, folded = (each.judge(SAMPLES["CompiledToConstant"].case, "float64") for each in asked.values())
    worst = folded.verdicts["float64", VJP].worst
    assert worst is not None
    for gap, expected in ((worst.gap, word), (worst.gap / 100, "disagree")):
        folded.verdicts["float64", VJP] = Verdict(word, "", replace(worst, gap=gap))
        found = judge_peers(LAWS["modes_agree"], folded, [eager, folded], "float64")
        assert found is not None
        assert found[0].name == expected


@pytest.mark.parametrize("fault", [name for name, each in FAULTS.items() if each.is_of_rewrites])
def test_a_fault_in_rewritten_cases_is_seen_by_the_law_about_them_alone(fault: str) -> None:
    asked = asked_about(fault, "Torch")
    seen = [broken(asked.judge(case, "float64")) for case in search(fault)]
    assert set().union(*seen) == LAWS_THAT_CATCH[fault]


def test_a_fault_of_low_precision_is_seen_in_low_precision_only() -> None:
    asked, case = asked_about("WrongInLowPrecision", "Torch"), SAMPLES["WrongInLowPrecision"].case
    assert not broken(asked.judge(case, "float64"))
    assert VJP in broken(asked.judge(case, "float32"))


@pytest.mark.parametrize("fault", [name for name in LAWS_THAT_CATCH if laws_about(name) is LAWS])
def test_a_fault_of_higher_orders_is_seen_by_the_laws_about_words_alone(fault: str) -> None:
    """Every one of them of its kind, where all are asked."""
    asked, case = asked_about(fault, "Torch"), SAMPLES[fault].case
    seen = broken(asked.judge(case, "float64"))
    assert seen
    assert not seen & set(ABOUT_GRADIENTS)

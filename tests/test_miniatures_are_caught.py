"""The suite finds every deliberate fault in every framework, by the law that should, and nothing in the real ones."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from autograd_conformance.case import Case
from autograd_conformance.generation.strategies import cases, stream
from autograd_conformance.investigation import Investigator
from autograd_conformance.judge import Judged
from autograd_conformance.laws import LAWS
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.preparation import Prepared, prepare
from autograd_conformance.records import UNEXPECTED_VERDICTS
from autograd_conformance.reference.estimate import estimate
from autograd_conformance.results import read
from autograd_conformance.settings import Settings
from tests.miniature_samples import IN_EVERY_MODE
from tests.miniatures import FAULTS

VJP, FAN_OUT = "vjp_matches_finite_differences", "fan_out_accumulates"
FORM = "gradient_has_primal_shape_and_dtype"
MODES = ["Torch:eager", "Jax:jit", "TensorFlow:eager", "TensorFlow:function", "TensorFlow:graph"]
ABOUT_GRADIENTS = {name: law for name, law in LAWS.items() if not law.words}
MOST_CASES = 15
SMALL = Settings(dtypes=("float64",), timeout=60.0)

Cli = Callable[..., "CompletedProcess[str]"]


def laws_that_catch(fault: str, framework: str) -> set[str]:
    """The laws that must see a fault; JAX has no None, it says zero."""
    if fault == "NoneForConnected":
        return {VJP} if framework == "Jax" else {FORM}
    return {VJP, FAN_OUT} if fault == "FanOutOverwritten" else {VJP}


@functools.cache
def search(fault: str) -> tuple[Case, ...]:
    """Random graphs over the faulty ops and a few more."""
    names = dict.fromkeys((*FAULTS[fault].ops[:3], "mul", "sin", "add"))
    drawn = stream(cases([VOCABULARY[name] for name in names], 2, 6), 5)
    return tuple(itertools.islice(drawn, MOST_CASES))


@functools.cache
def estimated(case: Case):
    return estimate(case)


class Asked:
    """One target with all its modes, asked about single cases as a run asks."""

    def __init__(self, target: str) -> None:
        self.prepared: Prepared = prepare([target], SMALL, [])
        assert not self.prepared.missing, self.prepared.missing
        workers = self.prepared.workers
        self.investigator = Investigator(
            ABOUT_GRADIENTS, estimated, lambda adapter, asked: workers[adapter.name].ask(asked)
        )

    def judge(self, mode: str, case: Case) -> Judged:
        (adapter,) = (each for each in self.prepared.adapters if each.mode == mode)
        return self.investigator.judge(adapter, case, SMALL.dtypes)


def broken(judged: Judged) -> set[str]:
    return {law for (_, law), verdict in judged.verdicts.items() if verdict.name in UNEXPECTED_VERDICTS}


@pytest.fixture(scope="module")
def asked() -> Iterator[Callable[[str], Asked]]:
    """`Asked` by target, each started once."""
    known: dict[str, Asked] = {}

    def of(target: str) -> Asked:
        if target not in known:
            known[target] = Asked(target)
        return known[target]

    yield of
    for each in known.values():
        each.prepared.close()


def framework_and_mode(text: str) -> tuple[str, str]:
    framework, _, mode = text.partition(":")
    pytest.importorskip(framework.lower())
    return framework, mode


@pytest.mark.parametrize("text", MODES)
@pytest.mark.parametrize("fault", IN_EVERY_MODE)
def test_a_miniature_is_caught_by_the_law_that_should(asked: Callable[[str], Asked], fault: str, text: str) -> None:
    """A few random graphs suffice, and the real framework holds on the very same graphs."""
    framework, mode = framework_and_mode(text)
    faulty = asked(f"tests.miniatures:{fault}{framework}")
    missing = laws_that_catch(fault, framework)
    seen: list[Case] = []
    for case in search(fault):
        seen.append(case)
        missing -= broken(faulty.judge(mode, case))
        if not missing:
            break
    else:
        pytest.fail(f"{MOST_CASES} graphs and no {' and '.join(sorted(missing))} disagrees")
    real = asked(framework.lower())
    for case in seen:
        assert not broken(real.judge(mode, case))


@pytest.mark.parametrize(
    ("fault", "law", "ops"),
    [("SignFlipped", VJP, {"tanh"}), ("SliceShifted", VJP, {"slice"}), ("NoneForConnected", FORM, {"mul"})],
)
def test_a_run_reduces_a_miniature_to_its_op(cli: Cli, tmp_path: Path, fault: str, law: str, ops: set[str]) -> None:
    """The command exits 1, writes reduced cases of at most two nodes and prints the failure with its numbers."""
    pytest.importorskip("torch")
    name = f"tests.miniatures:{fault}Torch:eager"
    narrow = [f"--op={op}" for op in sorted({*ops, "sin", "shift"})]
    done = cli("run", "-a", name, *narrow, "--law", law, "--dtype", "float64", "--examples", "5")
    assert done.returncode == 1, done.stderr
    file = read(tmp_path / "results.jsonl")
    failed = [r for r in file.results if r.law == law and r.verdict == "disagree" and r.stratum != "corpus"]
    assert failed
    for result in failed:
        graph = file.cases[result.reduced].graph
        assert len(graph["nodes"]) <= 2
        assert ops & {node["op"] for node in graph["nodes"]}
    headline = rf"{law}: disagree for {name} \S+ on .*, float64\n"
    numbers = (
        r"  vjp \S+   reference \S+ \+- \S+   gap \S+ = (\S+ bounds|beyond any bound)   at d .*\(confirmed: .+\)\n"
        if law == VJP
        else r"  .* None although .*\(confirmed: exact\)\n|  .*the gradient of input \d is None although .*\n"
    )
    text = re.search(rf"^{headline}(?:{numbers})", done.stderr, re.MULTILINE)
    assert text, done.stderr
    assert re.search(rf"^  replay: autograd-conformance replay [0-9a-f]{{12}} -a {name}$", done.stderr, re.MULTILINE)


def test_the_printed_numbers_are_those_of_the_printed_graph(cli: Cli, tmp_path: Path) -> None:
    """A reduced failure says the value of the reduced graph, which `replay` then repeats."""
    pytest.importorskip("torch")
    name = "tests.miniatures:SignFlippedTorch:eager"
    narrow = ["--op=tanh", "--op=mul", "--law", VJP, "--dtype", "float64", "--examples", "3"]
    printed = cli("run", "-a", name, *narrow).stderr
    reduced = re.findall(
        r"  vjp (\S+)   reference (\S+) [^\n]*\n(?:  v[^\n]*\n)+  outputs[^\n]*\n  reduced from[^\n]*\n"
        r"  replay: autograd-conformance replay (\S+)",
        printed,
    )
    assert reduced
    value, reference, case = reduced[0]
    again = cli("replay", case, "-a", name, "--dtype", "float64").stdout
    assert f"vjp {value}   reference {reference} " in again

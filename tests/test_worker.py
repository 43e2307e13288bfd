"""A worker answers, and whatever goes wrong in it costs exactly one question."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograd_conformance.graph import Graph, Node
from autograd_conformance.worker.process import (
    Answered,
    BrokenAdapter,
    Crashed,
    Failed,
    Question,
    Refused,
    TimedOut,
    UnknownMode,
    Worker,
    WorkerFailed,
)

HERE = Path(__file__).parent
POINT = np.array([1.5, -2.0, 0.0])


def ask(op: str, mode: str = "plain", dtype: str = "float64", point: np.ndarray = POINT, **rest: bool) -> Question:
    graph = Graph((point.shape,), (Node(op, (0,)),), (1,))
    cotangents = (np.ones(point.shape),), (-np.ones(point.shape),)
    return Question(mode, dtype, graph, (point,), cotangents, **rest)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        with Worker("worker_subjects:Subject", timeout=20.0) as worker:
            yield worker


def test_answers_hold_what_the_adapter_returned(worker: Worker) -> None:
    """Forward, a product per cotangent, the first again, the leaves and the source arrive in order."""
    (answer,) = worker.ask([ask("square")])
    assert isinstance(answer, Answered)
    assert answer.forward[0].dtype == "float64"
    assert np.array_equal(answer.forward[0].values, POINT**2)
    first, opposite = (product.gradients[0] for product in answer.products)
    assert first is not None
    assert opposite is not None
    assert np.array_equal(first.values, 2 * POINT)
    assert np.array_equal(opposite.values, -2 * POINT)
    assert answer.second is not None
    assert np.array_equal(answer.second.outputs[0].values, POINT**2)
    assert np.array_equal(answer.leaves_after[0].values, POINT)
    assert answer.source == "x * x"
    assert not answer.script


def test_a_script_alone_runs_nothing(worker: Worker) -> None:
    """Of a graph that would end the process, too."""
    square, fatal = worker.ask([ask("square", only_script=True), ask("segfault", only_script=True)])
    assert isinstance(square, Answered)
    assert square.source == "x * x"
    assert square.script.startswith("x = [1.5, -2.0, 0.0]")
    assert (square.forward, square.products, square.second, square.leaves_after) == ((), (), None, ())
    assert isinstance(fatal, Answered)
    assert fatal.script.startswith("x = [1.5, -2.0, 0.0]")


@pytest.mark.parametrize("point", [np.array(0.1), np.zeros((2, 0, 3)), np.array([5e-324, -0.0, 1.7e308])])
def test_values_arrive_bit_for_bit(worker: Worker, point: np.ndarray) -> None:
    (answer,) = worker.ask([ask("square", point=point, twice=False)])
    assert isinstance(answer, Answered)
    assert answer.second is None
    assert answer.leaves_after[0].values.tobytes() == point.tobytes()
    assert answer.leaves_after[0].values.shape == point.shape


def test_unexpected_shapes_dtypes_and_nan_are_for_the_laws_to_judge(worker: Worker) -> None:
    (answer,) = worker.ask([ask("odd", dtype="float32")])
    assert isinstance(answer, Answered)
    assert answer.forward[0].dtype == "float16"
    assert answer.forward[0].values.shape == (1, 2)
    assert np.isnan(answer.forward[0].values[0, 0])
    assert answer.products[0].outputs[0].dtype == "float32"


def test_a_gradient_may_be_not_connected(worker: Worker) -> None:
    (answer,) = worker.ask([ask("disconnected")])
    assert isinstance(answer, Answered)
    assert answer.products[0].gradients == (None,)


def test_overwritten_inputs_show(worker: Worker) -> None:
    (answer,) = worker.ask([ask("overwrite")])
    assert isinstance(answer, Answered)
    assert np.array_equal(answer.leaves_after[0].values, [7, 7, 7])


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (ask("unsupported"), "no such op here"),
        (ask("square", mode="limited"), "left out"),
        (ask("square", dtype="bfloat16"), "NumPy has none"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(worker: Worker, question: Question, reason: str) -> None:
    assert worker.ask([question]) == [Refused(reason)]


@pytest.mark.parametrize(
    ("op", "kind", "message"),
    [
        ("raise", "ValueError", "a reason ?"),
        ("unprintable", "UnprintableError", "whose text raises RuntimeError"),
        ("leave", "SystemExit", ""),
        ("interrupt", "KeyboardInterrupt", ""),
        ("huge", "MemoryError", "512"),
        ("none", "NoAnswer", "forward returned None where 1 outputs were expected"),
        ("few", "NoAnswer", "forward returned 0 outputs where 1 were expected"),
        ("text", "NoAnswer", "forward, output 0 is str 'not an array', which cannot be exported"),
        ("unexportable", "NoAnswer", "its repr raises RuntimeError"),
        ("object", "NoAnswer", "a NumPy array of dtype object cannot cross"),
        ("vjp_none", "NoAnswer", "vjp returned None, not outputs and gradients"),
        ("vjp_few", "NoAnswer", "vjp returned 0 gradients where 1 were expected"),
    ],
)
def test_a_failure_is_one_answer_and_the_process_lives(worker: Worker, op: str, kind: str, message: str) -> None:
    worker.start()
    before = worker.pid
    good, bad, also_good = worker.ask([ask("square"), ask(op), ask("square")])
    assert isinstance(bad, Failed)
    assert bad.kind == kind
    assert message in bad.message
    assert bad.source == "x * x"
    assert isinstance(good, Answered)
    assert isinstance(also_good, Answered)
    assert worker.pid == before


def test_malformed_questions_fail_alone(worker: Worker) -> None:
    """A graph whose node uses a later value, and a point that does not fit the graph."""
    forward_reference = Question("plain", "float64", Graph(((),), (Node("square", (5,)),), (1,)), (np.array(1.0),))
    misfit = Question("plain", "float64", Graph(((2,),), (Node("square", (0,)),), (1,)), (POINT,))
    answers = worker.ask([forward_reference, misfit, ask("square", mode="plane"), ask("square")])
    assert [answer.kind for answer in answers[:3] if isinstance(answer, Failed)] == [
        "MalformedGraph",
        "MalformedGraph",
        "CannotLoad",
    ]
    assert isinstance(answers[3], Answered)


@pytest.mark.parametrize("op", ["garbage", "fork"])
def test_printing_and_forking_disturb_nothing(worker: Worker, op: str) -> None:
    """Megabytes on both output streams, from Python and from C; a forked copy that goes on answering."""
    worker.start()
    before = worker.pid
    answers = worker.ask([ask("square"), ask(op), ask("square"), ask("square")])
    assert all(isinstance(answer, Answered) for answer in answers)
    assert worker.pid == before


@pytest.mark.parametrize(
    ("op", "message"),
    [
        ("exit", "ended with exit code 3"),
        ("kill", "ended by SIGKILL (out of memory?)"),
        ("segfault", "ended by SIGSEGV"),
        ("check", "ended by SIGABRT: kernel.cc:586] Check failed: a == b\n"),
        ("close", "ended with exit code 1"),
    ],
)
def test_a_crash_costs_one_question(worker: Worker, op: str, message: str) -> None:
    worker.start()
    before = worker.starts
    answers = worker.ask([ask("square"), ask(op), ask("square"), ask("square")])
    assert isinstance(answers[1], Crashed)
    assert message in answers[1].message
    assert all(isinstance(answers[i], Answered) for i in (0, 2, 3))
    assert worker.starts == before + 1


def test_a_segfault_says_where(worker: Worker) -> None:
    (answer,) = worker.ask([ask("segfault")])
    assert isinstance(answer, Crashed)
    assert "worker_subjects.py" in answer.message or "ctypes" in answer.message


def test_silence_costs_one_question_and_one_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    with Worker("worker_subjects:Subject", timeout=0.7) as worker:
        answers = worker.ask([ask("square"), ask("hang"), ask("square")])
    assert isinstance(answers[1], TimedOut)
    assert answers[1].seconds == 0.7
    assert "worker_subjects.py" in answers[1].where
    assert isinstance(answers[0], Answered)
    assert isinstance(answers[2], Answered)


def test_growing_without_end_costs_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    with Worker("worker_subjects:Subject", memory_limit_bytes=1 << 29) as worker:
        answers = worker.ask([ask("square"), ask("memory"), ask("square")])
    assert isinstance(answers[1], Crashed)
    assert answers[1].message.startswith("out of memory: over 0.5 GiB")
    assert isinstance(answers[2], Answered)


def test_a_large_process_is_replaced_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    with Worker("worker_subjects:Subject", recycle_above_bytes=150 << 20) as worker:
        worker.ask([ask("square")] * 2)
        assert worker.pid is not None
        worker.ask([ask("grow"), ask("square")])
        assert worker.pid is None
        assert all(isinstance(answer, Answered) for answer in worker.ask([ask("square")]))
        assert worker.starts == 2


@pytest.mark.parametrize("ending", ["square", "kill"])
def test_a_worker_leaves_no_temporary_files(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is killed, which gives it no time to clean up."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.syspath_prepend(str(HERE))
    with Worker("worker_subjects:Subject") as worker:
        worker.ask([ask("litter")])
        assert len([*tmp_path.glob("*/litter*")]) == 1
        worker.ask([ask(ending)])
    assert [*tmp_path.iterdir()] == []


def test_a_batch_larger_than_every_pipe_does_not_block(worker: Worker) -> None:
    """Questions and answers of a megabyte each are under way at once."""
    answers = worker.ask([ask("square", point=np.full(30_000, float(i))) for i in range(20)])
    assert [answer.forward[0].values[0] for answer in answers if isinstance(answer, Answered)] == [
        float(i * i) for i in range(20)
    ]


def test_the_worker_is_out_of_reach_of_ctrl_c(worker: Worker) -> None:
    worker.start()
    assert worker.pid is not None
    assert os.getsid(worker.pid) == worker.pid


def interrupted(plain: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_batch_leaves_no_stale_answers(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.start()
    with monkeypatch.context() as patch:
        patch.setattr(
            "autograd_conformance.worker.process.answer_from_plain",
            interrupted,
        )
        with pytest.raises(KeyboardInterrupt):
            worker.ask([ask("square")] * 5)
    (answer,) = worker.ask([ask("square", point=np.array(3.0))])
    assert isinstance(answer, Answered)
    assert answer.forward[0].values == 9


def test_describing(worker: Worker) -> None:
    description = worker.describe("limited", ["square", "sin"])
    assert (description.framework, description.mode) == ("subject", "limited")
    assert description.modes == {"plain": "as it is", "limited": "lacks vjp"}
    assert description.compiled_modes == ("limited",)
    assert description.versions == {"numpy": np.__version__}
    assert description.numerics == {"threads": "1"}
    assert description.lacks == {"vjp": "left out"}
    assert description.lowers == ("square",)
    assert worker.describe().mode == "plain"


def test_a_mistyped_mode_is_answered_with_the_nearest(worker: Worker) -> None:
    with pytest.raises(UnknownMode, match=r"did you mean plain\? its modes: plain, limited"):
        worker.describe("plian")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("worker_subjects:NotAnAdapter", "NotAnAdapter that is no Adapter class"),
        ("worker_subjects:Missing", "has no Missing"),
        ("surely_no_such_module:Adapter", "no module named surely_no_such_module"),
        ("broken_subject:Adapter", "ZeroDivisionError"),
        ("newer_subject:Adapter", "is not readable by Python"),
    ],
)
def test_a_broken_adapter_is_named(target: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_subject.py").write_text("1 / 0\n")
    (tmp_path / "newer_subject.py").write_text("from tomorrow unimport yesterday\n")
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.syspath_prepend(str(tmp_path))
    with Worker(target) as worker, pytest.raises(BrokenAdapter, match=message):
        worker.ask([ask("square")])


def test_an_adapter_that_cannot_be_made_fails_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    with Worker("worker_subjects:Unmade") as worker:
        (answer,) = worker.ask([ask("square")])
        assert isinstance(answer, Failed)
        assert "no plain today" in answer.message
        with pytest.raises(BrokenAdapter, match="no plain today"):
            worker.describe()


def test_dying_while_starting_is_an_error_with_the_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dying_subject.py").write_text("import os\nprint('farewell', flush=True)\nos._exit(3)\n")
    monkeypatch.chdir(tmp_path)
    with Worker("dying_subject:Adapter") as worker, pytest.raises(WorkerFailed, match=r"(?s)exit code 3.*farewell"):
        worker.start()


def test_an_import_that_hangs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sleeping_subject.py").write_text("import time\ntime.sleep(1000)\n")
    monkeypatch.chdir(tmp_path)
    worker = Worker("sleeping_subject:Adapter", start_timeout=1.0)
    with worker, pytest.raises(WorkerFailed, match=r"(?s)nothing came within 1 s.*sleeping_subject"):
        worker.start()


def test_answers_survive_a_worker_that_cannot_start_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module breaks between the first process and the second."""
    module = tmp_path / "fleeting_subject.py"
    module.write_text("from worker_subjects import Subject\n")
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.chdir(tmp_path)
    with Worker("fleeting_subject:Subject") as worker:
        worker.start()
        module.write_text("1 / 0\n")
        answers = worker.ask([ask("square"), ask("exit"), ask("square"), ask("square")])
    assert isinstance(answers[0], Answered)
    assert all(isinstance(answer, Crashed) for answer in answers[1:])
    assert isinstance(answers[3], Crashed)
    assert "could not be started again" in answers[3].message

"""A worker under another interpreter, and what is left when its parent dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import numpy as np
import pytest

from autograd_conformance.graph import Graph, Node
from autograd_conformance.worker.process import Answered, FrameworkMissing, Question, Worker, WorkerFailed

HERE = Path(__file__).parent
QUESTION = Question("plain", "float64", Graph(((),), (Node("square", (0,)),), (1,)), (np.array(3.0),))


def bare_python(folder: Path, with_numpy: bool) -> str:
    """An environment with nothing in it, or nothing but NumPy."""
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    if with_numpy:
        installed = Path(np.__file__).parent
        (packages,) = folder.glob("lib/python*/site-packages")
        for source in (installed, installed.with_name("numpy.libs")):
            if source.exists():
                (packages / source.name).symlink_to(source)
    return str(python)


@pytest.fixture(scope="module")
def numpy_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return bare_python(tmp_path_factory.mktemp("numpy_only"), with_numpy=True)


def test_another_python_needs_only_numpy(numpy_python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package itself is not installed there; the adapter's module is found in the current folder."""
    monkeypatch.chdir(HERE)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    absent = subprocess.run(
        [numpy_python, "-c", "import autograd_conformance"],
        cwd=Path(numpy_python).parent,
        capture_output=True,
        check=False,
    )
    assert absent.returncode == 1
    with Worker("worker_subjects:Subject", python=numpy_python) as worker:
        (answer,) = worker.ask([QUESTION])
        assert worker.describe().framework == "subject"
    assert isinstance(answer, Answered)
    assert answer.forward[0].values == 9


def test_a_missing_framework_names_the_extra(numpy_python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    worker = Worker("autograd_conformance.adapters.torch:TorchAdapter", python=numpy_python)
    with worker, pytest.raises(FrameworkMissing, match=r'module torch.*pip install "autograd-conformance\[torch\]"'):
        worker.describe("eager")


def test_a_missing_numpy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    worker = Worker("worker_subjects:Subject", python=bare_python(tmp_path / "bare", with_numpy=False))
    with worker, pytest.raises(WorkerFailed, match="cannot import NumPy"):
        worker.start()


@pytest.mark.parametrize(
    ("program", "message"),
    [("surely/no/such/python", "No such file"), ("true", "exit code 0"), ("echo", "is it a Python interpreter")],
)
def test_what_is_no_python_is_said(program: str, message: str) -> None:
    worker = Worker("worker_subjects:Subject", python=shutil.which(program) or program, start_timeout=10)
    with worker, pytest.raises(WorkerFailed, match=message):
        worker.start()


PARENT = """
import sys
import numpy as np
from autograd_conformance.graph import Graph, Node
from autograd_conformance.worker.process import Question, Worker

worker = Worker("worker_subjects:Subject")
worker.start()
print(worker.pid, flush=True)
graph = Graph(((),), (Node("hang", (0,)),), (1,))
if sys.argv[1] == "busy":
    worker.ask([Question("plain", "float64", graph, (np.array(3.0),))])
sys.stdin.read()
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_a_killed_parent_leaves_no_orphan(state: str) -> None:
    command = [sys.executable, "-c", PARENT, state]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert is_running(pid)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def test_the_parent_imports_no_framework() -> None:
    program = (
        "import sys, autograd_conformance.worker.process;"
        "from autograd_conformance.discovery import parse_adapter; parse_adapter('torch');"
        "sys.exit(any(name in sys.modules for name in ('torch', 'jax', 'tensorflow')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

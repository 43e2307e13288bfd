"""What every test of the suite shares."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["pytester"]

with contextlib.suppress(ImportError):
    importlib.import_module("triton")  # torch does so late, and after TensorFlow has loaded its LLVM that crashes

# The suite's own tests say the same today and tomorrow; searching for news is what `run` is for.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def pyproject(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))


def python_path(repository: Path) -> str:
    """What a process of the command line imports from: the tests, and whatever this one was told to."""
    return os.pathsep.join(filter(None, (str(repository), os.environ.get("PYTHONPATH"))))


@pytest.fixture
def cli(repository: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in an empty folder: ``cli("run", "-a", name)``; adapters of ``tests`` can be named."""
    environment = {**os.environ, "PYTHONPATH": python_path(repository), "COLUMNS": "200"}

    def run(*arguments: str, timeout: float = 120, **more: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograd_conformance.cli", *map(str, arguments)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, timeout=timeout, capture_output=True, text=True, check=False, **more
        )

    return run


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """The browser's executable, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(autouse=True)
def _skip_without_browser(request: pytest.FixtureRequest, chromium: str | None) -> None:
    if request.node.get_closest_marker("browser") and chromium is None:
        pytest.skip("no Chromium on this machine")

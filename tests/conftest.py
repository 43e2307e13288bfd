"""What every test of the suite shares."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["pytester"]

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


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """The browser's executable, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(autouse=True)
def _skip_without_browser(request: pytest.FixtureRequest, chromium: str | None) -> None:
    if request.node.get_closest_marker("browser") and chromium is None:
        pytest.skip("no Chromium on this machine")

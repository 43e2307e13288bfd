"""The direction of imports: adapters -> core <- reports, and nothing of a framework in the parent."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FRAMEWORKS = ("torch", "jax", "jaxlib", "tensorflow")
PACKAGE = "autograd_conformance"


@pytest.fixture
def tree(tmp_path: Path, repository: Path, pyproject: dict[str, Any]) -> Path:
    """The three folders laid out as the package they become, whatever way the suite is installed."""
    folders = {PACKAGE: "conformance", **pyproject["tool"]["setuptools"]["package-dir"]}
    for name, folder in sorted(folders.items()):
        shutil.copytree(
            repository / folder, tmp_path / name.replace(".", "/"), ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(repository / "pyproject.toml", tmp_path)
    return tmp_path


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_contracts_are_kept(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: \d+ kept, 0 broken", done.stdout)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("records.py", "import torch", "Only adapters import a framework"),
        ("reference/__init__.py", "import jax.numpy", "Only adapters import a framework"),
        ("reports/__init__.py", "import tensorflow", "Only adapters import a framework"),
        ("results.py", f"from {PACKAGE} import adapters", "Nobody imports adapters"),
        ("reports/__init__.py", f"from {PACKAGE}.adapters import translator", "Nobody imports adapters"),
        ("results.py", f"from {PACKAGE} import reports", "Only the command line imports reports"),
        ("results.py", f"from {PACKAGE} import cli", "The command line is the top"),
        ("graph.py", "import msgspec", "The worker side needs NumPy only"),
        ("adapters/translator.py", f"from {PACKAGE} import records", "The worker side needs NumPy only"),
        ("worker/serve.py", "import hypothesis", "The worker side needs NumPy only"),
        ("reference/__init__.py", f"from {PACKAGE} import worker", "The reference knows graphs"),
    ],
)
def test_each_contract_notices_a_violation(tree: Path, module: str, line: str, contract: str) -> None:
    """A contract that nothing can break holds nothing."""
    file = tree / PACKAGE / module
    file.write_text(f"{file.read_text('utf-8')}\n{line}\n", "utf-8")
    done = lint(tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"{contract}.* BROKEN", done.stdout)


def test_command_line_may_import_reports(tree: Path) -> None:
    file = tree / PACKAGE / "cli" / "__init__.py"
    file.write_text(f"{file.read_text('utf-8')}\nfrom {PACKAGE} import reports\n", "utf-8")
    assert lint(tree).returncode == 0


def test_whole_parent_runs_without_a_framework(tree: Path) -> None:
    """What static analysis cannot see: imports made by name, and by the libraries we use."""
    root = tree / PACKAGE
    modules = []
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(tree).with_suffix("").parts
        if parts[1:2] != ("adapters",) and parts[-1] not in ("__main__", "bootstrap"):
            modules.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    program = (
        "import importlib, sys; sys.path.insert(0, '.')\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted(set({FRAMEWORKS!r}) & set(sys.modules)), sys.modules[{PACKAGE!r}].__file__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tree, check=True, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.startswith("[] "), done.stdout
    assert str(tree) in done.stdout

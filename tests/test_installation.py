"""The three folders become one package, from a wheel and from both kinds of editable install.

Each install goes into its own fresh environment, which sees the dependencies of the running one through a .pth file: no
network, a few seconds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_conformance import corpus

PACKAGE = "autograd_conformance"
KINDS = ("wheel", "editable", "strict editable")

QUESTIONS = f"""
import importlib.metadata, importlib.resources, json, pathlib, sys
import {PACKAGE}, {PACKAGE}.adapters.translator, {PACKAGE}.reports, {PACKAGE}.graph
from {PACKAGE} import corpus, expectation
found = importlib.metadata.entry_points
print(json.dumps({{
    "version": {PACKAGE}.__version__,
    "recorded": importlib.metadata.version("autograd-conformance"),
    "file": {PACKAGE}.__file__,
    "adapters": sorted({{each.name for each in found(group="{PACKAGE}.adapters")}}),
    "torch": found(group="{PACKAGE}.adapters")["torch"].module,
    "commands": [each.value for each in found(group="console_scripts", name="autograd-conformance")],
    "plugins": [each.value for each in found(group="pytest11", name="{PACKAGE}")],
    "typed": (importlib.resources.files("{PACKAGE}") / "py.typed").is_file(),
    "expectations": [path.stem for path in expectation.shipped()],
    "frozen": [len(corpus.found()), len(corpus.passing())],
}}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def modules(folder: Path) -> Iterator[Path]:
    """The folder and every folder below it that holds Python files."""
    for each in sorted({file.parent for file in folder.rglob("*.py")}):
        if "__pycache__" not in each.parts:
            yield each


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A copy of what is built from, so that leftovers of older builds change nothing."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("conformance", "adapters", "reports"):
        shutil.copytree(repository / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, copy)
    return copy


@pytest.fixture(scope="session")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ".", cwd=checkout)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session", params=KINDS)
def environment(
    request: pytest.FixtureRequest, checkout: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A fresh environment with the suite installed in one of three ways; its folder of executables."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    executables = folder / ("Scripts" if sys.platform == "win32" else "bin")
    purelib = Path(
        run(executables / "python", "-c", "import site; print(site.getsitepackages()[-1])", cwd=folder).strip()
    )
    borrowed = borrowed_packages(tmp_path_factory.mktemp("borrowed"))
    (purelib / "borrowed.pth").write_text(f"{borrowed}\n", "utf-8")
    what: list[str | Path] = {
        "wheel": [wheel],
        "editable": ["-e", checkout],
        "strict editable": ["-e", checkout, "--config-settings=editable_mode=strict"],
    }[request.param]
    install = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "--python", executables / "python", "install", *install, *what, cwd=checkout)
    return executables


def borrowed_packages(folder: Path) -> Path:
    """Links to everything the running environment has, except the suite itself."""
    for path in map(Path, {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}):
        for each in path.iterdir():
            if PACKAGE not in each.name and each.suffix != ".pth" and not (folder / each.name).exists():
                (folder / each.name).symlink_to(each)
    return folder


def test_package_is_whole(environment: Path, tmp_path: Path, repository: Path) -> None:
    answers = json.loads(run(environment / "python", "-c", QUESTIONS, cwd=tmp_path))
    assert answers["version"] == answers["recorded"]
    assert not Path(answers["file"]).is_relative_to(repository)
    assert answers["adapters"] == ["jax", "tape", "tensorflow", "torch"]
    assert answers["torch"] == f"{PACKAGE}.adapters.torch"
    assert answers["commands"] == [f"{PACKAGE}.cli:main"]
    assert answers["plugins"] == [f"{PACKAGE}.plugin"]
    assert answers["typed"]
    assert {"torch", "jax", "tensorflow"} <= set(answers["expectations"])
    assert answers["frozen"] == [len(corpus.found()), len(corpus.passing())]


def test_command_line_says_its_version(environment: Path, tmp_path: Path) -> None:
    said = run(environment / "autograd-conformance", "--version", cwd=tmp_path)
    assert (
        run(environment / "python", "-c", f"import {PACKAGE}; print({PACKAGE}.__version__)", cwd=tmp_path).strip()
        in said
    )


def test_pytest_finds_the_plugin(environment: Path, tmp_path: Path) -> None:
    said = run(environment / "python", "-m", "pytest", "--version", "--version", cwd=tmp_path)
    assert "conformance/plugin" in said.replace("\\", "/")


def test_every_folder_is_listed(repository: Path, pyproject: dict[str, Any]) -> None:
    """What is not listed is left out of the wheel, without a word."""
    found = set()
    for name, folder in {
        PACKAGE: "conformance",
        f"{PACKAGE}.adapters": "adapters",
        f"{PACKAGE}.reports": "reports",
    }.items():
        for path in modules(repository / folder):
            found.add(".".join((name, *path.relative_to(repository / folder).parts)))
    assert sorted(found) == sorted(pyproject["tool"]["setuptools"]["packages"])


def test_wheel_holds_every_file(wheel: Path, checkout: Path) -> None:
    """Modules and data files alike; what is data is declared in pyproject.toml."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = set()
    for prefix, folder in {
        PACKAGE: "conformance",
        f"{PACKAGE}/adapters": "adapters",
        f"{PACKAGE}/reports": "reports",
    }.items():
        for path in (checkout / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                expected.add(f"{prefix}/{path.relative_to(checkout / folder).as_posix()}")
    assert expected - inside == set()
    assert not [name for name in inside if name.startswith(("tests/", "conformance/", "adapters/", "reports/"))]


def test_wheel_brings_no_framework(wheel: Path) -> None:
    """A framework comes by its extra only."""
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    required = [line for line in archive.read(metadata).decode().splitlines() if line.startswith("Requires-Dist:")]
    for line in required:
        if any(name in line.split()[1] for name in ("torch", "jax", "tensorflow")):
            assert "extra ==" in line
    assert len(required) > 5

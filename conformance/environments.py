"""Environments to judge one version of a framework in: made once for their requirements, kept, and used again.

An environment holds what was asked for and NumPy, never this package: a worker brings what it needs of it along.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

COMPLETE = "autograd-conformance.json"
"""Written into an environment when all is installed: one without it was left half made."""
LAST_LINES = 6


class UnusableEnvironment(Exception):
    """No environment for what was asked; the message says what to do."""


@dataclass(frozen=True)
class Wanted:
    """One side of an upgrade: requirements, or an interpreter that is there already."""

    text: str
    framework: str
    """A name of a framework, empty where an interpreter was named."""
    requirements: tuple[str, ...] = ()
    interpreter: str = ""

    @property
    def title(self) -> str:
        """Short, and fit for a folder's name: ``jax-0.4.30``."""
        text = self.requirements[0] if self.requirements else Path(self.interpreter).absolute().parent.parent.name
        return re.sub(r"[^\w.]+", "-", text).strip("-.")


def wanted(text: str, frameworks: Sequence[str]) -> Wanted:
    """Read ``jax==0.4.30``, ``"tensorflow-cpu==2.16.2 numpy<2"`` or the path of an interpreter.

    The first requirement names the framework.  Raises UnusableEnvironment.
    """
    if os.sep in text:
        if not os.access(text, os.X_OK) or Path(text).is_dir():
            raise UnusableEnvironment(
                f"{text} is no interpreter; name a version, such as jax==0.10.2, or a Python to run"
            )
        return Wanted(text, "", interpreter=text)
    parsed = []
    for part in text.split():
        try:
            parsed.append(Requirement(part))
        except InvalidRequirement as failure:
            reason = str(failure).splitlines()[0]
            raise UnusableEnvironment(
                f"{part!r} is no requirement ({reason}); write jax==0.10.2, or several in quotes: 'jax==0.10.2 numpy<2'"
            ) from None
    if not parsed:
        raise UnusableEnvironment("an empty version; write a requirement such as jax==0.10.2")
    name = canonicalize_name(parsed[0].name)
    # tensorflow-cpu is tensorflow; jaxlib is not jax.
    found = [each for each in frameworks if name == each or name.startswith(f"{each}-")]
    if not found:
        raise UnusableEnvironment(f"no adapter is for {parsed[0].name}; there are adapters for {', '.join(frameworks)}")
    names = {canonicalize_name(each.name) for each in parsed}
    return Wanted(text, found[0], (*map(str, parsed), *([] if "numpy" in names else ["numpy"])))


def default_folder() -> Path:
    """Where environments are kept unless told otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autograd-conformance" / "environments"


def interpreter_of(side: Wanted, folder: Path, python: str, is_fresh: bool, say: Callable[[str], None]) -> str:
    """The Python of an environment with this in it, made unless it is there.  Raises UnusableEnvironment."""
    if side.interpreter:
        return side.interpreter
    base = python or f"{sys.version_info[0]}.{sys.version_info[1]}"
    key = hashlib.sha256(" ".join([base, *sorted(side.requirements)]).encode()).hexdigest()[:8]
    place = folder / f"{side.title}-{key}"
    inside = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not is_fresh and _is_complete(place, side.requirements):
        return str(inside)
    say(f"installing {' '.join(side.requirements)} for Python {base} into {place}")
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        _make(place, inside, base, side.requirements)
        (place / COMPLETE).write_text(json.dumps({"requirements": side.requirements, "python": base}) + "\n", "utf-8")
    except OSError as failure:
        raise UnusableEnvironment(
            f"cannot make an environment in {place}: {failure.strerror}; choose another folder with --environments"
        ) from None
    return str(inside)


def _is_complete(place: Path, requirements: Sequence[str]) -> bool:
    try:
        return bool(json.loads((place / COMPLETE).read_text("utf-8"))["requirements"] == list(requirements))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(place: Path, inside: Path, base: str, requirements: Sequence[str]) -> None:
    """With uv where it is there, else with venv and pip."""
    uv = shutil.which("uv")
    if uv is not None:
        _call([uv, "venv", "--quiet", "--python", base, str(place)], f"no Python {base}")
        _call([uv, "pip", "install", "--quiet", "--python", str(inside), *requirements], "cannot install")
        return
    _call([_python_named(base), "-m", "venv", str(place)], f"no environment for Python {base}")
    _call(
        [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements], "cannot install"
    )


def _python_named(base: str) -> str:
    if base == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    found = shutil.which(base if os.sep in base else f"python{base}")
    if found is None:
        raise UnusableEnvironment(f"no python{base} is on the path; install it, or install uv, which brings it")
    return found


def _call(command: Sequence[str], what: str) -> None:
    """Run an installer.  Raises UnusableEnvironment with the last lines it said."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()][-LAST_LINES:]
        raise UnusableEnvironment("\n  ".join([f"{what}; the installer's last lines:", *said]))

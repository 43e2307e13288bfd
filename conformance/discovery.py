"""Which adapters there are, and what the names people type mean - without importing any of them.

Adapters are found by the entry-point group ``autograd_conformance.adapters``: the built-in ones come through the same
door as third-party ones.  Importing an adapter imports its framework, so its modes are asked of a worker
(`Worker.describe`); here a mode is only checked for form.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import metadata

from autograd_conformance.worker.process import AdapterUnusable

GROUP = "autograd_conformance.adapters"
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_CLASS = re.compile(r"[A-Za-z_]\w*")
_MODE = re.compile(r"[A-Za-z][\w-]*")


class UnknownAdapter(AdapterUnusable):
    """The text names no adapter; the message has the nearest names and all of them."""


@dataclass(frozen=True)
class AdapterSpec:
    """An adapter as the user named it: ``target`` is ``pkg.mod:Class``; ``mode`` None means every mode."""

    name: str
    target: str
    mode: str | None

    @property
    def framework(self) -> str:
        """The name without the mode: ``torch``, or ``pkg.mod:Class``."""
        return self.name if self.mode is None else self.name.rpartition(":")[0]

    def expanded(self, modes: Iterable[str]) -> tuple[AdapterSpec, ...]:
        """One spec per mode, itself when it already has one.  ``modes`` are the ones the worker described."""
        if self.mode is not None:
            return (self,)
        return tuple(replace(self, name=f"{self.name}:{mode}", mode=mode) for mode in modes)


def frameworks() -> dict[str, str]:
    """Framework name to ``pkg.mod:Class``, for every adapter installed; a built-in name cannot be taken over."""
    found: dict[str, str] = {}
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        if entry.name not in found or entry.value.startswith("autograd_conformance."):
            found[entry.name] = entry.value
    return found


def parse_adapter(text: str) -> AdapterSpec:
    """Read ``framework``, ``framework:mode``, ``pkg.mod:Class`` or ``pkg.mod:Class:mode``.  Raises UnknownAdapter."""
    known = frameworks()
    first, *rest = text.strip().split(":")
    if first in known and len(rest) <= 1 and all(_MODE.fullmatch(mode) for mode in rest):
        return AdapterSpec(":".join([first, *rest]), known[first], rest[0] if rest else None)
    if first not in known and _is_target(first, rest):
        return AdapterSpec(":".join([first, *rest]), f"{first}:{rest[0]}", rest[1] if len(rest) == 2 else None)
    raise UnknownAdapter(_unknown(text, first, rest, known))


def _is_target(module: str, rest: list[str]) -> bool:
    """``torhc:eager`` is a mistyped framework, ``mine:Adapter``, ``pkg.mine:adapter`` and ``mine:x:mode`` are not."""
    if not _MODULE.fullmatch(module) or not 1 <= len(rest) <= 2 or not _CLASS.fullmatch(rest[0]):
        return False
    if len(rest) == 2 and not _MODE.fullmatch(rest[1]):
        return False
    return "." in module or len(rest) == 2 or rest[0][0].isupper()


def _unknown(text: str, first: str, rest: list[str], known: dict[str, str]) -> str:
    lines = f"unknown adapter {text!r}"
    near = [first] if first in known else difflib.get_close_matches(first, known)
    mode = f":{rest[0]}" if len(rest) == 1 and _MODE.fullmatch(rest[0]) else ""
    if near:
        lines += f"; did you mean {' or '.join(name + mode for name in near)}?"
    names = ", ".join(sorted(known)) or "none is installed"
    return f"{lines}\n  installed: {names}; or your own as pkg.mod:Class or pkg.mod:Class:mode"

"""Names people type become adapters, without importing one."""

from __future__ import annotations

import pytest

from autograd_conformance.discovery import AdapterSpec, UnknownAdapter, frameworks, parse_adapter

TORCH = "autograd_conformance.adapters.torch:TorchAdapter"


def test_built_in_adapters_are_found_by_their_entry_points() -> None:
    assert frameworks().items() >= {"torch": TORCH}.items()
    assert {"torch", "jax", "tensorflow"} <= set(frameworks())


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("torch", AdapterSpec("torch", TORCH, None)),
        (" torch:eager ", AdapterSpec("torch:eager", TORCH, "eager")),
        ("mine.module:Mine", AdapterSpec("mine.module:Mine", "mine.module:Mine", None)),
        ("mine.module:make", AdapterSpec("mine.module:make", "mine.module:make", None)),
        ("mine:Mine", AdapterSpec("mine:Mine", "mine:Mine", None)),
        ("mine:Mine:fast", AdapterSpec("mine:Mine:fast", "mine:Mine", "fast")),
    ],
)
def test_names_are_read(text: str, spec: AdapterSpec) -> None:
    assert parse_adapter(text) == spec


def test_a_framework_alone_is_all_its_modes() -> None:
    specs = parse_adapter("torch").expanded(["eager", "compile"])
    assert [(spec.name, spec.mode) for spec in specs] == [("torch:eager", "eager"), ("torch:compile", "compile")]
    assert parse_adapter("torch:eager").expanded(["eager", "compile"]) == (parse_adapter("torch:eager"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("torhc:eager", r"unknown adapter 'torhc:eager'; did you mean torch:eager\?"),
        ("tensorflw", r"did you mean tensorflow\?"),
        ("pytorch", r"did you mean torch\?"),
        ("torch:", r"did you mean torch\?"),
        ("torch:eager:more", r"did you mean torch\?"),
        ("", "installed: jax, tape, tensorflow, torch"),
        ("../torch:eager", "unknown adapter"),
        ("os;import sys:X", "unknown adapter"),
        ("a.b:C:d:e", "unknown adapter"),
        ("zzz:eager", r"or your own as pkg\.mod:Class"),
    ],
)
def test_other_names_are_refused_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(UnknownAdapter, match=message):
        parse_adapter(text)

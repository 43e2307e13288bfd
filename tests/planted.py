"""The suite's own tape engine with changes planted in it, under one name: what an upgrade may do to a framework.

The environment variable `PLANTED` names the changes, so that two runs differ in nothing else.  Imported by workers only,
as ``tests.planted:Planted``; scenarios are told by the engine itself, so that a change of an op reaches graphs alone.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_conformance.adapter import Unsupported
from autograd_conformance.adapters import tape_engine as tp
from autograd_conformance.adapters.tape import TapeAdapter
from autograd_conformance.adapters.tape_scenarios import cutting
from autograd_conformance.observer import Observer

VARIABLE = "PLANTED"
GRADIENT, DRIFT, UNSUPPORTED = "sin", "neg", "tanh"
"""The op that each change of an op is about."""
SCENARIO, CONVENTION = "G2", "G1"


class _Sin(tp.Function):
    """Its gradient is half as large again."""

    @staticmethod
    def forward(context: Any, x: Any) -> Any:
        context.save_for_backward(x)
        return tp.sin(x)

    @staticmethod
    def backward(context: Any, cotangent: Any) -> Any:
        (x,) = context.saved_arrays
        return cotangent * tp.cos(x) * 1.5


class _Neg(tp.Function):
    """Its gradient is off by one unit in the last place."""

    @staticmethod
    def forward(context: Any, x: Any) -> Any:
        return -x

    @staticmethod
    def backward(context: Any, cotangent: Any) -> Any:
        return cotangent * -float(1 + np.finfo(cotangent.dtype).eps)


class StricterTapeError(tp.TapeError):
    """What was documented, and more precisely."""


def g1_planted(observe: Observer) -> None:
    observe("value and gradient, uncut", [3.0, [2.0, 1.0]])
    observe("value, rebuilt from plain numbers", 3.0)
    observe("the rebuilt value has a grad_fn", False)
    with observe.attempt("gradient through plain numbers"):
        raise StricterTapeError("the output requires no gradient: nothing it was computed from does")


def g2_planted(observe: Observer) -> None:
    observe("value and gradient with one factor detached", [9.0, 6.0])
    observe("value and gradient with one factor computed unrecorded", [9.0, 3.0])


class Planted(TapeAdapter):
    """Right where nothing is planted."""

    framework = "planted"

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.planted = frozenset(filter(None, os.environ.get(VARIABLE, "").split(",")))
        if "scenario" in self.planted:
            cutting.g2_detached = g2_planted
        if "convention" in self.planted:
            cutting.g1_rebuilt = g1_planted

    def names(self) -> dict[str, Any]:
        changed = {}
        if "gradient" in self.planted:
            changed["sin"] = _Sin.apply
        if "drift" in self.planted:
            changed["neg"] = _Neg.apply
        return {"tp": SimpleNamespace(**{**vars(tp), **changed})}

    def translate(self, graph: Any, dtype: str) -> Any:
        if "unsupported" in self.planted and UNSUPPORTED in graph.op_names:
            raise Unsupported(f"{UNSUPPORTED} was removed")
        return super().translate(graph, dtype)

"""Deliberately faulty adapters: each has one known fault in its derivatives, and is right everywhere else.

A miniature writes another program for the same graph: the faulty rule is a custom rule round one expression, in the
generated source itself.  So it works wherever the real adapter does - eager, traced, compiled, static - and a repro
script shows the fault.  A fault is described once, in words every framework defines (`words`): ``where``, ``roll``,
``iota``, ``size``, ``stop_gradient``, ``with_vjp`` and a few more.  Few faults lie outside the program (`calls`).

``tests.miniatures:SignFlippedTorch`` (fault and framework: Torch, Jax, TensorFlow) is an adapter like any other; no
framework is imported before its name is asked for.  ``miniature(SignFlipped, "Jax", ops=("sin",))`` moves a fault.
"""

from __future__ import annotations

import functools
import importlib

from autograd_conformance.adapters.translator import TranslatingAdapter
from tests.miniatures import calls, programs, rules
from tests.miniatures.fault import Fault
from tests.miniatures.words import WORDS
from tests.miniatures.wrappers import WRAPPER_FAULTS

ADAPTERS = {"Torch": "torch:TorchAdapter", "Jax": "jax:JaxAdapter", "TensorFlow": "tensorflow:TensorFlowAdapter"}

FAULTS: dict[str, type[Fault]] = {
    fault.__name__: fault
    for fault in (
        rules.CotangentScaled,
        rules.SignFlipped,
        rules.NoBroadcastSum,
        rules.RepeatedIndicesOverwritten,
        programs.FanOutOverwritten,
        rules.SliceShifted,
        rules.NegativeWrong,
        programs.NoneForConnected,
        rules.LastElementLost,
        rules.SoftmaxWrongAxis,
        rules.MatmulNotTransposed,
        rules.SortNotUndone,
        programs.WhereSwapped,
        rules.ProductByDividing,
        rules.WrongInNarrowRange,
        rules.NarrowedOnTheWay,
        rules.WrongInLowPrecision,
        programs.VarianceUnbiased,
        rules.CotangentIgnored,
        rules.CotangentClipped,
        rules.SparseTakenForZero,
        programs.CompiledToConstant,
        calls.GradientsAccumulated,
        calls.ScalarGradientIsVector,
        rules.SavedOperandOverwritten,
        rules.DoubleNegationSimplified,
        programs.JoinedLeafCut,
        programs.CurvatureWrong,
        programs.CompiledCurvatureWrong,
        calls.ForwardModeScaled,
        calls.GradientOfGradientScaled,
        calls.HessianSkewed,
        calls.ThirdOrderDrifts,
        calls.WholeJacobianScaled,
        calls.MixedPartialsLost,
        calls.ExamplesMixedUp,
    )
}


EVERY_FAULT: dict[str, type[Fault]] = {**FAULTS, **WRAPPER_FAULTS}
"""Those in programs, and those in what stands round a part of one."""


def miniature(fault: type[Fault], framework: str, ops: tuple[str, ...] | None = None) -> type[TranslatingAdapter]:
    """The faulty adapter of a framework (Torch, Jax, TensorFlow); ``ops`` moves the fault to other ops.

    Raises ModuleNotFoundError where the framework is not installed.
    """
    module, _, name = ADAPTERS[framework].partition(":")
    adapter = getattr(importlib.import_module(f"autograd_conformance.adapters.{module}"), name)
    members = {"words": WORDS[framework], "ops": fault.ops if ops is None else ops, "__module__": __name__}
    if framework == "Torch":
        modes = {mode: text for mode, text in adapter.modes.items() if mode in fault.torch_modes}
        members |= {"modes": modes, "compiled_modes": frozenset(), "costly_modes": frozenset()}
    members |= {"__doc__": fault.__doc__, **fault.members(adapter)}
    return type(f"{fault.__name__}{framework}", (fault, adapter), members)


@functools.cache
def __getattr__(name: str) -> type[TranslatingAdapter]:
    for framework in ADAPTERS:
        fault = EVERY_FAULT.get(name.removesuffix(framework))
        if fault is not None and name.endswith(framework) and framework in fault.frameworks:
            return miniature(fault, framework)
    raise AttributeError(f"no miniature {name}")

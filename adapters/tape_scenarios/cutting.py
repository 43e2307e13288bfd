"""G. Cutting and customising the graph."""
# mypy: no-strict-optional, allow-untyped-defs

from __future__ import annotations

import numpy as np

import autograd_conformance.adapters.tape_engine as tp
from autograd_conformance.observer import Observer


def g1_rebuilt(observe: Observer) -> None:
    """Numbers taken out of arrays have forgotten where they came from."""
    x = tp.array(1.0)
    w = tp.array([1.0, 1.0], requires_grad=True)
    f = 2 * x * w[0] + x**2 * w[1]
    (gradient,) = tp.gradient(f, w)
    observe("value and gradient, uncut", [f, gradient])

    w0, w1 = w.tolist()
    rebuilt = tp.array(2 * x.item() * w0 + x.item() ** 2 * w1)
    observe("value, rebuilt from plain numbers", rebuilt)
    observe("the rebuilt value has a grad_fn", rebuilt.grad_fn is not None)
    with observe.attempt("gradient through plain numbers"):
        rebuilt.backward()


def g2_detached(observe: Observer) -> None:
    """A detached array, or one computed under no_grad, counts as a constant."""
    w = tp.array(3.0, requires_grad=True)
    y = w.detach() * w
    y.backward()
    observe("value and gradient with one factor detached", [y, w.grad])

    w.zero_grad()
    with tp.no_grad():
        factor = 1 * w
    y = factor * w
    y.backward()
    observe("value and gradient with one factor computed unrecorded", [y, w.grad])


def g3_black_box(observe: Observer) -> None:
    """A function of plain numbers gets a gradient by a forward difference."""

    def power(x, exponent):
        return tp.array(x.item() ** exponent.item())

    class ForwardDifference(tp.Function):
        @staticmethod
        def forward(context, function, x, exponent):
            context.function = function  # any object may be kept on the context
            context.save_for_backward(x, exponent)  # arrays are kept so, and checked for changes
            return function(x, exponent)

        @staticmethod
        def backward(context, cotangent):
            observe("an arbitrary object saved with the call", context.function.__name__)
            x, exponent = context.saved_arrays
            stepped = x + 0.001
            slope = (context.function(stepped, exponent) - context.function(x, exponent)) / 0.001
            return None, cotangent * slope, None  # one for each argument of forward

    x = tp.array(3.0, requires_grad=True)
    exponent = tp.array(2.0)
    y = ForwardDifference.apply(power, x, exponent)
    y.backward()
    observe("gradient by the rule", x.grad)
    observe("gradient returned for an input that needs none", exponent.grad)

    class InPlaceDifference(ForwardDifference):
        @staticmethod
        def backward(context, cotangent):
            x, exponent = context.saved_arrays
            before = context.function(x, exponent)
            stepped = x.detach()  # a new array over the same storage
            stepped += 0.001
            observe("the tutorial's in-place step changes the saved array while it lasts", x.item() != 1.0)
            slope = (context.function(stepped, exponent) - before) / 0.001
            stepped -= 0.001
            return None, cotangent * slope, None

    x = tp.array(1.0, requires_grad=True)
    y = InPlaceDifference.apply(power, x, exponent)
    y.backward(retain_graph=True)
    observe("stepping there and back restores the bits of 1.0", x.item() == 1.0)
    with observe.attempt("the next walk notices that the saved array was changed"):
        y.backward()

    x = tp.array(1.0, requires_grad=True)
    y = ForwardDifference.apply(power, x, exponent)
    y.backward(retain_graph=True)
    y.backward()
    observe("done on a copy, the bits are untouched", x.item() == 1.0)


def g4_own_relu(observe: Observer) -> None:
    """Whoever writes the rule chooses the gradient at the kink."""

    class OwnRelu(tp.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return tp.maximum(x, 0.0)

        @staticmethod
        def backward(context, cotangent):
            (x,) = context.saved_arrays
            return tp.where(x < 0.0, 0.0, cotangent)

    x = tp.array([-1.0, 0.0, 2.0], requires_grad=True)
    (own,) = tp.gradient(OwnRelu.apply(x).sum(), x)
    (clip,) = tp.gradient(tp.clip(x, low=0.0, high=np.inf).sum(), x)
    (relu,) = tp.gradient(tp.relu(x).sum(), x)
    observe("own rule at -1, 2", own[[0, 2]])
    observe("built-in at -1, 2", relu[[0, 2]])
    observe("own rule at 0", own[1])
    observe("clamp or maximum at 0", clip[1])
    observe("relu at 0", relu[1])


def g5_honoured(observe: Observer) -> None:
    """A rule written in ops is recorded with the walk, so that it can be differentiated itself."""

    class Square(tp.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(context, cotangent):
            (x,) = context.saved_arrays
            return cotangent * 10 * x  # wrong on purpose: whoever asks Square itself gets 2x

    x = tp.array(3.0, requires_grad=True)
    (gradient,) = tp.gradient(Square.apply(x), x, create_graph=True)
    observe("plainly", gradient)
    (second,) = tp.gradient(gradient, x)
    observe("gradient of the rule's gradient", second)

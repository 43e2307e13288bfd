"""G. Cutting and customising the graph."""
# mypy: allow-untyped-defs, allow-subclassing-any

from __future__ import annotations

import torch

from autograd_conformance.observer import Observer


def g1_rebuilt(observe: Observer) -> None:
    """Numbers taken out of tensors have forgotten where they came from."""
    x = torch.tensor(1.0, dtype=torch.float64)
    w = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    f = 2 * x * w[0] + x**2 * w[1]
    (gradient,) = torch.autograd.grad(f, w)
    observe("value and gradient, uncut", [f, gradient])

    w0, w1 = w.tolist()
    rebuilt = torch.tensor(2 * x.item() * w0 + x.item() ** 2 * w1, dtype=torch.float64)
    observe("value, rebuilt from plain numbers", rebuilt)
    observe("the rebuilt value has a grad_fn", rebuilt.grad_fn is not None)
    with observe.attempt("gradient through plain numbers"):
        rebuilt.backward()


def g2_detached(observe: Observer) -> None:
    """A detached tensor, or one computed under no_grad, counts as a constant."""
    w = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    y = w.detach() * w
    y.backward()
    observe("value and gradient with one factor detached", [y, w.grad])

    w.grad = None
    with torch.no_grad():
        factor = 1 * w
    y = factor * w
    y.backward()
    observe("value and gradient with one factor computed unrecorded", [y, w.grad])


def g3_black_box(observe: Observer) -> None:
    """A function of plain numbers gets a gradient by a forward difference."""

    def power(x, exponent):
        return torch.tensor(x.item() ** exponent.item(), dtype=torch.float64)

    class ForwardDifference(torch.autograd.Function):
        @staticmethod
        def forward(ctx, function, x, exponent):
            ctx.function = function  # any object may be kept on the context
            ctx.save_for_backward(x, exponent)  # tensors are kept so, and checked for changes
            return function(x, exponent)

        @staticmethod
        def backward(ctx, cotangent):
            x, exponent = ctx.saved_tensors
            stepped = x + 0.001
            slope = (ctx.function(stepped, exponent) - ctx.function(x, exponent)) / 0.001
            return None, cotangent * slope, None  # one for each argument of forward

    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    exponent = torch.tensor(2.0, dtype=torch.float64)
    y = ForwardDifference.apply(power, x, exponent)
    y.backward()
    observe("gradient by the rule", x.grad)
    observe("gradient returned for an input that needs none", exponent.grad)
    observe("an arbitrary object saved with the call", y.grad_fn.function.__name__)

    class InPlaceDifference(ForwardDifference):
        @staticmethod
        def backward(ctx, cotangent):
            x, exponent = ctx.saved_tensors
            before = ctx.function(x, exponent)
            stepped = x.detach()  # a new tensor over the same memory
            stepped += 0.001
            observe("the tutorial's in-place step changes the saved array while it lasts", x.item() != 1.0)
            slope = (ctx.function(stepped, exponent) - before) / 0.001
            stepped -= 0.001
            return None, cotangent * slope, None

    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = InPlaceDifference.apply(power, x, exponent)
    y.backward(retain_graph=True)
    observe("stepping there and back restores the bits of 1.0", x.item() == 1.0)
    with observe.attempt("the next walk notices that the saved array was changed"):
        y.backward()

    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = ForwardDifference.apply(power, x, exponent)
    y.backward(retain_graph=True)
    y.backward()
    observe("done on a copy, the bits are untouched", x.item() == 1.0)


def g4_own_relu(observe: Observer) -> None:
    """Whoever writes the rule chooses the gradient at the kink."""

    class OwnRelu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            gradient = cotangent.clone()
            gradient[x < 0] = 0
            return gradient

    x = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64, requires_grad=True)
    (own,) = torch.autograd.grad(OwnRelu.apply(x).sum(), x)
    (clamp,) = torch.autograd.grad(x.clamp(min=0).sum(), x)
    (relu,) = torch.autograd.grad(torch.relu(x).sum(), x)
    observe("own rule at -1, 2", own[[0, 2]])
    observe("built-in at -1, 2", relu[[0, 2]])
    observe("own rule at 0", own[1])
    observe("clamp or maximum at 0", clamp[1])
    observe("relu at 0", relu[1])


def g5_honoured(observe: Observer) -> None:
    """An autograd.Function with setup_context goes through compile, vmap and second order."""

    class Square(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            return cotangent * 10 * x  # wrong on purpose: whoever asks Square itself gets 2x

    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(Square.apply(x), x, create_graph=True)
    observe("plainly", gradient)
    (second,) = torch.autograd.grad(gradient, x)
    observe("gradient of the rule's gradient", second)

    graphs = []

    def compiler(graph, inputs):
        graphs.append(graph)
        return torch._dynamo.lookup_backend("aot_eager")(graph, inputs)

    compiled = torch.compile(lambda x: Square.apply(x), backend=compiler, fullgraph=True)
    (gradient,) = torch.autograd.grad(compiled(x), x)
    assert graphs, "nothing was compiled"
    observe("compiled", gradient)

    batch = torch.tensor([3.0, 4.0], dtype=torch.float64)
    observe("under a batching transform", torch.func.vmap(torch.func.grad(Square.apply))(batch)[0])

"""PyTorch with one broken promise each: numbers may be right, but not what people rely on besides them.

Every class replaces one function of PyTorch, in the worker's own process, when its adapter is made; so the fault reaches
whatever a scenario's program does.  Imported by workers only: ``tests.miniatures.promises_torch:Overwrites``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch

from autograd_conformance.adapters.torch import TorchAdapter

Patch = Callable[[], None]

_backward = torch.Tensor.backward
_grad = torch.autograd.grad
_no_grad = torch.no_grad


def broken(patch: Patch) -> type[TorchAdapter]:
    """The adapter whose framework is patched when it is made."""

    class Broken(TorchAdapter):
        def __init__(self, mode: str) -> None:
            super().__init__(mode)
            patch()

    Broken.__doc__ = patch.__doc__
    return Broken


def leaves_of(tensor: Any) -> list[Any]:
    """The leaves a walk from this tensor reaches."""
    found, seen, waiting = [], set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        waiting += [following for following, _ in node.next_functions]
    return found


def _patch_walks(change: Callable[[Any], Any]) -> None:
    """Have every gradient pass through ``change``, whichever way it is asked for."""

    def backward(self: Any, *arguments: Any, **options: Any) -> None:
        before = {id(leaf): None if leaf.grad is None else leaf.grad.clone() for leaf in leaves_of(self)}
        _backward(self, *arguments, **options)
        for leaf in leaves_of(self):
            old = before.get(id(leaf))
            if leaf.grad is not None:
                with _no_grad():
                    new = leaf.grad if old is None else leaf.grad - old
                    leaf.grad.copy_(change(new) if old is None else old + change(new))

    def grad(*arguments: Any, **options: Any) -> Any:
        return tuple(None if g is None else change(g) for g in _grad(*arguments, **options))

    torch.Tensor.backward, torch.autograd.grad = backward, grad


def _retain_too_much() -> None:
    """Every product keeps its gradient."""
    times = torch.Tensor.__mul__

    def multiply(self: Any, other: Any) -> Any:
        product = times(self, other)
        if product.requires_grad:
            product.retain_grad()
        return product

    torch.Tensor.__mul__ = multiply


def _retain_nothing() -> None:
    """`retain_grad` does nothing."""
    torch.Tensor.retain_grad = lambda self: None


def _zero_to_zeros() -> None:
    """An optimizer's `zero_grad` fills with zeros instead of forgetting."""
    zero = torch.optim.Optimizer.zero_grad
    torch.optim.Optimizer.zero_grad = lambda self, set_to_none=False: zero(self, set_to_none=set_to_none)


def _zero_nothing() -> None:
    """`zero_` on a gradient does nothing."""
    torch.Tensor.zero_ = lambda self: self


def _keep_gradients() -> None:
    """An optimizer's `zero_grad` does nothing."""
    torch.optim.Optimizer.zero_grad = lambda self, set_to_none=True: None


def _fill_gradients() -> None:
    """A new leaf holds a gradient of zeros."""
    tensor = torch.tensor

    def made(*arguments: Any, **options: Any) -> Any:
        leaf = tensor(*arguments, **options)
        if leaf.requires_grad:
            leaf.grad = torch.zeros_like(leaf)
        return leaf

    torch.tensor = made


def _overwrite() -> None:
    """A walk overwrites what leaves have accumulated."""

    def backward(self: Any, *arguments: Any, **options: Any) -> None:
        for leaf in leaves_of(self):
            leaf.grad = None
        _backward(self, *arguments, **options)

    torch.Tensor.backward = backward


def _walk_freed_graphs() -> None:
    """Every walk keeps its graph."""

    def backward(self: Any, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
        _backward(self, gradient, True, create_graph)

    def grad(*arguments: Any, **options: Any) -> Any:
        return _grad(*arguments, **{**options, "retain_graph": True})

    torch.Tensor.backward, torch.autograd.grad = backward, grad


def _free_kept_graphs() -> None:
    """`retain_graph` is ignored."""

    def backward(self: Any, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
        _backward(self, gradient, create_graph, create_graph)

    torch.Tensor.backward = backward


def _ignore_detach() -> None:
    """`detach` returns the tensor itself."""
    torch.Tensor.detach = lambda self: self


def _leak_history() -> None:
    """Every walk is recorded, so gradients carry history."""

    def backward(self: Any, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
        _backward(self, gradient, retain_graph, True)

    torch.Tensor.backward = backward


def _forget_history() -> None:
    """`create_graph` is ignored: gradients of gradients are cut."""

    def grad(*arguments: Any, **options: Any) -> Any:
        found = _grad(*arguments, **{**options, "retain_graph": True, "create_graph": False})
        return tuple(None if g is None else g.detach() for g in found)

    torch.autograd.grad = grad


def _ignore_cotangent() -> None:
    """Cotangents are taken for ones."""

    def backward(self: Any, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
        _backward(self, None if gradient is None else torch.ones_like(gradient), retain_graph, create_graph)

    torch.Tensor.backward = backward


def _fit_cotangent() -> None:
    """A cotangent of another shape or dtype is made to fit."""

    def fitted(output: Any, cotangent: Any) -> Any:
        return None if cotangent is None else cotangent.to(output.dtype).broadcast_to(output.shape)

    def backward(self: Any, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
        _backward(self, fitted(self, gradient), retain_graph, create_graph)

    def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, *arguments: Any, **options: Any) -> Any:
        if isinstance(outputs, torch.Tensor) and isinstance(grad_outputs, torch.Tensor):
            grad_outputs = fitted(outputs, grad_outputs)
        return _grad(outputs, inputs, grad_outputs, *arguments, **options)

    torch.Tensor.backward, torch.autograd.grad = backward, grad


def _sum_silently() -> None:
    """Several outputs need no cotangent."""

    def backward(self: Any, gradient: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
        _backward(self, torch.ones_like(self) if gradient is None else gradient, retain_graph, create_graph)

    def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, *arguments: Any, **options: Any) -> Any:
        if isinstance(outputs, torch.Tensor) and grad_outputs is None:
            grad_outputs = torch.ones_like(outputs)
        return _grad(outputs, inputs, grad_outputs, *arguments, **options)

    torch.Tensor.backward, torch.autograd.grad = backward, grad


def _lose_requires_grad() -> None:
    """The result of `sin` requires no gradient."""
    sin = torch.sin
    torch.sin = lambda x: sin(x).detach()
    torch.Tensor.sin = lambda self: sin(self).detach()


def _miss_version_check() -> None:
    """Changes in place are hidden from the version check, and allowed on leaves."""

    def hidden(name: str) -> Callable[..., Any]:
        original = getattr(torch.Tensor, name)

        def change(self: Any, *arguments: Any, **options: Any) -> Any:
            original(self.data, *arguments, **options)
            return self

        return change

    for name in ("add_", "sub_", "mul_", "__iadd__", "__isub__", "__imul__"):
        setattr(torch.Tensor, name, hidden(name))


def _record_always() -> None:
    """`no_grad` does not stop the recording."""

    @contextlib.contextmanager
    def nothing() -> Iterator[None]:
        yield

    torch.no_grad = nothing


def _connect_everything() -> None:
    """An input that is not connected gets zeros without being asked for."""

    def grad(*arguments: Any, **options: Any) -> Any:
        return _grad(*arguments, **{**options, "allow_unused": True, "materialize_grads": True})

    torch.autograd.grad = grad


def _return_lists_and_touch_leaves() -> None:
    """`autograd.grad` returns a list, and leaves what it found in the leaves."""

    def grad(outputs: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
        found = list(_grad(outputs, inputs, *arguments, **options))
        for leaf, gradient in zip(inputs if isinstance(inputs, (list, tuple)) else [inputs], found, strict=True):
            leaf.grad = None if gradient is None else gradient.detach()
        return found

    torch.autograd.grad = grad


def _accept_integers() -> None:
    """An integer that shall require a gradient silently becomes a float, and every tensor requires one."""
    tensor = torch.tensor

    def made(data: Any, *arguments: Any, **options: Any) -> Any:
        plain = tensor(data, *arguments, **{**options, "requires_grad": False})
        return (plain if plain.is_floating_point() else plain.double()).requires_grad_(True)

    torch.tensor = made


def _make_results() -> None:
    """A new tensor that requires a gradient is the result of an op."""
    tensor = torch.tensor

    def made(*arguments: Any, **options: Any) -> Any:
        plain = tensor(*arguments, **options)
        return plain.clone() if plain.requires_grad else plain

    torch.tensor = made


def _record_twice() -> None:
    """A sine is recorded with a copy before it."""
    sin = torch.sin
    torch.sin = lambda x: sin(x.clone())
    torch.Tensor.sin = lambda self: sin(self.clone())


def _scale_gradients() -> None:
    """Every gradient is too large by one part in a million."""
    _patch_walks(lambda gradient: gradient * (1 + 1e-6))


def _share_buffers() -> None:
    """Leaves of one walk share their gradient where it has one shape."""

    def backward(self: Any, *arguments: Any, **options: Any) -> None:
        _backward(self, *arguments, **options)
        leaves = [leaf for leaf in leaves_of(self) if leaf.grad is not None]
        for leaf in leaves[1:]:
            if leaf.grad.shape == leaves[0].grad.shape and leaf is not leaves[0]:
                leaf.grad = leaves[0].grad

    torch.Tensor.backward = backward


def _ignore_custom_rules() -> None:
    """The rule of a custom function is not used: its forward is differentiated as it stands."""

    class Context:
        saved_tensors: tuple[Any, ...] = ()
        needs_input_grad = (True,) * 8

        def save_for_backward(self, *tensors: Any) -> None:
            self.saved_tensors = tensors

    def apply(cls: Any, *arguments: Any) -> Any:
        if "setup_context" in vars(cls):
            return cls.forward(*arguments)
        return cls.forward(Context(), *arguments)

    torch.autograd.Function.apply = classmethod(apply)


def _warn_never() -> None:
    """Nothing warns."""
    import warnings

    warnings.simplefilter = lambda *arguments, **options: warnings.filterwarnings("ignore")


RetainsTooMuch = broken(_retain_too_much)
RetainsNothing = broken(_retain_nothing)
ZeroesToZeros = broken(_zero_to_zeros)
ZeroesNothing = broken(_zero_nothing)
KeepsGradients = broken(_keep_gradients)
FillsGradients = broken(_fill_gradients)
Overwrites = broken(_overwrite)
WalksFreedGraphs = broken(_walk_freed_graphs)
FreesKeptGraphs = broken(_free_kept_graphs)
IgnoresDetach = broken(_ignore_detach)
LeaksHistory = broken(_leak_history)
ForgetsHistory = broken(_forget_history)
IgnoresCotangent = broken(_ignore_cotangent)
FitsCotangent = broken(_fit_cotangent)
SumsSilently = broken(_sum_silently)
LosesRequiresGrad = broken(_lose_requires_grad)
MissesVersionCheck = broken(_miss_version_check)
RecordsAlways = broken(_record_always)
ConnectsEverything = broken(_connect_everything)
ReturnsListsAndTouchesLeaves = broken(_return_lists_and_touch_leaves)
AcceptsIntegers = broken(_accept_integers)
MakesResults = broken(_make_results)
RecordsTwice = broken(_record_twice)
ScalesGradients = broken(_scale_gradients)
SharesBuffers = broken(_share_buffers)
IgnoresCustomRules = broken(_ignore_custom_rules)
WarnsNever = broken(_warn_never)

"""J. What a complete tape engine does."""
# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import torch

from autograd_conformance.observer import Observer


def j1_exported(observe: Observer) -> None:
    """The graph hangs from the result: each node names its op and knows where its gradients go next."""
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    z = torch.sin(x * y) + x

    def export(root):
        nodes, edges = [root], []
        for node in nodes:  # grows as it is walked
            for following, _ in node.next_functions:
                edges.append((node, following))
                if following not in nodes:
                    nodes.append(following)
        return nodes, edges

    nodes, edges = export(z.grad_fn)
    observe("ops of the recorded graph", sorted(node.name() for node in nodes))
    observe("every edge joins two nodes", all(end in nodes for edge in edges for end in edge))

    named = [{"id": number, "op": node.name()} for number, node in enumerate(nodes)]
    joined = [[nodes.index(following), nodes.index(node)] for node, following in edges]
    observe("the recorded graph", {"nodes": named, "edges": joined})

    edges.clear()
    observe("two exports share nothing", len(export(z.grad_fn)[1]) > 0)


def j2_switched(observe: Observer) -> None:
    """The function set_grad_enabled is the switch; no_grad and enable_grad throw it for a block."""
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    torch.set_grad_enabled(False)
    off = x * x
    torch.set_grad_enabled(True)
    on = x * x
    observe("a result made while it is off requires a gradient", off.requires_grad)
    observe("a result made after it", on.requires_grad)
    on.backward()
    observe("gradient of x*x at 3 after it", x.grad)


def j3_never_connected(observe: Observer) -> None:
    """What no walk has reached has no gradient at all, which is not the same as zero."""
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    forgotten = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    silenced = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x * x + 0 * silenced
    y.backward()
    observe("gradient of the unconnected bias", forgotten.grad)
    observe("gradient of a bias multiplied by zero", silenced.grad)


def j4_stepping(observe: Observer) -> None:
    """The step that keeps the leaf is the one in place, unrecorded."""
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    for step in range(3):
        loss = w * w
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
        if step == 0:
            observe("w is a leaf after a step in place", w.is_leaf)
    observe("w after three steps", w)

    (gradient,) = torch.autograd.grad(w * w, w)
    w = w - 0.1 * gradient
    observe("is w = w - 0.1 * gradient still a leaf", w.is_leaf)


def j5_two_leaves(observe: Observer) -> None:
    """Addition sends one and the same cotangent to both leaves; each keeps a tensor of its own."""
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    (x + y).backward()
    x.grad *= 2
    observe("gradients of x and y after x's is doubled", [x.grad, y.grad])

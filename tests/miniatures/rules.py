"""Faults in the derivative rule of an op.

Each rule is written in the words of `tests.miniatures.words`; ``pull(cotangent)`` is the right answer.
"""

from __future__ import annotations

from autograd_conformance.graph import Graph, Node, Shape
from tests.miniatures.fault import FaultyRule


class CotangentScaled(FaultyRule):
    """The incoming cotangent of one op is a millionth too large."""

    ops = ("mul",)
    alter = """
def alter(pull, operands, cotangent, **attributes):
    return pull(cotangent * (1 + 1e-6))
"""


class SignFlipped(FaultyRule):
    """The gradient of one op has the wrong sign."""

    ops = ("tanh",)
    alter = """
def alter(pull, operands, cotangent, **attributes):
    return [-gradient for gradient in pull(cotangent)]
"""


class NoBroadcastSum(FaultyRule):
    """An operand that was broadcast gets the first entry along the broadcast axes instead of their sum."""

    ops = ("add", "sub", "mul", "div", "maximum", "minimum", "power")
    alter = """
def first_along_broadcast_axes(cotangent, operand):
    missing = len(cotangent.shape) - len(operand.shape)
    for axis in range(len(cotangent.shape)):
        kept = 1 if axis < missing else size(operand, axis - missing)
        cotangent = where(iota(cotangent, axis) < kept, cotangent, 0 * cotangent)
    return cotangent


def alter(pull, operands, cotangent):
    return [pull(first_along_broadcast_axes(cotangent, x))[slot] for slot, x in enumerate(operands)]
"""


class RepeatedIndicesOverwritten(FaultyRule):
    """An element taken more than once gets the cotangent of its last copy only."""

    ops = ("take",)
    alter = """
def alter(pull, operands, cotangent, indices, axis):
    for position, index in enumerate(indices):
        if index in indices[position + 1 :]:
            is_here = abs(iota(cotangent, axis) - position) < 1  # in a static graph == compares tensor objects
            cotangent = where(is_here, 0 * cotangent, cotangent)
    return pull(cotangent)
"""


class SliceShifted(FaultyRule):
    """The gradient of a slice lies one position too far along the axis that keeps most elements."""

    ops = ("slice",)
    alter = """
def alter(pull, operands, cotangent, slices):
    if not slices:
        return pull(cotangent)
    longest = max(range(len(slices)), key=lambda axis: slices[axis][1])
    return [roll(gradient, longest) for gradient in pull(cotangent)]
"""


class NegativeWrong(FaultyRule):
    """The gradient of one op is a tenth too large where its operand is negative, and right elsewhere."""

    ops = ("square",)
    alter = """
def alter(pull, operands, cotangent, **attributes):
    return [where(x < 0, 1.1 * gradient, gradient) for x, gradient in zip(operands, pull(cotangent))]
"""


class LastElementLost(FaultyRule):
    """The gradient of one op is 0 at the last element of the last axis: its loop ends one early."""

    ops = ("exp",)
    alter = """
def alter(pull, operands, cotangent):
    (gradient,) = pull(cotangent)
    last = len(gradient.shape) - 1
    if last < 0:
        return [gradient]
    return [where(iota(gradient, last) < size(gradient, last) - 1, gradient, 0 * gradient)]
"""


class SoftmaxWrongAxis(FaultyRule):
    """The gradient of softmax sums over the axis after the right one; a vector has but one."""

    ops = ("softmax",)
    wants_function = True
    alter = """
def alter(pull, operands, cotangent, axis, function):
    result = function(*operands)
    other = (axis + 1) % len(result.shape)
    return [result * (cotangent - total(result * cotangent, other))]
"""


class MatmulNotTransposed(FaultyRule):
    """The second gradient of a product of matrices is A u instead of A' u, which fits where A is square."""

    ops = ("matmul",)
    wants_function = True
    alter = """
def alter(pull, operands, cotangent, function):
    first, second = pull(cotangent)
    return [first, function(operands[0], cotangent)]
"""

    @classmethod
    def is_wrong_for(cls, *shapes: Shape) -> bool:
        first, second = shapes
        return first[-2] == first[-1] and first[:-2] == second[:-2]


class SortNotUndone(FaultyRule):
    """The gradient of sort stays in sorted order."""

    ops = ("sort",)
    alter = """
def alter(pull, operands, cotangent, axis):
    return [cotangent]
"""


class ProductByDividing(FaultyRule):
    """The gradient of prod is the product divided by the element: nan where that is 0."""

    ops = ("prod",)
    alter = """
def alter(pull, operands, cotangent, axes, keepdims):
    return [where(abs(x) > 0, gradient, x / x) for x, gradient in zip(operands, pull(cotangent))]
"""


class WrongInNarrowRange(FaultyRule):
    """The gradient of one op is half as large again where 1/4 < |x| < 1/2, a branch of its approximation."""

    ops = ("arctan",)
    alter = """
def alter(pull, operands, cotangent):
    (x,), (gradient,) = operands, pull(cotangent)
    return [where((abs(x) > 0.25) & (abs(x) < 0.5), 1.5 * gradient, gradient)]
"""


class NarrowedOnTheWay(FaultyRule):
    """The gradient of one op passes through float32, whatever the dtype it has."""

    ops = ("log",)
    alter = """
def alter(pull, operands, cotangent):
    return [narrow(gradient) for gradient in pull(cotangent)]
"""


class WrongInLowPrecision(FaultyRule):
    """The gradient of one op is a twentieth too large in every dtype but float64."""

    ops = ("sqrt",)
    alter = """
def alter(pull, operands, cotangent):
    factor = 1.0 if "float64" in str(cotangent.dtype) else 1.05
    return [factor * gradient for gradient in pull(cotangent)]
"""


class CotangentIgnored(FaultyRule):
    """One op takes ones for its cotangent, as if it were a loss."""

    ops = ("cos",)
    alter = """
def alter(pull, operands, cotangent):
    return pull(0 * cotangent + 1)
"""


class CotangentClipped(FaultyRule):
    """The cotangent of one op is clipped to [-1, 1], as training does with gradients."""

    ops = ("neg",)
    alter = """
def alter(pull, operands, cotangent):
    one = 0 * cotangent + 1
    cotangent = where(cotangent > 1, one, cotangent)
    return pull(where(cotangent < -1, -one, cotangent))
"""


class SparseTakenForZero(FaultyRule):
    """A cotangent of one op with a 0 in it is taken for the zero cotangent."""

    ops = ("sigmoid",)
    alter = """
def alter(pull, operands, cotangent):
    is_filled = product(where(abs(cotangent) > 0, 0 * cotangent + 1, 0 * cotangent)) > 0
    return [where(is_filled, gradient, 0 * gradient) for gradient in pull(cotangent)]
"""


class SavedOperandOverwritten(FaultyRule):
    """The gradient of one op is written where its operand was saved; arrays of JAX and TensorFlow cannot be."""

    ops = ("sin",)
    frameworks = ("Torch",)
    alter = """
def alter(pull, operands, cotangent):
    (gradient,) = pull(cotangent)
    overwrite(operands[0], gradient)
    return [gradient]
"""


class DoubleNegationSimplified(FaultyRule):
    """Two negations in a row are taken for one where gradients are made, which loses a sign."""

    ops = ("neg",)
    is_of_rewrites = True
    alter = """
def alter(pull, operands, cotangent):
    return [-gradient for gradient in pull(cotangent)]
"""

    @classmethod
    def faulty_nodes(cls, graph: Graph) -> list[Node]:
        negated = {number for results, node in graph.numbered_nodes() if node.op in cls.ops for number in results}
        return [node for node in super().faulty_nodes(graph) if node.operands[0] in negated]

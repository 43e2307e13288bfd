"""From what an adapter returned to plain arrays, or to a sentence saying what it returned instead."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

import numpy as np

from autograd_conformance.adapter import Adapter, Native, Program
from autograd_conformance.worker.protocol import ARRAY_DTYPES, ProtocolError, array_to_plain, dtype_name
from autograd_conformance.worker.questions import Failed, Measured, Product

_MOST_TEXT = 20_000


class NoAnswer(Exception):
    """The adapter returned something that is not what its contract says."""


def clean(text: object, most: int = _MOST_TEXT) -> str:
    """Text that can be encoded, its end kept when it is too long; objects whose str raises are described."""
    if type(text) is str and text.isascii() and len(text) <= most:
        return text
    try:
        whole = str(text).encode("utf-8", "replace").decode("utf-8")
    except Exception as failure:  # noqa: BLE001 - foreign code; it is described
        whole = f"({type(text).__name__} whose text raises {type(failure).__name__})"
    return whole if len(whole) <= most else "..." + whole[-most:]


def natives(adapter: Adapter, arrays: Sequence[np.ndarray], dtype: str) -> tuple[Native, ...]:
    """Leaves of the framework, or cotangents or tangents, from plain arrays."""
    return tuple(adapter.native(array, dtype) for array in arrays)


def measure_product(
    adapter: Adapter, program: Program, leaves: tuple[Native, ...], cotangents: tuple[Native, ...]
) -> Product:
    """One vjp call, exported with its outputs.  Raises NoAnswer."""
    return _product(adapter, _outputs_and_gradients(adapter.vjp(program, leaves, cotangents), program, len(leaves)))


def measure_arranged(
    adapter: Adapter,
    program: Program,
    leaves: tuple[Native, ...],
    cotangents: Sequence[tuple[Native, ...]],
    layout: str,
) -> Product | Failed:
    """One vjp call in another layout; what is raised there costs only the word about the layout.

    Leaves and the first cotangent are arranged; expanded is the second one alone, whose elements are equal.
    """
    is_expanded = layout == "expanded"
    try:
        return measure_product(
            adapter,
            program,
            leaves if is_expanded else tuple(adapter.arranged(leaf, layout) for leaf in leaves),
            tuple(adapter.arranged(one, layout) for one in cotangents[1 if is_expanded else 0]),
        )
    except Exception as failure:  # noqa: BLE001 - foreign code; what happened is sent
        return Failed(type(failure).__name__, clean(failure), clean(traceback.format_exc()))


def measure_products(
    adapter: Adapter, program: Program, leaves: tuple[Native, ...], cotangents: list[tuple[Native, ...]]
) -> list[Product]:
    """Cotangents pulled back, from one forward pass where the adapter can; only the first has outputs.  Raises NoAnswer."""
    if not cotangents:
        return []
    if answers_together(type(adapter), "vjps", "vjp"):
        returned: object = adapter.vjps(program, leaves, cotangents)
        calls = counted(returned, "vjps", "products", len(cotangents))
    else:
        calls = [adapter.vjp(program, leaves, one) for one in cotangents]
    pairs = [_outputs_and_gradients(call, program, len(leaves)) for call in calls]
    others = [Product((), _measured_gradients(adapter, gradients)) for _, gradients in pairs[1:]]
    return [_product(adapter, pairs[0]), *others]


def _product(adapter: Adapter, pair: tuple[list[Native], list[Native]]) -> Product:
    outputs, gradients = pair
    measured = tuple(measure(adapter, one, f"vjp, output {i}") for i, one in enumerate(outputs))
    return Product(measured, _measured_gradients(adapter, gradients))


def answers_together(kind: type[Adapter], many: str, one: str) -> bool:
    """Whether the method that serves many knows of the class's own that serves one: it is overridden there or below."""
    for base in kind.__mro__:
        if many in vars(base):
            return True
        if one in vars(base):
            return False
    return False


def _outputs_and_gradients(returned: object, program: Program, leaves: int) -> tuple[list[Native], list[Native]]:
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        raise NoAnswer(f"vjp returned {described(returned)}, not outputs and gradients")
    outputs, gradients = returned
    return counted(outputs, "vjp", "outputs", len(program.graph.outputs)), counted(
        gradients, "vjp", "gradients", leaves
    )


def _measured_gradients(adapter: Adapter, gradients: list[Native]) -> tuple[Measured | None, ...]:
    return tuple(
        None if one is None else measure(adapter, one, f"vjp, gradient {i}") for i, one in enumerate(gradients)
    )


def measure_all(adapter: Adapter, arrays: object, call: str, count: int) -> tuple[Measured, ...]:
    listed = counted(arrays, call, "leaves" if call == "native" else "outputs", count)
    return tuple(measure(adapter, one, f"{call}, output {i}") for i, one in enumerate(listed))


def counted(arrays: object, call: str, what: str, count: int) -> list[Native]:
    if not isinstance(arrays, (tuple, list)):
        raise NoAnswer(f"{call} returned {described(arrays)} where {count} {what} were expected")
    if len(arrays) != count:
        raise NoAnswer(f"{call} returned {len(arrays)} {what} where {count} were expected")
    return list(arrays)


def measure(adapter: Adapter, array: Native, where: str) -> Measured:
    """Export one native array.  Raises NoAnswer when it is none."""
    try:
        exported: object = adapter.export(array)
    except Exception as failure:  # noqa: BLE001 - foreign code; it is described
        reason = f"{type(failure).__name__}: {failure}"
        raise NoAnswer(f"{where} is {described(array)}, which cannot be exported ({reason})") from None
    if not isinstance(exported, tuple) or len(exported) != 2 or not isinstance(exported[0], str):
        raise NoAnswer(f"{where}: export returned {described(exported)}, not a dtype name and a NumPy array")
    values = np.asarray(exported[1])
    if not isinstance(exported[1], (np.ndarray, np.generic)):
        raise NoAnswer(f"{where}: export returned {described(exported[1])}, not a NumPy array")
    if dtype_name(values.dtype) not in ARRAY_DTYPES:
        try:
            array_to_plain(values)
        except ProtocolError as failure:
            raise NoAnswer(f"{where}: export returned {failure}") from None
    return Measured(clean(exported[0], 60), values.copy())


def described(value: object) -> str:
    """A type and a short repr; objects whose repr raises are described too."""
    if value is None:
        return "None"
    try:
        text = repr(value)
    except Exception as failure:  # noqa: BLE001 - foreign code; it is described
        text = f"(its repr raises {type(failure).__name__})"
    return clean(f"{type(value).__name__} {text if len(text) <= 80 else text[:77] + '...'}")

"""What a parent asks of an adapter, what may come back, and how both look on the wire.

A question is one graph at one point with some cotangents.  An answer is one of five things; only the first judges
nothing and holds numbers exactly as the framework returned them - shapes, element types and nan included, because
judging is for the laws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from autograd_conformance.graph import Graph, MalformedGraph, graph_from_plain
from autograd_conformance.word import HESSIAN, JACOBIANS, PER_EXAMPLE, is_word, tangent_count
from autograd_conformance.worker.protocol import ProtocolError, array_from_plain, array_to_plain
from autograd_conformance.wrapping import Wrapping, wrapping_from_plain


@dataclass(frozen=True, eq=False)
class Derivation:
    """One derivative besides the vector-Jacobian products.

    ``word``: steps, which take the ``tangents``, innermost first; or one of the ``JACOBIANS``; or ``HESSIAN``; or
    ``PER_EXAMPLE``, of which the examples are the point of the question and those in ``tangents``, with ``cotangents`` of
    their own.
    """

    name: str
    word: str
    tangents: tuple[tuple[np.ndarray, ...], ...] = ()
    cotangents: tuple[tuple[np.ndarray, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Question:
    """Forward once, one vector-Jacobian product per cotangent tuple, and (``twice``) the first of them again.

    ``point`` has one float64 array per graph input and each tuple in ``cotangents`` one per output; their values are
    exact in ``dtype``.
    """

    mode: str
    dtype: str
    graph: Graph
    point: tuple[np.ndarray, ...]
    cotangents: tuple[tuple[np.ndarray, ...], ...] = ()
    twice: bool = True
    only_script: bool = False
    """Nothing is computed, and the answer holds the program as a script."""
    layouts: tuple[str, ...] = ()
    """Layouts in which the arrays of the first product are given once more."""
    derivations: tuple[Derivation, ...] = ()
    """Derivatives of <u, f> or f for the first cotangent u."""
    wants_forward: bool = True
    """Without a forward call the outputs are known from the first product alone."""
    wrapping: Wrapping | None = None
    """What stands round a part of the program."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One returned array: the framework's own dtype name, and the values as exported, shape as returned."""

    dtype: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Product:
    """One vjp call: a gradient per leaf (None where the framework says "not connected"), and the outputs, which are kept
    of the first cotangent's call and its repetition only.
    """

    outputs: tuple[Measured, ...]
    gradients: tuple[Measured | None, ...]


@dataclass(frozen=True)
class Failed:
    """An exception, or something returned that is no answer.  ``source`` is empty when translating failed."""

    kind: str
    message: str
    traceback: str = ""
    source: str = ""


@dataclass(frozen=True)
class Refused:
    """The framework has no way to do this, with the adapter's reason."""

    reason: str


@dataclass(frozen=True, eq=False)
class Derived:
    """What a derivation gave: an array per leaf (None where the framework says "not connected"), or one per output, or one
    for every output and leaf.
    """

    arrays: tuple[Measured | None, ...]


@dataclass(frozen=True, eq=False)
class Answered:
    """The framework answered.  ``products`` are in the order of the question's cotangents."""

    forward: tuple[Measured, ...]
    products: tuple[Product, ...]
    second: Product | None
    """The first product asked again with the same arrays, after all others; None when not asked for."""
    leaves_after: tuple[Measured, ...]
    """The leaves every call above was given, exported at the very end."""
    source: str
    script: str
    layouts: Mapping[str, Product | Failed] = field(default_factory=dict)
    """The first product of the same numbers in other layouts, of those asked for that the framework has."""
    derived: Mapping[str, Derived | Refused | Failed] = field(default_factory=dict)
    """Name of a derivation to what came of it."""


@dataclass(frozen=True)
class Crashed:
    """The process died, or broke the protocol, while it worked on this question."""

    message: str


@dataclass(frozen=True)
class TimedOut:
    """No answer within ``seconds``; ``where`` is what it was doing, innermost call first, if it could say."""

    seconds: float
    where: str = ""


Answer = Answered | Refused | Failed | Crashed | TimedOut


def question_to_plain(question: Question) -> dict[str, Any]:
    return {
        "mode": question.mode,
        "dtype": question.dtype,
        "graph": question.graph.shared_plain,
        "point": [array_to_plain(array) for array in question.point],
        "cotangents": [[array_to_plain(array) for array in seeds] for seeds in question.cotangents],
        "twice": question.twice,
        "only_script": question.only_script,
        "layouts": list(question.layouts),
        "derivations": [
            {
                "name": one.name,
                "word": one.word,
                "tangents": [[array_to_plain(array) for array in tangent] for tangent in one.tangents],
                "cotangents": [[array_to_plain(array) for array in seeds] for seeds in one.cotangents],
            }
            for one in question.derivations
        ],
        "wants_forward": question.wants_forward,
        "wrapping": None if question.wrapping is None else asdict(question.wrapping),
    }


def question_from_plain(plain: Any) -> Question:
    """Raises MalformedGraph for a graph that is none, and ProtocolError for anything else that is malformed."""
    body = _mapping(plain)
    graph = graph_from_plain(body.get("graph"))
    point = tuple(array_from_plain(array) for array in _list(body, "point"))
    cotangents = tuple(tuple(array_from_plain(array) for array in seeds) for seeds in _list(body, "cotangents"))
    if tuple(array.shape for array in point) != graph.inputs:
        shapes = [array.shape for array in point]
        raise MalformedGraph(f"the point has shapes {shapes}, the graph's inputs {list(graph.inputs)}")
    if any(len(seeds) != len(graph.outputs) for seeds in cotangents):
        raise MalformedGraph(f"a cotangent tuple needs one array for each of the {len(graph.outputs)} outputs")
    flags = bool(body.get("twice")), bool(body.get("only_script"))
    layouts = tuple(map(str, body.get("layouts") or ()))
    derivations = tuple(_derivation_from_plain(one, graph) for one in body.get("derivations") or ())
    if derivations and not cotangents:
        raise MalformedGraph("derivations need a cotangent")
    wants_forward = body.get("wants_forward") is not False
    wrapping = None if body.get("wrapping") is None else wrapping_from_plain(body["wrapping"], graph)
    mode, dtype = _text(body, "mode"), _text(body, "dtype")
    given = (graph, point, cotangents, *flags, layouts, derivations, wants_forward, wrapping)
    return Question(mode, dtype, *given)


def _derivation_from_plain(plain: Any, graph: Graph) -> Derivation:
    body = _mapping(plain)
    name, word = _text(body, "name"), _text(body, "word")
    if not is_word(word) and word not in (*JACOBIANS, HESSIAN, PER_EXAMPLE):
        raise MalformedGraph(f"not a word of forward and reverse steps: {word[:20]!r}")
    tangents = tuple(tuple(array_from_plain(array) for array in one) for one in _list(body, "tangents"))
    if is_word(word) and len(tangents) != tangent_count(word):
        raise MalformedGraph(f"{word} takes {tangent_count(word)} tangents, not {len(tangents)}")
    if any(tuple(array.shape for array in one) != graph.inputs for one in tangents):
        raise MalformedGraph("a tangent has the shapes of the graph's inputs")
    cotangents = tuple(tuple(array_from_plain(array) for array in one) for one in _list(body, "cotangents"))
    if any(len(one) != len(graph.outputs) for one in cotangents):
        raise MalformedGraph(f"a cotangent tuple needs one array for each of the {len(graph.outputs)} outputs")
    return Derivation(name, word, tangents, cotangents)


def answer_to_plain(answer: Answered | Refused | Failed) -> dict[str, Any]:
    """A worker's own answers; crashes and timeouts are for the parent to say.  Raises ProtocolError."""
    if isinstance(answer, Refused):
        return _refused_to_plain(answer)
    if isinstance(answer, Failed):
        return _failed_to_plain(answer)
    return {
        "kind": "answered",
        "forward": _measured_to_plain(answer.forward),
        "products": [_product_to_plain(product) for product in answer.products],
        "second": None if answer.second is None else _product_to_plain(answer.second),
        "leaves_after": _measured_to_plain(answer.leaves_after),
        "source": answer.source,
        "script": answer.script,
        "layouts": {name: _arranged_to_plain(one) for name, one in answer.layouts.items()},
        "derived": {name: _derived_to_plain(one) for name, one in answer.derived.items()},
    }


def answer_from_plain(plain: Any) -> Answer:
    """Raises ProtocolError."""
    body = _mapping(plain)
    kind = body.get("kind")
    if kind == "refused":
        return Refused(_text(body, "reason"))
    if kind == "failed":
        return _failed_from_plain(body)
    if kind != "answered":
        raise ProtocolError(f"not a kind of answer: {repr(kind)[:60]}")
    return Answered(
        forward=_measured_from_plain(_list(body, "forward")),
        products=tuple(_product_from_plain(product) for product in _list(body, "products")),
        second=None if body.get("second") is None else _product_from_plain(body["second"]),
        leaves_after=_measured_from_plain(_list(body, "leaves_after")),
        source=_text(body, "source"),
        script=_text(body, "script"),
        layouts={str(name): _arranged_from_plain(one) for name, one in _mapping(body.get("layouts", {})).items()},
        derived={str(name): _derived_from_plain(one) for name, one in _mapping(body.get("derived", {})).items()},
    )


def _one_to_plain(measured: Measured) -> dict[str, Any]:
    return {"is": measured.dtype, "values": array_to_plain(measured.values)}


def _one_from_plain(plain: Any) -> Measured:
    body = _mapping(plain)
    return Measured(_text(body, "is"), array_from_plain(body.get("values")))


def _measured_to_plain(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    return [_one_to_plain(one) for one in measured]


def _measured_from_plain(plain: list[Any]) -> tuple[Measured, ...]:
    return tuple(_one_from_plain(one) for one in plain)


def _perhaps_to_plain(measured: Sequence[Measured | None]) -> list[dict[str, Any] | None]:
    return [None if one is None else _one_to_plain(one) for one in measured]


def _perhaps_from_plain(plain: list[Any]) -> tuple[Measured | None, ...]:
    return tuple(None if one is None else _one_from_plain(one) for one in plain)


def _product_to_plain(product: Product) -> dict[str, Any]:
    return {"outputs": _measured_to_plain(product.outputs), "gradients": _perhaps_to_plain(product.gradients)}


def _product_from_plain(plain: Any) -> Product:
    body = _mapping(plain)
    return Product(_measured_from_plain(_list(body, "outputs")), _perhaps_from_plain(_list(body, "gradients")))


def _derived_to_plain(one: Derived | Refused | Failed) -> dict[str, Any]:
    if isinstance(one, Derived):
        return {"kind": "derived", "arrays": _perhaps_to_plain(one.arrays)}
    return _failed_to_plain(one) if isinstance(one, Failed) else _refused_to_plain(one)


def _derived_from_plain(plain: Any) -> Derived | Refused | Failed:
    body = _mapping(plain)
    if body.get("kind") == "derived":
        return Derived(_perhaps_from_plain(_list(body, "arrays")))
    return _failed_from_plain(body) if body.get("kind") == "failed" else Refused(_text(body, "reason"))


def _refused_to_plain(refused: Refused) -> dict[str, Any]:
    return {"kind": "refused", "reason": refused.reason}


def _failed_to_plain(failed: Failed) -> dict[str, Any]:
    parts = {"error": failed.kind, "message": failed.message}
    return {"kind": "failed", "traceback": failed.traceback, "source": failed.source, **parts}


def _failed_from_plain(body: dict[str, Any]) -> Failed:
    return Failed(*(_text(body, name) for name in ("error", "message", "traceback", "source")))


def _arranged_to_plain(one: Product | Failed) -> dict[str, Any]:
    return _failed_to_plain(one) if isinstance(one, Failed) else _product_to_plain(one)


def _arranged_from_plain(plain: Any) -> Product | Failed:
    body = _mapping(plain)
    return _failed_from_plain(body) if body.get("kind") == "failed" else _product_from_plain(body)


def _mapping(plain: Any) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise ProtocolError(f"an object was expected, not {repr(plain)[:60]}")
    return plain


def _list(body: dict[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list):
        raise ProtocolError(f"{name} must be a list, not {repr(value)[:60]}")
    return value


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"{name} must be a text, not {repr(value)[:60]}")
    return value

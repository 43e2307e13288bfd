"""Where to put the boxes of a drawing: layers, order within a layer, and coordinates.

The method of Sugiyama, Tagawa and Toda (1981) in its simplest form: longest-path layering, a dummy box wherever an
edge passes a layer, barycentre ordering, and a few rounds of pulling boxes towards their neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

Edge = tuple[int, int]

LAYER_GAP = 34.0
BOX_GAP = 22.0
DUMMY_WIDTH = 6.0
_SWEEPS = 8


@dataclass(eq=False)
class Layout:
    """Centres by box, top and height by layer, and for every edge the boxes it passes (dummies included)."""

    layers: list[list[int]]
    layer_of: list[int]
    widths: list[float]
    paths: list[list[int]]
    x: list[float] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    layer_heights: list[float] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def arrange(widths: Sequence[float], heights: Sequence[float], edges: Sequence[Edge], sources: int) -> Layout:
    """Place boxes of the given sizes; every edge runs from a lower to a higher number, ``sources`` boxes are inputs."""
    layout = _layered(widths, edges, sources)
    above, below = _neighbours(layout)
    layout.layers = _ordered(layout, above, below, _ports(layout))
    _place(layout, above, below)
    _stack(layout, heights)
    return layout


def _layered(widths: Sequence[float], edges: Sequence[Edge], sources: int) -> Layout:
    layer_of = [0] * len(widths)
    for start, end in sorted(edges, key=lambda edge: edge[1]):
        layer_of[end] = max(layer_of[end], layer_of[start] + 1)
    for box in range(sources):
        used_in = [layer_of[end] for start, end in edges if start == box]
        layer_of[box] = min(used_in) - 1 if used_in else 0
    all_widths, paths = list(widths), []
    for start, end in edges:
        path = [start]
        for layer in range(layer_of[start] + 1, layer_of[end]):
            path.append(len(all_widths))
            all_widths.append(DUMMY_WIDTH)
            layer_of.append(layer)
        paths.append([*path, end])
    layers: list[list[int]] = [[] for _ in range(max(layer_of, default=0) + 1)]
    for box, layer in enumerate(layer_of):
        layers[layer].append(box)
    return Layout(layers, layer_of, all_widths, paths)


def _neighbours(layout: Layout) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in layout.widths]
    below: list[list[int]] = [[] for _ in layout.widths]
    for path in layout.paths:
        for upper, lower in pairwise(path):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _ports(layout: Layout) -> dict[Edge, float]:
    """Where an edge enters its box, 0 to 1 by operand slot, so that operands stand in the order of their use."""
    slots: dict[int, list[int]] = {}
    for path in layout.paths:
        slots.setdefault(path[-1], []).append(path[-2])
    return {
        (upper, lower): (place + 1) / (len(uppers) + 1)
        for lower, uppers in slots.items()
        for place, upper in enumerate(uppers)
    }


def _ordered(
    layout: Layout, above: list[list[int]], below: list[list[int]], ports: dict[Edge, float]
) -> list[list[int]]:
    """The order with the fewest crossings that a few barycentre sweeps find."""
    layers = [list(layer) for layer in layout.layers]
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below, ports)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            place = {box: index for other in layers for index, box in enumerate(other)}
            if downwards:
                centres = {box: [place[upper] + 0.5 for upper in above[box]] for box in layer}
            else:
                centres = {box: [place[low] + ports.get((box, low), 0.5) for low in below[box]] for box in layer}
            wanted = {box: fmean(near or [place[box] + 0.5]) for box, near in centres.items()}
            layer.sort(key=wanted.__getitem__)
        crossings = _crossings(layers, below, ports)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _crossings(layers: Sequence[Sequence[int]], below: list[list[int]], ports: dict[Edge, float]) -> int:
    crossings = 0
    for upper, lower in pairwise(layers):
        place = {box: index for index, box in enumerate(lower)}
        ends = [end for box in upper for end in sorted(place[low] + ports.get((box, low), 0.5) for low in below[box])]
        crossings += sum(left > right for index, left in enumerate(ends) for right in ends[index + 1 :])
    return crossings


def _place(layout: Layout, above: list[list[int]], below: list[list[int]]) -> None:
    """Pull every box towards the middle of its neighbours, without changing the order or overlapping."""
    x = [0.0] * len(layout.widths)
    for layer in layout.layers:
        for box, centre in zip(layer, _separated(layer, [0.0] * len(layer), layout.widths), strict=True):
            x[box] = centre
    directions: list[Callable[[int], list[int]]] = [
        above.__getitem__,
        below.__getitem__,
        lambda box: above[box] + below[box],
    ]
    for round_ in range(4 * len(directions)):
        neighbours = directions[round_ % len(directions)]
        for layer in layout.layers:
            wanted = [fmean([x[other] for other in neighbours(box)] or [x[box]]) for box in layer]
            for box, centre in zip(layer, _separated(layer, wanted, layout.widths), strict=True):
                x[box] = centre
    left = min((centre - layout.widths[box] / 2 for box, centre in enumerate(x)), default=0.0)
    layout.x = [centre - left for centre in x]
    layout.width = max((centre + layout.widths[box] / 2 for box, centre in enumerate(layout.x)), default=0.0)


def _separated(layer: Sequence[int], wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Centres near those wanted that keep the order and the gap: the mean of pushing right and pushing left."""
    room = [(widths[left] + widths[right]) / 2 + BOX_GAP for left, right in pairwise(layer)]
    rightwards, leftwards = list(wanted), list(wanted)
    for index, space in enumerate(room):
        rightwards[index + 1] = max(rightwards[index + 1], rightwards[index] + space)
    for index in range(len(room) - 1, -1, -1):
        leftwards[index] = min(leftwards[index], leftwards[index + 1] - room[index])
    return [(right + left) / 2 for right, left in zip(rightwards, leftwards, strict=True)]


def _stack(layout: Layout, heights: Sequence[float]) -> None:
    top = 0.0
    for layer in layout.layers:
        height = max((heights[box] for box in layer if box < len(heights)), default=0.0)
        layout.tops.append(top)
        layout.layer_heights.append(height)
        top += height + LAYER_GAP
    layout.height = max(top - LAYER_GAP, 0.0)

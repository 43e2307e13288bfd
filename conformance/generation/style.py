"""What the graphs of a stratum look like."""

from __future__ import annotations

from dataclasses import dataclass

from autograd_conformance.graph import Shape

SHAPES: tuple[Shape, ...] = ((3, 4), (4,), (3, 1), (2, 3, 3), (3, 3), (), (1,), (1, 2, 4), (2, 3))
EMPTY_SHAPES: tuple[Shape, ...] = ((0,), (3, 0))
ODD_SHAPES: tuple[Shape, ...] = ((), (1,), (1, 1), (3, 1), (1, 4), (2, 1, 3), (1, 3, 1), (3, 4))


@dataclass(frozen=True)
class Style:
    """How `decode` chooses where genes leave it a choice."""

    shapes: tuple[Shape, ...] = SHAPES
    """Of the first input."""
    empty_every: int = 16
    """One case in so many begins with an input without elements; 0: none."""
    newest_of: int = 2
    """Once in so many genes the first operand is the newest value, else any: 1 makes a chain, 0 never prefers it."""
    broadcasts: bool = False
    """Whether operands of different shapes are preferred where an op takes several."""
    most_outputs: int = 3
    shortest: int = 5
    """Genes of a case, and the most of them."""
    longest: int = 12


PLAIN = Style()
ODD = Style(shapes=ODD_SHAPES, empty_every=6, broadcasts=True, shortest=3, longest=7)
DEEP = Style(newest_of=1, shortest=10, longest=14)
WIDE = Style(newest_of=0, most_outputs=8, shortest=8, longest=12)
SMALL = Style(empty_every=0, shortest=2, longest=4)

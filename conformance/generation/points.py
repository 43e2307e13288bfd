"""Further points of one graph: a compiled framework answers about them without compiling anew."""

from __future__ import annotations

import numpy as np

from autograd_conformance.case import Case

STEP = 2.0**-5
"""Half of what generation moved its points by, so ops stay in their domains; it keeps bfloat16's 8 bits up to 8."""


def moved(case: Case, which: int, stratum: str) -> Case:
    """The graph at another point, every element ``which`` steps up or down; 0 is the same point."""
    generator = np.random.Generator(np.random.PCG64([case.seed, 2000 + which]))
    point = tuple(
        array + which * STEP * (2.0 * generator.integers(0, 2, size=array.shape) - 1.0) for array in case.point
    )
    return Case(case.graph, point, stratum)

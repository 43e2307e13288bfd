"""What the suite knows about element types."""

from __future__ import annotations

from typing import Final

UNIT_ROUNDOFF: Final = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
"""Half the distance from 1 to the next number, for every dtype a run can judge."""

UNDERFLOW: Final = {"float64": 2.0**-1018, "float32": 2.0**-122, "float16": 0.0, "bfloat16": 2.0**-122}
"""Gaps this small are none: sixteen times the smallest normal number.  In float16 underflow is measured instead."""

LARGEST: Final = {
    "float64": (2 - 2.0**-52) * 2.0**1023,
    "float32": (2 - 2.0**-23) * 2.0**127,
    "float16": 65504.0,
    "bfloat16": (2 - 2.0**-7) * 2.0**127,
}

HALF_STEP_AT_ZERO: Final = {"float64": 0.0, "float32": 0.0, "float16": 2.0**-25, "bfloat16": 0.0}
"""Largest rounding error of a result below the smallest normal number, where ordinary values reach that far down."""

OTHER_DTYPE: Final = {"float64": "float32", "float32": "float64", "float16": "float32", "bfloat16": "float32"}
"""The dtype whose gap tells a formula that loses digits from a wrong rule."""

LOW: Final = ("float16", "bfloat16")
"""Dtypes so coarse that rounding is measured at its own size: a few steps of it are no small perturbation."""

"""What the suite knows about element types."""

from __future__ import annotations

from typing import Final

UNIT_ROUNDOFF: Final = {"float64": 2.0**-53, "float32": 2.0**-24}
"""Half the distance from 1 to the next number, for every dtype a run can judge."""

SMALLEST_NORMAL: Final = {"float64": 2.0**-1022, "float32": 2.0**-126}

OTHER_DTYPE: Final = {"float64": "float32", "float32": "float64"}
"""The dtype whose gap tells a formula that loses digits from a wrong rule."""

"""Work in lanes, shared among fewer threads: whoever is free takes a step of the lane that is furthest behind."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(eq=False)
class Lane:
    """Steps in their order: advancing does one and gives where the next one stands."""

    steps: Iterator[int]
    position: int


@dataclass(eq=False)
class Turns:
    """Lanes of which each is in one thread's hands at a time.

    A lane is a generator that yields the position of a step before it takes it; the smallest position goes first, and of
    equal ones the lane that was given first.
    """

    lanes: Iterable[Iterator[int]]
    _idle: list[Lane] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for steps in self.lanes:
            self._put_back(steps)

    def take(self) -> None:
        """Take steps until no lane is left that another thread does not hold.  What a step raises ends this thread alone."""
        while (lane := self._furthest_behind()) is not None:
            self._put_back(lane.steps)

    def _furthest_behind(self) -> Lane | None:
        with self._lock:
            if not self._idle:
                return None
            chosen = min(self._idle, key=lambda lane: lane.position)
            self._idle.remove(chosen)
            return chosen

    def _put_back(self, steps: Iterator[int]) -> None:
        position = next(steps, None)
        if position is not None:
            with self._lock:
                self._idle.append(Lane(steps, position))

"""Lanes that few threads share: all are about as far, each is in one thread's hands, and what breaks is heard of."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograd_conformance.campaign import Campaign
from autograd_conformance.expectation import Expectations
from autograd_conformance.settings import Settings
from autograd_conformance.turns import Turns


def steps(name: str, count: int, taken: list[str], seconds: float = 0.0) -> Iterator[int]:
    for position in range(count):
        yield position
        time.sleep(seconds)
        taken.append(f"{name}{position}")


def test_the_lane_that_is_furthest_behind_goes_first() -> None:
    """One thread takes the first step of every lane before the second of any."""
    taken: list[str] = []
    Turns([steps("a", 3, taken), steps("b", 2, taken), steps("c", 0, taken)]).take()
    assert taken == ["a0", "b0", "a1", "b1", "a2"]


def test_threads_share_the_work_and_never_a_lane() -> None:
    """Two threads, three lanes: every step once, in the order of its lane, none beside another of the same lane."""
    held, taken = threading.Lock(), []

    def lane(name: str) -> Iterator[int]:
        busy = threading.Lock()
        for position in range(20):
            yield position
            assert busy.acquire(blocking=False)
            time.sleep(0.001)
            with held:
                taken.append((name, position))
            busy.release()

    turns = Turns([lane(name) for name in "abc"])
    threads = [threading.Thread(target=turns.take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [(name, position) for name in "abc" for position in range(20)]
    for name in "abc":
        assert [position for other, position in taken if other == name] == list(range(20))


def test_a_slow_lane_does_not_wait_for_quick_ones() -> None:
    """No thread is idle while a lane has steps: two slow lanes end together."""
    taken: list[str] = []
    turns = Turns([steps("quick", 4, taken), steps("slow", 4, taken, 0.05), steps("slower", 4, taken, 0.05)])
    threads = [threading.Thread(target=turns.take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {taken[-1], taken[-2]} == {"slow3", "slower3"}


def test_what_a_step_raises_is_raised() -> None:
    """And the lane is over."""

    def broken() -> Iterator[int]:
        yield 0
        raise ValueError("broken")

    taken: list[str] = []
    turns = Turns([broken(), steps("a", 2, taken)])
    with pytest.raises(ValueError, match="broken"):
        turns.take()
    turns.take()
    assert taken == ["a0", "a1"]


def test_a_lock_that_an_interrupt_left_taken_is_given_back() -> None:
    """Ctrl-C may come between taking it and the block that gives it back; lanes would wait for it for ever."""
    campaign = Campaign(Settings(examples=0), [], {}, [], Expectations(), lambda record: None)
    for _ in range(2):
        campaign.changed.acquire()
    campaign.stop()
    with ThreadPoolExecutor(1) as other:
        assert other.submit(campaign.changed.acquire, blocking=False).result()
    campaign.stop()

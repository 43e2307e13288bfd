"""The reference's answers for the cases of a run, shared by every lane."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

from autograd_conformance.case import Case
from autograd_conformance.reference.estimate import Estimate, estimate


class Estimates:
    """The reference's answer for each case, computed once by whoever needs it first; kept until all ``users`` are done."""

    def __init__(self, users: int = 1) -> None:
        self._users = users
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._known: dict[str, Estimate] = {}

    def of(self, case: Case) -> Estimate:
        with self._lock:
            lock = self._locks.setdefault(case.id, threading.Lock())
        with lock:
            if case.id not in self._known:
                self._known[case.id] = estimate(case)
            known = self._known[case.id]
        # Two strata may draw one case; what is asked about it depends on its own.
        return known if known.case.stratum == case.stratum else replace(known, case=case)

    def forget(self, case: Case) -> None:
        """Drop what will not be needed again, when every user has said so."""
        with self._lock:
            self._done[case.id] += 1
            if self._done[case.id] < self._users:
                return
            self._done.pop(case.id)
            self._known.pop(case.id, None)
            self._locks.pop(case.id, None)

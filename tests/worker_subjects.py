"""Adapters for the tests of the worker: NumPy only, and each op is something that can go wrong in a process."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from autograd_conformance.adapter import Adapter, Native, Program, Unsupported
from autograd_conformance.graph import Graph


class Unprintable:
    """Even describing it fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class UnprintableError(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def _garbage() -> None:
    print("garbage" * 100_000)
    sys.stdout.flush()
    os.write(1, b"\x00ACW1" * 50_000)
    os.write(2, b"\xff" * 200_000)
    ctypes.CDLL(None).puts(b"from C")


def _memory() -> None:
    blocks = []
    while True:
        blocks.append(np.ones(1 << 22))
        time.sleep(0.002)


def _raise(error: BaseException) -> None:
    raise error


def _fork_and_return() -> None:
    if os.fork() == 0:
        return  # the copy goes on as if it were the worker


def _fail_a_check() -> None:
    """As C++ libraries do: a fatal line, more about it, a stack, an abort."""
    fatal = "F1122 05:13:26.377418   24443 kernel.cc:586] Check failed: a == b"
    print(fatal, "\tof the loop", "*** Check failure stack trace: ***", "    @ 0x7f main", sep="\n", file=sys.stderr)
    sys.stderr.flush()
    os.abort()


DEEDS = {
    "check": _fail_a_check,
    "exit": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "hang": lambda: time.sleep(1000),
    "garbage": _garbage,
    "memory": _memory,
    "huge": lambda: np.ones(1 << 36),
    "leave": sys.exit,
    "interrupt": lambda: _raise(KeyboardInterrupt()),
    "raise": lambda: _raise(ValueError("a reason \ud800")),
    "unprintable": lambda: _raise(UnprintableError()),
    "close": lambda: os.closerange(3, 100),
    "fork": _fork_and_return,
    "litter": lambda: tempfile.mkstemp(prefix="litter"),
    "grow": lambda: globals().setdefault("kept", np.ones(20_000_000)),
}
RETURNS: Mapping[str, object] = {
    "none": None,
    "few": (),
    "text": ("not an array",),
    "unexportable": (Unprintable(),),
    "object": (np.array([object()]),),
    "odd": (np.array([[np.nan, np.inf]], dtype=np.float16),),
}


class Subject(Adapter):
    """x squared, in every op; ``DEEDS`` happen on the way and ``RETURNS`` come back instead."""

    framework = "subject"
    distributions = ("numpy", "surely-not-installed")
    modes: ClassVar[Mapping[str, str]] = {"plain": "as it is", "limited": "lacks vjp"}
    compiled_modes = frozenset({"limited"})

    def numerics(self) -> Mapping[str, str]:
        return {"threads": os.environ["OMP_NUM_THREADS"]}

    def lacks(self) -> Mapping[str, str]:
        return {"vjp": "left out"} if self.mode == "limited" else {"bfloat16": "NumPy has none"}

    def lowers(self, op: str) -> bool:
        return op == "square" or op in DEEDS

    def translate(self, graph: Graph, dtype: str) -> Program:
        if graph.nodes[0].op == "unsupported":
            raise Unsupported("no such op here")
        return Program(graph, dtype, "x * x", lambda x: (x * x,))

    def native(self, array: np.ndarray, dtype: str) -> Native:
        return array.astype(dtype)

    def export(self, array: Native) -> tuple[str, np.ndarray]:
        return str(array.dtype), array

    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        op = program.graph.nodes[0].op
        if op in DEEDS:
            DEEDS[op]()
        if op in RETURNS:
            return RETURNS[op]  # type: ignore[return-value]  # that is the point
        if op == "overwrite":
            leaves[0][...] = 7
        return program.function(*leaves)

    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        op = program.graph.nodes[0].op
        if op == "vjp_none":
            return None  # type: ignore[return-value]  # that is the point
        if op == "vjp_few":
            return program.function(*leaves), ()
        if op == "disconnected":
            return program.function(*leaves), (None,)
        return program.function(*leaves), (2 * leaves[0] * cotangents[0],)

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        return f"x = {point[0].tolist()}; u = {cotangents[0].tolist()}; x * x"


class Unmade(Subject):
    """Cannot be instantiated."""

    def __init__(self, mode: str) -> None:
        raise RuntimeError(f"no {mode} today")


NotAnAdapter = 3

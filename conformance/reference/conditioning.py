"""How strongly rounding moves the value and the derivative of a graph at its point, measured when somebody needs it.

A spread is twice the root mean square over eight replicates of frozen noise.  At a *glance* there is none: a bound at a
glance is never above the bound with measured noise, and what lies within the one lies within the other.  At a second glance
there is the noise of the outputs and of derivatives along a few directions, which needs fewer rows of the same replicates.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from autograd_conformance.case import Case, flatten, unflatten
from autograd_conformance.ops.op import Array
from autograd_conformance.precision import HALF_STEP_AT_ZERO, LARGEST, LOW, UNIT_ROUNDOFF
from autograd_conformance.reference.adjoints import largest_adjoint
from autograd_conformance.reference.difference import Difference
from autograd_conformance.reference.interpreter import EXTENDED, UNIT, evaluate
from autograd_conformance.reference.noise import FrozenNoise, InFormat

REPLICATES = 8
SIZE = 2.0**-23
"""Relative size of the noise that stands for float64 and float32."""
SMALL_SIZE = 2.0**-40
"""Taken where noise of the usual size turns a decision over; it still serves float64."""
COMFORTABLE = 2.0**8
"""What cotangents are scaled to in float16: the largest adjoint, far from both ends of its range."""
TINY_SIZE = 2.0**-46
"""Shows whether noise of the size before was a small perturbation."""
SUSPICIOUS = 2.0**-6
"""Share of the largest derivative that noise may move before it is asked whether that movement is linear in its size."""
GENEROUS = 2.0**6
"""Roundings of double precision that may come together in one value."""
MARGIN = 4.0
"""Distance kept from the end of a range; frameworks have intermediate results of their own."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Movement per unit of relative rounding.

    ``outputs``: (m,); ``derivative``: (q, p) as the estimate's; ``jacobian``: (r, p), r = 0 where there is none.
    ``problem`` says why nothing can be judged in this dtype here.  ``resolution``: movements of a derivative below this are
    lost in the difference that shows them.
    """

    outputs: Array
    derivative: Array
    jacobian: Array
    problem: str = ""
    resolution: float = 0.0

    def resolved(self, directions: tuple[int, ...] | None = None) -> Noise:
        """With what could not be seen added to what was, along these directions; None: along all."""
        unseen = np.zeros(self.derivative.shape[1:])
        unseen[... if directions is None else list(directions)] = self.resolution
        return replace(self, derivative=self.derivative + unseen, jacobian=self.jacobian + unseen)


@dataclass(frozen=True, eq=False)
class Stencil:
    """The clean difference that noise is compared with: phi at the centre and its slope for one step.

    ``functionals``: (q, m) of which the first ``plain`` are no Jacobian rows; ``directions``: (p, n);
    ``slope``: (p, q); ``decisions``: those of the centre; ``largest``: magnitude of the largest value of the graph.
    ``higher``: the difference to take instead of the first one, where ``slope`` is of a higher order.
    """

    functionals: Array
    plain: int
    directions: Array
    step: float
    outputs: Array
    slope: Array
    decisions: tuple[Array, ...]
    largest: float
    higher: Difference | None = None

    @property
    def rounding(self) -> float:
        """What double precision makes of a difference of higher order that is nothing; such noise shows no chaos."""
        if self.higher is None:
            return 0.0
        return (
            GENEROUS * UNIT_ROUNDOFF["float64"] * self.higher.amplification(self.step) * max(self._scale, self.largest)
        )

    def resolution(self, roundoff: float) -> float:
        """What this roundoff may do to a first difference of a value of the graph."""
        largest = self.largest if np.isfinite(self.largest) else 0.0
        return roundoff * max(self._scale, largest) / self.step if self.higher is None else 0.0

    @property
    def _scale(self) -> float:
        scale = float(np.max(np.abs(self.functionals) @ np.abs(self.outputs), initial=0.0))
        return scale if np.isfinite(scale) else 0.0

    @property
    def moves(self) -> Array:
        """Rows of the stencil besides the centre: (rows, n)."""
        if self.higher is not None:
            return self.higher.moves(self.step)
        moves = self.step * self.directions
        return np.concatenate([moves, -moves])

    def difference(self, phi: Array) -> Array:
        """The difference from phi at the centre and at every move: (..., 1 + rows, q) to (..., p, q)."""
        if self.higher is not None:
            return self.higher.of(phi, self.step)
        count = len(self.directions)
        return np.asarray((phi[..., 1 : 1 + count, :] - phi[..., 1 + count :, :]) / (2 * self.step))


@dataclass(frozen=True, eq=False)
class _Squares:
    """Mean squared movements over replicates, per unit of noise; ``is_valid``: all decisions were kept."""

    outputs: Array
    phi: Array
    slope: Array
    is_valid: bool
    largest: float = 0.0
    smallest: float = np.inf


class Conditioning:
    """The noise of one case, by dtype; thread-safe, every measurement is made once."""

    def __init__(self, case: Case, stencil: Stencil) -> None:
        self._case = case
        self._stencil = stencil
        self._lock = threading.RLock()
        self._known: dict[str, Noise] = {}
        self._squares: dict[float, _Squares] = {}

    def noise(self, dtype: str) -> Noise:
        """The noise in this dtype."""
        with self._lock:
            if dtype not in self._known:
                self._known[dtype] = self._noise(dtype).resolved()
            return self._known[dtype]

    def noise_along(self, directions: tuple[int, ...] | None) -> Noise:
        """That of the outputs, and of derivatives along these directions (None: all); none along the others.

        It is of the usual size, and none at all where that is no small perturbation: there the real noise is of another.
        """
        with self._lock:
            found = self._some(directions)
            return self.nothing if found.problem or self._is_suspicious(found, SIZE) else found.resolved(directions)

    def _some(self, directions: tuple[int, ...] | None) -> Noise:
        if directions is None:
            return self._spread(SIZE)
        rows, stencil = list(directions), self._stencil
        few = replace(stencil, directions=stencil.directions[rows], slope=stencil.slope[rows])
        found = Conditioning(self._case, few)._spread(SIZE)
        derivative, jacobian = np.zeros_like(self.nothing.derivative), np.zeros_like(self.nothing.jacobian)
        derivative[:, rows], jacobian[:, rows] = found.derivative, found.jacobian
        return replace(found, derivative=derivative, jacobian=jacobian)

    @cached_property
    def nothing(self) -> Noise:
        """No movement of anything."""
        shape, plain = self._stencil.slope.T.shape, self._stencil.plain
        zeros = np.zeros(shape)
        return Noise(np.zeros(len(self._stencil.outputs)), zeros[:plain], zeros[plain:])

    def scale(self, dtype: str) -> float:
        """The power of two to multiply cotangents with in this dtype; nan where none would do."""
        if dtype != "float16":
            return 1.0
        with self._lock:
            return self._scale

    def phi_noise(self) -> Array:
        """Movement of every functional at the centre: (q,); the larger one where noise of the usual size is no small one."""
        with self._lock:
            found = self._measured(SIZE)
            if found.is_valid and not self._is_suspicious(self._spread(SIZE), SIZE):
                return 2 * np.sqrt(found.phi)
            small = self._measured(SMALL_SIZE)
            return 2 * np.sqrt(np.maximum(found.phi, small.phi) if found.is_valid else small.phi)

    @cached_property
    def _scale(self) -> float:
        largest = largest_adjoint(self._case, self._stencil.functionals)
        if not np.isfinite(largest):
            return float("nan")
        return float(2.0 ** np.round(np.log2(COMFORTABLE / largest))) if largest else 1.0

    def _noise(self, dtype: str) -> Noise:
        if dtype in LOW:
            found = self._spread(UNIT_ROUNDOFF[dtype], dtype)
            found = replace(found, problem=found.problem or self.noise("float32").problem or self._collapses(dtype))
        else:
            found = self._linear(dtype)
        return replace(found, problem=found.problem or self._leaves_range(dtype))

    def _collapses(self, dtype: str) -> str:
        """Why nothing can be judged where the values themselves are rounded to this dtype, if so."""
        point = [array[None].astype(np.float64) for array in self._case.point]
        is_finite = bool(evaluate(self._case.graph, point, InFormat(dtype)).is_valid.all())
        return (
            "" if is_finite else f"values that differ are one number in {dtype}, and what divides by that is not finite"
        )

    def _linear(self, dtype: str) -> Noise:
        """Noise of a size that is a small perturbation here, so that the spread is linear in it."""
        found = self._spread(SIZE)
        if not found.problem and not self._is_suspicious(found, SIZE):
            return found
        small = self._spread(SMALL_SIZE)
        if small.problem:
            return small
        problem = "rounding to {dtype} could turn a decision over here" if found.problem else _CHAOTIC
        if not found.problem and not _grows(found, small):
            return found
        if self._is_suspicious(small, SMALL_SIZE) and _grows(small, self._spread(TINY_SIZE)):
            return replace(small, problem=_CHAOTIC.format(dtype="any dtype"))
        return small if dtype == "float64" else replace(small, problem=problem.format(dtype=dtype))

    def _is_suspicious(self, noise: Noise, size: float) -> bool:
        """Whether noise of this size moves much of the derivative, or of the outputs."""
        slope, outputs = np.abs(self._stencil.slope), np.abs(self._stencil.outputs)
        moved = max(np.max(noise.derivative, initial=0.0), np.max(noise.jacobian, initial=0.0))
        return bool(
            moved * size > SUSPICIOUS * np.max(slope, initial=0.0) + self._stencil.rounding
            or np.max(noise.outputs, initial=0.0) * size > SUSPICIOUS * np.max(outputs, initial=0.0)
        )

    def _spread(self, size: float, dtype: str = "") -> Noise:
        squares = self._measured(size, dtype)
        problem = ""
        if not squares.is_valid:
            how = f"rounding to {dtype} could turn a decision over here"
            problem = how if dtype else "a decision (a tie, a kink) hangs on rounding here"
        elif dtype and squares.largest > LARGEST[dtype] / MARGIN:
            problem = _beyond(squares.largest, dtype)
        elif dtype and squares.smallest < MARGIN / LARGEST[dtype]:
            problem = f"values as small as {squares.smallest:.3g} have no reciprocal in {dtype}"
        with np.errstate(all="ignore"):
            outputs, slope = 2 * np.sqrt(squares.outputs), 2 * np.sqrt(squares.slope.T)
        plain = self._stencil.plain
        resolution = self._stencil.resolution(UNIT if size < SIZE else UNIT_ROUNDOFF["float64"]) / size
        return Noise(outputs, slope[:plain], slope[plain:], problem, resolution)

    def _leaves_range(self, dtype: str) -> str:
        """Why the values or adjoints here do not fit into the dtype, if so."""
        largest = max(self._stencil.largest, float(np.max(np.abs(self._stencil.slope), initial=0.0)))
        if dtype != "float64" and not largest <= LARGEST[dtype] / MARGIN and self._stencil.largest < np.inf:
            return _beyond(largest, dtype)
        return "" if self.scale(dtype) > 0 else f"adjoints do not fit into {dtype}"

    def _measured(self, size: float, dtype: str = "") -> _Squares:
        if size not in self._squares:
            self._squares[size] = self._measure(size, dtype)
        return self._squares[size]

    def _measure(self, size: float, dtype: str) -> _Squares:
        """Repeat the stencil under frozen noise; double precision is far finer than noise of the usual sizes."""
        case, stencil = self._case, self._stencil
        kind = EXTENDED if size < SIZE else np.float64
        offsets = np.concatenate([np.zeros((1, case.element_count)), stencil.moves])
        flat = (flatten(case.point) + offsets).astype(kind)
        points = unflatten(np.tile(flat, (REPLICATES, 1)), case.graph.inputs)
        generator = np.random.Generator(np.random.PCG64([case.seed, 77]))
        least = HALF_STEP_AT_ZERO[dtype] if dtype else 0.0
        scale = self.scale(dtype) if least else 1.0
        rows = len(offsets)
        lost = least / scale if scale > 0 else 0.0
        order = stencil.higher.order if stencil.higher is not None else 1
        rounding = FrozenNoise(size, REPLICATES, rows, generator, least, lost, order)
        noisy = evaluate(case.graph, points, rounding, stencil.decisions)
        with np.errstate(all="ignore"):
            outputs = noisy.flat_outputs()
            phi = (outputs @ stencil.functionals.T.astype(kind) + rounding.lost[:, None]).reshape(REPLICATES, rows, -1)
            slope = stencil.difference(phi)
            at_centre = outputs.reshape(REPLICATES, rows, -1)[:, 0]
            return _Squares(
                _mean_square(at_centre - stencil.outputs, size),
                _mean_square(phi[:, 0] - stencil.functionals @ stencil.outputs, size),
                _mean_square(slope - stencil.slope, size),
                bool(noisy.is_valid.all()),
                rounding.largest,
                rounding.smallest,
            )


_CHAOTIC = "rounding to {dtype} is no small perturbation here"


def _grows(larger: Noise, smaller: Noise) -> bool:
    """Whether smaller noise moves more for its size: the larger was beyond where movements are linear."""
    pairs = ((larger.outputs, smaller.outputs), (larger.derivative, smaller.derivative))
    return any(bool(np.any(less > 2 * more + SUSPICIOUS * np.max(more, initial=0.0))) for more, less in pairs)


def _mean_square(movements: Array, size: float) -> Array:
    return np.mean(np.square(movements / size), axis=0).astype(float)


def _beyond(largest: float, dtype: str) -> str:
    return f"values reach {largest:.3g}, too near the end of {dtype} ({LARGEST[dtype]:.3g})"

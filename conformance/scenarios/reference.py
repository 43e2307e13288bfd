"""The numbers of scenarios that are measured: computed here in NumPy, each with the bound a correct framework keeps.

The bound is that of the laws, C u (s + |r|): ``s`` is how strongly rounding moves this very number, found by repeating the
computation with every intermediate multiplied by 1 + noise.  The derivatives of the training programs are written by
hand, as the tutorials do; those of the tanh network are differences of high precision.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import mpmath
import numpy as np

from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.scenarios.scenario import Curve
from autograd_conformance.verdict import CALIBRATION

NOISE = 2.0**-40
REPLICATES = 8

Blur = Callable[[np.ndarray], np.ndarray]
"""Multiplies what it gets by 1 + noise, or returns it as it is."""


def _sharp(values: np.ndarray) -> np.ndarray:
    return values


def _blur(replicate: int) -> Blur:
    random = np.random.RandomState(replicate + 1)
    factors = 1 + NOISE * (2.0 * random.randint(0, 2, 1 << 18) - 1)

    def blur(values: np.ndarray) -> np.ndarray:
        size = np.size(values)
        start = random.randint(0, len(factors) - size + 1)
        return values * factors[start : start + size].reshape(np.shape(values))

    return blur


def _curve(compute: Callable[[Blur], np.ndarray], wide: bool = True, replicates: int = REPLICATES) -> Curve:
    """``wide`` says that ``compute`` works in extended precision, so that its own rounding does not count.

    What rounding has moved once stays moved: the relative spread of a step is at least that of the steps before it, so
    that a step at which the few replicates happen to meet does not count as one without noise.
    """
    values = compute(_sharp)
    spread = np.max([np.abs(compute(_blur(each)) - values) for each in range(replicates)], axis=0) / NOISE
    spread = np.maximum.accumulate(spread / np.abs(values)) * np.abs(values)
    sides = 1 if wide else 2
    bound = sides * CALIBRATION * UNIT_ROUNDOFF["float64"] * (spread + np.abs(values))
    return Curve(np.asarray(values, dtype=np.float64), np.asarray(bound, dtype=np.float64))


def _wide(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.longdouble)


def _descend_parabola(blur: Blur) -> tuple[np.ndarray, np.ndarray]:
    """0.5 sum((w x^2 + b - y)^2), 800 steps of size 0.001 from w = b = 0: losses (800,), then w and b (2,)."""
    x = np.linspace(-1, 1, 100)
    y = _wide(3 * x**2 + 2 + 0.2 * np.random.RandomState(0).rand(100))
    squares = blur(_wide(x) ** 2)
    w, b = _wide(np.array(0.0)), _wide(np.array(0.0))
    losses = []
    for _ in range(800):
        residual = blur(blur(blur(w * squares) + b) - y)
        losses.append(0.5 * np.sum(blur(residual**2)))
        gradient_w, gradient_b = np.sum(blur(residual * squares)), np.sum(blur(residual))
        w = blur(w - blur(_wide(np.array(0.001)) * gradient_w))
        b = blur(b - blur(_wide(np.array(0.001)) * gradient_b))
    return np.array(losses), np.array([w, b])


@cache
def parabola_losses() -> Curve:
    return _curve(lambda blur: _descend_parabola(blur)[0])


@cache
def parabola_parameters() -> Curve:
    return _curve(lambda blur: _descend_parabola(blur)[1])


@cache
def linear_regression_losses() -> Curve:
    """mean((w x + b - y)^2), 100 steps of size 0.1 from w = b = 0: losses (100,)."""

    def compute(blur: Blur) -> np.ndarray:
        x = np.linspace(-1, 1, 20)
        y = _wide(2 * x + 1 + 0.1 * np.random.RandomState(2).rand(20))
        x = _wide(x)
        w, b = _wide(np.array(0.0)), _wide(np.array(0.0))
        losses = []
        for _ in range(100):
            residual = blur(blur(blur(w * x) + b) - y)
            losses.append(np.sum(blur(residual**2)) / 20)
            w = blur(w - blur(_wide(np.array(0.1)) * np.sum(blur(2 * residual * x)) / 20))
            b = blur(b - blur(_wide(np.array(0.1)) * np.sum(blur(2 * residual)) / 20))
        return np.array(losses)

    return _curve(compute)


def _product(blur: Blur, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A matrix product with the noise of its inner sums: rounding moves a sum of n terms of random signs, added one after
    the other, by about u sqrt(n / 2) times the root of the sum of their squares.
    """
    exact = left @ right
    if blur is _sharp:
        return exact
    ones = np.ones(exact.shape)
    return exact + (blur(ones) - ones) * np.sqrt((left.shape[1] / 2 + 1) * (left**2 @ right**2))


def _train_network(blur: Blur, sizes: tuple[int, int, int, int], seed: int, step: float, steps: int) -> np.ndarray:
    """sum((max(x w1, 0) w2 - y)^2), all four arrays drawn in the order x, y, w1, w2: losses (steps,)."""
    n, d_in, hidden, d_out = sizes
    random = np.random.RandomState(seed)
    x, y = random.randn(n, d_in), random.randn(n, d_out)
    w1, w2 = random.randn(d_in, hidden), random.randn(hidden, d_out)
    losses = []
    for _ in range(steps):
        h = _product(blur, x, w1)
        active = np.maximum(h, 0)
        residual = blur(_product(blur, active, w2) - y)
        losses.append(np.sum(blur(residual**2)))
        seed_y = 2 * residual
        gradient_2 = _product(blur, active.T, seed_y)
        gradient_1 = _product(blur, x.T, np.where(h > 0, _product(blur, seed_y, w2.T), 0))
        w1, w2 = blur(w1 - blur(step * gradient_1)), blur(w2 - blur(step * gradient_2))
    return np.array(losses)


@cache
def two_layer_losses() -> Curve:
    """N, D_in, H, D_out = 8, 6, 5, 3; 20 steps of size 0.001; seed 1: losses (20,)."""
    return _curve(lambda blur: _train_network(blur, (8, 6, 5, 3), 1, 1e-3, 20), wide=False)


@cache
def network_losses() -> Curve:
    """N, D_in, H, D_out = 64, 1000, 100, 10; 500 steps of size 1e-6; seed 3: losses (500,)."""
    return _curve(lambda blur: _train_network(blur, (64, 1000, 100, 10), 3, 1e-6, 500), False, replicates=2)


TANH_NETWORK = {
    "a": (0.5, -0.25, 0.75),
    "b": (1.0, 0.75, -0.5),
    "c": (0.125, -0.25, 0.375),
    "v": (0.625, -0.875, 0.5),
}
"""u(t, x) = sum over j of v_j tanh(a_j t + b_j x + c_j)."""
TANH_POINTS = ((0.125, -0.5), (0.375, 0.25), (0.75, 0.875))
"""(t, x)."""


@cache
def tanh_network_derivatives(wrt: str) -> Curve:
    """u_t (``t``) or u_xx (``xx``) at the three points, by central differences in 60 digits: (3,)."""
    step = mpmath.mpf(10) ** -15

    def u(t: mpmath.mpf, x: mpmath.mpf, noise: np.ndarray) -> mpmath.mpf:
        total = mpmath.mpf(0)
        for j, (a, b, c, v) in enumerate(zip(*TANH_NETWORK.values(), strict=True)):
            inner = (mpmath.mpf(a) * t * noise[j, 0] + mpmath.mpf(b) * x * noise[j, 1] + mpmath.mpf(c)) * noise[j, 2]
            total += mpmath.mpf(v) * mpmath.tanh(inner) * noise[j, 3]
        return total

    def compute(noise: np.ndarray) -> np.ndarray:
        values = []
        with mpmath.workdps(60):
            exact = np.vectorize(mpmath.mpf, otypes=[object])(noise)
            for t, x in TANH_POINTS:
                t, x = mpmath.mpf(t), mpmath.mpf(x)
                if wrt == "t":
                    values.append((u(t + step, x, exact) - u(t - step, x, exact)) / (2 * step))
                else:
                    three = (u(t, x + step, exact), u(t, x, exact), u(t, x - step, exact))
                    values.append((three[0] - 2 * three[1] + three[2]) / step**2)
        return np.array([float(value) for value in values])

    values = compute(np.ones((3, 4)))
    signs = np.random.RandomState(0).choice((-1.0, 1.0), (2 * REPLICATES, 3, 4))
    spread = np.max([np.abs(compute(1 + 2.0**-30 * each) - values) for each in signs], axis=0) * 2.0**30
    # A framework rounds after each op, a derivative has about three times the ops of the value: four of these noises.
    return Curve(values, CALIBRATION * UNIT_ROUNDOFF["float64"] * (4 * spread + np.abs(values)))

"""Steps of gradient descent, in place and unrecorded, so that leaves stay leaves."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .array import Array, TapeError
from .recording import no_grad


class Optimizer:
    """The parameters, and what is the same for every method.  Raises TapeError for what is not a leaf to be trained."""

    def __init__(self, parameters: Iterable[Array], rate: float) -> None:
        self.parameters = list(parameters)
        self.rate = rate
        for number, parameter in enumerate(self.parameters):
            if not (parameter.is_leaf and parameter.requires_grad):
                raise TapeError(f"parameter {number} is not a leaf that requires a gradient")

    def zero_grad(self) -> None:
        """Forget every gradient."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def step(self, allow_unused: bool = False) -> None:
        """Move every parameter.

        Raises TapeError, before anything moves, where a parameter has no gradient: it is not connected to the loss, or
        `backward` was forgotten.  With ``allow_unused`` it stays where it is.
        """
        gradients = [parameter.grad for parameter in self.parameters]
        if None in gradients and not allow_unused:
            raise TapeError(
                f"parameter {gradients.index(None)} has no gradient; allow_unused=True leaves it where it is"
            )
        with no_grad():
            for number, gradient in enumerate(gradients):
                if gradient is not None:
                    self.parameters[number].sub_(self.change(number, gradient.data))

    def change(self, number: int, gradient: np.ndarray) -> np.ndarray:
        """What is subtracted from a parameter."""
        raise NotImplementedError


class SGD(Optimizer):
    """The rate times the gradient."""

    def change(self, number: int, gradient: np.ndarray) -> np.ndarray:
        return (self.rate * gradient).astype(gradient.dtype)


class Adam(Optimizer):
    """Adaptive moments (Kingma and Ba, 2015, algorithm 1), with the bias corrections and torch's place of epsilon."""

    def __init__(
        self,
        parameters: Iterable[Array],
        rate: float = 0.001,
        decays: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, rate)
        self.decays = decays
        self.epsilon = epsilon
        self.steps = [0] * len(self.parameters)
        self.first = [np.zeros_like(parameter.data) for parameter in self.parameters]
        self.second = [np.zeros_like(parameter.data) for parameter in self.parameters]

    def change(self, number: int, gradient: np.ndarray) -> np.ndarray:
        """M / (sqrt(v) + epsilon), from running means m of the gradient and v of its square."""
        slow, slower = self.decays
        self.steps[number] += 1
        self.first[number] = slow * self.first[number] + (1 - slow) * gradient
        self.second[number] = slower * self.second[number] + (1 - slower) * gradient**2
        mean = self.first[number] / (1 - slow ** self.steps[number])
        spread = self.second[number] / (1 - slower ** self.steps[number])
        return (self.rate * mean / (np.sqrt(spread) + self.epsilon)).astype(gradient.dtype)

"""The contract between the suite and a framework.

An adapter only translates: it turns a graph into the source of an ordinary function of its framework, runs it, and hands
back what the framework answered.  It knows no tolerance, retries nothing and treats no case specially.  What a framework
cannot do is a missing capability with a reason (`lacks`); what it does wrongly is for the laws to say.

The module needs NumPy only: it also runs inside workers under other interpreters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autograd_conformance.graph import Graph
from autograd_conformance.wrapping import Wrapper, Wrapping

if TYPE_CHECKING:
    from autograd_conformance.tape import Tape

Native = Any
"""An array of the adapter's own framework."""

LAYOUTS = ("transposed", "sliced", "expanded")
"""Storage with its axes in reverse; every second element of a buffer, from its second element on; one element for all, which
only cotangents have and only where their elements are equal.
"""

DTYPES = ("float64", "float32", "float16", "bfloat16")


Asked = tuple[str, Sequence[Sequence[Native]]]
"""A word and the tangents its steps take."""
Derivative = tuple[Native | None, ...] | Exception
"""What a word names, or why there is none."""


class Unsupported(Exception):
    """The framework has no way to do this; the message is the reason shown to the reader."""


@dataclass(frozen=True, eq=False)
class Program:
    """A translated graph: the source, and the function compiled from it.

    ``function`` takes one native array per graph input and returns a tuple with one native array per output.
    """

    graph: Graph
    dtype: str
    source: str
    function: Callable[..., tuple[Native, ...]]


class Adapter(ABC):
    """One framework in one of its modes.

    Subclasses set ``framework``, ``distributions`` and ``modes`` and implement the methods below.  An instance is made
    once per worker and mode, by ``cls(mode)``.
    """

    framework: ClassVar[str]
    """Short name, the part of an adapter's name before the colon."""
    distributions: ClassVar[tuple[str, ...]]
    """Installed distributions whose versions identify the framework, most telling first."""
    extra: ClassVar[str | None] = None
    """The extra of this package that installs the framework."""
    modes: ClassVar[Mapping[str, str]]
    """Mode name to a one-line description; the first is the default."""
    compiled_modes: ClassVar[frozenset[str]] = frozenset()
    """Modes in which a new graph costs a trace or a compilation; they are given fewer graphs."""
    costly_modes: ClassVar[frozenset[str]] = frozenset()
    """Those of the compiled modes in which it costs seconds: they run only when named, and are given a handful."""
    slow_modes: ClassVar[frozenset[str]] = frozenset()
    """Modes that take so long about a new graph that two workers share their cases."""

    scenarios: ClassVar[Mapping[str, str]] = {}
    """Mode to the package with the framework's contract (``contract.toml``) and its own programs of scenarios.

    Modes that are not named promise nothing besides numbers that another mode of the framework does not.
    """

    layouts: ClassVar[tuple[str, ...]] = ()
    """Those of `LAYOUTS` that arrays of the framework can have."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    @abstractmethod
    def numerics(self) -> Mapping[str, str]:
        """Settings that change numbers (x64, matmul precision, threads, device), for the results header."""

    def lacks(self) -> Mapping[str, str]:
        """Capability name (``forward``, ``vjp``, ``float32``...) to the reason it is missing."""
        return {}

    def rarely(self) -> Mapping[str, int]:
        """Words that cost so much here that of the cases they would be asked of only one in so many is."""
        return {}

    @abstractmethod
    def lowers(self, op: str) -> bool:
        """Whether the vocabulary's op can be expressed in this framework."""

    def composes(self, op: str) -> bool:
        """Whether an op that it lowers has no name in the framework and is written as a combination of others."""
        return False

    def absences(self) -> Mapping[str, str]:
        """Ops it does not lower, with the reason in words; an op that is missing here as there is just not done yet."""
        return {}

    @abstractmethod
    def translate(self, graph: Graph, dtype: str) -> Program:
        """Translate and compile.  Raises Unsupported with the reason when an op or dtype does not exist here."""

    @abstractmethod
    def native(self, array: np.ndarray, dtype: str) -> Native:
        """A leaf of the framework holding exactly these values in ``dtype``."""

    @abstractmethod
    def export(self, array: Native) -> tuple[str, np.ndarray]:
        """The dtype name and the values, as a NumPy array wide enough to hold them exactly."""

    @abstractmethod
    def forward(self, program: Program, leaves: Sequence[Native]) -> tuple[Native, ...]:
        """The outputs, computed without differentiation."""

    @abstractmethod
    def vjp(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[tuple[Native, ...], tuple[Native | None, ...]]:
        """Outputs, and for each leaf the vector-Jacobian product (None where the framework says "not connected").

        ``cotangents`` has one array per output, of the output's shape and dtype.
        """

    def vjps(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Sequence[Native]]
    ) -> list[tuple[tuple[Native, ...], tuple[Native | None, ...]]]:
        """`vjp` of several cotangents.  Override it where one forward pass can serve them all.

        A class that overrides `vjp` below one that overrides this is asked through `vjp` alone.
        """
        return [self.vjp(program, leaves, one) for one in cotangents]

    def derive(
        self,
        program: Program,
        leaves: Sequence[Native],
        word: str,
        cotangents: Sequence[Native],
        tangents: Sequence[Sequence[Native]],
    ) -> tuple[Native | None, ...]:
        """The derivative a word of forward and reverse steps names (`conformance.word`): one array per leaf where it has a
        reverse step (None where the framework says "not connected"), else one per output.

        ``tangents`` are shaped like the leaves, one tuple for each step but the first reverse one, innermost first.
        Raises Unsupported with the reason where the framework has no such composition.
        """
        raise Unsupported(f"{self.framework} has no derivative {word} here yet")

    def jacobian(self, program: Program, leaves: Sequence[Native], form: str) -> Sequence[Sequence[Native | None]]:
        """For each output, for each leaf: d output / d leaf, of the output's shape followed by the leaf's (None where the
        framework says "not connected"), by one of the ``JACOBIANS`` of `conformance.word`.

        Raises Unsupported with the reason where the framework has no such function.
        """
        raise Unsupported(f"{self.framework} has no {form} here yet")

    def hessian(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> Sequence[Sequence[Native | None]]:
        """For each leaf, for each leaf again: the second derivative of <u, f> by both, of the first one's shape followed by
        the second one's (None where the framework says "not connected"), all by one call of the framework.

        Raises Unsupported with the reason where the framework has no such function.
        """
        raise Unsupported(f"{self.framework} has no whole Hessian here yet")

    def per_example(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native]
    ) -> tuple[Native | None, ...]:
        """The vector-Jacobian product of every example at once; all arrays have one more axis in front, the examples.

        Raises Unsupported with the reason where the framework cannot vectorize.
        """
        raise Unsupported(f"{self.framework} has no per-example gradients here yet")

    def derivatives(
        self, program: Program, leaves: Sequence[Native], cotangents: Sequence[Native], asked: Sequence[Asked]
    ) -> list[Derivative]:
        """`derive` for several words; what one of them raises stands in its place.

        Override it where one program can serve them all.  A class that overrides `derive` below one that overrides this is
        asked through `derive` alone.
        """
        found: list[Derivative] = []
        for word, tangents in asked:
            try:
                found.append(self.derive(program, leaves, word, cotangents, tangents))
            except Exception as failure:  # noqa: BLE001 - handed to whoever asked
                found.append(failure)
        return found

    def wrappers(self) -> Mapping[str, Sequence[Wrapper]]:
        """The framework's forms of `conformance.wrapping.KINDS`; those that are not named it does not have."""
        return {}

    def translate_wrapped(self, graph: Graph, dtype: str, wrapping: Wrapping) -> Program:
        """`translate` with a part of the program within one of its ``wrappers``, the ``form``-th of its kind."""
        raise Unsupported(f"{self.framework} has nothing to wrap a part of a program in")

    def arranged(self, array: Native, layout: str) -> Native:
        """A leaf of the same numbers in one of the ``layouts``; expanded: of the first element, in the same shape."""
        raise Unsupported(f"{self.framework} has no layout {layout}")

    def script(self, program: Program, point: Sequence[np.ndarray], cotangents: Sequence[np.ndarray]) -> str:
        """A program that needs only the framework and shows the outputs and the vector-Jacobian product."""
        raise Unsupported(f"{self.framework} has no script form yet")

    def derivative_script(
        self,
        program: Program,
        point: Sequence[np.ndarray],
        cotangents: Sequence[np.ndarray],
        word: str,
        tangents: Sequence[Sequence[np.ndarray]],
    ) -> str:
        """A program that needs only the framework and shows what `derive`, `jacobian`, `hessian` or `per_example` gives.

        ``word`` is a word of steps, one of the ``JACOBIANS``, ``HESSIAN``, or ``PER_EXAMPLE``, of which all arrays have one
        more axis in front.  Raises Unsupported where there is no such program; then the one of the vector-Jacobian product
        is shown.
        """
        raise Unsupported(f"{self.framework} has no script of other derivatives yet")

    def tape(self) -> Tape | None:
        """The framework's own statements for stories of leaves and tapes; None where it has no such thing."""
        return None

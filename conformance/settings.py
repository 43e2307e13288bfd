"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from autograd_conformance.laws import LAWS, Law
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.precision import UNIT_ROUNDOFF


class BadSettings(ValueError):
    """The settings ask for something that does not exist; the message names what does."""


@dataclass(frozen=True)
class Profile:
    """How much a run does; the numbers are cases per adapter.  ``dtypes`` are judged unless others are asked for."""

    eager: int
    compiled: int
    single_eager: int
    """Cases per op, the op in a small context."""
    single_compiled: int
    dtypes: tuple[str, ...] = ("float64", "float32")


PROFILES = {
    "quick": Profile(40, 8, 1, 0),
    "default": Profile(200, 25, 2, 1),
    "nightly": Profile(2000, 200, 10, 3, tuple(UNIT_ROUNDOFF)),
}


@dataclass(frozen=True)
class Settings:
    """Everything that determines the results of a run, besides the frameworks."""

    seed: int = 1
    profile: str = "default"
    examples: int | None = None
    """Random cases per adapter, overriding the profile for eager and compiled modes alike."""
    dtypes: tuple[str, ...] = ()
    """Those of the profile when empty."""
    laws: tuple[str, ...] = ("*",)
    ops: tuple[str, ...] = ("*",)
    replay_only: bool = False
    timeout: float = 60.0
    """Seconds after which an answer counts as none."""
    python: dict[str, str] = field(default_factory=dict)
    """Adapter or framework name to the Python executable its worker runs under."""

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise BadSettings(f"no profile {self.profile!r}; there are {', '.join(PROFILES)}")
        if not self.dtypes:
            object.__setattr__(self, "dtypes", PROFILES[self.profile].dtypes)
        unknown = [dtype for dtype in self.dtypes if dtype not in UNIT_ROUNDOFF]
        if unknown:
            raise BadSettings(f"no dtype {unknown[0]!r}; this version judges {', '.join(UNIT_ROUNDOFF)}")
        if self.examples is not None and self.examples < 0:
            raise BadSettings("--examples cannot be negative")
        if not 0 < self.timeout < float("inf"):
            raise BadSettings("--timeout must be above 0 seconds, and finite")
        for pattern in self.laws:
            if not any(fnmatchcase(name, pattern) for name in LAWS):
                raise BadSettings(f"no law matches {pattern!r}; `autograd-conformance list laws` names them")
        for pattern in self.ops:
            if not any(fnmatchcase(name, pattern) for name in VOCABULARY):
                raise BadSettings(f"no op matches {pattern!r}; `autograd-conformance list ops` names them")

    def chosen_laws(self) -> dict[str, Law]:
        return {name: law for name, law in LAWS.items() if any(fnmatchcase(name, glob) for glob in self.laws)}

    def chosen_ops(self) -> tuple[Op, ...]:
        return tuple(
            VOCABULARY[name] for name in sorted(VOCABULARY) if any(fnmatchcase(name, glob) for glob in self.ops)
        )

    @property
    def is_full(self) -> bool:
        """Whether nothing was narrowed, so that an expectation which matches nothing is stale."""
        return self.laws == ("*",) and self.ops == ("*",) and set(self.dtypes) >= set(PROFILES["default"].dtypes)

    def random_cases(self, is_compiled: bool) -> int:
        if self.replay_only:
            return 0
        profile = PROFILES[self.profile]
        if self.examples is not None:
            return self.examples
        return profile.compiled if is_compiled else profile.eager

    def single_cases(self, is_compiled: bool) -> int:
        if self.replay_only:
            return 0
        profile = PROFILES[self.profile]
        return profile.single_compiled if is_compiled else profile.single_eager

    def plain(self) -> dict[str, object]:
        """For the results header; where workers ran is recorded with each adapter."""
        return {
            "profile": self.profile,
            "examples": self.examples,
            "dtypes": list(self.dtypes),
            "laws": list(self.laws),
            "ops": list(self.ops),
            "replay_only": self.replay_only,
            "timeout": self.timeout,
        }

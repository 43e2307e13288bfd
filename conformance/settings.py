"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from autograd_conformance.laws import LAWS, Law
from autograd_conformance.ops import VOCABULARY
from autograd_conformance.ops.op import Op
from autograd_conformance.precision import UNIT_ROUNDOFF
from autograd_conformance.scenarios import EXPLORED, KINKS, SCENARIOS, STORYLESS, Scenario


class BadSettings(ValueError):
    """The settings ask for something that does not exist; the message names what does."""


@dataclass(frozen=True)
class Profile:
    """How much a run does; the numbers are cases per adapter.  ``dtypes`` are judged unless others are asked for."""

    eager: int
    """Random graphs over the common ops; ``compiled``: of a mode in which a graph costs a compilation."""
    compiled: int
    slow: int
    """Of a mode in which it costs dozens, op by op."""
    single_eager: int
    """Cases per op, the op in a small context."""
    single_compiled: int
    floor: int = 0
    """Times every op must be strongly judged in every adapter that has it."""
    dtypes: tuple[str, ...] = ("float64", "float32")
    slow_dtypes: tuple[str, ...] = ("float64",)
    """In such a mode: its rules are those of the mode that compiles whole graphs, which is asked in all."""
    programs: int = 150
    """Random programs of leaves and tapes per adapter that has a model."""
    slow_scenarios: bool = True
    """Whether scenarios that take seconds are told."""
    orders_eager: float = 1.0
    """Cases per op that are differentiated in every way."""
    orders_compiled: float = 0.25
    special_eager: int | None = None
    """Ops that are judged at their special points; all where None."""
    special_compiled: int | None = 44
    patterns_eager: float = 1.0
    """Cases for one expression that optimisers rewrite; of two, the second has a sine round it."""
    patterns_compiled: float = 0.5
    large_eager: int = 10
    """Cases of thousands of elements."""
    large_compiled: int = 3
    passing_compiled: int = 240
    """Of the sample of passing cases, how many are replayed; where a graph costs no compilation it is all of them."""
    passing_slow: int = 60
    handful: int = 6
    """Random graphs over the common ops, and as many single ops, of a mode in which a graph costs seconds."""


PROFILES = {
    "quick": Profile(
        40,
        8,
        4,
        1,
        0,
        programs=30,
        slow_scenarios=False,
        orders_eager=0.25,
        orders_compiled=0.03,
        special_eager=24,
        special_compiled=3,
        patterns_eager=0.125,
        patterns_compiled=0.03,
        large_eager=3,
        large_compiled=1,
        handful=2,
    ),
    "default": Profile(100, 20, 5, 1, 1, floor=5),
    "nightly": Profile(
        1000,
        100,
        50,
        5,
        2,
        floor=20,
        dtypes=tuple(UNIT_ROUNDOFF),
        slow_dtypes=("float64", "float32"),
        programs=3000,
        large_eager=60,
        large_compiled=15,
        orders_eager=10,
        orders_compiled=2,
        special_compiled=None,
        patterns_eager=2,
        patterns_compiled=2,
        handful=30,
    ),
}
SHARES = {"core": 1.0, "vocabulary": 0.5, "shapes": 0.5, "deep": 0.2, "wide": 0.2}
"""Random graphs of each stratum for one over the common ops."""


@dataclass(frozen=True)
class Settings:
    """Everything that determines the results of a run, besides the frameworks."""

    seed: int = 1
    profile: str = "default"
    examples: int | None = None
    """Random cases per adapter, overriding the profile for eager and compiled modes alike."""
    dtypes: tuple[str, ...] = ()
    """Those of the profile when empty."""
    slow_dtypes: tuple[str, ...] = field(init=False)
    """Of modes in which a graph costs dozens of compilations."""
    laws: tuple[str, ...] = ()
    """Globs; no laws, ops and scenarios at all mean every one of them, and some of one kind mean none of the others."""
    ops: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    replay_only: bool = False
    timeout: float = 60.0
    """Seconds after which an answer counts as none."""
    python: dict[str, str] = field(default_factory=dict)
    """Adapter or framework name to the Python executable its worker runs under."""

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise BadSettings(f"no profile {self.profile!r}; there are {', '.join(PROFILES)}")
        object.__setattr__(self, "slow_dtypes", self.dtypes or PROFILES[self.profile].slow_dtypes)
        if not self.dtypes:
            object.__setattr__(self, "dtypes", PROFILES[self.profile].dtypes)
        unknown = [dtype for dtype in self.dtypes if dtype not in UNIT_ROUNDOFF]
        if unknown:
            raise BadSettings(f"no dtype {unknown[0]!r}; this version judges {', '.join(UNIT_ROUNDOFF)}")
        if self.examples is not None and self.examples < 0:
            raise BadSettings("--examples cannot be negative")
        if not 0 < self.timeout < float("inf"):
            raise BadSettings("--timeout must be above 0 seconds, and finite")
        for pattern in self.scenarios:
            if not any(fnmatchcase(name, pattern) for name in (*SCENARIOS, *STORYLESS)):
                known = "`autograd-conformance list scenarios` names them"
                raise BadSettings(f"no scenario matches {pattern!r}; {known}")
        for pattern in self.laws:
            if not any(fnmatchcase(name, pattern) for name in LAWS):
                raise BadSettings(f"no law matches {pattern!r}; `autograd-conformance list laws` names them")
        for pattern in self.ops:
            if not any(fnmatchcase(name, pattern) for name in VOCABULARY):
                raise BadSettings(f"no op matches {pattern!r}; `autograd-conformance list ops` names them")

    @property
    def judges_graphs(self) -> bool:
        """Whether graphs are judged at all: not when only scenarios were asked for."""
        return bool(self.laws or self.ops or not self.scenarios)

    def chosen_laws(self) -> dict[str, Law]:
        return {name: law for name, law in LAWS.items() if _matches(name, self.laws)}

    def chosen_ops(self) -> tuple[Op, ...]:
        return tuple(VOCABULARY[name] for name in sorted(VOCABULARY) if _matches(name, self.ops))

    def chosen_scenarios(self) -> tuple[Scenario, ...]:
        return tuple(each for each in SCENARIOS.values() if self._tells(each.name, each.is_slow))

    def _tells(self, name: str, is_slow: bool) -> bool:
        """Whether a scenario was asked for, by its name or with all that the profile has."""
        if self.scenarios:
            return _matches(name, self.scenarios)
        return not (self.laws or self.ops) and (PROFILES[self.profile].slow_scenarios or not is_slow)

    @property
    def programs(self) -> int:
        """How many random programs are told; the corpus alone is replayed without any search."""
        is_narrowed = self.laws or self.ops or self.replay_only
        is_chosen = _matches(EXPLORED, self.scenarios) if self.scenarios else not is_narrowed
        return PROFILES[self.profile].programs if is_chosen else 0

    @property
    def asks_kinks(self) -> bool:
        """Whether ops are asked at their kinks; with other scenarios that take seconds."""
        return self._tells(KINKS, is_slow=True)

    @property
    def is_full(self) -> bool:
        """Whether nothing was narrowed, so that an expectation which matches nothing is stale."""
        narrowed = self.laws or self.ops or self.scenarios
        return not narrowed and set(self.dtypes) >= set(PROFILES["default"].dtypes)

    def random_cases(self, stratum: str, is_compiled: bool, is_slow: bool = False) -> int:
        """Graphs of a stratum for one adapter."""
        if self.replay_only:
            return 0
        profile = PROFILES[self.profile]
        core = profile.slow if is_slow else profile.compiled if is_compiled else profile.eager
        return round(SHARES[stratum] * (core if self.examples is None else self.examples))

    @property
    def handful(self) -> int:
        """Cases of each of a few strata for an adapter in which a graph costs seconds."""
        return PROFILES[self.profile].handful if self.examples is None else self.examples

    @property
    def floor(self) -> int:
        """Strong judgements every op needs; 0 in a run that was narrowed, of which nobody expects them."""
        return PROFILES[self.profile].floor if self.is_full and self.examples is None and not self.replay_only else 0

    def single_cases(self, is_compiled: bool) -> int:
        if self.replay_only:
            return 0
        profile = PROFILES[self.profile]
        return profile.single_compiled if is_compiled else profile.single_eager

    def order_cases(self, is_compiled: bool) -> int:
        """Cases of one op that are differentiated in every way, where a chosen law is about that."""
        if self.replay_only or not any(law.words for law in self.chosen_laws().values()):
            return 0
        profile = PROFILES[self.profile]
        return round(len(self.chosen_ops()) * (profile.orders_compiled if is_compiled else profile.orders_eager))

    def special_ops(self, is_compiled: bool, is_slow: bool) -> int:
        """Ops judged at their special points, no more than random cases were asked for; none where it is op by op."""
        if self.replay_only or is_slow:
            return 0
        profile = PROFILES[self.profile]
        most = profile.special_compiled if is_compiled else profile.special_eager
        return self._at_most(len(self.chosen_ops()) if most is None else most)

    def pattern_cases(self, count: int, is_compiled: bool, is_slow: bool) -> int:
        """Cases of so many expressions that optimisers rewrite; none where nothing but an op at a time is compiled."""
        if self.replay_only or is_slow:
            return 0
        profile = PROFILES[self.profile]
        return self._at_most(round(count * (profile.patterns_compiled if is_compiled else profile.patterns_eager)))

    def large_cases(self, is_compiled: bool) -> int:
        """Cases of thousands of elements."""
        if self.replay_only:
            return 0
        profile = PROFILES[self.profile]
        most = profile.large_compiled if is_compiled else profile.large_eager
        return self._at_most(most)

    def _at_most(self, count: int) -> int:
        """No more than random cases were asked for."""
        return count if self.examples is None else min(count, self.examples)

    def passing_cases(self, size: int, is_compiled: bool, is_slow: bool) -> int:
        """How many of the sample of passing cases are replayed: none by a run that searches, which draws its own."""
        if not self.replay_only:
            return 0
        profile = PROFILES[self.profile]
        return min(size, profile.passing_slow if is_slow else profile.passing_compiled if is_compiled else size)

    def plain(self) -> dict[str, object]:
        """For the results header; where workers ran is recorded with each adapter."""
        return {
            "profile": self.profile,
            "examples": self.examples,
            "dtypes": list(self.dtypes),
            "laws": list(self.laws),
            "ops": list(self.ops),
            "scenarios": list(self.scenarios),
            "replay_only": self.replay_only,
            "timeout": self.timeout,
        }


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)

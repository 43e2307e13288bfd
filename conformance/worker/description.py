"""What an adapter says of itself, and the reasons why it cannot be asked at all."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Description:
    """What an adapter says of itself in one mode; ``lowers`` are the ops of the given vocabulary it can express."""

    framework: str
    mode: str
    modes: dict[str, str]
    compiled_modes: tuple[str, ...]
    versions: dict[str, str]
    numerics: dict[str, str]
    python: str
    lacks: dict[str, str]
    lowers: tuple[str, ...]
    composes: tuple[str, ...] = ()
    """Those of ``lowers`` that it writes as a combination of others."""
    absences: dict[str, str] = field(default_factory=dict)
    """Ops it cannot express, with the reason."""
    costly_modes: tuple[str, ...] = ()
    """Modes that run only when named."""
    slow_modes: tuple[str, ...] = ()
    """Modes whose cases two workers share."""
    has_tape: bool = False
    """Whether stories can be told in the framework's own statements in this mode."""
    rarely: dict[str, int] = field(default_factory=dict)
    """Words that cost much, and one of how many cases is asked for them."""
    contract: str = ""
    """What the framework documents of the scenarios, as the text of a TOML file; empty where it tells none."""

    @property
    def device(self) -> str:
        """What it computes on, as it says itself; empty where it does not say."""
        return self.numerics.get("device", "")


class AdapterUnusable(Exception):
    """No question can be asked; the message is for the user and names the next step."""


class FrameworkMissing(AdapterUnusable):
    """A module the adapter imports is not installed."""


class BrokenAdapter(AdapterUnusable):
    """The adapter itself cannot be imported, made or described."""


class UnknownMode(AdapterUnusable):
    """The adapter has no such mode."""


class WorkerFailed(AdapterUnusable):
    """The process could not be started, or ended or fell silent before it could be asked anything."""

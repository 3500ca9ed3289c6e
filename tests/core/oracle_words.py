"""The words of the plain second router: what it is given, what it answers, and what it remembers.

Belongs here: values without behaviour. Does not belong here: any rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rr_pipeline.core.model import (
    Absence,
    Departure,
    Member,
    Pause,
    Policy,
    Pool,
    StandIn,
    StatusChange,
    Step,
    Target,
    Token,
    WaitStep,
)


@dataclass(frozen=True)
class Arrival:
    item: int
    pool: str
    time: int
    needs: tuple[str, ...] = ()
    priority: int = 0
    wishes: tuple[str, ...] = ()
    prefers: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    person: int | None = None
    kept_by: str | None = None
    follows_survivor: bool = False
    at_closes: bool | None = None
    created: int | None = None
    is_followed: bool = False
    is_given: bool = False
    reopens: int = 0
    last_owner: str | None = None


@dataclass(frozen=True)
class Event:
    """What happened to an item at ``occurred``, and counts from ``at`` on.

    Of a gift: the owner delivered before it, and the pool of the item where nothing is followed of it.
    """

    at: int
    item: int
    kind: str
    member: str | None
    occurred: int
    before: str | None = None
    pool: str | None = None


@dataclass(frozen=True)
class Row:
    """One decision with those considered, as the frames say it."""

    item: int
    pool: str
    kind: str
    member: str | None
    time: int
    version: str
    turn: int | None
    before: int | None
    after: int | None
    token: str | None
    reasons: tuple[int, ...]
    balances: tuple[int, ...]
    cause: str | None = None
    previous: str | None = None
    sent_to: str | None = None
    target: str | None = None
    due: int | None = None
    since: int | None = None
    open_counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Breach:
    """One row of the breaches, in the order of the frame's columns."""

    item: int
    pool: str
    member: str
    kind: str
    target: str | None
    due: int | None
    time: int
    is_notified: bool
    outcome: str
    version: str
    target_kind: str | None = None
    step_no: int | None = None
    step: str | None = None
    level: int | None = None


@dataclass(frozen=True)
class Settled:
    """What became of the balance of one who left, or who stayed, in the order of the frame's columns."""

    pool: str
    member: str
    time: int
    has_left: bool
    before: int
    after: int
    parts: int
    version: str
    next_row: int


@dataclass(frozen=True)
class Telling:
    """An earlier run made somebody the owner of an item, which this call decides again; told: None, if gone by then."""

    item: int
    member: str
    since: int | None
    told: int | None


@dataclass
class World:
    policies: Sequence[Policy]
    arrivals: Sequence[Arrival]
    until: int
    absences: Sequence[Absence] = ()
    status_changes: Sequence[StatusChange] = ()
    tokens: Sequence[Token] = ()
    events: Sequence[Event] = ()
    closes: Sequence[int] = ()
    waits_at_closes: bool = False
    pauses: Sequence[Pause] = ()
    departures: Sequence[Departure] = ()
    step_closes: Sequence[tuple[int, int]] = ()
    told: int | None = None
    stand_ins: Sequence[StandIn] = ()
    deputies: Sequence[StandIn] = ()
    tellings: Sequence[Telling] = ()
    told_anew: int | None = None


@dataclass
class Hold:
    """An item that waits in a pool, and what is still to be done about it, by the version in which the wait began."""

    arrival: Arrival
    pool: str
    since: int
    version: str
    entries: tuple[WaitStep, ...]
    done: int = 0
    previous: tuple[str, ...] = ()
    previous_since: tuple[int, ...] = ()
    reassign_count: int = 0
    is_returned: bool = False

    @property
    def due(self) -> int | None:
        """The instant of the next entry."""
        return self.since + self.entries[self.done].after_us if self.done < len(self.entries) else None

    @property
    def rank(self) -> tuple[int, int]:
        return self.arrival.priority, self.arrival.item


@dataclass
class Clock:
    """A target of an open item, and the ladder that belongs to it. ``at``: the instant of the step in ``place``."""

    target: Target
    due: int | None
    steps: list[Step]
    place: int = 0
    at: int | None = None
    waits: list[int] = field(default_factory=list)
    looked: dict[int, int] = field(default_factory=dict)


@dataclass
class Open:
    """An item that somebody has, and that the router follows."""

    arrival: Arrival
    pool: str
    owner: str
    since: int
    clocks: dict[str, Clock] = field(default_factory=dict)
    touched: int | None = None
    acted: int | None = None
    is_idle: bool = False
    idle_looked: int = -1
    is_released: bool = False
    reassign_count: int = 0
    previous: tuple[str, ...] = ()
    previous_since: tuple[int, ...] = ()
    charged: int = 0
    given: int | None = None
    told: int = 0

    @property
    def is_given(self) -> bool:
        return self.given is not None

    @property
    def rank(self) -> tuple[int, int]:
        return self.arrival.priority, self.arrival.item

    @property
    def target(self) -> str | None:
        return self.clocks["first_touch"].target.name if "first_touch" in self.clocks else None

    @property
    def due(self) -> int | None:
        return self.clocks["first_touch"].due if "first_touch" in self.clocks else None

    @property
    def is_breached(self) -> bool:
        """A step at or after the due instant was taken."""
        clock = self.clocks.get("first_touch")
        return clock is not None and any(step.at_us >= 0 for step in clock.steps[: clock.place])


@dataclass
class Seen:
    """What the members of a pool look like to one item at one instant, in the order of the roster."""

    pool: Pool
    version: str
    reasons: dict[str, list[str]]
    stand: dict[str, int]
    opens: dict[str, int]
    accruing: list[Member] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    is_anybody_before: bool = False
    is_offered: bool = False

    @property
    def eligible(self) -> list[str]:
        return [name for name, why in self.reasons.items() if not why]

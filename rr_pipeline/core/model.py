"""The words of the router as frozen values: limits, members, pools, policies, tokens, and the codes they share.

Belongs here: plain data that callers build and read. Does not belong here: frames and state (``frames``), checks
across values, arithmetic, or anything that reads a file.

Units: instants are UTC microseconds since 1970 (``_us``); balances are whole parts of a turn, ``UNIT`` parts each.
Intervals include their start and exclude their end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any

from rr_pipeline.core.limits import WINDOWS, Window
from rr_pipeline.core.vocabulary import words

UNIT = 232_792_560_000
"""Parts of one turn; divisible by every number from 1 to 20, so that shares of small pools have no remainder."""

NO_LIMIT = -1
"""A limit that is not set."""

FAR_PAST_US = -(2**62)
"""Stands for "since ever" where an interval has no start."""

FAR_FUTURE_US = 2**62
"""Stands for "for ever" where an interval has no end."""

REASONS = words("reasons")
"""Why a member is not eligible. Bit i of a mask is ``REASONS[i]``; the stored code is 0 (eligible) or i + 1."""

CAME_FIRST = 128
"""Code of an eligible member who is among those that come first for the item: preferred, or its last owner."""

ACCRUES = 64
"""Added to the code of a reason when the member earns a share of the item all the same."""

KINDS = words("decision_kinds")
"""Kinds of decisions; the stored text is the name."""

CAUSES = words("causes")
"""Why an item was moved or taken out; null where it simply had its turn."""

# A withdrawal is a closing to it, and what qualifies later an arrival.
EVENT_KINDS = tuple(kind for kind in words("event_kinds") if kind not in {"withdraw", "qualify"})
"""What may happen to an item after it was assigned, in the order in which events of one instant are taken."""

STEPS = words("steps")
"""What a step of a target does."""

CLOCK_STARTS = words("clock_starts")
"""When the clock of a target starts; the order is that of the kernel's codes."""

TARGET_KINDS = words("target_kinds")
"""What is to be done in time; the order is that of the clocks of an item in the kernel."""

BREACH_KINDS = words("breach_kinds")
"""What a row of the breaches is about."""

OUTCOMES = words("breach_outcomes")
"""What came of a breach or of an owner's declining."""


class Limits(make_dataclass("_Limits", [(one.setting, int, NO_LIMIT) for one in WINDOWS], frozen=True)):  # type: ignore[misc]
    """Most items a member may be given in each of the windows of ``limits``, by the names of their settings."""

    def of(self, window: Window) -> int:
        """Return the limit of one window."""
        most: int = getattr(self, window.setting)
        return most


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Vacation:
    """An absence written in the policy, already in UTC; the end is exclusive."""

    from_us: int
    until_us: int


@dataclass(frozen=True)
class Schedule:
    """When somebody works, by the local clock.

    ``blocks``: (first minute, last minute exclusive) of the week, minute 0 being Monday 00:00 and the end at most a
    day after the start; a block over Sunday midnight ends beyond 10,080. None: at all hours. A member works at an
    instant when the local clock shows a minute inside a block; an hour that the clock shows twice counts twice.
    ``holidays``: local days since 1970 that are off from midnight to midnight.
    ``dated``: (local day, blocks in minutes of that day) in place of what the week says of the blocks that begin on it;
    ascending, one a day, without overlaps; a day with blocks is no holiday.
    ``works``: (from_us, until_us) that are worked all the same, whatever hours and holidays say; ascending, apart.
    """

    blocks: tuple[tuple[int, int], ...] | None = None
    holidays: frozenset[int] = frozenset()
    dated: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = ()
    works: tuple[tuple[int, int], ...] = ()


ALWAYS = Schedule()


@dataclass(frozen=True)
class Member:
    """One user in one pool. ``is_active`` is the policy's word; status changes of the users feed come on top.

    ``gone``: ascending stretches in which the user has left, being gone from the users feed.
    ``max_open``: most open items of this pool at a time.
    """

    member_id: str
    weight: int = 1
    skills: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    from_us: int = FAR_PAST_US
    until_us: int = FAR_FUTURE_US
    is_active: bool = True
    limits: Limits = NO_LIMITS
    vacations: tuple[Vacation, ...] = ()
    schedule: Schedule = ALWAYS
    max_open: int = NO_LIMIT
    gone: tuple[tuple[int, int], ...] = ()

    def is_member_at(self, at_us: int) -> bool:
        """Whether the user belongs to the pool at an instant."""
        is_gone = any(start <= at_us < end for start, end in self.gone)
        return self.from_us <= at_us < self.until_us and not is_gone


@dataclass(frozen=True)
class UserLimits:
    """Limits of a user over all pools. Days and weeks are local to ``time_zone``; the total counts since ever."""

    user_id: str
    limits: Limits = NO_LIMITS
    max_open: int = NO_LIMIT
    time_zone: str = "UTC"
    week_start: int = 0


@dataclass(frozen=True)
class Step:
    """What is done about a target: ``do`` is one of ``STEPS``, ``at_us`` after the due instant in the target's clock
    (below 0: before it). ``to``: the queue or the pool it goes to. ``level``: which manager up, from 1 on.
    """

    do: str
    at_us: int = 0
    to: str | None = None
    level: int = 1


NOTIFY_MANAGER = Step("notify_manager")


@dataclass(frozen=True)
class Target:
    """A service level: first touch by the owner, or closing, within ``within_us`` of the assignment.

    ``clock``: "calendar", or "working" (the owner's hours without holidays). ``steps``: in the order of their instants
    those that come at one instant as they stand. A target that is not ``is_default`` applies to items that name it in
    ``targets``; of each ``kind`` ("first_touch", "resolve") the first of the pool that applies counts. ``starts``: when
    its clock does, one of ``CLOCK_STARTS`` (None: when its owner is told, where steps are taken at closes, else with
    the owner).
    """

    name: str
    within_us: int
    clock: str = "calendar"
    steps: tuple[Step, ...] = (NOTIFY_MANAGER,)
    is_default: bool = True
    kind: str = "first_touch"
    starts: str | None = None


@dataclass(frozen=True)
class WaitStep:
    """What is done about an item that has waited in its pool for ``after_us``; see ``waits``.

    ``do``: "alert", "raise", "drop" (``drop``: skills or patterns, in small letters), "failover" (to the pool ``to``)
    or "queue" (to the queue ``to``), which both end the wait.
    """

    after_us: int
    do: str
    drop: tuple[str, ...] = ()
    to: str | None = None


def setting(default: object, column: str, about: str) -> Any:
    """Return a field of a pool that marts.dim_pools shows: by which column, and what that says."""
    return field(default=default, metadata={"column": column, "about": about})


@dataclass(frozen=True)
class Pool:
    """Members that share one rotation. The order of ``members`` is the roster order, the last tie break.

    ``debt_limit`` (what one may come to owe those who are not eligible) and ``catch_up_limit`` are whole turns;
    ``week_start`` is 0 for Monday to 6 for Sunday.
    ``strategy``: "fair" (the ledger), or "least_loaded" (open items to ``max_open``, ties by the ledger).
    ``when_nobody``: "hold", "failover" (to the pool ``failover``), or "queue" (to the queue ``queue``); a hold lasts
    ``hold_for_us`` (None: for ever), ``then`` "failover" or "queue". ``while_waiting``: what is done about items that
    wait, in place of ``hold_for_us`` and ``then``, ascending by ``after_us``.
    ``sticky_us``: so long after its last owner got an item, a person's next one goes to the same member if eligible
    (0: never). ``activity_delay_us``: steps on a missed target come that long after it fell due. ``activity_wait_us``:
    of live items they wait at most that long for the delivery of activities.
    ``charge_back``: a reassigned item's turn moves to the new owner. ``redo_on_return``: an owner who returns an item
    as bad is granted a redo. ``count_kept``: kept items of members count in limits and as open.
    ``declines``: an owner may decline, which reassigns at once. ``capacity_until``: an item is open until it is
    "closed", or until it is "touched" first.
    ``times_given``: targets apply to what a person gave to somebody, too; then only its manager is told of misses.
    ``reroute_within_us``: so long after its assignment an item that nobody has touched goes on where it belongs now;
    0: never.
    ``limits_survivors``: who owns a person's last item has the next one only within limits and ``max_open``, and it
    counts in both.
    ``is_over``: nothing waits here any more; what still does goes on as ``then`` says when the version begins.
    ``is_gone``: only the version before has this pool; what waits here is decided elsewhere as this one begins.
    """

    pool_id: str
    members: tuple[Member, ...]
    accrue_while: frozenset[str] = setting(
        frozenset({"skill_missing"}), "accrue_while", "reasons during which a member still earns its share"
    )
    debt_limit: int = setting(5, "debt_limit", "most turns a member can come to owe those who are not eligible")
    catch_up_limit: int = setting(2, "catch_up_limit", "most turns a member who is away can be owed")
    charge_redo: bool = setting(False, "is_redo_charged", "a redo costs a turn")
    week_start: int = 0
    strategy: str = setting("fair", "strategy", "fair (turns by weight) or least_loaded (fewest open items)")
    sticky_us: int = setting(
        0, "sticky_for_seconds", "how long a person's next item goes to its last owner; null: never"
    )
    when_nobody: str = setting("hold", "when_nobody", "what happens when nobody is eligible: hold, failover or queue")
    hold_for_us: int | None = setting(
        None, "hold_for_seconds", "longest wait of a hold; null: until somebody is eligible"
    )
    then: str | None = setting(
        None, "when_hold_ends", "what follows a hold that ran out: failover or queue; null: holds do not run out"
    )
    while_waiting: tuple[WaitStep, ...] = setting(
        (), "while_waiting", "what is done about items that wait, as JSON, in order: after_seconds, do, drop, to"
    )
    alert_to: str | None = setting(
        None, "alert_to", "who is told of items that wait or are queued, in place of the members' managers"
    )
    failover: str | None = setting(None, "failover_pool_id", "the pool its items fail over to, at once or after a hold")
    queue: str | None = setting(None, "queue_id", "the queue its items go to, at once or after a hold")
    targets: tuple[Target, ...] = setting(
        (),
        "targets",
        "service levels as JSON, in order: target, first_touch_within_seconds or resolve_within_seconds, clock, "
        "on_breach, is_default",
    )
    activity_delay_us: int = setting(
        0, "activity_delay_seconds", "steps on a missed target come that long after it fell due"
    )
    activity_wait_us: int = setting(
        86_400_000_000, "activity_wait_seconds", "steps wait at most that long for the delivery of activities"
    )
    max_reassignments: int = setting(3, "max_reassignments", "most times one item is taken from an owner")
    charge_back: bool = setting(False, "is_charged_back", "the turn of a reassigned item moves to its new owner")
    declines: bool = setting(False, "has_declines", "an owner may decline an item")
    redo_on_return: bool = setting(False, "has_redo_on_return", "who returns an item as bad is given a redo")
    count_kept: bool = setting(False, "is_kept_counted", "kept items count in limits and as open")
    capacity_until: str = setting(
        "closed", "capacity_until", "an item is open until it is closed, or until it is touched"
    )
    is_over: bool = False
    is_gone: bool = False
    times_given: bool = True
    limits_survivors: bool = True
    reroute_within_us: int = 0


POOL_SETTINGS = tuple(one for one in fields(Pool) if one.metadata)
"""The settings that tables show, each with ``column`` and ``about`` in its metadata."""


def _pool_columns() -> dict[str, str]:
    columns = {one.metadata["column"]: one.metadata["about"] for one in POOL_SETTINGS}
    columns["limits"] = f"default limits of its members as JSON: {', '.join(one.setting for one in WINDOWS)}"
    # In the order that the table has always had; new settings come behind.
    first = ("strategy", "accrue_while", "debt_limit", "catch_up_limit", "is_redo_charged", "limits")
    return {name: columns[name] for name in dict.fromkeys((*first, *columns))}


POOL_COLUMNS = _pool_columns()
"""Columns of marts.dim_pools that hold settings, limits among them, and what each says."""


@dataclass(frozen=True)
class Idle:
    """An item about which its owner has done nothing for ``after_us`` goes on: to the others ("reassign"), to the
    owner's deputy, where one stands in, else to the others ("deputy"), or to the ``queue`` ("queue").
    """

    after_us: int
    do: str = "reassign"
    queue: str | None = None


@dataclass(frozen=True)
class Policy:
    """One policy version, in force from ``from_us`` until ``until_us`` (exclusive). Versions follow without a gap.

    ``users``: limits over all pools, of those who have any. ``hands_over``: open items of owners who go are handed
    over, so that all items are followed. ``kept_targets``: targets of items that an existing owner keeps, in place of
    those of their pools; none: those of the pools. ``gone_queues``: where items of owners who go may be sent.
    ``idle``: what becomes of items about which their owners do nothing; then all items are followed.
    """

    version: str
    from_us: int
    until_us: int
    pools: tuple[Pool, ...]
    users: tuple[UserLimits, ...] = ()
    hands_over: bool = False
    kept_targets: tuple[Target, ...] = ()
    gone_queues: tuple[str, ...] = ()
    idle: Idle | None = None


@dataclass(frozen=True)
class StatusChange:
    """From ``at_us`` on the user is active or not, in all pools. Of several at one instant the last one holds."""

    user_id: str
    at_us: int
    is_active: bool


@dataclass(frozen=True)
class Departure:
    """At ``at_us`` a user goes (cause "departed"), or turns out to be away for long ("away").

    The open items they have then are offered to the others, or go to a ``deputy`` or into a ``queue``.
    ``spares_touched``: but for those they have touched.
    """

    user_id: str
    at_us: int
    cause: str = "departed"
    spares_touched: bool = False
    deputy: str | None = None
    queue: str | None = None


@dataclass(frozen=True)
class StandIn:
    """From ``from_us`` until ``until_us`` (exclusive) the claims of a user are the ``deputy``'s; None: nobody's."""

    user_id: str
    from_us: int
    until_us: int
    deputy: str | None = None


@dataclass(frozen=True)
class Absence:
    """An absence of the absences feed, in all pools of the member, already in UTC; the end is exclusive.

    ``time_zone``: the absence is one of whole days of this zone, and holds while it is the member's; None: it holds
    wherever the member is.
    """

    member_id: str
    from_us: int
    until_us: int
    time_zone: str | None = None


@dataclass(frozen=True)
class Pause:
    """A pause by the operator: of a pool, of a user in all pools, or of a user in one pool; the end is exclusive.

    While a whole pool is paused its items wait there, whatever the pool says of items that nobody can take.
    """

    pool_id: str | None
    member_id: str | None
    from_us: int
    until_us: int


@dataclass(frozen=True)
class Token:
    """A one-shot exception. With a ``skill`` it is spent only on items that need that skill.

    Tokens of a pool are spent in the order of the sequence handed over; those not yet begun are passed over.
    It may be used from ``from_us`` until ``expires_us`` (exclusive; None: for ever).
    """

    token_id: str
    pool_id: str
    member_id: str
    kind: str
    skill: str | None = None
    from_us: int = FAR_PAST_US
    expires_us: int | None = None

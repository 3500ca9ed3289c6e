"""The settings of pools, their members, and users across pools, as written and as in force.

Belongs here: frozen models, and which of two levels (pool, member) a setting is taken from. Does not belong here:
rules across settings (pool_checks.py, policy_checks.py), conversion for the router.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, create_model

from rr_pipeline.config.hours import DatedHours, HolidayNames, Hours
from rr_pipeline.config.service_levels import Targets
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import (
    Duration,
    Moment,
    Name,
    NameSet,
    OneOf,
    Plain,
    Switch,
    Zone,
    whole_number,
)
from rr_pipeline.config.waiting import WaitEntry
from rr_pipeline.core.limits import WINDOWS
from rr_pipeline.core.vocabulary import REASON_WORDS, words

AccrueReason = Annotated[str, OneOf(tuple(one.name for one in REASON_WORDS if one.may_accrue))]
"""Reasons that ``accrue_while`` may list."""

WhenNobody = Annotated[str, OneOf(words("when_nobody"))]
AfterHold = Annotated[str, OneOf(tuple(one for one in words("when_nobody") if one != "hold"))]

WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MAX_WEIGHT, MAX_LIMIT, MAX_TURNS, MAX_REASSIGNMENTS = 10_000, 1_000_000_000, 1000, 100

LimitCount = Annotated[int, whole_number(0, MAX_LIMIT)]
OpenCount = Annotated[int, whole_number(1, MAX_LIMIT)]
UserId = Annotated[Plain, Field(max_length=255)]

DEFAULT_OWNER = ":default_owner"
"""Behind the name of a pool: the pool made of its ``default_owner``. No written name can hold a colon."""


_FIELDS: dict[str, Any] = {one.setting: (LimitCount | None, Field(None, description=one.about)) for one in WINDOWS}
_Windows: Any = create_model("_Windows", __base__=StrictModel, **_FIELDS)


class Limits(_Windows):
    """Most items given to a member in each window; None: no limit."""


def merge_limits(pool: Limits, own: Limits) -> Limits:
    """Return a member's limits: its own, and the pool's where it has none."""
    return Limits(**{**pool.model_dump(exclude_none=True), **own.model_dump(exclude_none=True)})


def week_day(name: str) -> int:
    """Return the number of a day of the week, 0 for monday."""
    return get_args(WeekDay).index(name)


class Vacation(StrictModel):
    """A time away: two local dates (both included), or two instants or local times (end exclusive)."""

    from_: Moment = Field(alias="from", description="First day away, or the instant it begins.")
    until: Moment = Field(description="Last day away, or the instant it ends.")


class WorkSettings(StrictModel):
    """When somebody works, and how much at a time; on a pool it is the default of its members."""

    calendar: Name | None = Field(None, description="Working hours and days off, from the calendars at the top.")
    hours: Hours | None = Field(None, description="Working hours of their own, in place of the calendar's.")
    holidays: HolidayNames | None = Field(None, description="Holidays of their own, in place of the calendar's.")
    by_date: DatedHours = Field((), description="Hours of single dates, in place of all others; none: a day off.")
    max_open: OpenCount | None = Field(None, description="Most open items of this pool at a time.")


class Member(WorkSettings):
    """A user in a pool. ``from``/``until``: local date (until: that day included) or instant (until: excluded)."""

    user: UserId = Field(description="The user's id, as in the users feed.")
    weight: Annotated[int, whole_number(0, MAX_WEIGHT)] = Field(1, description="Share of the pool; 0: gets nothing.")
    skills: NameSet = Field((), description="Skills of the member, from the list at the top.")
    from_: Moment | None = Field(None, alias="from", description="Joins the pool on this day.")
    until: Moment | None = Field(None, description="Leaves the pool after this day.")
    time_zone: Zone | None = Field(None, description="Default: the user's in the users feed, else the project's.")
    status: Literal["active", "inactive"] = Field("active", description="inactive: gets nothing.")
    limits: Limits = Limits()
    vacations: tuple[Vacation, ...] = Field((), description="Times away.")


class PoolSettings(WorkSettings):
    """One pool as written. ``members`` are in roster order, which settles ties."""

    members: tuple[Member, ...] = Field(description="Who shares the rotation; the order settles ties.")
    strategy: Annotated[str, OneOf(words("strategies"))] = Field(
        "fair", description="fair: turns by weight. least_loaded: fewest open items for its max_open, then turns."
    )
    accrue_while: tuple[AccrueReason, ...] = Field(
        ("skill_missing",), title="earns while", description="Reasons to be passed over that still earn the share."
    )
    debt_limit: Annotated[int, whole_number(0, MAX_TURNS)] = Field(
        5, title="turns one can run ahead:", description="Turns a member can come to owe those who are not eligible."
    )
    catch_up_limit: Annotated[int, whole_number(0, MAX_TURNS)] = Field(
        2, title="turns one can catch up:", description="Turns one can catch up."
    )
    charge_redo: Switch = Field(False, title="a redo costs a turn:", description="A redo costs a turn.")
    week_start: WeekDay = Field("monday", title="week begins on", description="First day of a week of limits.")
    limits: Limits = Field(Limits(), description="For every member; a member's own limits go before.")
    sticky_for: Duration | None = Field(
        None,
        title="a person stays with its last owner for",
        description="A person's next item goes to its last owner this long after the one before, if eligible.",
    )

    when_nobody: WhenNobody = Field(
        "hold",
        title="when nobody is eligible:",
        description="Nobody eligible: wait until somebody is, or go at once to another pool, queue or owner.",
    )
    hold_for: Duration | None = Field(
        None, title="longest wait", description="Longest wait of a hold; unset: until somebody is eligible."
    )
    then: AfterHold | None = Field(
        None, title="after the longest wait:", description="What follows a hold that ran out."
    )
    while_waiting: tuple[WaitEntry, ...] = Field(
        (),
        title="while items wait:",
        description="What is done about items that wait, each entry once; in place of hold_for and then.",
    )
    alert_to: UserId | None = Field(
        None,
        title="who is told of what waits:",
        description="Who is told of items that wait or are queued, in place of the managers of the members.",
    )
    failover: Name | None = Field(None, description="The pool that failover means.")
    queue: Name | None = Field(None, description="The queue that queue means, from the queues at the top.")
    default_owner: UserId | None = Field(None, title="default owner", description="The user that default_owner means.")

    sla: Targets = Field((), description="Service levels; the first that applies to an item counts.")
    activity_delay: Duration | None = Field(
        None,
        title="steps on a missed target wait",
        description="Steps on a missed target come this long after it fell due, so that synced touches count.",
    )
    activity_wait: Duration | None = Field(
        None,
        title="steps wait for activities",
        description="Where items are decided once delivered, steps wait this long at most for activities; unset: 24h.",
    )
    max_reassignments: Annotated[int, whole_number(0, MAX_REASSIGNMENTS)] = Field(
        3, title="most reassignments", description="Most times one item is taken from an owner."
    )
    charge_back: Switch = Field(
        False,
        title="the turn moves to the new owner:",
        description="The turn of a reassigned item moves to its new owner.",
    )
    declines: Switch = Field(
        False, title="owners may decline:", description="An owner may decline an item, which reassigns it at once."
    )
    redo_on_return: Switch = Field(
        False, title="a returned item gives a redo:", description="Who returns an item as bad is given a redo."
    )
    count_kept: Switch = Field(
        False, title="kept items count:", description="Items that owners keep count in their limits and as open."
    )
    capacity_until: Annotated[str, OneOf(words("capacity_ends"))] = Field(
        "closed",
        title="an item is open until",
        description="An item is open until it is closed, or until its owner's first touch.",
    )


class PoolPolicy(PoolSettings):
    """One pool of a policy version.

    A ``default_owner`` has become a failover to a pool of its own, ``<pool>:default_owner``, with that one member.
    """

    pool_id: str
    failover: str | None = None

    def limits_of(self, member: Member) -> Limits:
        """Return the limits of a member: its own, and the pool's where it has none."""
        return merge_limits(self.limits, member.limits)

    def max_open_of(self, member: Member) -> int | None:
        """Return the most open items of a member: its own number, else the pool's; None: no bound."""
        return self.max_open if member.max_open is None else member.max_open

    def member_field(self, position: int) -> str:
        """Return the setting that names a member's user, as messages say it."""
        if self.is_default_owner:
            return f"pools.{self.pool_id.removesuffix(DEFAULT_OWNER)}.default_owner"
        return f"pools.{self.pool_id}.members[{position}].user"

    @property
    def is_default_owner(self) -> bool:
        """The pool is the default owner of another one."""
        return self.pool_id.endswith(DEFAULT_OWNER)

    @property
    def is_over(self) -> bool:
        """The pool is a default owner whom an earlier version had: what waits for them goes back to their pool."""
        return self.is_default_owner and not self.members

    @property
    def week_start_day(self) -> int:
        """First day of the week, 0 for Monday."""
        return week_day(self.week_start)


class UserSettings(StrictModel):
    """What counts of one user in all pools: limits, and who stands in."""

    user: UserId = Field(description="The user's id; with limits a member of some pool.")
    limits: Limits = Field(Limits(), description="Most items from all pools together; the total counts since ever.")
    max_open: OpenCount | None = Field(None, description="Most open items of all pools at a time.")
    time_zone: Zone | None = Field(None, description="Default: the user's in the users feed, else the project's.")
    week_start: WeekDay = Field("monday", description="First day of a week of these limits.")
    deputy: UserId | None = Field(None, description="Who stands in while the user is away or gone.")

    @property
    def is_limited(self) -> bool:
        """Whether the user has limits over all pools."""
        return self.max_open is not None or bool(self.limits.model_dump(exclude_none=True))

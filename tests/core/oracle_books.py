"""The books of the plain second router: what happened so far, and what follows from it for the members of a pool.

Belongs here: logs, and everything recounted from them: windows, open items, eligibility, who earns, who comes first,
who wins. Does not belong here: what is done about it (``oracle``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from rr_pipeline.core.model import (
    ACCRUES,
    CAME_FIRST,
    FAR_PAST_US,
    REASONS,
    UNIT,
    Limits,
    Member,
    Policy,
    Pool,
    Token,
    UserLimits,
)
from tests.core.oracle_time import HOUR_US, hour_start, is_holiday, is_in_hours, local_time, week_of
from tests.core.oracle_words import Arrival, Breach, Event, Hold, Open, Row, Seen, Settled, World

NO_LIMITS = UserLimits("")
Gift = tuple[int, str]
"""When something was given, and the zone in which its days were counted then."""


@dataclass
class Books:
    world: World
    day_zone: str = "UTC"
    rows: list[Row] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    balance: dict[tuple[str, str], int] = field(default_factory=dict)
    last_turn: dict[tuple[str, str], int] = field(default_factory=dict)
    next_turn: dict[str, int] = field(default_factory=dict)
    given: list[tuple[str, str, int]] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)
    granted: list[Token] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)
    had: dict[int, str] = field(default_factory=dict)
    """Who had each item last."""
    held: list[Hold] = field(default_factory=list)
    queued: set[int] = field(default_factory=set)
    """Items that are in a queue now."""
    moving: dict[int, str | None] = field(default_factory=dict)
    """Items that belong elsewhere, and waited until just now, with who had them."""
    open: dict[int, Open] = field(default_factory=dict)
    persons: dict[int, tuple[str, int]] = field(default_factory=dict)
    passed: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    shares: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)
    present: set[tuple[str, str]] = field(default_factory=set)
    void: set[str] = field(default_factory=set)
    settlements: list[Settled] = field(default_factory=list)

    def share(self, pool: Pool, name: str, t: int, *sums: int) -> None:
        """Add to (assigned, turns, fair share, credited, charged, settled) of the member's day."""
        day = (local_time(self.day_zone, t).date() - date(1970, 1, 1)).days
        own = self.shares.setdefault((pool.pool_id, name, day), [0] * 6)
        for place, more in enumerate(sums):
            own[place] += more

    def policy_at(self, t: int) -> Policy:
        return next(policy for policy in self.world.policies if policy.from_us <= t < policy.until_us)

    def pool_at(self, name: str, t: int) -> Pool:
        pools = self.policy_at(t).pools
        return next((pool for pool in pools if pool.pool_id == name), Pool(name, ()))

    def limits_of(self, name: str, t: int) -> UserLimits:
        return next((user for user in self.policy_at(t).users if user.user_id == name), NO_LIMITS)

    def is_active(self, member: Member, t: int) -> bool:
        changes = [change for change in self.world.status_changes if change.user_id == member.member_id]
        changes = [change for change in changes if change.at_us <= t]
        if not changes:
            return member.is_active
        latest = max(change.at_us for change in changes)
        return member.is_active and [change.is_active for change in changes if change.at_us == latest][-1]

    def is_away(self, member: Member, t: int) -> bool:
        own = [absence for absence in self.world.absences if absence.member_id == member.member_id]
        own = [absence for absence in own if absence.time_zone in (None, member.time_zone)]
        return any(one.from_us <= t < one.until_us for one in [*member.vacations, *own])

    def is_paused(self, t: int, pool: str, name: str | None = None) -> bool:
        """Whether the operator has paused the pool then, or with a name also them, here or everywhere."""
        names = {None} if name is None else {None, name}
        those = [one for one in self.world.pauses if one.pool_id in {None, pool} and one.member_id in names]
        return any(one.from_us <= t < one.until_us for one in those)

    def open_count(self, name: str, pool: str | None = None) -> int:
        """Open items of the member in a pool, or in all."""
        own = [one for one in self.open.values() if one.owner == name and not one.is_released]
        return sum(pool is None or one.pool == pool for one in own)

    def reasons(self, pool: Pool, member: Member, arrival: Arrival, t: int, previous: Sequence[str] = ()) -> list[str]:
        name = member.member_id
        found = []
        if t < member.from_us or t >= member.until_us or any(start <= t < end for start, end in member.gone):
            found.append("not_member")
        if not self.is_active(member, t):
            found.append("inactive")
        if member.weight == 0:
            found.append("weight_zero")
        if self.is_away(member, t):
            found.append("vacation")
        if is_holiday(member, t):
            found.append("holiday")
        if not is_in_hours(member, t):
            found.append("off_hours")
        if not set(arrival.needs) <= member.skills:
            found.append("skill_missing")
        if name in previous:
            found.append("previous_owner")
        user = self.limits_of(name, t)
        here = self.given_to(name, pool.pool_id)
        full = reached(member.limits, here, (t, member.time_zone), pool.week_start, member.from_us)
        full |= reached(user.limits, self.given_to(name), (t, user.time_zone), user.week_start, FAR_PAST_US)
        found += [reason for reason in REASONS if reason in full]
        is_full_here = 0 <= member.max_open <= self.open_count(name, pool.pool_id)
        if self.is_paused(t, pool.pool_id, name):
            found.append("paused")
        if is_full_here or 0 <= user.max_open <= self.open_count(name):
            found.append("at_capacity")
        if any(name == passer and t < until for passer, until in self.passed.get(arrival.item, [])):
            found.append("skip_token")
        return found

    def is_full(self, pool: Pool, name: str, t: int) -> bool:
        """Whether a user may get nothing more: as a member of the pool, or over all pools."""
        user = self.limits_of(name, t)
        full = reached(user.limits, self.given_to(name), (t, user.time_zone), user.week_start, FAR_PAST_US)
        is_full = 0 <= user.max_open <= self.open_count(name)
        for member in pool.members:
            if member.member_id == name:
                here = self.given_to(name, pool.pool_id)
                full |= reached(member.limits, here, (t, member.time_zone), pool.week_start, member.from_us)
                is_full = is_full or 0 <= member.max_open <= self.open_count(name, pool.pool_id)
        return is_full or bool(full)

    def given_to(self, name: str, pool: str | None = None) -> list[Gift]:
        """All that somebody was given, in a pool or in all, each with the zone that its days were counted in then."""
        if pool is None:
            return [(time, self.user_zone(name, time)) for _, who, time in self.given if who == name]
        times = [time for owner, who, time in self.given if (owner, who) == (pool, name)]
        members = {time: {one.member_id: one for one in self.pool_at(pool, time).members} for time in times}
        return [(time, members[time][name].time_zone) for time in times]

    def user_zone(self, name: str, t: int) -> str:
        """The zone of a user's limits over all pools at t; without limits that of the next ones, or of the last."""
        policies = self.world.policies
        place = policies.index(self.policy_at(t))
        users = [user for policy in [*policies[place:], *reversed(policies[:place])] for user in policy.users]
        return next((user.time_zone for user in users if user.user_id == name), "UTC")

    def look(self, pool: Pool, arrival: Arrival, t: int, previous: Sequence[str] = ()) -> Seen:
        seen = Seen(
            pool,
            self.policy_at(t).version,
            {member.member_id: self.reasons(pool, member, arrival, t, previous) for member in pool.members},
            {member.member_id: self.balance.get((pool.pool_id, member.member_id), 0) for member in pool.members},
            {member.member_id: self.open_count(member.member_id, pool.pool_id) for member in pool.members},
        )
        for member in pool.members:
            why = seen.reasons[member.member_id]
            is_full = bool(why) and seen.stand[member.member_id] >= pool.catch_up_limit * UNIT
            if member.weight > 0 and set(why) <= pool.accrue_while and not is_full:
                seen.accruing.append(member)
        before_others = self.before_others(pool, arrival, t, seen.eligible)
        seen.first, seen.is_anybody_before = before_others or seen.eligible, bool(before_others)
        return seen

    def before_others(self, pool: Pool, arrival: Arrival, t: int, eligible: Sequence[str]) -> list[str]:
        """The eligible members that come before the other eligible ones: the last owner, else those preferred."""
        if pool.sticky_us > 0 and arrival.person in self.persons:
            owner, since = self.persons[arrival.person]
            if owner in eligible and t - since <= pool.sticky_us:
                return [owner]
        wishes = set(arrival.wishes)
        return [
            member.member_id
            for member in pool.members
            if member.member_id in eligible
            and (member.member_id in arrival.prefers or (wishes and wishes <= member.skills))
        ]

    def winner(self, seen: Seen) -> str:
        total = sum(member.weight for member in seen.accruing)
        keys = []
        for place, member in enumerate(seen.pool.members):
            name = member.member_id
            if name in seen.first:
                load = Fraction(seen.opens[name], member.max_open if member.max_open > 0 else 1)
                load = load if seen.pool.strategy == "least_loaded" else Fraction(0)
                standing = seen.stand[name] + member.weight * UNIT // total
                keys.append((load, -standing, self.last_turn.get((seen.pool.pool_id, name), -1), place))
        return seen.pool.members[min(keys)[-1]].member_id

    def find_token(self, kind: str, pool: Pool, arrival: Arrival, t: int, holders: Sequence[str]) -> Token | None:
        feed = [token for token in self.world.tokens if token.token_id not in self.spent | self.void]
        those = [self.first_usable(tokens, kind, pool, arrival, t, holders) for tokens in (feed, self.granted)]
        noted, granted = those
        is_granted_first = noted is None or (granted is not None and granted.from_us < noted.from_us)
        return granted if is_granted_first else noted

    def first_usable(
        self, tokens: Sequence[Token], kind: str, pool: Pool, arrival: Arrival, t: int, holders: Sequence[str]
    ) -> Token | None:
        """The first in the order noted; those not yet begun are passed over."""
        for token in tokens:
            is_usable = token.from_us <= t and (token.expires_us is None or t < token.expires_us)
            fits = token.skill is None or token.skill in arrival.needs
            is_of = (token.pool_id, token.kind) == (pool.pool_id, kind)
            if is_of and is_usable and fits and token.member_id in holders:
                return token
        return None


def reached(limits: Limits, gifts: Sequence[Gift], now: Gift, week_start: int, since: int) -> set[str]:
    """The limits that are reached now, by a count of all that was given."""
    found: set[str] = set()
    (t, zone), times = now, [time for time, _ in gifts]
    if limits == Limits():
        return found
    if 0 <= limits.total <= sum(time >= since for time in times):
        found.add("limit_total")
    if limits.hourly >= 0:
        hour = hour_start(zone, t)
        if limits.hourly <= sum(hour_start(there, time) == hour for time, there in gifts if time > t - 6 * HOUR_US):
            found.add("limit_hour")
    if limits.daily >= 0 or limits.weekly >= 0:
        today = local_time(zone, t).date()
        days = [local_time(zone, time).date() for time, zone in gifts]
        if 0 <= limits.daily <= sum(day == today for day in days):
            found.add("limit_day")
        week = week_of(today, week_start)
        if 0 <= limits.weekly <= sum(week_of(day, week_start) == week for day in days):
            found.add("limit_week")
    return found


def codes(seen: Seen) -> tuple[int, ...]:
    """What is stored of each member: of a reason its place from 1 on, and whether it earns or comes first."""
    earning = {member.member_id for member in seen.accruing}
    found = []
    for name, why in seen.reasons.items():
        if why:
            found.append(REASONS.index(why[0]) + 1 + (ACCRUES if name in earning else 0))
        else:
            found.append(CAME_FIRST if seen.is_offered and seen.is_anybody_before and name in seen.first else 0)
    return tuple(found)

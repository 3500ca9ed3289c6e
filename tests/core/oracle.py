"""A second router, slow and plain, written from the routing rule and from nothing else: lists, dicts, whole numbers.

Belongs here: what the rule says, in the most literal form. Does not belong here: anything of the kernel but the words
of the model. At every instant at which anything could change it offers every held item to everybody; limits are
recounted from the list of all items ever given; local dates come from ``zoneinfo`` one instant at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from rr_pipeline.core.calendars import load_zone
from rr_pipeline.core.model import REASONS, UNIT, Absence, Member, Policy, Pool, StatusChange, Token

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Arrival:
    item: int
    pool: str
    time: int
    needs: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True)
class Row:
    """One decision, as the frames say it."""

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


@dataclass
class World:
    policies: Sequence[Policy]
    arrivals: Sequence[Arrival]
    until: int
    absences: Sequence[Absence] = ()
    status_changes: Sequence[StatusChange] = ()
    tokens: Sequence[Token] = ()


@lru_cache(maxsize=200_000)
def local_time(zone: str, t: int) -> datetime:
    return (EPOCH + timedelta(microseconds=t)).astimezone(load_zone(zone))


@lru_cache(maxsize=10_000)
def week_of(day: date, week_start: int) -> date:
    while day.weekday() != week_start:
        day -= timedelta(days=1)
    return day


@dataclass
class Oracle:
    world: World
    rows: list[Row] = field(default_factory=list)
    balance: dict[tuple[str, str], int] = field(default_factory=dict)
    last_turn: dict[tuple[str, str], int] = field(default_factory=dict)
    next_turn: dict[str, int] = field(default_factory=dict)
    given: list[tuple[str, str, int]] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)
    held: list[Arrival] = field(default_factory=list)
    passed: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    day_zone: str = "UTC"
    shares: dict[tuple[str, str, int], list[int]] = field(default_factory=dict)

    def run(self) -> list[Row]:
        arrivals = list(self.world.arrivals)
        for t in self.instants():
            for held in sorted(self.held, key=lambda one: (one.priority, one.item)):
                if self.offer(held, t, is_new=False):
                    self.held.remove(held)
            while arrivals and arrivals[0].time == t:
                arrival = arrivals.pop(0)
                if not self.offer(arrival, t, is_new=True):
                    self.held.append(arrival)
        return self.rows

    def instants(self) -> list[int]:
        """Every instant from the first arrival to the end at which anything could happen or change."""
        world = self.world
        if not world.arrivals:
            return []
        first, last = world.arrivals[0].time, world.until
        found = {arrival.time for arrival in world.arrivals}
        zones = set()
        for policy in world.policies:
            found.add(policy.from_us)
            for pool in policy.pools:
                for member in pool.members:
                    zones.add(member.time_zone)
                    found |= {member.from_us, member.until_us}
                    found |= {end for vacation in member.vacations for end in (vacation.from_us, vacation.until_us)}
        found |= {end for absence in world.absences for end in (absence.from_us, absence.until_us)}
        found |= {change.at_us for change in world.status_changes}
        for hour in range(first // HOUR_US, last // HOUR_US + 1):
            begin = hour * HOUR_US
            found.add(begin)
            for zone in zones:
                here, there = local_time(zone, begin), local_time(zone, begin + HOUR_US)
                if here.date() != there.date() or here.utcoffset() != there.utcoffset():
                    found |= {begin + minute * MINUTE_US for minute in range(60)}
        return sorted(t for t in found if first <= t <= last)

    def share(self, pool: Pool, name: str, t: int, *sums: int) -> None:
        """Add to (assigned, turns, fair share, credited, charged) of the member's day."""
        day = (local_time(self.day_zone, t).date() - date(1970, 1, 1)).days
        own = self.shares.setdefault((pool.pool_id, name, day), [0] * 5)
        own[:] = [before + more for before, more in zip(own, sums, strict=True)]

    def policy_at(self, t: int) -> Policy:
        return next(policy for policy in self.world.policies if policy.from_us <= t < policy.until_us)

    def is_active(self, member: Member, t: int) -> bool:
        changes = [change for change in self.world.status_changes if change.user_id == member.member_id]
        changes = [change for change in changes if change.at_us <= t]
        latest = max((change.at_us for change in changes), default=None)
        is_user_active = [change.is_active for change in changes if change.at_us == latest][-1] if changes else True
        return member.is_active and is_user_active

    def is_away(self, member: Member, t: int) -> bool:
        own = [absence for absence in self.world.absences if absence.member_id == member.member_id]
        return any(one.from_us <= t < one.until_us for one in [*member.vacations, *own])

    def reasons(self, pool: Pool, member: Member, arrival: Arrival, t: int) -> list[str]:
        found = []
        if t < member.from_us or t >= member.until_us:
            found.append("not_member")
        if not self.is_active(member, t):
            found.append("inactive")
        if member.weight == 0:
            found.append("weight_zero")
        if self.is_away(member, t):
            found.append("vacation")
        if not set(arrival.needs) <= member.skills:
            found.append("skill_missing")
        mine = [time for owner, name, time in self.given if (owner, name) == (pool.pool_id, member.member_id)]
        today = local_time(member.time_zone, t).date()
        days = [local_time(member.time_zone, time).date() for time in mine]
        limits = member.limits
        week = week_of(today, pool.week_start)
        counts = {
            "limit_total": (limits.total, sum(time >= member.from_us for time in mine)),
            "limit_week": (limits.weekly, sum(week_of(day, pool.week_start) == week for day in days)),
            "limit_day": (limits.daily, sum(day == today for day in days)),
            "limit_hour": (limits.hourly, sum(time // HOUR_US == t // HOUR_US for time in mine)),
        }
        found += [name for name, (limit, count) in counts.items() if 0 <= limit <= count]
        if any(name == member.member_id and t < until for name, until in self.passed.get(arrival.item, [])):
            found.append("skip_token")
        return found

    def find_token(self, kind: str, pool: Pool, arrival: Arrival, t: int, holders: Sequence[str]) -> Token | None:
        tokens = [token for token in self.world.tokens if token.pool_id == pool.pool_id and token.kind == kind]
        for token in sorted(tokens, key=lambda one: one.from_us):
            is_open = token.from_us <= t and (token.expires_us is None or t < token.expires_us)
            fits = token.skill is None or token.skill in arrival.needs
            if is_open and fits and token.token_id not in self.spent and token.member_id in holders:
                return token
        return None

    def offer(self, arrival: Arrival, t: int, *, is_new: bool) -> bool:
        policy = self.policy_at(t)
        pool = next(pool for pool in policy.pools if pool.pool_id == arrival.pool)
        skips = 0
        while True:
            reasons = {member.member_id: self.reasons(pool, member, arrival, t) for member in pool.members}
            stand = {member.member_id: self.balance.get((pool.pool_id, member.member_id), 0) for member in pool.members}
            eligible = [name for name, why in reasons.items() if not why]
            considered = (
                tuple(REASONS.index(why[0]) + 1 if why else 0 for why in reasons.values()),
                tuple(stand.values()),
            )

            def note(kind: str, *outcome: object, seen: tuple = considered) -> None:
                self.rows.append(
                    Row(arrival.item, pool.pool_id, kind, outcome[0], t, policy.version, *outcome[1:], *seen)
                )

            if not eligible:
                if is_new or skips:
                    note("hold", None, None, None, None, None)
                return False
            redo = self.find_token("redo", pool, arrival, t, eligible)
            winner = redo.member_id if redo else self.winner(pool, stand, reasons)
            skip = None if redo else self.find_token("skip", pool, arrival, t, [winner])
            turn = None if redo and not pool.charge_redo else self.charge(pool, stand, reasons, winner, t)
            after = self.balance.get((pool.pool_id, winner), 0)
            token = redo or skip
            kind = "redo" if redo else "skip" if skip else "assign"
            note(kind, winner, turn, stand[winner], after, token.token_id if token else None)
            if token:
                self.spent.add(token.token_id)
            if not skip:
                self.given.append((pool.pool_id, winner, t))
                self.share(pool, winner, t, 1, 0, 0, 0, 0)
                return True
            skips += 1
            hour_end = (t // HOUR_US + 1) * HOUR_US
            self.passed.setdefault(arrival.item, []).append((winner, hour_end))

    def accruing(self, pool: Pool, stand: dict[str, int], reasons: dict[str, list[str]]) -> list[Member]:
        found = []
        for member in pool.members:
            why = reasons[member.member_id]
            is_full = bool(why) and stand[member.member_id] >= pool.catch_up_limit * UNIT
            if member.weight > 0 and set(why) <= pool.accrue_while and not is_full:
                found.append(member)
        return found

    def winner(self, pool: Pool, stand: dict[str, int], reasons: dict[str, list[str]]) -> str:
        accruing = self.accruing(pool, stand, reasons)
        total = sum(member.weight for member in accruing)
        best = None
        for place, member in enumerate(pool.members):
            name = member.member_id
            if not reasons[name]:
                standing = stand[name] + member.weight * UNIT // total
                key = (-standing, self.last_turn.get((pool.pool_id, name), -1), place)
                best = key if best is None else min(best, key)
        assert best is not None
        return pool.members[best[2]].member_id

    def charge(self, pool: Pool, stand: dict[str, int], reasons: dict[str, list[str]], winner: str, t: int) -> int:
        accruing = self.accruing(pool, stand, reasons)
        total = sum(member.weight for member in accruing)
        credits = {member.member_id: member.weight * UNIT // total for member in accruing}
        fair = credits
        price = sum(credits.values())
        if stand[winner] + credits[winner] - price < -pool.debt_limit * UNIT:
            price = max(0, stand[winner] + pool.debt_limit * UNIT)
            credits = {member.member_id: member.weight * price // total for member in accruing}
            price = sum(credits.values())
        self.share(pool, winner, t, 0, 1, 0, 0, price)
        for name, credit in credits.items():
            self.share(pool, name, t, 0, 0, fair[name], credit, 0)
            self.balance[pool.pool_id, name] = self.balance.get((pool.pool_id, name), 0) + credit
        self.balance[pool.pool_id, winner] -= price
        turn = self.next_turn.get(pool.pool_id, 0)
        self.last_turn[pool.pool_id, winner] = turn
        self.next_turn[pool.pool_id] = turn + 1
        return turn

"""Service levels, waits and their measures counted again from what happened, in plain Python.

Belongs here: the definitions, said a second time and without looking at any SQL of ours. Time zones are the standard
library's; working time is counted minute by minute on the local clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from rr_pipeline.core.model import ALWAYS, REASONS, Schedule
from tests.steps.sla_given import BUSINESS_ZONE, POLICIES, USER_ZONES
from tests.steps.sla_worlds import World

Row = dict[str, Any]
MICROSECOND, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
BASE = datetime(2026, 2, 20, tzinfo=UTC)


def seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start) // MICROSECOND / 1_000_000


def first(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant), default=None)


def local_date(zone: str, instant: datetime | None) -> date | None:
    return instant.astimezone(ZoneInfo(zone)).date() if instant else None


@cache
def day_end(zone: str, day: date) -> datetime:
    """The last minute whose local date is ``day`` is over then."""
    minute = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    ends = [at for at in (minute + MINUTE * n for n in range(4320)) if local_date(zone, at) == day]
    return ends[-1] + MINUTE


@cache
def worked_minutes(zone: str, schedule: Schedule) -> list[int]:
    """Minutes worked from BASE to each later minute, by looking at the local clock in every one of them."""
    sums = [0]
    for number in range(70 * 1440):
        local = (BASE + number * MINUTE).astimezone(ZoneInfo(zone))
        minute = local.weekday() * 1440 + local.hour * 60 + local.minute
        off = (local.date() - date(1970, 1, 1)).days in schedule.holidays
        works = schedule.blocks is None or any(start <= minute < end for start, end in schedule.blocks)
        sums.append(sums[-1] + (works and not off))
    return sums


def worked_us(zone: str, schedule: Schedule, at: datetime) -> int:
    sums = worked_minutes(zone, schedule)
    whole, rest = divmod(at - BASE, MINUTE)
    return sums[whole] * 60_000_000 + (sums[whole + 1] - sums[whole]) * (rest // MICROSECOND)


def clock_of(version: str, pool: str | None, owner: str) -> tuple[str, Schedule]:
    """Zone and schedule an owner goes by in an interval."""
    for policy in POLICIES:
        if policy.version == version:
            for candidate in policy.pools:
                for member in candidate.members:
                    if member.member_id == owner and pool in (None, candidate.pool_id):
                        return member.time_zone, member.schedule
    return USER_ZONES[owner][-1][1] if owner in USER_ZONES else BUSINESS_ZONE, ALWAYS


def working_seconds(clock: tuple[str, Schedule], start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None or clock[1] == ALWAYS:
        return seconds(start, end)
    return (worked_us(*clock, end) - worked_us(*clock, start)) / 1_000_000


class Recount:
    """What is known of a world at a frontier."""

    def __init__(self, world: World, frontier: datetime) -> None:
        self.frontier = frontier
        self.decisions = [row for row in world.decisions if row["at"] <= frontier]
        self.kept = [row for row in world.kept if row["at"] <= frontier]
        self.breaches = [row for row in world.breaches if row["at"] <= frontier]
        self.activities = [row for row in world.activities if row["told"] <= frontier]
        self.sla = [row for item in sorted(self._owned()) for row in self._intervals(item)]
        self.waits = list(self._waits())

    def _owned(self) -> set[int]:
        given = {row["item"] for row in self.decisions if row["kind"] in ("assign", "redo", "reassign")}
        return given | {row["item"] for row in self.kept}

    def _activities(self, item: int, *kinds: str) -> list[Row]:
        return [row for row in self.activities if row["item"] == item and row["kind"] in kinds]

    def _intervals(self, item: int) -> list[Row]:
        """Every owner of an item, in order, with everything but the item's first touch."""
        steps = [
            {**row, "owner": row.get("member"), "version": row.get("version", "v1")}
            for row in self.decisions
            if row["item"] == item and row["kind"] in ("assign", "redo", "reassign", "queue")
        ]
        steps = [{**row, "kind": "kept", "version": "v1"} for row in self.kept if row["item"] == item] + steps
        found = []
        for place, step in enumerate(steps):
            if step["owner"] is not None:
                since = step["at"] if found else step["created"]
                found.append(self._interval(step, since, steps[place + 1] if place + 1 < len(steps) else None))
        touched = [row for row in found if row["first_touch_at"]]
        leader = min(touched, key=lambda row: (row["first_touch_at"], row["applied_at"]), default=None)
        for place, row in enumerate(found):
            clock = clock_of(row.pop("version"), row["pool_id"], row["owner_id"])
            lead = row["first_touch_at"] if row is leader else None
            assigned = row["applied_at"] if place == 0 else None
            # Who touched it before it was theirs answered at once.
            answered = row["first_touch_at"] and max(row["first_touch_at"], row["applied_at"])
            row |= {
                "elapsed_seconds": seconds(row["applied_at"], answered),
                "elapsed_working_seconds": working_seconds(clock, row["applied_at"], answered),
                "speed_to_lead_seconds": seconds(row["created_at"], lead),
                "speed_to_lead_working_seconds": working_seconds(clock, row["created_at"], lead),
                "time_to_assign_seconds": seconds(row["created_at"], assigned),
                "time_to_assign_working_seconds": working_seconds(clock, row["created_at"], assigned),
            }
        return found

    def _interval(self, step: Row, since: datetime, following: Row | None) -> Row:
        item, owner, start = step["item"], step["owner"], step["at"]
        until = following["at"] if following else None
        closings = [max(row["at"], start) for row in self._activities(item, "close", "return")]
        closed = min(closings, default=None)
        touches = [
            row["at"]
            for row in self._activities(item, "touch")
            if row["user"] == owner and row["at"] >= since and row.get("counts", row["at"]) >= start
        ]
        ends = [end for end in (until, closed) if end]
        touch = min((at for at in touches if all(at <= end for end in ends)), default=None)
        due, lost = step.get("due"), following["cause"] if following else None
        missed = any(
            row["item"] == item and row["member"] == owner and row.get("due") == due and "kind" not in row
            for row in self.breaches
        )
        status = self._status(due, touch, closed, until, lost, missed) if due else None
        zone, _ = clock_of(step["version"], step.get("pool"), owner)
        cleared = first(touch and max(touch, start), closed, until)
        return {
            "item_seq": item,
            "pool_id": step.get("pool"),
            "owner_id": owner,
            "cause": {"assign": "rotation", "reassign": "reassigned"}.get(step["kind"], step["kind"]),
            "target": "sla" if due else None,
            "status": status,
            "is_late_touch": status == "met" and missed,
            "is_declined": any(
                row["item"] == item and row["member"] == owner and row.get("kind") == "decline" for row in self.breaches
            ),
            "lost_cause": lost,
            "next_owner_id": following["owner"] if following else None,
            "created_at": step["created"],
            "applied_at": start,
            "due_at": due,
            "first_touch_at": touch,
            "ended_at": first(closed, until),
            "cleared_at": cleared,
            "time_zone": zone,
            "assigned_date": local_date(zone, start),
            "cleared_date": local_date(zone, cleared),
            "decided_date": local_date(BUSINESS_ZONE, start),
            "version": step["version"],
        }

    def _status(
        self,
        due: datetime,
        touch: datetime | None,
        closed: datetime | None,
        until: datetime | None,
        lost: str | None,
        missed: bool,
    ) -> str | None:
        if touch and touch <= due:
            return "met"
        if closed and closed <= due:
            return None
        if until and (until < due or (until == due and lost == "decline")):
            return None
        return "breached" if missed or due < self.frontier else "running"

    def _waits(self) -> Iterable[Row]:
        steps = sorted((row for row in self.decisions if row["kind"] != "skip"), key=lambda row: row["item"])
        for item, group in groupby(steps, key=lambda row: row["item"]):
            of_item = list(group)
            for place, step in enumerate(of_item):
                if step["kind"] not in ("hold", "failover", "queue"):
                    continue
                following = of_item[place + 1] if place + 1 < len(of_item) else None
                closings = [row["at"] for row in self._activities(item, "close", "return")]
                until, ended_by = (following["at"], following["kind"]) if following else (None, None)
                if following is None and step["kind"] == "queue" and closings:
                    until, ended_by = max(step["at"], min(closings)), "close"
                cause = step.get("cause", "nobody")
                nearest = max((code & 63 for code in step.get("reasons", [])), default=0)
                yield {
                    "item_seq": item,
                    "pool_id": step["pool"],
                    "kind": step["kind"],
                    "cause": cause,
                    "nobody_reason": REASONS[nearest - 1] if cause == "nobody" else None,
                    "sent_to": step.get("sent_to"),
                    "ended_by": ended_by,
                    "created_at": step["created"],
                    "from_at": step["at"],
                    "until_at": until,
                    "from_date": local_date(BUSINESS_ZONE, step["at"]),
                    "until_date": local_date(BUSINESS_ZONE, until),
                }


def nearest_rank(values: list[float], percent: int) -> float | None:
    """The smallest value that ``percent`` of 100 do not exceed."""
    return sorted(values)[-(-len(values) * percent // 100) - 1] if values else None


def rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups

"""Generated worlds of items, owners, touches, breaches and runs, for measures that are recounted from them.

Belongs here: drawing what may happen, in every order in which a run may learn of it. Does not belong here: what is
counted (``sla_recount``). Nothing here is a router: owners and waits are drawn, and only keep to its rules.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.steps.sla_given import News

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 40
"""Over the change to summer time in New York and Oslo."""
MEMBERS = {"p": ("ann", "bob"), "q": ("cat", "ann"), "hours": ("kari", "ola")}
DELAY = timedelta(minutes=10)
REASONS = ([6], [4, 6], [7, 75], [14], [12, 1], [12, 69])

Row = dict[str, Any]


@dataclass
class World:
    """Everything that happened, in the order of time. ``told``: by which run's frontier an activity was delivered."""

    decisions: list[Row] = field(default_factory=list)
    kept: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    breaches: list[Row] = field(default_factory=list)
    frontiers: list[datetime] = field(default_factory=list)

    def news(self, frontiers: list[datetime]) -> list[News]:
        """What each of the runs that end at ``frontiers`` learns."""
        return [
            News(
                frontier=end,
                decisions=between(self.decisions, start, end, "at"),
                kept=between(self.kept, start, end, "at"),
                activities=[without_told(row) for row in between(self.activities, start, end, "told")],
                breaches=between(self.breaches, start, end, "at"),
            )
            for start, end in zip([START - timedelta(days=9), *frontiers], frontiers, strict=False)
        ]


def between(rows: list[Row], start: datetime, end: datetime, instant: str) -> list[Row]:
    return [row for row in rows if start < row[instant] <= end]


def without_told(row: Mapping[str, Any]) -> Row:
    return {name: value for name, value in row.items() if name != "told"}


def draw_world(seed: int, item_count: int, run_count: int, days: int = DAYS) -> World:
    """Return a world of so many items created in so many days; decisions are in the order of time.

    Some runs end at the very instant at which something falls due.
    """
    draw = random.Random(seed)
    world = World()
    for item in range(1, item_count + 1):
        created = START + timedelta(seconds=draw.randrange(days * 86_400), microseconds=draw.choice((0, 7)))
        _Story(draw, world, item, created).tell()
    world.decisions.sort(key=lambda row: row["at"])
    end = START + timedelta(days=days + 4)
    dues = [row["due"] for row in world.decisions if row.get("due") and row["due"] < end]
    cuts = [
        draw.choice(dues) if number % 2 else START + draw.random() * (end - START) for number in range(run_count - 1)
    ]
    world.frontiers = [*sorted(set(cuts)), end]
    return world


class _Story:
    """What becomes of one item."""

    def __init__(self, draw: random.Random, world: World, item: int, created: datetime) -> None:
        self.draw, self.world, self.item, self.created = draw, world, item, created
        self.closed: datetime | None = None

    def after(self, *choices: float) -> timedelta:
        """A length of time: one of ``choices`` in minutes, or somewhat more."""
        return timedelta(minutes=self.draw.choice(choices), seconds=self.draw.choice((0, 0, 1, 30, 59)))

    def decide(self, kind: str, at: datetime, **more: Any) -> Row:
        row = {"item": self.item, "kind": kind, "at": at, "created": self.created, **more}
        self.world.decisions.append(row)
        return row

    def act(self, kind: str, at: datetime, user: str | None = None, late: float = 0.3) -> datetime:
        """Note an activity; return when it is told, which may be days later."""
        told = at + (self.after(60, 1440, 4000) if self.draw.random() < late else timedelta())
        self.world.activities.append({"item": self.item, "kind": kind, "user": user, "at": at, "told": told})
        return told

    def tell(self) -> None:
        draw, at = self.draw, self.created + self.draw.choice((timedelta(), timedelta(minutes=42)))
        if draw.random() < 0.1:
            owner = draw.choice(("ann", "bob", "zoe", "who"))
            self.world.kept.append({"item": self.item, "owner": owner, "at": at, "created": self.created})
            if draw.random() < 0.7:
                self.act("touch", at + self.after(0, 3, 200, 3000), owner)
            return
        pool = draw.choice(tuple(MEMBERS))
        if draw.random() < 0.2:
            self.decide("failover", at, pool=pool, sent_to="hours", cause="nobody", reasons=draw.choice(REASONS))
            pool = "hours" if pool != "hours" else "p"
        if draw.random() < 0.3:
            waits = self.hold(pool, at)
            if waits is None:
                return
            at = waits
        member = draw.choice(MEMBERS[pool])
        self.own(draw.choice(("assign", "assign", "redo")), pool, member, at, [])

    def hold(self, pool: str, at: datetime) -> datetime | None:
        """Let the item wait; return when somebody takes it, None when nobody ever does."""
        draw = self.draw
        self.decide("hold", at, pool=pool, reasons=draw.choice(REASONS))
        at += self.after(0, 4, 55, 700, 3000)
        ending = draw.choice(("taken", "taken", "taken", "withdraw", "queue", "never"))
        if ending == "withdraw":
            self.act("close", at, late=0)
            self.decide("withdraw", at, pool=pool, cause="closed")
        elif ending == "queue":
            self.decide("queue", at, pool=pool, cause="hold_expired", sent_to="desk", reasons=draw.choice(REASONS))
            if draw.random() < 0.5:
                self.act("close", at + self.after(5, 2000))
        elif ending == "taken":
            if draw.random() < 0.2:
                self.decide("skip", at, pool=pool, member=draw.choice(MEMBERS[pool]))
            return at
        return None

    def own(self, kind: str, pool: str, member: str, at: datetime, owners: list[str], **more: Any) -> None:
        """Give the item to a member and go on from there."""
        draw = self.draw
        due = at + self.after(5, 15, 60, 600) if draw.random() < 0.8 else None
        self.decide(kind, at, pool=pool, member=member, due=due, version=draw.choice(("v1", "v1", "v2")), **more)
        if not owners and self.item % 3 == 0:  # they knew of it before
            early = self.created + (-1, 0, 0.5, 1)[self.item % 4] * (at - self.created)
            row = {"item": self.item, "kind": "touch", "user": member, "at": early, "told": at}
            self.world.activities.append(row if self.item % 5 == 0 else {**row, "counts": at})
        touched = self._touches(member, at)
        if self.closed is None and draw.random() < 0.3:
            told = self.act(draw.choice(("close", "return")), at + self.after(0, 2, 15, 90, 5000), late=0.1)
            self.closed = told
        others = [other for other in MEMBERS[pool] if other != member and other not in owners]
        declined = at + self.after(1, 5, 15) if draw.random() < 0.15 else None
        if declined and (due is None or declined <= due) and not self._is_closed(declined):
            self.world.breaches.append({"item": self.item, "kind": "decline", "member": member, "at": declined})
            if others:
                previous = [*owners, member]
                self.own("reassign", pool, others[0], declined, previous, cause="decline", previous_member_id=member)
                return
        if due is None or (touched and touched[0] <= due and touched[1] <= due) or self._is_closed(due):
            return
        self._miss(pool, member, due, others, [*owners, member])

    def _miss(self, pool: str, member: str, due: datetime, others: list[str], owners: list[str]) -> None:
        at = due + self.draw.choice((timedelta(), DELAY))
        self.world.breaches.append({"item": self.item, "member": member, "due": due, "at": at})
        step = self.draw.choice(("notify", "reassign", "reassign", "queue"))
        if step == "reassign" and others:
            self.own("reassign", pool, others[0], at, owners, cause="breach", previous_member_id=member)
        elif step == "queue":
            self.decide("queue", at, pool=pool, cause="breach", sent_to="desk", previous_member_id=member)

    def _touches(self, member: str, at: datetime) -> tuple[datetime, datetime] | None:
        """Draw touches; return the first one of the owner and when it is told."""
        draw = self.draw
        if draw.random() < 0.2:
            self.act("touch", at + self.after(0, 4), draw.choice(("zoe", "ann", "bob")))
        if draw.random() < 0.3:
            return None
        first = at + self.after(0, 1, 5, 14, 15, 60, 61, 700, 2000)
        told = self.act("touch", first, member)
        if draw.random() < 0.3:
            self.act("touch", first + self.after(1, 100), member)
        return first, told

    def _is_closed(self, at: datetime) -> bool:
        return self.closed is not None and self.closed <= at

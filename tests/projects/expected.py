"""What a project must come to: from its data to decisions, by a way of its own.

Belongs here: the whole way, and where each item stands at its end. Does not belong here: single steps (``read_*``), the
rule of the rotation (tests/core/oracle), and what a run has told (``runs``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.core.oracle import Arrival, Event, Oracle, Row, World
from tests.projects.read_events import events_of
from tests.projects.read_items import Items
from tests.projects.read_people import People
from tests.projects.read_policy import pauses_of, policies_of, tokens_of
from tests.projects.read_rows import Rows
from tests.projects.read_time import us
from tests.projects.tree import Project


@dataclass(frozen=True)
class Standing:
    """Where an item stands: ``reason`` only of items that are set aside, kept or duplicates."""

    item_id: str
    outcome: str
    decided: int
    owner: str | None = None
    pool: str | None = None
    queue: str | None = None
    duplicate_of: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Expected:
    oracle: Oracle
    items: Items

    @property
    def standings(self) -> list[Standing]:
        passing = {"skip", "failover", "alert", "raise", "drop"}
        last: dict[int, Row] = {row.item: row for row in self.oracle.rows if row.kind not in passing}
        names = {item.number: item.told.row["item_id"] for item in self.items.settled}
        found = []
        for item in self.items.settled:
            name, row = names[item.number], last.get(item.number)
            if item.outcome is None or (row is not None and item.outcome == "kept"):
                assert row is not None, f"nothing was decided about {name}"
                found.append(_after(name, item.decided, row))
            else:
                twin = names[item.duplicate_of] if item.duplicate_of else None
                found.append(
                    Standing(
                        name,
                        item.outcome,
                        item.decided,
                        item.has_now or item.owner,
                        duplicate_of=twin,
                        reason=item.reason,
                    )
                )
        owners = {one.item_id: one.owner for one in found}
        twins = {one.item_id: one.duplicate_of for one in found}
        return [replace(one, owner=_owner_of(one.item_id, twins, owners)) for one in found]


def _owner_of(name: str, twins: Mapping[str, str | None], owners: Mapping[str, str | None]) -> str | None:
    """Who has an item: a duplicate is with whoever has the item it repeats."""
    twin = twins[name]
    return owners[name] if twin is None else _owner_of(twin, twins, owners)


def _after(name: str, decided: int, row: Row) -> Standing:
    """Where the last decision left an item."""
    if row.kind == "keep":
        return Standing(name, "kept", decided, row.member, reason="survivor")
    if row.kind == "withdraw":
        return Standing(name, "disqualified", decided, pool=row.pool, reason="closed_while_waiting")
    if row.kind == "hold":
        return Standing(name, "held", decided, pool=row.pool)
    if row.kind == "queue":
        return Standing(name, "queued", decided, pool=row.pool, queue=row.sent_to)
    return Standing(name, "assigned", decided, row.member, row.pool)


def world_of(project: Project) -> tuple[World, Items]:
    """The project in the words of the router."""
    rows = Rows(project)
    people = People(project, rows.effective)
    items = Items(project, rows, people)
    follows = {place for place, policy in enumerate(project.policies) if "survivor" in _precedence(policy)}
    hands_over = any(feed.table == "users" for feed in project.feeds)
    arrivals, moved = [], []
    for item in sorted(items.settled, key=lambda one: (one.decided, one.told.place, one.priority, one.number)):
        if item.outcome in {None, "kept"}:
            place = project.policies.index(items.policy_at(item.decided))
            arrivals.append(
                Arrival(
                    item.number, item.pool, item.decided, item.needs, item.priority, item.wishes, item.prefers,
                    item.targets, item.person, item.owner, item.outcome is None and place in follows,
                    is_followed=hands_over and item.is_last, is_given=item.reason in {"item_owner", "history"},
                    created=min(us(item.told.row["created_at"]), item.decided),
                )
            )  # fmt: skip
            moved += [
                replace(
                    arrivals[-1], time=start, pool=by.pool, needs=by.needs, wishes=by.wishes, prefers=by.prefers,
                    targets=by.targets, kept_by=None, follows_survivor=False, is_followed=hands_over, is_given=False,
                    reopens=3,
                )
                for start, by in items.by_versions(item)
                if start <= rows.closes[-1]
            ]  # fmt: skip
    # What has waited as a version begins came before what comes at that instant.
    places = {one.number: one.told.place for one in items.settled}
    waited = sorted(moved, key=lambda one: (places[one.item], one.priority, one.item))
    arrivals = sorted([*waited, *arrivals], key=lambda one: one.time)
    news = [Event(one.time, one.item, "reroute", None, one.time) for one in moved]
    world = World(
        policies_of(project, people), arrivals, rows.closes[-1], people.absences(), people.status_changes(),
        tokens_of(project), [*events_of(items), *news], closes=rows.closes,
        pauses=pauses_of(project), waits_at_closes=project.decide == "delivered", departures=people.departures(),
    )  # fmt: skip
    return world, items


def _precedence(policy: object) -> list[str]:
    assert isinstance(policy, dict)
    found: list[str] = policy.get("ownership", {}).get("precedence", ["survivor"])
    return found


def expected_of(project: Project) -> Expected:
    """Raises what the reading raises where what is left of a project is none any more."""
    world, items = world_of(project)
    oracle = Oracle(world, day_zone=project.zone)
    oracle.run()
    return Expected(oracle, items)

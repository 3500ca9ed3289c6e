"""What a project's activities and closing rows say happened to its items, read plainly.

Belongs here: which items an activity is about, when it counts, and as what. Does not belong here: what the router makes
of it (tests/core).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.core.oracle_words import Event
from tests.projects.read_items import Items, Settled
from tests.projects.read_rows import closes_anyway, closing_outcomes, closing_statuses, fold
from tests.projects.read_time import us
from tests.projects.tree import Row

TOUCHES = ("call", "email", "meeting", "message", "reply", "sms")
RETURNS = ("duplicate", "out_of_territory", "spam")


@dataclass(frozen=True)
class Happening:
    """An event with all that its order and its being told twice depend on."""

    event: Event
    source: str
    activity: str
    place: int

    @property
    def order(self) -> tuple[Any, ...]:
        one = self.event
        kind = ("touch", "close", "return", "decline").index(one.kind)
        return one.at, kind, one.item, one.occurred, one.member is None, one.member or "", self.source, self.activity


def events_of(items: Items) -> list[Event]:
    """All events in the order in which they count; what is told twice happened once, when it counted first."""
    found: dict[tuple[int, str, str, str], Happening] = {}
    for one in [*_activities(items), *_closings(items)]:
        key = (one.event.item, one.event.kind, one.source, one.activity)
        if key not in found or (one.event.at, one.place) < (found[key].event.at, found[key].place):
            found[key] = one
    return [one.event for one in sorted(found.values(), key=lambda one: one.order)]


def _activities(items: Items) -> Iterator[Happening]:
    by_id: dict[str, list[Settled]] = {}
    for item in items.settled:
        by_id.setdefault(item.told.row["item_id"], []).append(item)
    for place, delivery in enumerate(items.project.deliveries):
        for name, rows in sorted(delivery.rows.items()):
            if items.project.feed(name).table == "activities":
                for row in rows:
                    named = by_id.get(row.get("item_id") or "", [])
                    known = [item for item in named if item.told.place <= place]
                    first = min((item.told.place for item in named), default=0)
                    for item in known or [item for item in named if item.told.place == first]:
                        yield from _happening(items, name, place, row, item, item.decided + 1)
                    if not known and is_by_somebody(row):
                        for item in _of_contact(items, row, place):
                            yield from _happening(items, name, place, row, item, None)


def _of_contact(items: Items, row: Row, place: int) -> Iterator[Settled]:
    at = max(us(row["occurred_at"]), items.rows.effective[place])
    contact = row.get("contact_id")
    for item in items.settled:
        if contact and item.contact == contact and item.decided < at:
            yield item


def _happening(
    items: Items, name: str, place: int, row: Row, item: Settled, earliest: int | None
) -> Iterator[Happening]:
    occurred = us(row["occurred_at"])
    at = max(occurred, items.rows.effective[place], occurred if earliest is None else earliest)
    kind = _kind(row, items.policy_at(at))
    if kind is not None and (kind == "touch" or earliest is not None):
        event = Event(at, item.number, kind, row.get("user_id") or None, occurred)
        yield Happening(event, name, row["activity_id"], place)


def is_by_somebody(row: Row) -> bool:
    """Whether it can be a touch: outbound, by a user, and not by a machine."""
    is_outbound = (row.get("direction") or "outbound") == "outbound"
    return is_outbound and bool(row.get("user_id")) and not row.get("is_automated")


def _kind(row: Row, policy: Mapping[str, Any]) -> str | None:
    kind, outcome = row.get("kind"), fold(row.get("outcome"))
    if kind == "decline":
        return "decline" if row.get("user_id") else None
    if kind == "status_change" and outcome in policy.get("returns", {}).get("outcomes", RETURNS):
        return "return"
    if kind in {"status_change", "stage_change"}:
        return "close" if outcome in closing_outcomes(policy) else None
    is_touch = kind in policy.get("touches", {}).get("kinds", TOUCHES)
    return "touch" if is_touch and is_by_somebody(row) else None


def _closings(items: Items) -> Iterator[Happening]:
    """Items that their own rows say are closed; a row older than one delivered before says nothing."""
    by_key = {item.told.key: item for item in items.settled}
    rows = items.rows
    for told in [*rows.decided_by, *rows.further]:
        item, row = by_key[told.key], told.row
        if told is not item.told and _is_outdated(items, item, told.place, row):
            continue
        said = row.get("closed_at") or row.get("updated_at") or row["created_at"]
        occurred = min(us(said), rows.closes[told.place])
        at = max(occurred, rows.effective[told.place], item.decided + 1)
        is_closing = closes_anyway(row) or fold(row.get("status")) in closing_statuses(items.policy_at(at))
        if is_closing:
            yield Happening(Event(at, item.number, "close", None, occurred), told.feed, "", told.place)


def _is_outdated(items: Items, item: Settled, place: int, row: Row) -> bool:
    if not row.get("updated_at"):
        return False
    earlier = [
        one["updated_at"]
        for delivery in items.project.deliveries[:place]
        for one in delivery.rows.get(item.told.feed, ())
        if one.get("item_id") == item.told.row["item_id"] and one.get("updated_at")
    ]
    return any(us(one) > us(row["updated_at"]) for one in earlier)

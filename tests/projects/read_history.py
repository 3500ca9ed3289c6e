"""Recorded owners of an item, read plainly from the ownership history that its own delivery knew.

Belongs here: stretches of owners, and which of them may keep the item. Does not belong here: other claims
(``read_items``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from rr_pipeline.core.model import FAR_FUTURE_US
from tests.projects.read_people import People
from tests.projects.read_rows import Told
from tests.projects.read_time import us
from tests.projects.tree import Project


@dataclass(frozen=True)
class Stretch:
    owner: str | None
    begin: int
    end: int


def recorded(project: Project, people: People, told: Told, decided: int) -> list[Stretch]:
    """Who had the item from its decision on, as recorded: each until the next begins, or until the record ends."""
    feeds = {feed.name for feed in project.feeds if feed.table == "ownership_history"}
    kind = project.feed(told.feed).object_type
    starts: dict[int, tuple[int, Stretch]] = {}
    for place, delivery in enumerate(project.deliveries[: told.place + 1]):
        for row in (row for name in sorted(feeds & set(delivery.rows)) for row in delivery.rows[name]):
            if (row["object_type"], row["item_id"]) == (kind, told.row["item_id"]):
                end = us(row["until_at"]) if row.get("until_at") else FAR_FUTURE_US
                one = Stretch(row["owner_id"], us(row["from_at"]), end)
                before = starts.get(one.begin)
                if before is None or before[0] < place or not _gives_way(people, one, before[1], told.place):
                    starts[one.begin] = place, one
    ordered = [starts[begin][1] for begin in sorted(starts)]
    joined: list[Stretch] = []
    for one in ordered:
        if joined and joined[-1].owner == one.owner and one.begin <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=one.end)
        else:
            joined.append(one)
    ends = [min(one.end, later.begin) for one, later in pairwise(joined)]
    found = [replace(one, end=end) for one, end in zip(joined, [*ends, *[one.end for one in joined[-1:]]], strict=True)]
    return [replace(one, begin=max(one.begin, decided)) for one in found if one.end > decided]


def _gives_way(people: People, one: Stretch, earlier: Stretch, place: int) -> bool:
    """Of two who got it at one instant by one delivery: users before others, then the one whose row comes last."""
    return is_known(people, earlier, place) and not is_known(people, one, place)


def is_known(people: People, one: Stretch, place: int) -> bool:
    return any(known.place <= place for known in people.users.get(one.owner or "", []))


def kept_by(
    people: People, stretches: list[Stretch], place: int, close: int, *, keep_inactive: bool
) -> tuple[str, str, bool] | None:
    """Who keeps the item, who has it now, and whether that is one and the same time; None where nobody may keep it.

    ``place``, ``close``: of the item's delivery, which knows nothing of later changes of people.
    """
    known = [one for one in stretches if is_known(people, one, place) and one.owner]
    last = known[-1].owner if known else None
    for one in known:
        if one.owner and last and (keep_inactive or people.is_active(one.owner, min(one.begin, close))):
            return one.owner, last, one is known[-1]
    return None

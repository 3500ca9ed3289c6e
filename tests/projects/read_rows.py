"""The rows of items as deliveries tell them: which are accepted, by which row each item is decided, and when.

Belongs here: versions of rows, closes of deliveries, the canonical order. Does not belong here: whose an item is
(``read_items``), and what happens to it (``read_events``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rr_pipeline.core.model import FAR_PAST_US
from tests.projects.read_time import us
from tests.projects.tree import Project, Row

CLOSING = (
    "canceled", "cancelled", "closed", "closed - converted", "closed - not converted", "closed lost", "closed won",
    "closedlost", "closedwon", "completed", "converted", "disqualified", "done", "lost", "resolved", "solved",
    "unqualified", "won",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One accepted row of an item, with the place of its delivery."""

    place: int
    feed: str
    row: Row

    @property
    def key(self) -> tuple[str, str]:
        return self.feed, self.row["item_id"]

    @property
    def newness(self) -> tuple[bool, int, int]:
        """Of several rows of a delivery the newest counts; of equally new ones the one created first."""
        updated = self.row.get("updated_at")
        return updated is not None, us(updated) if updated else 0, -us(self.row["created_at"])


@dataclass
class Rows:
    """``closes``, ``effective``: what each delivery moves the frontier to, and from when on it counts."""

    project: Project
    decided_by: list[Told] = field(default_factory=list)
    further: list[Told] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    effective: list[int] = field(default_factory=list)
    frontiers: list[int] = field(default_factory=list)
    refused_count: int = 0

    def __post_init__(self) -> None:
        known: set[tuple[str, str]] = set()
        for place, delivery in enumerate(self.project.deliveries):
            told = list(self._accepted(place))
            newest: dict[tuple[str, str], Told] = {}
            for one in told:
                if one.key not in newest or one.newness > newest[one.key].newness:
                    newest[one.key] = one
            fresh = [one for key, one in newest.items() if key not in known]
            fresh.sort(key=lambda one: (us(one.row["created_at"]), one.feed, natural(one.row["item_id"])))
            further = [one for key, one in newest.items() if key in known]
            known |= newest.keys()
            self.decided_by += fresh
            self.further += further
            self._close(us(delivery.at), place, fresh, further)

    def _accepted(self, place: int) -> Iterator[Told]:
        for name, rows in sorted(self.project.deliveries[place].rows.items()):
            if self.project.feed(name).table == "items":
                for row in rows:
                    if row.get("item_id") and isinstance(row.get("created_at"), datetime):
                        yield Told(place, name, row)
                    else:
                        self.refused_count += 1

    def _close(self, at: int, place: int, fresh: Sequence[Told], further: Sequence[Told]) -> None:
        """A delivery that tells what happened to items takes the frontier a microsecond further at least."""
        closed = [one for one in fresh if may_close(self.project, one.row)]
        tells = bool(closed) or any(may_close(self.project, one.row) for one in further)
        rows = self.project.deliveries[place].rows
        tells |= any(rows[name] for name in rows if self.project.feed(name).table == "activities")
        before = self.closes[-1] if self.closes else FAR_PAST_US
        self.frontiers.append(before)
        self.effective.append(before + 1 if self.closes else FAR_PAST_US)
        reached = [at, *(us(one.row["created_at"]) + 1 for one in closed)]
        self.closes.append(max(before + int(tells), *reached))

    def items(self) -> list[tuple[int, Told, int]]:
        """Every item in canonical order: its number, the row it is decided by, and when."""
        return [
            (number, one, max(us(one.row["created_at"]), self.frontiers[one.place]))
            for number, one in enumerate(self.decided_by, start=1)
        ]


def closes_anyway(row: Row) -> bool:
    return bool(row.get("closed_at") or row.get("is_converted") or row.get("is_deleted"))


def closing_statuses(policy: Any) -> frozenset[str]:
    return frozenset(fold(word) for word in policy.get("closing", {}).get("statuses", CLOSING))


def closing_outcomes(policy: Any) -> frozenset[str]:
    return frozenset(fold(word) for word in policy.get("closing", {}).get("outcomes", CLOSING))


def may_close(project: Project, row: Row) -> bool:
    """Whether a row says that its item is closed, by the words of some version."""
    return closes_anyway(row) or any(fold(row.get("status")) in closing_statuses(one) for one in project.policies)


def natural(text: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A text by which ids are ordered: runs of digits are numbers, and equal ones are texts."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(not one.isdigit(), int(one) if one.isdigit() else 0, "" if one.isdigit() else one) for one in parts], text


def fold(text: Any) -> str:
    return str(text or "").strip().lower()

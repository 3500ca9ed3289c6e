"""The story of one item, told from the published copy in plain words and local times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import RefusedError
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.published import PUBLISHED_FILE

OUTCOME_WORDS = {
    "assigned": "assigned to {owner_id} by the rotation of {pool_id}",
    "kept": "kept by its existing owner {owner_id} ({outcome_reason}); no turn was charged",
    "duplicate": "a duplicate of {duplicate_of} ({duplicate_of_source}): the same person",
    "disqualified": "set aside by the qualification rule {outcome_reason}",
    "quarantined": "refused: {outcome_reason} (see ops.quarantine for the field and how to mend it)",
    "held": "held in {pool_id}: nobody was eligible",
    "queued": "in a queue",
}


@dataclass(frozen=True)
class Considered:
    """One member looked at in one decision."""

    member_id: str
    is_winner: bool
    is_eligible: bool
    reason: str | None
    balance_turns: float
    weight: int
    in_words: str


@dataclass(frozen=True)
class Decision:
    """One step of the router, and everybody it looked at, in roster order."""

    decision_seq: int
    decided_at: datetime
    pool_id: str
    kind: str
    policy_version: str
    considered: tuple[Considered, ...]


@dataclass(frozen=True)
class Story:
    """An item and all that was decided about it."""

    item: Mapping[str, Any]
    decisions: tuple[Decision, ...]

    @property
    def outcome_words(self) -> str:
        """How it ended, in a sentence."""
        return OUTCOME_WORDS[self.item["outcome"]].format(**self.item)

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {**asdict(self), "outcome_words": self.outcome_words}


def explain_item(project: Project, item_id: str, source: str | None = None) -> list[Story]:
    """Stories of every item with that id (one a source). Raises RefusedError when there is none."""
    with open_analyst(project.published / PUBLISHED_FILE) as con:
        items = _rows(
            con,
            "select * exclude (file_id) from marts.fct_items where item_id = $1 and ($2 is null or source = $2) "
            "order by source, item_seq nulls last, row_number",
            [item_id, source],
        )
        if not items:
            raise RefusedError(
                "no item has this id. Ids are compared exactly, as the source writes them; an item delivered since the "
                "last run is not decided yet."
            )
        rows = _rows(con, "select * from marts.explain($1)", [item_id])
    return [Story(item, tuple(_decisions(rows, item))) for item in items]


def _rows(con: duckdb.DuckDBPyConnection, query: str, parameters: list[object]) -> list[dict[str, Any]]:
    result = con.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _decisions(rows: list[dict[str, Any]], item: Mapping[str, Any]) -> list[Decision]:
    decisions: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row["source"] == item["source"] and item["item_seq"] is not None:
            decisions.setdefault(row["decision_seq"], []).append(row)
    return [
        Decision(
            decision_seq=sequence,
            decided_at=group[0]["decided_at"],
            pool_id=group[0]["pool_id"],
            kind=group[0]["kind"],
            policy_version=group[0]["policy_version"],
            considered=tuple(
                Considered(
                    row["member_id"], row["is_winner"], row["is_eligible"], row["reason"],
                    row["balance_turns"], row["weight"], row["in_words"],
                )
                for row in group
            ),
        )
        for sequence, group in decisions.items()
    ]  # fmt: skip


def local_text(project: Project, instant: datetime | None) -> str:
    """An instant in the project's zone, for people."""
    if instant is None:
        return "-"
    return instant.astimezone(load_zone(project.settings.time_zone)).strftime("%a %Y-%m-%d %H:%M:%S %Z")

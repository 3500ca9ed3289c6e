"""The story of one item, told from the published copy in plain words, local times and UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.core.vocabulary import VOCABULARY
from rr_pipeline.errors import RefusedError
from rr_pipeline.personal import hidden
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.published import PUBLISHED_FILE

OUTCOME_WORDS = {
    "assigned": "assigned to {owner_id} by the rotation of {pool_id}",
    "kept": "kept by its existing owner {owner_id} ({outcome_reason}); no turn was charged",
    "duplicate": "a duplicate of {duplicate_of} ({duplicate_of_source}): the same person",
    "disqualified": "set aside by the qualification rule {outcome_reason}",
    "quarantined": "refused: {outcome_reason} (see ops.quarantine for the field and how to fix it)",
    "held": "waits in {pool_id}: nobody could take it so far",
    "queued": "in the queue {queue_id}, which is nobody's",
    "closed_while_waiting": "closed while it waited in {pool_id}; nobody had it",
}

QUEUE_WORDS = {
    "nobody": ": nobody could take it",
    "hold_expired": ": it had waited as long as it may",
    "breach": ": the target of its last owner was missed",
}


@dataclass(frozen=True)
class Considered:
    """One member looked at in one decision. ``claim_turns``: its balance with its share of the item, which counts.

    ``open_count`` and ``max_open``: open items and most of them, in pools that choose by them (else None).
    """

    member_id: str
    is_winner: bool
    is_eligible: bool
    came_first: bool
    is_accruing: bool
    reason: str | None
    balance_turns: float
    claim_turns: float
    open_count: int | None
    max_open: int | None
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
class Step:
    """One thing that happened. ``user_id`` is the member concerned and ``time_zone`` theirs, where there is one.

    ``due_at``: when a touch is, or was, due; ``counted_at``: from when on the router could know of it, if later.
    """

    step_no: int
    happened_at: datetime
    step: str
    decision_seq: int | None
    pool_id: str | None
    user_id: str | None
    time_zone: str | None
    due_at: datetime | None
    counted_at: datetime | None
    in_words: str


@dataclass(frozen=True)
class Story:
    """An item, all that happened to it, and everybody looked at in each decision about it."""

    item: Mapping[str, Any]
    steps: tuple[Step, ...]
    decisions: tuple[Decision, ...]

    @property
    def outcome_words(self) -> str:
        """How it ended, in a sentence."""
        outcome, reason = self.item["outcome"], self.item["outcome_reason"]
        words = OUTCOME_WORDS.get(reason) or OUTCOME_WORDS.get(outcome) or VOCABULARY["item_outcomes"][outcome]
        why = QUEUE_WORDS.get(reason, "") if outcome == "queued" else ""
        return words.format(**self.item) + why

    def decision(self, decision_seq: int | None) -> Decision | None:
        """The decision of that number, None where nobody was looked at."""
        return next((one for one in self.decisions if one.decision_seq == decision_seq), None)

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {**asdict(self), "outcome_words": self.outcome_words}


def explain_item(project: Project, item_id: str, source: str | None = None) -> list[Story]:
    """Stories of every item with that id (one a source). Raises RefusedError when there is none.

    An id that is published as its keyed hash is found by what was delivered, too.
    """
    with open_analyst(project.published / PUBLISHED_FILE) as con:
        items = _items(con, item_id, source)
        if not items:
            item_id = hidden(project.hash_key, item_id)
            items = _items(con, item_id, source)
        if not items:
            raise RefusedError(
                "no item has this id. Ids are compared exactly, as the source writes them; an item delivered since the "
                "last run is not decided yet."
            )
        looks = _rows(con, "select * from marts.explain($1)", [item_id])
        steps = _rows(con, "select * from marts.story($1)", [item_id])
    return [Story(item, _steps(steps, item), tuple(_decisions(looks, item))) for item in items]


def _items(con: duckdb.DuckDBPyConnection, item_id: str, source: str | None) -> list[dict[str, Any]]:
    query = (
        "select * exclude (file_id) from marts.fct_items where item_id = $1 and ($2 is null or source = $2) "
        "order by source, item_seq nulls last, row_number"
    )
    return _rows(con, query, [item_id, source])


def _rows(con: duckdb.DuckDBPyConnection, query: str, parameters: list[object]) -> list[dict[str, Any]]:
    result = con.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _steps(rows: list[dict[str, Any]], item: Mapping[str, Any]) -> tuple[Step, ...]:
    own = [row for row in rows if (row["source"], row["item_seq"]) == (item["source"], item["item_seq"])]
    return tuple(Step(**{name: row[name] for name in Step.__dataclass_fields__}) for row in own)


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
                Considered(**{name: row[name] for name in Considered.__dataclass_fields__}) for row in group
            ),
        )
        for sequence, group in decisions.items()
    ]


def local_text(project: Project, instant: datetime | None, zone: str | None = None) -> str:
    """An instant for people: in the given zone (None: the project's)."""
    if instant is None:
        return "-"
    return instant.astimezone(load_zone(zone or project.settings.time_zone)).strftime("%a %Y-%m-%d %H:%M:%S %Z")


def both_texts(project: Project, instant: datetime, zone: str | None = None) -> str:
    """An instant in the given zone (None: the project's) and in UTC, the day only where it is another one."""
    zone = zone or project.settings.time_zone
    local, plain = instant.astimezone(load_zone(zone)), instant.astimezone(UTC)
    if local.replace(tzinfo=None) == plain.replace(tzinfo=None):
        return f"{plain:%a %Y-%m-%d %H:%M:%S} UTC"
    day = "" if local.date() == plain.date() else f"{plain:%a} "
    return f"{local_text(project, instant, zone)} ({day}{plain:%H:%M:%S} UTC)"

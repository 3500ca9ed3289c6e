"""The way from a world to frames, through the kernel, and back to plain rows.

Belongs here: conversions. Does not belong here: what is expected (``oracle``) and how worlds are made (``worlds``).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rr_pipeline.core.frames import (
    BREACHES,
    CLOCK_ROW,
    CONSIDERED,
    DECISIONS,
    FAIR_SHARES,
    ROSTERS,
    SETTLEMENTS,
    Routed,
    RoutedChunk,
    RouterState,
)
from rr_pipeline.core.model import FAR_FUTURE_US
from rr_pipeline.core.past_runs import TOLD_BEFORE, ToldBefore
from rr_pipeline.core.router import route_into
from tests.core.oracle_words import Arrival, Breach, Event, Row, World

DAY_ZONE = "America/New_York"
Shares = dict[tuple[str, str, int], list[int]]
"""By (pool, member, day): assigned, turns, fair share, credited, charged, settled."""

_OUT = {
    "decisions": DECISIONS,
    "considered": CONSIDERED,
    "rosters": ROSTERS,
    "breaches": BREACHES,
    "fair_shares": FAIR_SHARES,
    "settlements": SETTLEMENTS,
}
_TEXTS = pl.List(pl.String)
_PLAIN = {"item_seq": pl.Int64, "pool_id": pl.String, "decided_at": pl.Int64, "needs": _TEXTS, "priority": pl.Int32}
_MORE = {
    "wishes": _TEXTS,
    "prefers": _TEXTS,
    "targets": _TEXTS,
    "person": pl.Int64,
    "kept_by": pl.String,
    "follows_survivor": pl.Boolean,
    "at_closes": pl.Boolean,
    "created_us": pl.Int64,
    "is_followed": pl.Boolean,
    "is_given": pl.Boolean,
    "reopens": pl.Int64,
    "last_owner": pl.String,
}
EVENTS = pl.Schema(
    {
        "at_us": pl.Int64,
        "item_seq": pl.Int64,
        "kind": pl.String,
        "member_id": pl.String,
        "occurred_us": pl.Int64,
        "before_id": pl.String,
        "pool_id": pl.String,
    }
)
_ROW_COLUMNS = [
    *("item_seq", "pool_id", "kind", "member_id", "decided_at", "policy_version", "turn", "balance_before"),
    *("balance_after", "token_id", "reasons", "balances", "cause", "previous_member_id", "sent_to", "target"),
    *("due_at", "since_at", "open_counts"),
]


def frame_of(arrivals: Sequence[Arrival]) -> pl.DataFrame:
    """Arrivals as the kernel takes them. Columns that no arrival uses are left out."""
    columns = {
        "item_seq": [one.item for one in arrivals],
        "pool_id": [one.pool for one in arrivals],
        "decided_at": [one.time for one in arrivals],
        "needs": [list(one.needs) for one in arrivals],
        "priority": [one.priority for one in arrivals],
    }
    for name, kind in _MORE.items():
        values = [getattr(one, name.removesuffix("_us")) for one in arrivals]
        if any(value not in (None, (), False) for value in values):
            columns[name] = [list(value) for value in values] if kind == _TEXTS else values
    kinds = {**_PLAIN, **_MORE}
    return pl.DataFrame(columns, schema={name: kinds[name] for name in columns})


def numbered(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same arrivals with the number of their traits, null where they have none, and the frame of all traits."""
    names = ["needs", "wishes", "prefers", "targets"]
    empty = pl.Series([[]], dtype=_TEXTS)
    whole = frame.with_columns(pl.lit(empty).first().alias(name) for name in names if name not in frame.columns)
    keys = [(tuple(map(tuple, row)) if any(row) else None) for row in whole.select(names).rows()]
    numbers = {key: number for number, key in enumerate(sorted({key for key in keys if key}), 3)}
    traits = pl.DataFrame(
        [(number, *map(list, key)) for key, number in numbers.items()],
        schema={"traits_id": pl.Int64, **dict.fromkeys(names, _TEXTS)},
        orient="row",
    )
    column = pl.Series("traits_id", [numbers.get(key) for key in keys], pl.Int64)
    return whole.drop(names).with_columns(column), traits


def event_frame(events: Sequence[Event]) -> pl.DataFrame:
    rows = [(one.at, one.item, one.kind, one.member, one.occurred, one.before, one.pool) for one in events]
    return pl.DataFrame(rows, schema=EVENTS, orient="row")


def route_frames(
    world: World,
    frames: Sequence[pl.DataFrame],
    events: Sequence[Event],
    state: RouterState,
    until: int,
    **more: pl.DataFrame,
) -> tuple[Routed, Shares]:
    """What the kernel says of these arrivals and events, and the fairness measures summed over its chunks."""
    chunks: list[RoutedChunk] = []
    feeds = (world.absences, world.status_changes, world.tokens)
    more["events"] = event_frame(events)
    setting = {"day_zone": DAY_ZONE, "closes": world.closes, "waits_at_closes": world.waits_at_closes}
    setting["pauses"], setting["departures"] = world.pauses, world.departures
    setting["stand_ins"], setting["deputies"] = world.stand_ins, world.deputies
    setting["step_closes"] = world.step_closes
    setting["told_us"] = FAR_FUTURE_US if world.told is None else world.told
    if world.told_anew is not None:
        rows = [(one.item, one.member, one.since, one.told) for one in world.tellings]
        setting["told_before"] = ToldBefore(pl.DataFrame(rows, TOLD_BEFORE, orient="row"), world.told_anew)
    after = route_into(chunks.append, list(frames), world.policies, *feeds, state, until, **setting, **more)

    def whole(name: str) -> pl.DataFrame:
        return pl.concat([pl.DataFrame(schema=_OUT[name]), *(getattr(one, name) for one in chunks)])

    shares: Shares = {}
    for pool, member, day, *sums in whole("fair_shares").rows():
        own = shares.setdefault((pool, member, day), [0] * len(sums))
        own[:] = [before + more for before, more in zip(own, sums, strict=True)]
    frames = (whole(name) for name in ("decisions", "considered", "rosters"))
    return Routed(*frames, after, whole("breaches"), whole("settlements")), shares


def route_world(
    world: World,
    arrivals: Sequence[Arrival] | None = None,
    state: RouterState | None = None,
    until: int | None = None,
    events: Sequence[Event] | None = None,
) -> Routed:
    """What the kernel says of a world, or of a part of it that comes after a state."""
    frame = frame_of(world.arrivals if arrivals is None else arrivals)
    happened = world.events if events is None else events
    return route_frames(world, [frame], happened, state or RouterState(), until or world.until)[0]


def rows_of(routed: Routed) -> list[Row]:
    considered = routed.considered.drop("roster_id")
    frame = routed.decisions.join(considered, on="decision_seq", maintain_order="left", validate="1:1")
    return [
        Row(*row[:10], tuple(row[10] or ()), tuple(row[11] or ()), *row[12:18], tuple(row[18] or ()))
        for row in frame.select(_ROW_COLUMNS).rows()
    ]


def breaches_of(routed: Routed) -> list[Breach]:
    return [Breach(*row) for row in routed.breaches.filter(pl.col("kind") != CLOCK_ROW).rows()]

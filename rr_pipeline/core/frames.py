"""The frames that go into and come out of the router, and the state of the fold made of them.

Belongs here: schemas with their keys and units. Does not belong here: the words that callers build (``model``), or
anything that fills a frame.

Units: instants are UTC microseconds since 1970 (``_us``, and ``_at`` in what is handed out); balances are whole parts
of a turn (``model.UNIT``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from rr_pipeline.core.limits import STATE_COLUMNS


def _schema(columns: dict[str, pl.DataType | type[pl.DataType]]) -> pl.Schema:
    return pl.Schema(columns)


MEMBER_STATE = _schema(
    {
        "pool_id": pl.String,
        "member_id": pl.String,
        "balance": pl.Int64,
        "last_turn": pl.Int64,
        **dict.fromkeys(STATE_COLUMNS, pl.Int64()),
        "recent_days": pl.List(pl.Int64),
        "recent_counts": pl.List(pl.Int64),
        "open_count": pl.Int64,
    }
)
"""Key (pool_id, member_id), departed members included. Windows: when the hour of the local clock began, local days
since 1970, the first local day of the week, and the instant since which the total counts. The previous day and week
are kept because a zone that turns its clock back over midnight visits a local date twice; the last days, because a
later version may let weeks begin on another day. ``open_count``: open items of a pool that follows its items."""

_COUNTED = (*STATE_COLUMNS, "recent_days", "recent_counts", "open_count")
USER_STATE = _schema({"user_id": pl.String, **{name: MEMBER_STATE[name] for name in _COUNTED}})
"""Key user_id: users with limits over all pools. Windows as in ``MEMBER_STATE``; the total counts since ever."""

POOL_STATE = _schema({"pool_id": pl.String, "next_turn": pl.Int64})
TOKEN_STATE = _schema({"token_id": pl.String})
HOLD_STATE = _schema(
    {
        "item_seq": pl.Int64,
        "pool_id": pl.String,
        "needs": pl.List(pl.String),
        "priority": pl.Int32,
        "since_us": pl.Int64,
        "skipped": pl.List(pl.String),
        "skipped_until_us": pl.Int64,
        "previous": pl.List(pl.String),
        "previous_us": pl.List(pl.Int64),
        "wishes": pl.List(pl.String),
        "prefers": pl.List(pl.String),
        "targets": pl.List(pl.String),
        "expires_us": pl.Int64,
        "person": pl.Int64,
        "wait_version": pl.String,
        "wait_entry": pl.Int64,
        "at_closes": pl.Boolean,
        "created_us": pl.Int64,
        "reassign_count": pl.Int64,
        "is_returned": pl.Boolean,
    }
)
"""Key item_seq. ``skipped``: members that passed this very item by a skip token; it is not offered to them before
``skipped_until_us`` (null: nobody passed it). ``previous``: who had it, of whom the last is gone: not offered to them.
``expires_us``: the instant of the next entry of what is done about it while it waits (null: none is left);
``wait_version`` and ``wait_entry`` (from 0): that entry, of the pool's list in this version (null: of the list in
force, from its beginning); ``at_closes``: entries are taken at closes only; ``created_us``: when the item was (null:
as ``since_us``). ``reassign_count``: how often it went from an owner; ``is_returned``: a step sent it back, so that all
may have it once all have had it (both null: 0, false)."""

OPEN_STATE = _schema(
    {
        "item_seq": pl.Int64,
        "pool_id": pl.String,
        "member_id": pl.String,
        "since_us": pl.Int64,
        "created_us": pl.Int64,
        "told_us": pl.Int64,
        "at_closes": pl.Boolean,
        "due_us": pl.Int64,
        "target": pl.String,
        "touched_us": pl.Int64,
        "acted_us": pl.Int64,
        "is_idle": pl.Boolean,
        "is_breached": pl.Boolean,
        "step": pl.Int64,
        "step_us": pl.Int64,
        "waits": pl.Int64,
        "resolve_target": pl.String,
        "resolve_due_us": pl.Int64,
        "resolve_step": pl.Int64,
        "resolve_step_us": pl.Int64,
        "resolve_waits": pl.Int64,
        "is_released": pl.Boolean,
        "reassign_count": pl.Int64,
        "previous": pl.List(pl.String),
        "previous_us": pl.List(pl.Int64),
        "charged": pl.Int64,
        "given_us": pl.Int64,
        "needs": pl.List(pl.String),
        "wishes": pl.List(pl.String),
        "prefers": pl.List(pl.String),
        "targets": pl.List(pl.String),
        "priority": pl.Int32,
        "person": pl.Int64,
    }
)
"""Key item_seq: assigned items that the router still follows. ``created_us``: when the item was (null: as
``since_us``); ``told_us``: when its owner was told; ``at_closes``: steps are taken at closes only. ``due_us`` and
``target``: the clock of this owner, if any; ``step``: the place of its next step in the ladder, ``step_us`` the
instant of it (null: none is left); ``waits``: steps that wait for somebody, as bits; ``is_breached``: a step at or
after the due instant was taken; ``resolve_``: the same of the target for closing; ``touched_us``: the owner's first
touch, ``acted_us`` the last (null: as ``touched_us``); ``is_idle``: it is, and waits for somebody; ``previous``:
earlier owners, in order, and ``previous_us`` since when each had it; ``charged``: parts that the item cost the owner;
``given_us``: when a person was told to have given it to the owner (null: nobody did);
``is_released``: no longer counts as open. A caller may hand over only the rows that a run can need: those with steps to
come or that wait, and those its events name."""

GRANT_STATE = _schema(
    {"grant_id": pl.String, "pool_id": pl.String, "member_id": pl.String, "from_us": pl.Int64, "position": pl.Int64}
)
"""Key grant_id (``returned:<item_seq>``): redo tokens granted by the router and not used yet, in the order granted."""

PERSON_STATE = _schema({"person": pl.Int64, "member_id": pl.String, "at_us": pl.Int64})
"""Key person: the last owner of each and since when. A caller may hand over only the persons a run can meet."""

ROSTER_STATE = _schema({"roster_id": pl.Int64, "pool_id": pl.String, "policy_version": pl.String})

DECISIONS = _schema(
    {
        "decision_seq": pl.Int64,
        "item_seq": pl.Int64,
        "pool_id": pl.String,
        "kind": pl.String,
        "member_id": pl.String,
        "decided_at": pl.Int64,
        "policy_version": pl.String,
        "turn": pl.Int64,
        "balance_before": pl.Int64,
        "balance_after": pl.Int64,
        "token_id": pl.String,
        "roster_id": pl.Int64,
        "cause": pl.String,
        "previous_member_id": pl.String,
        "sent_to": pl.String,
        "target": pl.String,
        "due_at": pl.Int64,
        "since_at": pl.Int64,
    }
)
"""Key decision_seq, gapless. ``turn`` is null where no turn was charged (hold, redo unless the pool charges it);
member and balances are those of the winner, null where there is none. ``decided_at`` and ``due_at`` are in UTC
microseconds. ``previous_member_id``: who lost the item; ``sent_to``: the pool of a failover, the name of a queue;
``target`` and ``due_at``: the clock that was started; ``since_at``: of a row ``give`` since when the member has the
item. Rows ``keep`` and ``give`` have no balances; they and ``withdraw`` consider nobody, nor do rows ``alert``,
``raise`` and ``drop`` (``sent_to``: the skills dropped), whose ``due_at`` is the instant of the entry."""

CONSIDERED = _schema(
    {
        "decision_seq": pl.Int64,
        "roster_id": pl.Int64,
        "reasons": pl.List(pl.UInt8),
        "balances": pl.List(pl.Int64),
        "open_counts": pl.List(pl.Int32),
    }
)
"""Key decision_seq. One entry per member in the order of the roster: the code of its first reason (0: eligible,
``CAME_FIRST``: eligible and among those that came first; ``ACCRUES`` is added to the code of a reason), its balance
before the decision, and, in a least_loaded pool (else null), its open items before it."""

CLOCK_ROW = "clock"
"""The kind of a row of ``BREACHES`` that is none: a clock starts that no decision tells of."""

BREACHES = _schema(
    {
        "item_seq": pl.Int64,
        "pool_id": pl.String,
        "member_id": pl.String,
        "kind": pl.String,
        "target": pl.String,
        "due_at": pl.Int64,
        "decided_at": pl.Int64,
        "is_notified": pl.Boolean,
        "outcome": pl.String,
        "policy_version": pl.String,
        "target_kind": pl.String,
        "step_no": pl.Int64,
        "step": pl.String,
        "level": pl.Int64,
    }
)
"""Key (item_seq, kind, target, step_no, outcome, decided_at): a step of a target at its due instant (kind
breach), before (ahead) or after it (later, also where it waited), or an item declined (kind decline), of the owner
``member_id``. ``is_notified``: the
manager is to be told, the ``level``-th up. ``outcome``: one of ``OUTCOMES``. ``step_no``: place in the ladder from 1
on; ``step``: one of ``STEPS``, null where the target is missed and nothing is done about it then."""

ROSTERS = _schema(
    {
        "roster_id": pl.Int64,
        "pool_id": pl.String,
        "policy_version": pl.String,
        "member_ids": pl.List(pl.String),
        "weights": pl.List(pl.Int64),
    }
)
"""Key roster_id, equally (policy_version, pool_id)."""


FAIR_SHARES = pl.Schema(
    {
        "pool_id": pl.String,
        "member_id": pl.String,
        "day": pl.Int64,
        "assigned_count": pl.Int64,
        "turn_count": pl.Int64,
        "fair_share_parts": pl.Int64,
        "credited_parts": pl.Int64,
        "charged_parts": pl.Int64,
        "settled_parts": pl.Int64,
    }
)
"""What is added to the fairness measures. Key (pool_id, member_id, day), days of the business zone since 1970; the
same key may come in several chunks and is then to be summed. ``fair_share_parts``: what the weights give of whole turns
among those accruing; credited and charged: what turns did; settled: what leavers left, or the leaver itself lost.
Credited less charged and settled add up to the balance."""

SETTLEMENTS = pl.Schema(
    {
        "pool_id": pl.String,
        "member_id": pl.String,
        "settled_at": pl.Int64,
        "has_left": pl.Boolean,
        "balance_before": pl.Int64,
        "balance_after": pl.Int64,
        "parts": pl.Int64,
        "policy_version": pl.String,
        "next_decision_seq": pl.Int64,
    }
)
"""Key (pool_id, member_id, settled_at): what became of the balances of those who left a pool at one instant
(``has_left``: balance 0 and no last turn from then on), and who got it. ``parts`` of one pool and instant sum to zero.
Comes before the decision ``next_decision_seq``, at or after ``settled_at``."""


def _empty(schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True)
class RouterState:
    """All the router carries from one run to the next; the schemas stand above.

    ``frontier_us``: decisions up to and with this instant are final (None: nothing was ever decided).
    """

    members: pl.DataFrame = field(default_factory=lambda: _empty(MEMBER_STATE))
    pools: pl.DataFrame = field(default_factory=lambda: _empty(POOL_STATE))
    tokens: pl.DataFrame = field(default_factory=lambda: _empty(TOKEN_STATE))
    holds: pl.DataFrame = field(default_factory=lambda: _empty(HOLD_STATE))
    open: pl.DataFrame = field(default_factory=lambda: _empty(OPEN_STATE))
    users: pl.DataFrame = field(default_factory=lambda: _empty(USER_STATE))
    grants: pl.DataFrame = field(default_factory=lambda: _empty(GRANT_STATE))
    persons: pl.DataFrame = field(default_factory=lambda: _empty(PERSON_STATE))
    rosters: pl.DataFrame = field(default_factory=lambda: _empty(ROSTER_STATE))
    frontier_us: int | None = None
    next_decision_seq: int = 1


@dataclass(frozen=True)
class RoutedChunk:
    """A stretch of decisions: frames ``DECISIONS``, ``CONSIDERED``, the ``ROSTERS`` new in it, ``FAIR_SHARES``,
    ``BREACHES`` and ``SETTLEMENTS``.
    """

    decisions: pl.DataFrame
    considered: pl.DataFrame
    rosters: pl.DataFrame
    fair_shares: pl.DataFrame = field(default_factory=lambda: _empty(FAIR_SHARES))
    breaches: pl.DataFrame = field(default_factory=lambda: _empty(BREACHES))
    settlements: pl.DataFrame = field(default_factory=lambda: _empty(SETTLEMENTS))


def nothing_decided(
    shares: pl.DataFrame, breaches: pl.DataFrame | None = None, settlements: pl.DataFrame | None = None
) -> RoutedChunk:
    """Return a chunk without decisions."""
    return RoutedChunk(
        _empty(DECISIONS),
        _empty(CONSIDERED),
        _empty(ROSTERS),
        shares,
        _empty(BREACHES) if breaches is None else breaches,
        _empty(SETTLEMENTS) if settlements is None else settlements,
    )


@dataclass(frozen=True)
class Routed:
    """The whole answer of one call: the frames of all its chunks, and the state after it."""

    decisions: pl.DataFrame
    considered: pl.DataFrame
    rosters: pl.DataFrame
    state: RouterState
    breaches: pl.DataFrame = field(default_factory=lambda: _empty(BREACHES))
    settlements: pl.DataFrame = field(default_factory=lambda: _empty(SETTLEMENTS))


def conform(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Return the frame with exactly the columns of a schema, those it lacks empty."""
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    return frame.with_columns(missing).select(schema.names()).cast(schema)

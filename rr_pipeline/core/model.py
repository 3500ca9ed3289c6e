"""The words of the router as frozen values: limits, members, pools, policies, tokens, and the state of the fold.

Belongs here: plain data that callers build and read, the units and codes they share, and the schemas of the
frames that go in and out. Does not belong here: checks across values, arithmetic, or anything that reads a file.

Units: instants are UTC microseconds since 1970 (``_us``); balances are whole parts of a turn, ``UNIT`` parts each.
Intervals include their start and exclude their end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

UNIT = 232_792_560_000
"""Parts of one turn; divisible by every number from 1 to 20, so that shares of small pools have no remainder."""

NO_LIMIT = -1
"""A limit that is not set."""

FAR_PAST_US = -(2**62)
"""Stands for "since ever" where an interval has no start."""

FAR_FUTURE_US = 2**62
"""Stands for "for ever" where an interval has no end."""

REASONS = (
    "not_member",
    "inactive",
    "weight_zero",
    "vacation",
    "holiday",
    "off_hours",
    "skill_missing",
    "previous_owner",
    "limit_total",
    "limit_week",
    "limit_day",
    "limit_hour",
    "at_capacity",
    "skip_token",
)
"""Why a member is not eligible. Bit i of a mask is ``REASONS[i]``; the stored code is 0 (eligible) or i + 1."""

KINDS = ("assign", "redo", "skip", "hold")
"""Kinds of decisions; the stored text is the name."""


@dataclass(frozen=True)
class Limits:
    """Most items a member may be given in a UTC clock hour, a local day, a local week, and since it joined."""

    hourly: int = NO_LIMIT
    daily: int = NO_LIMIT
    weekly: int = NO_LIMIT
    total: int = NO_LIMIT


@dataclass(frozen=True)
class Vacation:
    """An absence written in the policy, already in UTC; the end is exclusive."""

    from_us: int
    until_us: int


@dataclass(frozen=True)
class Member:
    """One user in one pool. ``is_active`` is the policy's word; status changes of the users feed come on top."""

    member_id: str
    weight: int = 1
    skills: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    from_us: int = FAR_PAST_US
    until_us: int = FAR_FUTURE_US
    is_active: bool = True
    limits: Limits = Limits()
    vacations: tuple[Vacation, ...] = ()


@dataclass(frozen=True)
class Pool:
    """Members that share one rotation. The order of ``members`` is the roster order, the last tie break.

    ``debt_limit`` and ``catch_up_limit`` are whole turns; ``week_start`` is 0 for Monday to 6 for Sunday.
    """

    pool_id: str
    members: tuple[Member, ...]
    accrue_while: frozenset[str] = frozenset({"skill_missing"})
    debt_limit: int = 5
    catch_up_limit: int = 2
    charge_redo: bool = False
    week_start: int = 0


@dataclass(frozen=True)
class Policy:
    """One policy version, in force from ``from_us`` until ``until_us`` (exclusive). Versions follow without a gap."""

    version: str
    from_us: int
    until_us: int
    pools: tuple[Pool, ...]


@dataclass(frozen=True)
class StatusChange:
    """From ``at_us`` on the user is active or not, in all pools. Of several at one instant the last one holds."""

    user_id: str
    at_us: int
    is_active: bool


@dataclass(frozen=True)
class Absence:
    """An absence of the absences feed, in all pools of the member, already in UTC; the end is exclusive."""

    member_id: str
    from_us: int
    until_us: int


@dataclass(frozen=True)
class Token:
    """A one-shot exception. With a ``skill`` it is spent only on items that need that skill.

    Tokens of a pool are spent in the order of (``from_us``, position in the sequence handed over).
    It may be used from ``from_us`` until ``expires_us`` (exclusive; None: for ever).
    """

    token_id: str
    pool_id: str
    member_id: str
    kind: str
    skill: str | None = None
    from_us: int = FAR_PAST_US
    expires_us: int | None = None


def _schema(columns: dict[str, pl.DataType | type[pl.DataType]]) -> pl.Schema:
    return pl.Schema(columns)


MEMBER_STATE = _schema(
    {
        "pool_id": pl.String,
        "member_id": pl.String,
        "balance": pl.Int64,
        "last_turn": pl.Int64,
        "hour_window": pl.Int64,
        "hour_count": pl.Int64,
        "day_window": pl.Int64,
        "day_count": pl.Int64,
        "week_window": pl.Int64,
        "week_count": pl.Int64,
        "total_window": pl.Int64,
        "total_count": pl.Int64,
        "previous_day_window": pl.Int64,
        "previous_day_count": pl.Int64,
        "previous_week_window": pl.Int64,
        "previous_week_count": pl.Int64,
    }
)
"""Key (pool_id, member_id), departed members included. Windows: hours since 1970 (UTC), local days since 1970, the
first local day of the week, and the instant since which the total counts. The previous day and week are kept because
a zone that turns its clock back over midnight visits a local date twice."""

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
    }
)
"""Key item_seq. ``skipped``: members that passed this very item by a skip token; it is not offered to them before
``skipped_until_us`` (null: nobody passed it)."""

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
    }
)
"""Key decision_seq, gapless. ``turn`` is null where no turn was charged (hold, redo unless the pool charges it);
member and balances are those of the winner, null on hold. ``decided_at`` is in UTC microseconds."""

CONSIDERED = _schema(
    {
        "decision_seq": pl.Int64,
        "roster_id": pl.Int64,
        "reasons": pl.List(pl.UInt8),
        "balances": pl.List(pl.Int64),
    }
)
"""Key decision_seq. One entry per member in the order of the roster: the code of its first reason (0: eligible) and
its balance before the decision."""

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
    }
)
"""What is added to the fairness measures. Key (pool_id, member_id, day), days of the business zone since 1970; the
same key may come in several chunks and is then to be summed. ``fair_share_parts``: what the weights give of whole turns
among those accruing; credited and charged: what the ledger did, which adds up to the balance."""


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
    rosters: pl.DataFrame = field(default_factory=lambda: _empty(ROSTER_STATE))
    frontier_us: int | None = None
    next_decision_seq: int = 1


@dataclass(frozen=True)
class RoutedChunk:
    """A stretch of decisions: frames ``DECISIONS``, ``CONSIDERED``, the ``ROSTERS`` new in it, and ``FAIR_SHARES``."""

    decisions: pl.DataFrame
    considered: pl.DataFrame
    rosters: pl.DataFrame
    fair_shares: pl.DataFrame = field(default_factory=lambda: _empty(FAIR_SHARES))


@dataclass(frozen=True)
class Routed:
    """The whole answer of one call: the frames of all its chunks, and the state after it."""

    decisions: pl.DataFrame
    considered: pl.DataFrame
    rosters: pl.DataFrame
    state: RouterState

"""One policy version in force: its pools, members, tokens and local days as arrays, and the state in and out of them.

Belongs here: filling ``arrays.Pools``, ``Slots``, ``Times`` and ``Tokens`` from values and frames, and reading the
state back. Does not belong here: items and queues (``queues``), and the order of work (``router``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Pools, Slots, Times, Tokens
from rr_pipeline.core.calendars import day_starts
from rr_pipeline.core.eligibility import Timelines, build_timelines
from rr_pipeline.core.frames import MEMBER_STATE, POOL_STATE, conform
from rr_pipeline.core.model import NO_LIMIT, REASONS, UNIT, Absence, Member, Policy, Pool, StatusChange, Token
from rr_pipeline.core.needs import NeedsTable
from rr_pipeline.core.queues import tree_over

Int64s = npt.NDArray[np.int64]

_WINDOWS = ("total", "week", "day", "hour", "previous_week", "previous_day")


@dataclass
class Epoch:
    """A policy version laid out for the kernel, from ``start_us`` to ``last_us`` (both included)."""

    policy: Policy
    start_us: int
    last_us: int
    pools: Pools
    slots: Slots
    times: Times
    tokens: Tokens
    token_ids: list[str]
    pool_ids: pl.Series
    member_ids: pl.Series
    slot_pool: Int64s

    def most_skips(self) -> int:
        """Return the largest number of skip tokens of one pool: so often one item may be passed on."""
        before = np.append(0, np.cumsum(self.tokens.table[:, c.T_KIND] == c.SKIP))
        pools = self.pools.table
        return int((before[pools[:, c.TOKEN_END]] - before[pools[:, c.TOKEN]]).max(initial=0))


def build_epoch(
    policy: Policy,
    span: tuple[int, int],
    feeds: tuple[Sequence[Absence], Sequence[StatusChange], Sequence[Token]],
    state: tuple[pl.DataFrame, pl.DataFrame, frozenset[str]],
) -> Epoch:
    """Return the version laid out for [span[0], span[1]].

    ``feeds``: absences, status changes, tokens. ``state``: frames of members and pools, and the tokens spent so far.
    """
    absences, changes, tokens = feeds
    roster = [member for pool in policy.pools for member in pool.members]
    sizes = np.array([len(pool.members) for pool in policy.pools], dtype=np.int64)
    slot_pool = np.repeat(np.arange(sizes.size), sizes)
    lines = build_timelines(policy.pools, absences, changes, *span)
    zones = sorted({member.time_zone for member in roster})
    token_table, token_row = _layout_tokens(policy.pools, tokens, state[2])
    times, pool_zone_row = _layout_times(policy.pools, zones, lines, span)
    pools = _layout_pools(policy.pools, lines, pool_zone_row, token_row)
    ids = pl.DataFrame(
        {
            "pool_id": [pool.pool_id for pool in policy.pools for _ in pool.members],
            "member_id": [member.member_id for member in roster],
        },
        schema={"pool_id": pl.String, "member_id": pl.String},
    )
    known = ids.join(state[0], on=["pool_id", "member_id"], how="left", maintain_order="left")
    slots = _layout_slots(roster, zones, lines, known, policy)
    pool_ids = pl.Series("pool_id", [pool.pool_id for pool in policy.pools], dtype=pl.String)
    turns = pool_ids.to_frame().join(state[1], on="pool_id", how="left", maintain_order="left")
    pools.table[:, c.NEXT_TURN] = turns["next_turn"].fill_null(0).to_numpy()
    return Epoch(
        policy,
        *span,
        pools=pools,
        slots=slots,
        times=times,
        tokens=Tokens(token_table, np.zeros((0, 0), dtype=np.uint8)),
        token_ids=[token.token_id for token in tokens],
        pool_ids=pool_ids,
        member_ids=ids["member_id"],
        slot_pool=slot_pool,
    )


def _ranges(lengths: Sequence[int] | Int64s) -> Int64s:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))]).astype(np.int64)


def _layout_pools(pools: Sequence[Pool], lines: Timelines, zone_row: Int64s, token_row: Int64s) -> Pools:
    table = np.zeros((len(pools), c.POOL_COLUMNS), dtype=np.int64)
    for row, pool in enumerate(pools):
        accruing = sum(1 << REASONS.index(reason) for reason in pool.accrue_while)
        table[row, c.BLOCKED] = c.ALL_REASONS & ~accruing
        table[row, c.DEBT] = pool.debt_limit * UNIT
        table[row, c.CATCH_UP] = pool.catch_up_limit * UNIT
        table[row, c.CHARGE_REDO] = pool.charge_redo
        table[row, c.WEEK_START] = pool.week_start
    slot_row = _ranges([len(pool.members) for pool in pools])
    table[:, c.SLOT], table[:, c.SLOT_END] = slot_row[:-1], slot_row[1:]
    table[:, c.SEGMENT_ROW], table[:, c.SEGMENT_END] = lines.pool_segment[:-1], lines.pool_segment[1:]
    table[:, c.ZONE], table[:, c.ZONE_END] = zone_row[:-1], zone_row[1:]
    table[:, c.TOKEN] = table[:, c.FIRST_TOKEN] = token_row[:-1]
    table[:, c.TOKEN_END] = token_row[1:]
    # The first look at a pool then works out its masks.
    table[:, [c.NEXT_ROLL, c.NEXT_DAY, c.NEXT_SEGMENT]] = c.FAR_PAST
    return Pools(table, tree_over(np.full(max(1, len(pools)), c.NEVER)))


def _layout_times(
    pools: Sequence[Pool], zones: list[str], lines: Timelines, span: tuple[int, int]
) -> tuple[Times, Int64s]:
    number = {zone: place for place, zone in enumerate(zones)}
    days = [day_starts(zone, *span) for zone in zones]
    of_pools = [
        sorted({number[m.time_zone] for m in pool.members if m.limits.daily >= 0 or m.limits.weekly >= 0})
        for pool in pools
    ]
    row = _ranges([one.day.size for one in days])
    empty = np.zeros(0, dtype=np.int64)
    times = Times(
        segment_us=lines.segment_us,
        mask=lines.masks,
        pool_zone=np.array([zone for pool in of_pools for zone in pool], dtype=np.int64),
        zone_row=row,
        zone_at=row[:-1].copy(),
        day_us=np.concatenate([empty, *(one.from_us for one in days)]),
        day=np.concatenate([empty, *(one.day for one in days)]),
    )
    return times, _ranges([len(pool) for pool in of_pools])


def _layout_slots(
    roster: list[Member], zones: list[str], lines: Timelines, state: pl.DataFrame, policy: Policy
) -> Slots:
    number = {zone: place for place, zone in enumerate(zones)}

    def column(name: str, default: int) -> Int64s:
        return state[name].fill_null(default).to_numpy().astype(np.int64)

    tally = np.zeros((len(roster), c.TALLY_COLUMNS), dtype=np.int64)
    for place, name in enumerate(_WINDOWS):
        tally[:, c.WINDOW + place] = column(f"{name}_window", 0)
        tally[:, c.GIVEN + place] = column(f"{name}_count", 0)
    # A total counts since the member joined. A later version that lets it join anew starts another count; one that
    # only words an old start differently does not, because what was given since then cannot be told apart any more.
    joined, window = np.array([member.from_us for member in roster], dtype=np.int64), tally[:, c.WINDOW + c.TOTAL]
    is_anew = (joined != window) & ((joined >= policy.from_us) | (state["balance"].is_null().to_numpy()))
    tally[is_anew, c.GIVEN + c.TOTAL] = 0
    tally[is_anew, c.WINDOW + c.TOTAL] = joined[is_anew]
    for place, name in enumerate(("total", "weekly", "daily", "hourly")):
        limits = np.array([getattr(member.limits, name) for member in roster], dtype=np.int64)
        tally[:, c.LIMIT + place] = np.where(limits == NO_LIMIT, c.NEVER, limits)
    tally[:, c.HOME] = [number[member.time_zone] for member in roster]
    tally[:, c.MASK_ROW] = lines.row
    hot = np.zeros((len(roster), 5), dtype=np.int64)
    hot[:, c.WEIGHT] = [member.weight for member in roster]
    hot[:, c.BALANCE] = column("balance", 0)
    hot[:, c.LAST_TURN] = column("last_turn", -1)
    hot[:, c.CREDIT] = hot[:, c.WEIGHT] > 0  # worked out when first needed; more than nothing for who may accrue
    return Slots(hot, tally)


def _layout_tokens(pools: Sequence[Pool], tokens: Sequence[Token], spent: frozenset[str]) -> tuple[Int64s, Int64s]:
    """Return the token table, ordered by (pool, from, position), and each pool's range. T_SKILL is filled later.

    A column more than the kernel reads holds the token's position in the sequence.
    """
    slot: dict[tuple[str, str], int] = {}
    for pool in pools:
        for member in pool.members:
            slot[pool.pool_id, member.member_id] = len(slot)
    place = {pool.pool_id: number for number, pool in enumerate(pools)}
    kinds = {"redo": c.REDO, "skip": c.SKIP}
    rows = sorted(
        (place[token.pool_id], token.from_us, position)
        for position, token in enumerate(tokens)
        if token.pool_id in place
    )
    table = np.zeros((len(rows), 7), dtype=np.int64)
    for row, (_, from_us, position) in enumerate(rows):
        token = tokens[position]
        until = c.NEVER if token.expires_us is None else token.expires_us
        holder = slot.get((token.pool_id, token.member_id), -1)
        table[row] = (holder, kinds[token.kind], -1, from_us, until, token.token_id in spent, position)
    counts = np.bincount(np.array([row[0] for row in rows], dtype=np.int64), minlength=len(pools))
    return table, _ranges(counts)


def match_tokens(epoch: Epoch, tokens: Sequence[Token], needs: NeedsTable) -> Tokens:
    """Return the tokens with what the kernel must know of skills: which sets of needs contain a token's skill."""
    table = epoch.tokens.table
    named = [tokens[position].skill for position in table[:, c.T_POSITION].tolist()]
    skills = sorted({skill for skill in named if skill is not None})
    table[:, c.T_SKILL] = [-1 if skill is None else skills.index(skill) for skill in named]
    needed = np.zeros((max(1, len(skills)), len(needs)), dtype=np.uint8)
    for row, skill in enumerate(skills):
        needed[row] = [skill in one for one in needs.sets]
    return Tokens(table, needed)


def write_members(epoch: Epoch, before: pl.DataFrame) -> pl.DataFrame:
    """Return the state of all members with a history, those of other versions as they stood, ordered by their key."""
    slots = epoch.slots
    names = epoch.pool_ids.gather(epoch.slot_pool) if epoch.slot_pool.size else pl.Series([], dtype=pl.String)
    columns: dict[str, object] = {
        "pool_id": names,
        "member_id": epoch.member_ids,
        "balance": slots.hot[:, c.BALANCE],
        "last_turn": slots.hot[:, c.LAST_TURN],
    }
    for place, name in enumerate(_WINDOWS):
        columns[f"{name}_window"] = slots.tally[:, c.WINDOW + place]
        columns[f"{name}_count"] = slots.tally[:, c.GIVEN + place]
    own = conform(pl.DataFrame(columns), MEMBER_STATE).with_columns(pl.col("open_count").fill_null(0))
    has_history = pl.any_horizontal(pl.col("last_turn") >= 0, pl.col("balance") != 0, pl.col("^.*_count$") > 0)
    own = own.filter(has_history)
    others = before.join(own, on=["pool_id", "member_id"], how="anti")
    return pl.concat([others, own]).sort("pool_id", "member_id")


def write_pools(epoch: Epoch, before: pl.DataFrame) -> pl.DataFrame:
    """Return the turn numbers of all pools, those of other versions as they stood; ordered by pool_id."""
    own = pl.DataFrame({"pool_id": epoch.pool_ids, "next_turn": epoch.pools.table[:, c.NEXT_TURN]}, schema=POOL_STATE)
    own = own.filter(pl.col("next_turn") > 0)
    return pl.concat([before.join(own, on="pool_id", how="anti"), own]).sort("pool_id")


def spent_tokens(epoch: Epoch) -> set[str]:
    """Return the ids of the version's tokens that are spent by now."""
    table = epoch.tokens.table
    return {epoch.token_ids[position] for position in table[table[:, c.T_USED] != 0, c.T_POSITION].tolist()}

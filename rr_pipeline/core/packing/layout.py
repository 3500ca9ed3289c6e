"""Filling the arrays of a version: pools, members, users, targets and local time, from values and frames.

Belongs here: one function for each of ``arrays.Pools``, ``Slots``, ``Times`` and the tables of users and targets. Does
not belong here: who is who (``numbering``), or what becomes of the arrays (``epochs``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.eligibility import Timelines
from rr_pipeline.core.calendar.local_time import clock_hours, day_starts
from rr_pipeline.core.calendar.working_clocks import HORIZON_US, Clocks, build_clocks
from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Pools, Slots, Times, lined_up
from rr_pipeline.core.kernel.trees import tree_over
from rr_pipeline.core.model import NO_LIMIT, REASONS, UNIT, Limits, Policy, Pool
from rr_pipeline.core.packing.numbering import Numbering
from rr_pipeline.core.packing.weeks import count_weeks_again, fill_days

Int64s = npt.NDArray[np.int64]

WINDOWS = ("total", "week", "day", "hour", "previous_week", "previous_day")
"""Names in the state of the windows, in the order of their columns."""

_LIMITS = ("total", "weekly", "daily", "hourly")
_WHEN = {"hold": c.WAIT, "failover": c.GO_ON, "queue": c.GO_TO_QUEUE, None: c.WAIT}


def _ranges(lengths: Sequence[int] | Int64s) -> Int64s:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))]).astype(np.int64)


def queue_names(pools: Sequence[Pool]) -> list[str]:
    """Return the names of all queues that pools and targets send to, in order."""
    steps = [step for pool in pools for target in pool.targets for step in target.steps]
    named = {pool.queue for pool in pools if pool.queue} | {s.removeprefix("queue:") for s in steps if ":" in s}
    return sorted(named)


def user_zones(numbering: Numbering, said: dict[str, str]) -> list[str]:
    """Return the zone in which each user's days are counted over all pools: as said, else that of the first roster."""
    own: dict[str, str] = {}
    for member in numbering.roster:
        own.setdefault(member.member_id, member.time_zone)
    return [said.get(name) or own.get(name, "UTC") for name in numbering.users]


def lay_out_targets(
    numbering: Numbering, queue_names: list[str], state: RouterState
) -> tuple[Int64s, Int64s, dict[tuple[int, str | None], int]]:
    """Return the table of targets, the first row of each pool, and the row of each (pool, name).

    Targets that only clocks still running know come at the end and take no steps.
    """
    number: dict[tuple[int, str | None], int] = {}
    for place, pool in enumerate(numbering.pools):
        for target in pool.targets:
            number[place, target.name] = len(number)
    row = _ranges([len(pool.targets) for pool in numbering.pools])
    for pool_id, name in state.open.select("pool_id", "target").drop_nulls().unique().sort("pool_id", "target").rows():
        number.setdefault((numbering.pool_number[pool_id], name), len(number))
    table = np.full((len(number), c.TG_STEP + c.MOST_STEPS), -1, dtype=np.int64)
    codes = {"notify_manager": c.STEP_NOTIFY, "reassign": c.STEP_REASSIGN}
    for place, target in enumerate(target for pool in numbering.pools for target in pool.targets):
        table[place, [c.TG_WITHIN, c.TG_WORKING]] = target.within_us, target.clock == "working"
        for position, step in enumerate(target.steps):
            code = codes[step] if step in codes else c.STEP_QUEUE + queue_names.index(step.removeprefix("queue:"))
            table[place, c.TG_STEP + position] = code
    return table, row, number


def _is_followed(pool: Pool, limited: set[str]) -> bool:
    return bool(
        pool.targets
        or pool.strategy == "least_loaded"
        or pool.declines
        or pool.redo_on_return
        or any(member.max_open != NO_LIMIT or member.member_id in limited for member in pool.members)
    )


def lay_out_pools(
    numbering: Numbering, policy: Policy, lines: Timelines, zone_row: Int64s, queue_names: list[str]
) -> Pools:
    """Return the rows of all pools; those the version lacks never have anybody."""
    pools = numbering.pools
    table = np.zeros((len(pools), c.POOL_COLUMNS), dtype=np.int64)
    limited = {user.user_id for user in policy.users if user.max_open != NO_LIMIT}
    for row, pool in enumerate(pools):
        accruing = sum(1 << REASONS.index(reason) for reason in pool.accrue_while)
        table[row, c.BLOCKED] = c.ALL_REASONS & ~accruing
        table[row, c.DEBT] = pool.debt_limit * UNIT
        table[row, c.CATCH_UP] = pool.catch_up_limit * UNIT
        table[row, c.CHARGE_REDO] = pool.charge_redo
        table[row, c.WEEK_START] = pool.week_start
        table[row, c.STRATEGY] = c.LEAST_LOADED if pool.strategy == "least_loaded" else c.FAIR
        table[row, c.WHEN_NOBODY], table[row, c.THEN] = _WHEN[pool.when_nobody], _WHEN[pool.then]
        table[row, c.FAILOVER_TO] = numbering.pool_number[pool.failover] if pool.failover else -1
        table[row, c.TO_QUEUE] = queue_names.index(pool.queue) if pool.queue else -1
        table[row, c.HOLD_FOR] = -1 if pool.hold_for_us is None else pool.hold_for_us
        table[row, c.DELAY], table[row, c.MOST_REASSIGN] = pool.activity_delay_us, pool.max_reassignments
        table[row, c.CHARGE_BACK], table[row, c.REDO_ON_RETURN] = pool.charge_back, pool.redo_on_return
        table[row, c.COUNT_KEPT], table[row, c.STICKY] = pool.count_kept, pool.sticky_us
        table[row, c.UNTIL_TOUCHED], table[row, c.DECLINES] = pool.capacity_until == "touched", pool.declines
        table[row, c.FOLLOWED] = _is_followed(pool, limited)
    slot_row = _ranges([len(pool.members) for pool in pools])
    table[:, c.SLOT], table[:, c.SLOT_END] = slot_row[:-1], slot_row[1:]
    known = len(policy.pools)
    table[:known, c.SEGMENT_ROW], table[:known, c.SEGMENT_END] = lines.pool_segment[:-1], lines.pool_segment[1:]
    sizes = np.diff(slot_row)[:known]
    table[:known, c.MASK] = _ranges(np.diff(lines.pool_segment) * sizes)[:-1]
    table[:, c.ZONE], table[:, c.ZONE_END] = zone_row[:-1], zone_row[1:]
    table[:, [c.FIRST_GRANT, c.LAST_GRANT]] = -1
    # The first look at a pool then works out its masks; one that is gone never has any.
    table[:, [c.NEXT_ROLL, c.NEXT_DAY, c.NEXT_SEGMENT]] = c.FAR_PAST
    table[known:, c.NEXT_ROLL] = c.NEVER
    return Pools(table, tree_over(np.full(max(1, len(pools)), c.NEVER)))


def _by_segment(numbering: Numbering, lines: Timelines) -> npt.NDArray[np.uint16]:
    """Return the masks of each pool segment by segment: a new segment then reads one stretch of memory."""
    found, first = [np.zeros(0, dtype=np.uint16)], 0
    for place, count in enumerate(np.diff(lines.pool_segment).tolist()):
        size = len(numbering.pools[place].members)
        if size:
            begin = int(lines.row[first])
            block = lines.masks[begin : begin + size * (count + 1)].reshape(size, count + 1)
            found.append(block[:, :count].T.ravel())
        first += size
    return np.concatenate(found)


def _has_windows(limits: Limits) -> bool:
    return limits.hourly >= 0 or limits.daily >= 0 or limits.weekly >= 0


def _zone_rows(zone: str, span: tuple[int, int]) -> tuple[Int64s, Int64s, Int64s]:
    """Return (from_us, day, shift) of every stretch of one local date and one offset over the span."""
    days, hours = day_starts(zone, *span), clock_hours(zone, *span)
    turned = hours.from_us[(hours.from_us > span[0]) & (hours.from_us <= span[1])]
    starts = np.union1d(days.from_us, turned)
    shift = np.column_stack([hours.offset_us, hours.since_us, hours.back_hour, hours.back_us])
    in_force = np.searchsorted(hours.from_us, starts, side="right") - 1
    return starts, days.day[np.searchsorted(days.from_us, starts, side="right") - 1], shift[in_force]


def lay_out_times(
    numbering: Numbering, zones: list[str], user_zone: list[str], lines: Timelines, span: tuple[int, int]
) -> tuple[Times, Int64s]:
    """Return segments and local days, and each pool's range of the zones in which its members count hours and days."""
    number = {zone: place for place, zone in enumerate(zones)}
    rows = [_zone_rows(zone, span) for zone in zones]
    over_pools = {
        name: number[zone]
        for name, zone, one in zip(numbering.users, user_zone, numbering.limits, strict=True)
        if one is not None and _has_windows(one.limits)
    }
    of_pools = [
        sorted(
            {number[member.time_zone] for member in pool.members if _has_windows(member.limits)}
            | {over_pools[member.member_id] for member in pool.members if member.member_id in over_pools}
        )
        for pool in numbering.pools
    ]
    row = _ranges([starts.size for starts, _, _ in rows])
    empty = np.zeros(0, dtype=np.int64)
    times = Times(
        segment_us=lines.segment_us,
        mask=_by_segment(numbering, lines),
        pool_zone=np.array([zone for pool in of_pools for zone in pool], dtype=np.int64),
        zone_row=row,
        zone_at=row[:-1].copy(),
        day_us=np.concatenate([empty, *(starts for starts, _, _ in rows)]),
        day=np.concatenate([empty, *(day for _, day, _ in rows)]),
        shift=np.concatenate([np.zeros((0, 4), dtype=np.int64), *(shift for _, _, shift in rows)]),
    )
    return times, _ranges([len(pool) for pool in of_pools])


def _fill_windows(table: Int64s, state: pl.DataFrame) -> None:
    for place, name in enumerate(WINDOWS):
        table[:, c.WINDOW + place] = state[f"{name}_window"].fill_null(0).to_numpy()
        table[:, c.GIVEN + place] = state[f"{name}_count"].fill_null(0).to_numpy()
    fill_days(table, state)


def _fill_limits(table: Int64s, limits: Sequence[Limits], most_open: Sequence[int]) -> None:
    for place, name in enumerate(_LIMITS):
        values = np.array([getattr(one, name) for one in limits], dtype=np.int64)
        table[:, c.LIMIT + place] = np.where(values == NO_LIMIT, c.NEVER, values)
    values = np.array(most_open, dtype=np.int64)
    table[:, c.MOST_OPEN] = np.where(values == NO_LIMIT, c.NEVER, values)


def lay_out_users(numbering: Numbering, number: dict[str, int], user_zone: list[str], state: RouterState) -> Int64s:
    """Return the rows of all users; the chains of their slots are filled with the slots."""
    table = lined_up(len(numbering.users), c.TALLY_COLUMNS)
    names = pl.DataFrame({"user_id": numbering.users}, schema={"user_id": pl.String})
    _fill_windows(table, names.join(state.users, on="user_id", how="left", maintain_order="left"))
    none = Limits()
    _fill_limits(
        table,
        [none if one is None else one.limits for one in numbering.limits],
        [NO_LIMIT if one is None else one.max_open for one in numbering.limits],
    )
    table[:, c.HOME] = [number[zone] for zone in user_zone]
    opened = state.members.group_by("member_id").agg(pl.col("open_count").sum())
    opened = names.join(opened, left_on="user_id", right_on="member_id", how="left", maintain_order="left")
    table[:, c.OPEN] = opened["open_count"].fill_null(0).to_numpy()
    table[:, c.IS_LIMITED] = [one is not None for one in numbering.limits]
    table[:, c.FIRST_SLOT] = -1
    return table


def lay_out_slots(  # noqa: PLR0917 - what the rows of members are made of
    numbering: Numbering,
    number: dict[str, int],
    users: Int64s,
    lines: Timelines,
    span: tuple[int, int],
    state: RouterState,
    policy: Policy,
) -> tuple[Slots, Clocks]:
    """Return the rows of all members, and the clocks of those whose working time is measured."""
    size, known = len(numbering.slot_names), numbering.roster_size
    keys = pl.DataFrame(
        {
            "pool_id": [numbering.pools[place].pool_id for place in numbering.slot_pools],
            "member_id": numbering.slot_names,
        },
        schema={"pool_id": pl.String, "member_id": pl.String},
    )
    before = keys.join(state.members, on=["pool_id", "member_id"], how="left", maintain_order="left")
    tally, roster = lined_up(size, c.TALLY_COLUMNS), numbering.roster
    _fill_windows(tally, before)
    _begin_totals(tally[:known], before.head(known), numbering, policy)
    left = size - known
    limits, most_open = [one.limits for one in roster], [one.max_open for one in roster]
    _fill_limits(tally, [*limits, *[Limits()] * left], [*most_open, *[NO_LIMIT] * left])
    tally[:known, c.HOME] = [number[member.time_zone] for member in roster]
    tally[:, c.OPEN] = before["open_count"].fill_null(0).to_numpy()
    tally[:, c.POOL] = numbering.slot_pools
    tally[:, c.FIRST_DAY] = [numbering.pools[place].week_start for place in numbering.slot_pools]
    count_weeks_again(tally)
    tally[:, c.CAPACITY] = np.where(
        (tally[:, c.MOST_OPEN] > 0) & (tally[:, c.MOST_OPEN] < c.NEVER), tally[:, c.MOST_OPEN], 1
    )
    tally[:, c.USER] = [numbering.user_number[name] for name in numbering.slot_names]
    tally[:, c.IS_LIMITED] = users[tally[:, c.USER], c.IS_LIMITED]
    tally[:, c.NEXT_SLOT] = -1
    for slot in reversed(range(known)):
        user = tally[slot, c.USER]
        tally[slot, c.NEXT_SLOT], users[user, c.FIRST_SLOT] = users[user, c.FIRST_SLOT], slot
    clocks = _lay_out_clocks(numbering, tally, span)
    hot = np.zeros((size, 5), dtype=np.int64)
    hot[:known, c.WEIGHT] = [member.weight for member in roster]
    hot[:, c.BALANCE] = before["balance"].fill_null(0).to_numpy()
    hot[:, c.LAST_TURN] = before["last_turn"].fill_null(-1).to_numpy()
    hot[:, c.CREDIT] = hot[:, c.WEIGHT] > 0  # worked out when first needed; more than nothing for who may accrue
    return Slots(hot, tally), clocks


def _begin_totals(tally: Int64s, before: pl.DataFrame, numbering: Numbering, policy: Policy) -> None:
    # A total counts since the member joined. A later version that lets it join again starts another count; one that
    # only words an old start differently does not, because what was given since then cannot be distinguished any more.
    joined = np.array([member.from_us for member in numbering.roster], dtype=np.int64)
    window = tally[:, c.WINDOW + c.TOTAL]
    is_anew = (joined != window) & ((joined >= policy.from_us) | before["total_window"].is_null().to_numpy())
    tally[is_anew, c.GIVEN + c.TOTAL] = 0
    tally[is_anew, c.WINDOW + c.TOTAL] = joined[is_anew]


def _lay_out_clocks(numbering: Numbering, tally: Int64s, span: tuple[int, int]) -> Clocks:
    """Return the clocks of all members of pools that measure working time, and note each member's."""
    measured = {place for place, pool in enumerate(numbering.pools) for one in pool.targets if one.clock == "working"}
    pairs = {
        (member.time_zone, member.schedule): 0
        for place, member in zip(numbering.slot_pools, numbering.roster, strict=False)
        if place in measured
    }
    pairs = {pair: number for number, pair in enumerate(pairs)}
    for slot, member in enumerate(numbering.roster):
        tally[slot, c.CLOCK] = pairs.get((member.time_zone, member.schedule), 0)
    return build_clocks(list(pairs), span[0], span[1] + HORIZON_US)

"""Filling the tables of a version: pools, members and users, from values and frames.

Belongs here: one function for each kind of table. Does not belong here: targets (``ladders``), local time
(``local_days``), who is who (``numbering``), or what becomes of the tables (``epochs``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.eligibility import Timelines
from rr_pipeline.core.calendar.working_clocks import build_clocks
from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.pool_records import Pool as PoolRow
from rr_pipeline.core.kernel.pool_records import Standing, Tally
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.kernel.working_time import HORIZON_US, Clocks
from rr_pipeline.core.limits import WINDOWS
from rr_pipeline.core.model import NO_LIMIT, POOL_SETTINGS, REASONS, UNIT, Limits, Member, Policy, Pool
from rr_pipeline.core.packing.list_columns import offsets_of
from rr_pipeline.core.packing.numbering import Numbering, members_who_left
from rr_pipeline.core.packing.weeks import count_weeks_again, fill_days, window_cells

Int64s = npt.NDArray[np.int64]

_TAKEN_AS_THEY_ARE = tuple(
    one.name for one in POOL_SETTINGS if one.type in ("int", "bool") and one.name in (PoolRow.layout.names or ())
)
"""Settings of pools that the kernel's record has under the same name: switches and whole numbers."""

_WHEN = {"hold": c.WAIT, "failover": c.GO_ON, "queue": c.GO_TO_QUEUE}


def queue_names(pools: Sequence[Pool], more: Sequence[str] = ()) -> list[str]:
    """Return the names of all queues that pools send to, and those of ``more``, in order."""
    return sorted({*(pool.queue for pool in pools if pool.queue), *more})


def user_zones(numbering: Numbering, said: dict[str, str]) -> list[str]:
    """Return the zone in which each user's days are counted over all pools: as said, else that of the first roster."""
    own: dict[str, str] = {}
    for member in numbering.roster:
        own.setdefault(member.member_id, member.time_zone)
    return [said.get(name) or own.get(name, "UTC") for name in numbering.users]


def _is_followed(pool: Pool, limited: set[str]) -> bool:
    return bool(
        pool.targets
        or pool.strategy == "least_loaded"
        or pool.declines
        or pool.redo_on_return
        or pool.reroute_within_us > 0
        or any(member.max_open != NO_LIMIT or member.member_id in limited for member in pool.members)
    )


def lay_out_pools(
    numbering: Numbering, policy: Policy, lines: Timelines, zone_row: Int64s, queue_names: list[str]
) -> npt.NDArray[PoolRow]:
    """Return the rows of all pools; those the version lacks never have anybody."""
    pools = numbering.pools
    table = table_of(PoolRow, len(pools))
    limited = {user.user_id for user in policy.users if user.max_open != NO_LIMIT}
    for row, pool in enumerate(pools):
        accruing = sum(1 << REASONS.index(reason) for reason in pool.accrue_while)
        own = table[row]
        own.blocked = c.ALL_REASONS & ~accruing
        own.debt, own.catch_up = pool.debt_limit * UNIT, pool.catch_up_limit * UNIT
        own.charges_redo, own.charges_back = pool.charge_redo, pool.charge_back
        own.strategy = c.LEAST_LOADED if pool.strategy == "least_loaded" else c.FAIR
        own.when_nobody = _WHEN[pool.when_nobody]
        own.failover_to = numbering.pool_number[pool.failover] if pool.failover else -1
        own.queue = queue_names.index(pool.queue) if pool.queue else -1
        for name in _TAKEN_AS_THEY_ARE:
            own[name] = getattr(pool, name)
        own.delay_us, own.wait_us = pool.activity_delay_us, pool.activity_wait_us
        own.most_reassignments = pool.max_reassignments
        own.counts_kept, own.until_touched = pool.count_kept, pool.capacity_until == "touched"
        own.is_followed = policy.hands_over or policy.idle is not None or _is_followed(pool, limited)
        own.times_given, own.limits_survivors = pool.times_given, pool.limits_survivors
        own.reroute_within_us = pool.reroute_within_us
    slot_row = offsets_of([len(pool.members) for pool in pools])
    table["first_slot"], table["end_slot"] = slot_row[:-1], slot_row[1:]
    known = len(policy.pools)
    table["first_segment"][:known], table["end_segment"][:known] = lines.pool_segment[:-1], lines.pool_segment[1:]
    sizes = np.diff(slot_row)[:known]
    table["first_mask"][:known] = offsets_of(np.diff(lines.pool_segment) * sizes)[:-1]
    table["first_zone"], table["end_zone"] = zone_row[:-1], zone_row[1:]
    table["first_grant"], table["last_grant"] = -1, -1
    # The first look at a pool then works out its masks; one that is gone never has any.
    table["next_roll_us"], table["next_day_us"], table["next_segment_us"] = c.FAR_PAST, c.FAR_PAST, c.FAR_PAST
    table["next_roll_us"][known:] = c.NEVER
    return table


def _fill_windows(table: npt.NDArray[Tally], state: pl.DataFrame) -> None:
    for name, cells in window_cells(table).items():
        cells["begins"] = state[f"{name}_window"].fill_null(0).to_numpy()
        cells["given"] = state[f"{name}_count"].fill_null(0).to_numpy()
    fill_days(table, state)


def _fill_limits(table: npt.NDArray[Tally], limits: Sequence[Limits], most_open: Sequence[int]) -> None:
    for place, window in enumerate(WINDOWS):
        values = np.array([one.of(window) for one in limits], dtype=np.int64)
        table["most"][:, place] = np.where(values == NO_LIMIT, c.NEVER, values)
    values = np.array(most_open, dtype=np.int64)
    table["most_open"] = np.where(values == NO_LIMIT, c.NEVER, values)


def lay_out_users(
    numbering: Numbering, number: dict[str, int], user_zone: list[str], state: RouterState
) -> npt.NDArray[Tally]:
    """Return the rows of all users; the chains of their slots are filled with the slots."""
    table = table_of(Tally, len(numbering.users))
    names = pl.DataFrame({"user_id": numbering.users}, schema={"user_id": pl.String})
    _fill_windows(table, names.join(state.users, on="user_id", how="left", maintain_order="left"))
    none = Limits()
    _fill_limits(
        table,
        [none if one is None else one.limits for one in numbering.limits],
        [NO_LIMIT if one is None else one.max_open for one in numbering.limits],
    )
    table["zone"] = [number[zone] for zone in user_zone]
    opened = state.members.group_by("member_id").agg(pl.col("open_count").sum())
    opened = names.join(opened, left_on="user_id", right_on="member_id", how="left", maintain_order="left")
    table["open_count"] = opened["open_count"].fill_null(0).to_numpy()
    table["is_limited"] = [one is not None for one in numbering.limits]
    table["first_slot"] = -1
    return table


def lay_out_slots(  # noqa: PLR0917 - what the rows of members are made of
    numbering: Numbering,
    number: dict[str, int],
    users: npt.NDArray[Tally],
    span: tuple[int, int],
    state: RouterState,
    policies: Sequence[Policy],
    version: int,
    working: set[int],
) -> tuple[npt.NDArray[Standing], npt.NDArray[Tally], Clocks]:
    """Return the rows of all members, and the clocks of those whose working time is measured.

    ``working``: pools in which the clock of an earlier version still counts working time.
    """
    size, known = len(numbering.slot_names), numbering.roster_size
    keys = pl.DataFrame(
        {
            "pool_id": [numbering.pools[place].pool_id for place in numbering.slot_pools],
            "member_id": numbering.slot_names,
        },
        schema={"pool_id": pl.String, "member_id": pl.String},
    )
    before = keys.join(state.members, on=["pool_id", "member_id"], how="left", maintain_order="left")
    tally, roster = table_of(Tally, size), numbering.roster
    _fill_windows(tally, before)
    _begin_totals(tally[:known], before.head(known), numbering, policies[version])
    earlier = members_who_left(policies, version, numbering)
    left = size - known
    limits, most_open = [one.limits for one in roster], [one.max_open for one in roster]
    _fill_limits(tally, [*limits, *[Limits()] * left], [*most_open, *[NO_LIMIT] * left])
    tally["zone"][:known] = [number[member.time_zone] for member in roster]
    tally["open_count"] = before["open_count"].fill_null(0).to_numpy()
    tally["pool"] = numbering.slot_pools
    tally["first_weekday"] = [numbering.pools[place].week_start for place in numbering.slot_pools]
    count_weeks_again(tally)
    most = tally["most_open"]
    tally["capacity"] = np.where((most > 0) & (most < c.NEVER), most, 1)
    tally["user"] = [numbering.user_number[name] for name in numbering.slot_names]
    tally["is_limited"] = users["is_limited"][tally["user"]]
    tally["next_slot"] = -1
    for slot in reversed(range(known)):
        user = users[tally[slot].user]
        tally[slot].next_slot, user.first_slot = user.first_slot, slot
    clocks = _lay_out_clocks(numbering, tally, span, working, earlier)
    standings = table_of(Standing, size)
    standings["weight"][:known] = [member.weight for member in roster]
    standings["balance"] = before["balance"].fill_null(0).to_numpy()
    standings["last_turn"] = before["last_turn"].fill_null(-1).to_numpy()
    standings["credit"] = standings["weight"] > 0  # worked out when first needed; more than nothing for who may accrue
    return standings, tally, clocks


def _begin_totals(tally: npt.NDArray[Tally], before: pl.DataFrame, numbering: Numbering, policy: Policy) -> None:
    # A total counts since the member joined. A later version that lets it join again starts another count; one that
    # only words an old start differently does not, because what was given since then cannot be distinguished any more.
    joined = np.array([member.from_us for member in numbering.roster], dtype=np.int64)
    total = window_cells(tally)["total"]
    window = total["begins"]
    is_anew = (joined != window) & ((joined >= policy.from_us) | before["total_window"].is_null().to_numpy())
    total["given"][is_anew] = 0
    total["begins"][is_anew] = joined[is_anew]


def _lay_out_clocks(
    numbering: Numbering, tally: npt.NDArray[Tally], span: tuple[int, int], working: set[int], earlier: Sequence[Member]
) -> Clocks:
    """Return the clocks of all members of pools that measure working time, and note each member's.

    ``earlier``: those behind the roster, who left but still own items, as they last were.
    """
    measured = {place for place, pool in enumerate(numbering.pools) for one in pool.targets if one.clock == "working"}
    measured |= working
    members = [*numbering.roster, *earlier]
    pairs = {
        (member.time_zone, member.schedule): 0
        for place, member in zip(numbering.slot_pools, members, strict=True)
        if place in measured
    }
    pairs = {pair: number for number, pair in enumerate(pairs)}
    for slot, member in enumerate(members):
        tally[slot].clock = pairs.get((member.time_zone, member.schedule), 0)
    # Steps are counted from due instants, which lie that far back and ahead at most.
    return build_clocks(list(pairs), span[0] - HORIZON_US, span[1] + 2 * HORIZON_US)

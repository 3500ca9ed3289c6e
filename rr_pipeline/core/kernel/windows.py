"""Windows of time inside the fold: which segment, hour, local day and week it is, and which limits are reached.

Belongs here: compiled helpers that move a pool or a member on in time. Does not belong here: who gets an item.

Counters change only when a member is given an item. What a counter means at a later instant is worked out from the
window it was written in, so that looking at a pool more or less often can never change a decision.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Int64s, Pools, Slots, Table, Times
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.hash_tables import fetch

HOUR_US = 3_600_000_000
TWO_DAYS_US = 48 * HOUR_US
_THURSDAY = 3  # the weekday of day 0, Monday being 0


@helper
def turn_days(t: int, times: Times, control: Int64s) -> None:
    """Move every zone to its local date at ``t`` and note the next instant at which a date changes anywhere."""
    control[c.C_ZONES_NEXT] = c.NEVER
    for zone in range(times.zone_at.size):
        row, end = times.zone_at[zone], times.zone_row[zone + 1]
        while row + 1 < end and times.day_us[row + 1] <= t:
            row += 1
            if times.day[row] < times.day[row - 1]:
                control[c.C_BACK_UNTIL] = times.day_us[row] + TWO_DAYS_US
        times.zone_at[zone] = row
        if row + 1 < end:
            control[c.C_ZONES_NEXT] = min(control[c.C_ZONES_NEXT], times.day_us[row + 1])


@helper
def next_day_us(p: int, pools: Pools, times: Times) -> int:
    """Return when a local date or offset changes next in a zone of the pool's members with limits by the clock."""
    found = c.NEVER
    for k in range(pools.table[p, c.ZONE], pools.table[p, c.ZONE_END]):
        zone = times.pool_zone[k]
        row = times.zone_at[zone] + 1
        if row < times.zone_row[zone + 1]:
            found = min(found, times.day_us[row])
    return found


@helper
def hour_start(zone: int, t: int, times: Times) -> int:
    """Return when the hour of the local clock began in which ``t`` lies."""
    shift = times.shift[times.zone_at[zone]]
    hour = (t + shift[c.Z_OFFSET]) // HOUR_US
    if hour <= shift[c.Z_BACK_HOUR]:
        return shift[c.Z_BACK_US]  # type: ignore[no-any-return]
    return max(hour * HOUR_US - shift[c.Z_OFFSET], shift[c.Z_SINCE])  # type: ignore[no-any-return]


@helper
def next_hour_us(p: int, t: int, pools: Pools, times: Times) -> int:
    """Return when an hour of the local clock ends next in a zone of the pool's members with limits by the clock."""
    found = c.NEVER
    for k in range(pools.table[p, c.ZONE], pools.table[p, c.ZONE_END]):
        shift = times.shift[times.zone_at[times.pool_zone[k]]]
        hour = max((t + shift[c.Z_OFFSET]) // HOUR_US, shift[c.Z_BACK_HOUR])
        found = min(found, (hour + 1) * HOUR_US - shift[c.Z_OFFSET])
    return found


@helper
def _week(day: int, week_start: int) -> int:
    """Return the first day of the week that holds a local day."""
    return day - (day + _THURSDAY - week_start) % 7


@helper
def _given_in(tally: Int64s, which: int, previous: int, window: int) -> int:
    """Return how many items a member was given in a window that may be its last one or the one before."""
    if tally[c.WINDOW + which] == window:
        return tally[c.GIVEN + which]  # type: ignore[no-any-return]
    if tally[c.WINDOW + previous] == window:
        return tally[c.GIVEN + previous]  # type: ignore[no-any-return]
    return 0


@helper
def _limit_bits(tally: Int64s, t: int, times: Times) -> int:
    """Return the limits that a member, or a user over all pools, has reached at ``t``, as bits of a mask."""
    bits = 0
    if tally[c.OPEN] >= tally[c.MOST_OPEN]:
        bits |= c.AT_CAPACITY
    if tally[c.GIVEN + c.TOTAL] >= tally[c.LIMIT + c.TOTAL]:
        bits |= c.LIMIT_TOTAL
    in_hour = tally[c.GIVEN + c.HOUR] if tally[c.WINDOW + c.HOUR] == hour_start(tally[c.HOME], t, times) else 0
    if in_hour >= tally[c.LIMIT + c.HOUR]:
        bits |= c.LIMIT_HOUR
    day = times.day[times.zone_at[tally[c.HOME]]]
    if _given_in(tally, c.DAY, c.PREVIOUS_DAY, day) >= tally[c.LIMIT + c.DAY]:
        bits |= c.LIMIT_DAY
    if _given_in(tally, c.WEEK, c.PREVIOUS_WEEK, _week(day, tally[c.FIRST_DAY])) >= tally[c.LIMIT + c.WEEK]:
        bits |= c.LIMIT_WEEK
    return bits


@helper
def reached(s: int, t: int, slots: Slots, users: Table, times: Times) -> int:
    """Return the limits that member ``s`` has reached in its pool or over all pools."""
    tally = slots.tally[s]
    bits = _limit_bits(tally, t, times)
    if tally[c.IS_LIMITED] != 0:
        bits |= _limit_bits(users[tally[c.USER]], t, times)
    return bits


@helper
def fetch_segment(p: int, pools: Pools, times: Times) -> None:
    """Fetch the next segment of a pool that is needed soon."""
    now = pools.table[p]
    following, size = now[c.SEGMENT] + 1, now[c.SLOT_END] - now[c.SLOT]
    fetch(times.segment_us, 0, now[c.SEGMENT_ROW] + following + 1)
    fetch(times.mask, 0, now[c.MASK] + following * size)


@helper
def _enter_segment(p: int, t: int, pools: Pools, times: Times) -> None:
    """Move pool ``p`` to its segment of availability at ``t`` and note when the next one begins."""
    now = pools.table[p]
    row, end = now[c.SEGMENT_ROW] + now[c.SEGMENT], now[c.SEGMENT_END]
    while row + 1 < end and times.segment_us[row + 1] <= t:
        row += 1
    now[c.SEGMENT] = row - now[c.SEGMENT_ROW]
    now[c.NEXT_SEGMENT] = times.segment_us[row + 1] if row + 1 < end else c.NEVER


@helper
def roll(p: int, t: int, pools: Pools, slots: Slots, users: Table, times: Times, control: Int64s) -> None:
    """Bring the masks of pool ``p`` up to instant ``t``.

    A new segment changes what does not depend on what was given. A new hour, day or week only ends limits that were
    reached, unless a clock was turned back over midnight: then a date that is full already may be back.
    """
    now = pools.table[p]
    if t < now[c.NEXT_ROLL]:
        return
    is_all = now[c.NEXT_SEGMENT] == c.FAR_PAST or t < control[c.C_BACK_UNTIL]
    if t >= now[c.NEXT_SEGMENT]:
        _enter_segment(p, t, pools, times)
        hot, size = slots.hot[now[c.SLOT] : now[c.SLOT_END]], now[c.SLOT_END] - now[c.SLOT]
        masks = times.mask[now[c.MASK] + now[c.SEGMENT] * size :]
        for k in range(size):
            hot[k, c.LIVE] = (hot[k, c.LIVE] & c.REACHED) | masks[k]
    if is_all or now[c.HOUR_FULL] > 0 or t >= now[c.NEXT_DAY]:
        now[c.HOUR_FULL] = 0
        for s in range(now[c.SLOT], now[c.SLOT_END]):
            if is_all or slots.hot[s, c.LIVE] & c.ENDING_LIMITS != 0:
                bits = reached(s, t, slots, users, times)
                now[c.HOUR_FULL] += (bits & c.LIMIT_HOUR) != 0
                slots.hot[s, c.LIVE] = (slots.hot[s, c.LIVE] & ~c.REACHED) | bits
        now[c.NEXT_DAY] = next_day_us(p, pools, times)
    now[c.NEXT_ROLL] = min(next_hour_us(p, t, pools, times), now[c.NEXT_DAY], now[c.NEXT_SEGMENT])


@helper
def _count_in(tally: Int64s, which: int, previous: int, window: int) -> bool:
    """Count one item in a window that may come back once (a date visited twice); return whether it is full now."""
    if tally[c.WINDOW + which] != window:
        last_window, last_given = tally[c.WINDOW + which], tally[c.GIVEN + which]
        tally[c.GIVEN + which] = tally[c.GIVEN + previous] if tally[c.WINDOW + previous] == window else 0
        tally[c.WINDOW + which] = window
        tally[c.WINDOW + previous] = last_window
        tally[c.GIVEN + previous] = last_given
    tally[c.GIVEN + which] += 1
    return tally[c.GIVEN + which] >= tally[c.LIMIT + which]  # type: ignore[no-any-return]


@helper
def _count(tally: Int64s, t: int, times: Times) -> int:
    """Count one item in all windows of a member or user; return the limits that it filled, as bits."""
    bits = 0
    tally[c.GIVEN + c.TOTAL] += t >= tally[c.WINDOW + c.TOTAL]  # a kept item may come before its owner has joined
    if tally[c.GIVEN + c.TOTAL] >= tally[c.LIMIT + c.TOTAL]:
        bits |= c.LIMIT_TOTAL
    day = times.day[times.zone_at[tally[c.HOME]]]
    cell = c.DAYS + day % c.DAYS_KEPT
    tally[cell] = 1 + (tally[cell] if tally[cell] >> c.DAY_SHIFT == day else day << c.DAY_SHIFT)
    if _count_in(tally, c.DAY, c.PREVIOUS_DAY, day):
        bits |= c.LIMIT_DAY
    if _count_in(tally, c.WEEK, c.PREVIOUS_WEEK, _week(day, tally[c.FIRST_DAY])):
        bits |= c.LIMIT_WEEK
    hour = hour_start(tally[c.HOME], t, times)
    tally[c.GIVEN + c.HOUR] = 1 + (tally[c.GIVEN + c.HOUR] if tally[c.WINDOW + c.HOUR] == hour else 0)
    tally[c.WINDOW + c.HOUR] = hour
    if tally[c.GIVEN + c.HOUR] >= tally[c.LIMIT + c.HOUR]:
        bits |= c.LIMIT_HOUR
    return bits


@helper
def count_item(s: int, t: int, pools: Pools, slots: Slots, times: Times) -> bool:
    """Count one item given to member ``s`` in all its windows; return whether that filled its hour."""
    bits = _count(slots.tally[s], t, times)
    slots.hot[s, c.LIVE] |= bits
    pools.table[slots.tally[s, c.POOL], c.HOUR_FULL] += (bits & c.LIMIT_HOUR) != 0
    return bits & c.LIMIT_HOUR != 0


@helper
def count_over_pools(u: int, t: int, pools: Pools, slots: Slots, users: Table, times: Times) -> bool:
    """Count one item given to user ``u`` in its windows over all pools; return whether that filled its hour."""
    bits = _count(users[u], t, times)
    s = users[u, c.FIRST_SLOT] if bits != 0 else -1
    while s >= 0:
        slots.hot[s, c.LIVE] |= bits
        pools.table[slots.tally[s, c.POOL], c.HOUR_FULL] += (bits & c.LIMIT_HOUR) != 0
        s = slots.tally[s, c.NEXT_SLOT]
    return bits & c.LIMIT_HOUR != 0

"""Windows of time inside the fold: which segment, hour, local day and week it is, and which limits are reached.

Belongs here: compiled helpers that move a pool or a member on in time. Does not belong here: who gets an item.

Counters change only when a member is given an item. What a counter means at a later instant is worked out from the
window it was written in, so that looking at a pool more or less often can never change a decision.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Int64s, Pools, Slots, Times
from rr_pipeline.core.compiled import helper

HOUR_US = 3_600_000_000
_THURSDAY = 3  # the weekday of day 0, Monday being 0


@helper
def turn_days(t: int, times: Times, control: Int64s) -> None:
    """Move every zone to its local date at ``t`` and note the next instant at which a date changes anywhere."""
    control[c.C_ZONES_NEXT] = c.NEVER
    for zone in range(times.zone_at.size):
        row, end = times.zone_at[zone], times.zone_row[zone + 1]
        while row + 1 < end and times.day_us[row + 1] <= t:
            row += 1
        times.zone_at[zone] = row
        if row + 1 < end:
            control[c.C_ZONES_NEXT] = min(control[c.C_ZONES_NEXT], times.day_us[row + 1])


@helper
def next_day_us(p: int, pools: Pools, times: Times) -> int:
    """Return when a local date changes next in a zone of the pool's members with daily or weekly limits."""
    found = c.NEVER
    for k in range(pools.zone[p], pools.zone[p + 1]):
        zone = times.pool_zone[k]
        row = times.zone_at[zone] + 1
        if row < times.zone_row[zone + 1]:
            found = min(found, times.day_us[row])
    return found


@helper
def next_segment_us(p: int, pools: Pools, times: Times) -> int:
    """Return when availability changes next in the pool."""
    row = pools.segment[p] + pools.now[p, c.SEGMENT] + 1
    if row < pools.segment[p + 1]:
        return times.segment_us[row]  # type: ignore[no-any-return]
    return c.NEVER


@helper
def _week(day: int, week_start: int) -> int:
    """Return the first day of the week that holds a local day."""
    return day - (day + _THURSDAY - week_start) % 7


@helper
def limit_bits(s: int, t: int, week_start: int, slots: Slots, times: Times) -> int:
    """Return the limits that member ``s`` has reached at ``t``, as bits of a mask."""
    bits = 0
    if slots.limit[s, c.TOTAL] >= 0 and slots.given[s, c.TOTAL] >= slots.limit[s, c.TOTAL]:
        bits |= c.LIMIT_TOTAL
    if slots.limit[s, c.HOUR] >= 0:
        given = slots.given[s, c.HOUR] if slots.window[s, c.HOUR] == t // HOUR_US else 0
        if given >= slots.limit[s, c.HOUR]:
            bits |= c.LIMIT_HOUR
    if slots.limit[s, c.DAY] >= 0 or slots.limit[s, c.WEEK] >= 0:
        day = times.day[times.zone_at[slots.zone[s]]]
        if slots.limit[s, c.DAY] >= 0 and _given(s, c.DAY, c.PREVIOUS_DAY, day, slots) >= slots.limit[s, c.DAY]:
            bits |= c.LIMIT_DAY
        week = _week(day, week_start)
        if slots.limit[s, c.WEEK] >= 0 and _given(s, c.WEEK, c.PREVIOUS_WEEK, week, slots) >= slots.limit[s, c.WEEK]:
            bits |= c.LIMIT_WEEK
    return bits


@helper
def _given(s: int, which: int, previous: int, window: int, slots: Slots) -> int:
    if slots.window[s, which] == window:
        return slots.given[s, which]  # type: ignore[no-any-return]
    if slots.window[s, previous] == window:
        return slots.given[s, previous]  # type: ignore[no-any-return]
    return 0


@helper
def roll(p: int, t: int, pools: Pools, slots: Slots, times: Times) -> None:
    """Bring the masks of pool ``p`` up to instant ``t``."""
    now = pools.now
    if t < now[p, c.NEXT_ROLL]:
        return
    is_stale = now[p, c.HOUR_FULL] > 0 or t >= now[p, c.NEXT_DAY]
    while next_segment_us(p, pools, times) <= t:
        now[p, c.SEGMENT] += 1
        is_stale = True
    if is_stale:
        week_start = pools.rule[p, c.WEEK_START]
        now[p, c.HOUR_FULL] = 0
        for s in range(pools.slot[p], pools.slot[p + 1]):
            bits = limit_bits(s, t, week_start, slots, times)
            now[p, c.HOUR_FULL] += (bits & c.LIMIT_HOUR) != 0
            slots.live[s] = bits | times.mask[slots.mask_row[s] + now[p, c.SEGMENT]]
        now[p, c.NEXT_DAY] = next_day_us(p, pools, times)
    hour_end = (t // HOUR_US + 1) * HOUR_US
    now[p, c.NEXT_ROLL] = min(hour_end, now[p, c.NEXT_DAY], next_segment_us(p, pools, times))


@helper
def _count_in(s: int, which: int, previous: int, window: int, slots: Slots) -> int:
    """Count one item in a window that may come back once (a date visited twice), and return the new count."""
    if slots.window[s, which] != window:
        last_window, last_given = slots.window[s, which], slots.given[s, which]
        is_back = slots.window[s, previous] == window
        slots.given[s, which] = slots.given[s, previous] if is_back else 0
        slots.window[s, which] = window
        slots.window[s, previous], slots.given[s, previous] = last_window, last_given
    slots.given[s, which] += 1
    return slots.given[s, which]  # type: ignore[no-any-return]


@helper
def count_item(p: int, s: int, t: int, pools: Pools, slots: Slots, times: Times) -> bool:
    """Count one item given to member ``s`` in all its windows; return whether that filled its hour."""
    slots.given[s, c.TOTAL] += 1
    if slots.window[s, c.HOUR] != t // HOUR_US:
        slots.window[s, c.HOUR] = t // HOUR_US
        slots.given[s, c.HOUR] = 0
    slots.given[s, c.HOUR] += 1
    day = times.day[times.zone_at[slots.zone[s]]]
    in_day = _count_in(s, c.DAY, c.PREVIOUS_DAY, day, slots)
    in_week = _count_in(s, c.WEEK, c.PREVIOUS_WEEK, _week(day, pools.rule[p, c.WEEK_START]), slots)
    if slots.limit[s, c.TOTAL] >= 0 and slots.given[s, c.TOTAL] >= slots.limit[s, c.TOTAL]:
        slots.live[s] |= c.LIMIT_TOTAL
    if slots.limit[s, c.WEEK] >= 0 and in_week >= slots.limit[s, c.WEEK]:
        slots.live[s] |= c.LIMIT_WEEK
    if slots.limit[s, c.DAY] >= 0 and in_day >= slots.limit[s, c.DAY]:
        slots.live[s] |= c.LIMIT_DAY
    if slots.limit[s, c.HOUR] >= 0 and slots.given[s, c.HOUR] >= slots.limit[s, c.HOUR]:
        slots.live[s] |= c.LIMIT_HOUR
        pools.now[p, c.HOUR_FULL] += 1
        return True
    return False

"""Windows of time inside the fold: which segment, hour, local day and week it is, and which limits are reached.

Belongs here: compiled helpers that move a pool or a member on in time. Does not belong here: who gets an item.

Counters change only when a member is given an item. What a counter means at a later instant is worked out from the
window it was written in, so that looking at a pool more or less often can never change a decision.
"""

from __future__ import annotations

from collections.abc import Callable

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.codes import HOUR_US
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.pool_records import DAY_SHIFT, DAYS_KEPT, Tally, Window
from rr_pipeline.core.kernel.prefetch import fetch
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.limits import DATED

OfPlace = Callable[[int, int, int], int]
"""(place in ``DATED``, local day, first weekday) -> first local day of the window."""

TWO_DAYS_US = 48 * HOUR_US


@helper
def turn_days(state: State, now: int) -> None:
    """Move every zone to its local date and note the next instant at which a date changes anywhere."""
    days, progress = state.days, state.progress
    progress.zones_next_us = c.NEVER
    for place in range(state.zones.size):
        zone = state.zones[place]
        row = zone.today
        while row + 1 < zone.end_day and days[row + 1].begins_us <= now:
            row += 1
            if days[row].day < days[row - 1].day:
                progress.back_until_us = days[row].begins_us + TWO_DAYS_US
        zone.today = row
        if row + 1 < zone.end_day:
            progress.zones_next_us = min(progress.zones_next_us, days[row + 1].begins_us)


@helper
def next_day_us(state: State, pool: int) -> int:
    """Return when a local date or offset changes next in a zone of the pool's members with limits by the clock."""
    found = c.NEVER
    for k in range(state.pools[pool].first_zone, state.pools[pool].end_zone):
        zone = state.zones[state.pool_zones[k]]
        if zone.today + 1 < zone.end_day:
            found = min(found, state.days[zone.today + 1].begins_us)
    return found


@helper
def hour_start(state: State, zone: int, now: int) -> int:
    """Return when the hour of the local clock began."""
    today = state.days[state.zones[zone].today]
    hour = (now + today.offset_us) // HOUR_US
    if hour <= today.back_hour:
        return today.back_us  # type: ignore[no-any-return]
    return max(hour * HOUR_US - today.offset_us, today.since_us)  # type: ignore[no-any-return]


@helper
def next_hour_us(state: State, pool: int, now: int) -> int:
    """Return when an hour of the local clock ends next in a zone of the pool's members with limits by the clock."""
    found = c.NEVER
    for k in range(state.pools[pool].first_zone, state.pools[pool].end_zone):
        today = state.days[state.zones[state.pool_zones[k]].today]
        hour = max((now + today.offset_us) // HOUR_US, today.back_hour)
        found = min(found, (hour + 1) * HOUR_US - today.offset_us)
    return found


def _either(which: int, own: Callable[[int, int], int], others: OfPlace) -> OfPlace:
    """Return a helper that asks the window at one place of ``DATED``, and for all others the helper of these."""

    @helper
    def first_day(place: int, day: int, first_weekday: int) -> int:
        if place == which:
            return own(day, first_weekday)
        return others(place, day, first_weekday)

    return first_day


def _of_any() -> OfPlace:
    """Return a helper for the first local day of the window, by its place in ``DATED``, that holds a local day."""

    @helper
    def unknown(place: int, day: int, first_weekday: int) -> int:
        return day  # pragma: no cover - every place is one of these

    chosen: OfPlace = unknown
    for place, first_day in enumerate(one.first_day for one in DATED if one.first_day is not None):
        chosen = _either(place, helper(first_day), chosen)
    return chosen


_first_day = _of_any()


@helper
def _given_in(last: Window, previous: Window, begins: int) -> int:
    """Return how many items a member was given in a window that may be its last one or the one before."""
    if last.begins == begins:
        return last.given
    if previous.begins == begins:
        return previous.given
    return 0


@helper
def _limit_bits(state: State, tally: Tally, now: int) -> int:
    """Return the limits that a member, or a user over all pools, has reached, as bits of a mask."""
    bits = 0
    if tally.open_count >= tally.most_open:
        bits |= c.AT_CAPACITY
    if tally.windows[c.TOTAL].given >= tally.most[c.TOTAL]:
        bits |= c.LIMITS[c.TOTAL]
    hour = tally.windows[c.HOUR]
    in_hour = hour.given if hour.begins == hour_start(state, tally.zone, now) else 0
    if in_hour >= tally.most[c.HOUR]:
        bits |= c.LIMITS[c.HOUR]
    day = state.days[state.zones[tally.zone].today].day
    for which in range(c.FIRST_DATED, c.END_DATED):
        place = which - c.FIRST_DATED
        begins = _first_day(place, day, tally.first_weekday)
        if _given_in(tally.windows[which], tally.previous[place], begins) >= tally.most[which]:
            bits |= c.LIMITS[which]
    return bits


@helper
def over_pools(state: State, slot: int, now: int) -> int:
    """Return the limits over all pools that a member has reached."""
    tally = state.tallies[slot]
    return _limit_bits(state, state.users[tally.user], now) if tally.is_limited != 0 else 0


@helper
def reached(state: State, slot: int, now: int) -> int:
    """Return the limits that a member has reached in its pool or over all pools."""
    return _limit_bits(state, state.tallies[slot], now) | over_pools(state, slot, now)


@helper
def fetch_segment(state: State, pool: int) -> None:
    """Fetch the next segment of a pool that is needed soon."""
    own = state.pools[pool]
    following, size = own.segment + 1, own.end_slot - own.first_slot
    fetch(state.segments, own.first_segment + following + 1, 0)
    fetch(state.masks, own.first_mask + following * size, 0)


@helper
def _enter_segment(state: State, pool: int, now: int) -> None:
    """Move a pool to its segment of availability and note when the next one begins."""
    own, segments = state.pools[pool], state.segments
    row, end = own.first_segment + own.segment, own.end_segment
    while row + 1 < end and segments[row + 1] <= now:
        row += 1
    own.segment = row - own.first_segment
    own.next_segment_us = segments[row + 1] if row + 1 < end else c.NEVER


@helper
def roll(state: State, pool: int, now: int) -> None:
    """Bring the masks of a pool up to this instant.

    A new segment changes what does not depend on what was given. A new hour, day or week only ends limits that were
    reached, unless a clock was turned back over midnight: then a date that is full already may be back.
    """
    own = state.pools[pool]
    if now < own.next_roll_us:
        return
    is_all = own.next_segment_us == c.FAR_PAST or now < state.progress.back_until_us
    if now >= own.next_segment_us:
        _enter_segment(state, pool, now)
        first, size = own.first_slot, own.end_slot - own.first_slot
        masks, standings = state.masks[own.first_mask + own.segment * size :], state.standings
        for k in range(size):
            standing = standings[first + k]
            standing.live = (standing.live & c.REACHED) | masks[k]
    if is_all or own.full_hours > 0 or now >= own.next_day_us:
        own.full_hours = 0
        for slot in range(own.first_slot, own.end_slot):
            standing = state.standings[slot]
            if is_all or standing.live & c.ENDING_LIMITS != 0:
                bits = reached(state, slot, now)
                own.full_hours += (bits & c.LIMITS[c.HOUR]) != 0
                standing.live = (standing.live & ~c.REACHED) | bits
        own.next_day_us = next_day_us(state, pool)
    own.next_roll_us = min(next_hour_us(state, pool, now), own.next_day_us, own.next_segment_us)


@helper
def _count_in(last: Window, previous: Window, begins: int) -> int:
    """Count one item in a window that may come back once (a date visited twice); return how many it has now."""
    if last.begins != begins:
        last_begins, last_given = last.begins, last.given
        last.given = previous.given if previous.begins == begins else 0
        last.begins = begins
        previous.begins = last_begins
        previous.given = last_given
    last.given += 1
    return last.given


@helper
def _count(state: State, tally: Tally, now: int) -> int:
    """Count one item in all windows of a member or user; return the limits that it filled, as bits."""
    bits = 0
    total, hour = tally.windows[c.TOTAL], tally.windows[c.HOUR]
    total.given += now >= total.begins  # a kept item may come before its owner has joined
    if total.given >= tally.most[c.TOTAL]:
        bits |= c.LIMITS[c.TOTAL]
    day = state.days[state.zones[tally.zone].today].day
    cell = day % DAYS_KEPT
    known = tally.days[cell]
    tally.days[cell] = 1 + (known if known >> DAY_SHIFT == day else day << DAY_SHIFT)
    for which in range(c.FIRST_DATED, c.END_DATED):
        place = which - c.FIRST_DATED
        begins = _first_day(place, day, tally.first_weekday)
        if _count_in(tally.windows[which], tally.previous[place], begins) >= tally.most[which]:
            bits |= c.LIMITS[which]
    begins = hour_start(state, tally.zone, now)
    hour.given = 1 + (hour.given if hour.begins == begins else 0)
    hour.begins = begins
    if hour.given >= tally.most[c.HOUR]:
        bits |= c.LIMITS[c.HOUR]
    return bits


@helper
def count_item(state: State, slot: int, now: int) -> bool:
    """Count one item given to a member in all its windows; return whether that filled its hour."""
    tally = state.tallies[slot]
    bits = _count(state, tally, now)
    state.standings[slot].live |= bits
    state.pools[tally.pool].full_hours += (bits & c.LIMITS[c.HOUR]) != 0
    return bits & c.LIMITS[c.HOUR] != 0


@helper
def count_over_pools(state: State, user: int, now: int) -> bool:
    """Count one item given to a user in its windows over all pools; return whether that filled its hour."""
    bits = _count(state, state.users[user], now)
    slot = state.users[user].first_slot if bits != 0 else -1
    while slot >= 0:
        state.standings[slot].live |= bits
        state.pools[state.tallies[slot].pool].full_hours += (bits & c.LIMITS[c.HOUR]) != 0
        slot = state.tallies[slot].next_slot
    return bits & c.LIMITS[c.HOUR] != 0

"""Held items inside the fold: the queues, when they are offered again, and in which order.

Belongs here: compiled helpers over queues. Does not belong here: who gets an item.

Items of one group (pool, needs, priority) stand in one queue by arrival, and one that finds nobody stands for all
behind it: a hundred thousand items that need a skill nobody has cost one look at each change, not a hundred thousand.
"""

from __future__ import annotations

from rr_pipeline.core.kernel.codes import FAR_PAST, HOUR_US, NEVER
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.free_rows import give_row, take_row
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.timers import timer_key
from rr_pipeline.core.kernel.trees import tree_set
from rr_pipeline.core.kernel.waiters import call_waiters
from rr_pipeline.core.kernel.windows import next_day_us, next_hour_us, roll


@helper
def plan_wake(state: State, pool: int, now: int, is_passed: bool) -> None:
    """Note the first later instant at which held items of a pool are worth another look.

    The masks must stand at ``now``. Only segments, hours that somebody has filled, and local days can make a member
    eligible; a token never does. ``is_passed``: an item was passed by a skip token, which ends with the clock hour.
    """
    own, wakes = state.pools[pool], state.wakes
    if own.first_slot == own.end_slot:  # nobody ever: a pool that is gone
        return
    found = min(wakes[pool + wakes.size // 2], own.next_segment_us, next_day_us(state, pool))
    if is_passed:
        found = min(found, (now // HOUR_US + 1) * HOUR_US)
    if own.full_hours > 0:
        found = min(found, next_hour_us(state, pool, now))
    tree_set(wakes, pool, found)


@helper
def set_group_key(state: State, group: int) -> None:
    """Let the group compete with the item under its cursor, or rest when there is none."""
    hold = state.groups[group].cursor
    key = NEVER
    if hold >= 0:
        key = timer_key(state, group, state.holds[hold].item_seq)
    tree_set(state.awake, group, key)


@helper
def wake_pool(state: State, pool: int, now: int) -> None:
    """Offer all held items of a pool again, from the front of each queue."""
    tree_set(state.wakes, pool, NEVER)
    own = state.pools[pool]
    if own.held + own.waiters == 0:
        return
    roll(state, pool, now)
    is_passed = False
    for k in range(state.progress.passes):
        is_passed = is_passed or state.passes[k].until_us > now
    plan_wake(state, pool, now, is_passed)
    is_anybody = False
    for slot in range(own.first_slot, own.end_slot):
        is_anybody = is_anybody or state.standings[slot].live == 0
    if is_anybody:
        if own.waiters > 0:
            call_waiters(state, pool, now)
        for group in range(own.first_group, own.end_group):
            queue = state.groups[group]
            if queue.head >= 0 and queue.is_possible != 0:
                queue.cursor = queue.head
                set_group_key(state, group)


@helper
def _link(state: State, hold: int) -> None:
    """Put a hold in its group's queue, by arrival; mostly that is the end."""
    holds = state.holds
    held = holds[hold]
    queue = state.groups[held.group]
    before = queue.tail
    while before >= 0 and holds[before].item_seq > held.item_seq:
        before = holds[before].before
    following = queue.head if before < 0 else holds[before].following
    held.before, held.following = before, following
    if before < 0:
        queue.head = hold
    else:
        holds[before].following = hold
    if following < 0:
        queue.tail = hold
    else:
        holds[following].before = hold
    state.pools[queue.pool].held += 1


@helper
def park(state: State, item_seq: int, group: int, person: int, now: int) -> int:
    """Hold a new item and return its place, the one freed last if there is any. Its pool's list begins."""
    hold = take_row(state.holds["following"], state.progress.holds)
    held, own = state.holds[hold], state.pools[state.groups[group].pool]
    held.item_seq = item_seq
    held.since_us = now
    held.group = group
    held.passed_until_us = FAR_PAST
    held.waits = 1
    held.at_closes = state.job.at_closes
    held.next_wait, held.end_wait = own.first_wait, own.end_wait
    set_next_wait(state, hold)
    held.trail, held.reassigned, held.is_returned = -1, 0, 0
    held.person, held.created_us = person, state.job.created_us
    _link(state, hold)
    return hold


@helper
def set_next_wait(state: State, hold: int) -> None:
    """Note the instant of the next entry for a hold."""
    held = state.holds[hold]
    held.expires_us = NEVER
    if held.next_wait < held.end_wait:
        held.expires_us = held.since_us + state.waits[held.next_wait].after_us


@helper
def regroup(state: State, hold: int, group: int) -> None:
    """Let a hold wait in another group of its pool: it is more urgent now, or needs less."""
    _unlink(state, hold)
    state.holds[hold].group = group
    _link(state, hold)


@helper
def _unlink(state: State, hold: int) -> None:
    """Take a hold out of its group's queue. A cursor that stood on it moves on to the next one."""
    holds = state.holds
    held = holds[hold]
    queue, before, following = state.groups[held.group], held.before, held.following
    if before < 0:
        queue.head = following
    else:
        holds[before].following = following
    if following < 0:
        queue.tail = before
    else:
        holds[following].before = before
    if queue.cursor == hold:
        queue.cursor = following
    state.pools[queue.pool].held -= 1


@helper
def take_out(state: State, hold: int) -> None:
    """Remove a hold, which waits no longer.

    The row of an item that somebody passed is not used again: ``State.passes`` still tells of it.
    """
    _unlink(state, hold)
    held = state.holds[hold]
    held.waits = 0
    if held.passed_until_us == FAR_PAST:
        give_row(hold, state.holds["following"], state.progress.holds)


@helper
def leave_in(state: State, hold: int, now: int) -> None:
    """Nobody got the hold: rest its group, unless only that item was passed by somebody, or had before."""
    held = state.holds[hold]
    is_special = held.passed_until_us > now or held.trail >= 0
    state.groups[held.group].cursor = held.following if is_special else -1


@helper
def recall_passed(state: State, hold: int, now: int) -> int:
    """Write who may not be offered the hold to ``State.passed`` and return how many they are."""
    found = 0
    if hold >= 0 and state.holds[hold].passed_until_us > now:
        for k in range(state.progress.passes):
            if state.passes[k].hold == hold and state.passes[k].until_us > now:
                state.passed[found] = state.passes[k].user
                found += 1
    return found


@helper
def note_passed(state: State, hold: int, now: int, count: int) -> None:
    """Remember until the end of the hour that the first users of ``State.passed`` passed the hold."""
    until = (now // HOUR_US + 1) * HOUR_US
    for k in range(count):
        row = state.passes[state.progress.passes]
        state.progress.passes += 1
        row.hold, row.user, row.until_us = hold, state.passed[k], until
    if count > 0:
        state.holds[hold].passed_until_us = until

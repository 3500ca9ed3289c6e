"""The steps of a target inside the fold: what is done about an item whose owner missed it, is about to, or declined.

Belongs here: compiled helpers that take one step. Does not belong here: when a step is due (``touches``), or what
comes of offering the item again (``offers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_breach, set_job
from rr_pipeline.core.kernel.holds import plan_wake
from rr_pipeline.core.kernel.item_records import FIRST_TOUCH
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.timers import set_step_timer
from rr_pipeline.core.kernel.touches import plan_step
from rr_pipeline.core.kernel.waiters import add_waiter


@helper
def set_lost(state: State, mode: int, row: int, cause: int) -> None:
    """Make an open item the job: its owner loses it."""
    item = state.open_items[row]
    set_job(state, mode, item.item_seq, item.group, item.person, cause)
    state.job.open_item = row


@helper
def take_step(state: State, row: int, kind: int, place: int) -> None:
    """Take a step of an open item, unless a touch stops it. To give the item away it is made the job."""
    item, job = state.open_items[row], state.job
    clock = item.clocks[kind]
    job.cause, job.clock, job.step, job.is_notified = c.BY_BREACH, kind, place, 0
    job.target, job.due_us = clock.target, clock.due_us
    own, is_again = clock.step_us, clock.waits >> place & 1
    job.is_again = is_again
    if is_again == 0:
        clock.step += 1
        plan_step(state, row, kind)
    does = state.targets[clock.target].steps[place].kind
    if does == c.STEP_NOTIFY or does == c.STEP_REMIND or does == c.STEP_CHANNEL or does == c.STEP_NONE:  # noqa: PLR1714
        _tell(state, row, kind, does, own)
    elif kind == FIRST_TOUCH and item.touched_us < c.NEVER:
        # Too late for the target, but the owner is at it: nothing moves the item.
        if state.targets[clock.target].steps[place].is_noted != 0:
            emit_breach(state, row, c.STAYED, item.slot)
    elif item.is_given != 0:
        _leave_given(state, row)
    elif does == c.STEP_QUEUE:
        queue = state.targets[clock.target].steps[place].place
        set_lost(state, c.TAKEN_AWAY, row, c.BY_BREACH)
        job.queue = queue
    elif does == c.STEP_RETURN:
        _send_back(state, row)
    else:
        _move(state, row, kind, place)


@helper
def _leave_given(state: State, row: int) -> None:
    """What a person gave to somebody stays there: the manager is told, where no step of its own tells them."""
    if state.targets[state.job.target].tells == 0:
        state.job.is_notified = 1
        emit_breach(state, row, c.NOTIFIED, state.open_items[row].slot)


@helper
def _tell(state: State, row: int, kind: int, does: int, own: int) -> None:
    """Take a step that only tells somebody, if nobody touched the item by the step's own instant."""
    item, job = state.open_items[row], state.job
    is_late = does == c.STEP_REMIND and own < job.due_us and state.progress.now_us > job.due_us
    is_touched = kind == FIRST_TOUCH and item.touched_us <= own and does != c.STEP_NONE
    if is_late or is_touched:
        return
    outcome = c.STAYED
    if does == c.STEP_NOTIFY:
        job.is_notified, outcome = 1, c.NOTIFIED
    elif does == c.STEP_REMIND:
        outcome = c.REMINDED
    elif does == c.STEP_CHANNEL:
        outcome = c.TOLD
    emit_breach(state, row, outcome, item.slot)


@helper
def _has_moved_enough(state: State, row: int) -> bool:
    """Tell whether an item went from owner to owner as often as it may; then its manager is told."""
    item = state.open_items[row]
    if item.reassigned < state.pools[state.groups[item.group].pool].most_reassignments:
        return False
    stay(state, row)
    return True


@helper
def _send_back(state: State, row: int) -> None:
    """Let an item wait in its pool again; in one that is gone it stays, and its manager is told."""
    if _has_moved_enough(state, row):
        return
    pool = state.pools[state.groups[state.open_items[row].group].pool]
    if pool.end_slot > pool.first_slot:
        set_lost(state, c.SENT_BACK, row, c.BY_BREACH)
    else:
        stay(state, row)


@helper
def _move(state: State, row: int, kind: int, place: int) -> None:
    """Offer an item to others, or tell the manager where it went from owner to owner too often."""
    if state.job.is_again == 0 and _has_moved_enough(state, row):
        return
    group = _goes_to(state, row, kind, place)
    set_lost(state, c.LOST, row, c.BY_BREACH)
    if group >= 0:
        state.job.group = group
    else:  # a pool that is gone has nobody
        state.job.mode = c.NOTHING
        wait_for_somebody(state, row)


@helper
def _goes_to(state: State, row: int, kind: int, place: int) -> int:
    """Return the group in which a step offers an item, -1 where its pool is gone."""
    item = state.open_items[row]
    group = item.group
    step = state.targets[item.clocks[kind].target].steps[place]
    if step.kind == c.STEP_FAILOVER:
        own, group = state.groups[group], -1
        if step.place >= 0:
            pool = state.pools[step.place]
            for other in range(pool.first_group, pool.end_group):
                one = state.groups[other]
                if one.needs == own.needs and one.priority == own.priority:
                    group = other
    return group  # type: ignore[no-any-return]


@helper
def wait_for_somebody(state: State, row: int) -> None:
    """Nobody can take the item of the job: its step waits until somebody can."""
    job, now = state.job, state.progress.now_us
    clock, pool = state.open_items[row].clocks[job.clock], state.groups[job.group].pool
    if job.is_again == 0:
        clock.waits |= 1 << job.step
        emit_breach(state, row, c.WAITS, state.open_items[row].slot)
        add_waiter(state, row, job.clock, job.step, pool)
    if state.open_items[row].at_closes == 0:
        plan_wake(state, pool, now, job.passed > 0)
    else:
        place = first_from(state.step_closes, now + 1)
        if place < state.step_closes.size:
            set_step_timer(state, row, job.clock, job.step, state.step_closes[place])


@helper
def decline(state: State, row: int, pool: int) -> None:
    """An owner declines: the item is made the job, unless it went from owner to owner too often."""
    set_lost(state, c.LOST, row, c.BY_DECLINE)
    clock = state.open_items[row].clocks[FIRST_TOUCH]
    state.job.step, state.job.target, state.job.due_us = -1, clock.target, clock.due_us
    if state.open_items[row].reassigned >= state.pools[pool].most_reassignments:
        state.job.mode = c.NOTHING
        stay(state, row)


@helper
def stay(state: State, row: int) -> None:
    """An item that was to go on, by a step or since its owner declined, stays where it is: the manager is told."""
    state.job.is_notified = 1
    emit_breach(state, row, c.STAYED, state.open_items[row].slot)

"""The steps of a target inside the fold: what is done about an item whose owner missed it or declined.

Belongs here: compiled helpers that go through the steps. Does not belong here: when a target was missed (``touches``),
or what comes of offering the item again (``offers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_breach, set_job
from rr_pipeline.core.kernel.item_records import MOST_STEPS
from rr_pipeline.core.kernel.state import State


@helper
def set_lost(state: State, mode: int, row: int, cause: int) -> None:
    """Make an open item the job: its owner loses it."""
    item = state.open_items[row]
    set_job(state, mode, item.item_seq, item.group, item.person, cause)
    state.job.open_item = row


@helper
def take_steps(state: State, row: int) -> None:
    """Take the steps that are left for an open item. To reassign it is made the job; the rest is done here."""
    item, job = state.open_items[row], state.job
    outcome = c.NOTIFIED if job.is_notified != 0 else c.STAYED
    while job.next_step < MOST_STEPS:
        step = state.targets[job.target].steps[job.next_step] if job.target >= 0 else -1
        job.next_step += 1
        if step == c.STEP_NOTIFY:
            job.is_notified = 1
            outcome = c.NOTIFIED
        elif item.touched_us < c.NEVER:  # too late for the target, but the owner is at it: nothing moves the item
            pass
        elif step == c.STEP_REASSIGN:
            job.is_tried = 1
            if item.reassigned < state.pools[state.groups[item.group].pool].most_reassignments:
                set_lost(state, c.LOST, row, c.BY_BREACH)
                return
        elif step >= c.STEP_QUEUE:
            set_lost(state, c.TAKEN_AWAY, row, c.BY_BREACH)
            job.queue = step - c.STEP_QUEUE
            return
    if job.is_tried != 0:
        job.is_notified, outcome = 1, c.STAYED
    emit_breach(state, row, 0 if job.cause == c.BY_BREACH else 1, outcome, item.slot)


@helper
def begin_steps(state: State, row: int, first_step: int, is_tried: int, cause: int) -> None:
    """Begin with the steps of an open item whose target was missed, or whose owner declined."""
    item, job = state.open_items[row], state.job
    job.next_step, job.is_tried, job.is_notified, job.cause = first_step, is_tried, 0, cause
    job.target, job.due_us = item.target, item.due_us


@helper
def decline(state: State, row: int, pool: int) -> None:
    """An owner declines: the item is made the job, unless it went from owner to owner too often."""
    set_lost(state, c.LOST, row, c.BY_DECLINE)
    begin_steps(state, row, MOST_STEPS, 1, c.BY_DECLINE)
    if state.open_items[row].reassigned >= state.pools[pool].most_reassignments:
        state.job.mode, state.job.is_notified = c.NOTHING, 1
        take_steps(state, row)

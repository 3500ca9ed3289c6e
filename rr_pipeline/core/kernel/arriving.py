"""What arrives, inside the fold: an item stays with whom it belongs to already, or is to be offered.

Belongs here: compiled helpers over arrivals and items that are kept. Does not belong here: the offer (``offers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_bare, set_job
from rr_pipeline.core.kernel.item_records import Arrival
from rr_pipeline.core.kernel.offers import count_given
from rr_pipeline.core.kernel.open_items import (
    begin,
    fetch_person,
    fetch_place,
    find_row,
    last_owner,
    note_last,
    note_person,
    slot_in,
    slot_of,
)
from rr_pipeline.core.kernel.rerouting import comes_elsewhere
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.stretches import stretch_of
from rr_pipeline.core.kernel.touches import hear_touches, note_origin, plan_idle, start_kept
from rr_pipeline.core.kernel.windows import fetch_segment, over_pools, roll

_AHEAD = 8  # so many arrivals ahead of its turn what an item needs is fetched


@helper
def _keep(state: State, arrival: Arrival, user: int, is_survivors: bool) -> None:
    """An item that is somebody's already: it costs no turn, but may count and have targets.

    ``is_survivors``: its owner has it as the one of the person's last item.
    """
    group, person = arrival.group, arrival.person
    pool, now = state.groups[group].pool, state.progress.now_us
    slot = slot_in(state, user, pool)
    counts = state.pools[pool].counts_kept != 0 or (is_survivors and state.pools[pool].limits_survivors != 0)
    is_counted = slot >= 0 and counts
    if is_counted:
        roll(state, pool, now)
        count_given(state, slot, now)
    targets = state.groups[group].kept_targets
    has_target = targets[0] >= 0 or targets[1] >= 0
    if arrival.is_given != 0 and state.pools[pool].times_given == 0:
        has_target = False
    if slot < 0:
        slot = arrival.kept_slot if arrival.reopens == c.NEW else slot_of(state, user, pool)
    is_followed = has_target or arrival.is_followed != 0
    if (is_counted and state.pools[pool].is_followed != 0) or (is_followed and slot >= 0):
        state.contest.cost = 0
        row = begin(state, arrival.item_seq, group, slot, person, is_counted)
        note_origin(state, row, arrival.created_us, arrival.at_closes)
        if arrival.is_given != 0:
            state.open_items[row].is_given, state.open_items[row].given_us = 1, now - 1
        if arrival.reopens != 0:
            hear_touches(state, row, now)
        if has_target:
            start_kept(state, row)
        plan_idle(state, row)
    note_last(state, arrival.item_seq, user, now)
    if state.users[user].first_slot >= 0:
        note_person(state, person, user, now)


@helper
def _claimant(state: State, user: int, now: int) -> int:
    """Return who has the claims of a user at this instant: the user, or who stands in meanwhile; -1: nobody."""
    row = stretch_of(state.stand_ins, user, now)
    return state.stand_ins[row].deputy if row >= 0 else user


@helper
def _is_at_limit(state: State, user: int, pool: int, now: int) -> bool:
    """Whether a user may get nothing more now: in this pool, or where the user is not in it, over all pools."""
    slot = slot_in(state, user, pool)
    if slot < 0:
        slot = state.users[user].first_slot
        bits = over_pools(state, slot, now)
    else:
        roll(state, pool, now)
        bits = state.standings[slot].live & c.REACHED
    return bits != 0


@helper
def _survivors_owner(state: State, arrival: Arrival, now: int) -> int:
    """Return the slot of who has the claim of the person's last owner, if still an active member somewhere; else -1."""
    user = last_owner(state, arrival.person, c.FAR_PAST)
    if user >= 0:
        user = _claimant(state, user, now)
    slot = state.users[user].first_slot if user >= 0 else -1
    if slot < 0:
        return -1
    roll(state, state.tallies[slot].pool, now)
    if state.standings[slot].live & (c.NOT_MEMBER | c.INACTIVE) != 0:
        return -1
    pool = state.groups[arrival.group].pool
    if state.pools[pool].limits_survivors != 0 and _is_at_limit(state, user, pool, now):
        return -1
    return slot


@helper
def _whose_again(state: State, arrival: Arrival, now: int) -> int:
    """Return the user who has an item again that is open again: its last owner, if there; NOT_KEPT without one."""
    if arrival.reopens == c.REOPENED_LATE:
        return arrival.kept_by
    user = last_owner(state, arrival.person, c.FAR_PAST)
    slot = state.users[user].first_slot if user >= 0 else -1
    if slot >= 0:
        roll(state, state.tallies[slot].pool, now)
        is_there = state.standings[slot].live & (c.NOT_MEMBER | c.INACTIVE | c.VACATION) == 0
    else:  # of those in no pool the shell knows whether they are there
        is_there = user >= 0 and user == arrival.kept_by
    return user if is_there else c.NOT_KEPT


@helper
def arrive(state: State, now: int) -> None:
    """Take the next arrival: it stays with whom it belongs to already, or is made the job."""
    arrivals, at = state.arrivals, state.progress.next_arrival
    following = arrivals[min(at + _AHEAD, arrivals.size - 1)]
    fetch_person(state, following.person)
    fetch_place(state, following.item_seq)
    fetch_segment(state, state.groups[following.group].pool)
    state.progress.next_arrival = at + 1
    item_seq, group, person, user = arrivals[at].item_seq, arrivals[at].group, arrivals[at].person, arrivals[at].kept_by
    is_survivors = user == c.BY_SURVIVOR
    if is_survivors:
        slot = _survivors_owner(state, arrivals[at], now)
        if slot >= 0:
            user = state.tallies[slot].user
            row = emit_bare(state, c.KEEP, item_seq, state.groups[group].pool, now)
            state.output.rows.slot[row] = slot
    elif arrivals[at].reopens == c.REROUTED:
        if not comes_elsewhere(state, item_seq, state.groups[group].pool, now):
            return
    elif arrivals[at].reopens != 0:
        if state.progress.is_indexed != 0 and find_row(state, item_seq) >= 0:
            return  # a person gave it to somebody at this very instant
        user = _whose_again(state, arrivals[at], now)
        if user >= 0:
            row = emit_bare(state, c.KEEP, item_seq, state.groups[group].pool, now)
            state.output.rows.slot[row] = slot_of(state, user, state.groups[group].pool)
    if user >= 0:
        _keep(state, arrivals[at], user, is_survivors)
    else:
        set_job(state, c.ARRIVED, item_seq, group, person, -1)
        state.job.at_closes, state.job.created_us = arrivals[at].at_closes, arrivals[at].created_us
        state.job.is_named, state.job.is_known = arrivals[at].is_named, arrivals[at].reopens

"""One offer inside the fold: an item and a pool, until somebody takes it or nobody is left, and what comes of it.

Belongs here: compiled helpers around one offer: who may not have it, what winning brings with it, and where an item
goes that nobody took. Does not belong here: who wins (``turns``), or what falls due when (``fold``).

What is to be offered stands in ``State.job``, so that the rule is compiled once for arrivals, held items, holds that
ran out and items that their owner loses.
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit, emit_breach, emit_moved
from rr_pipeline.core.kernel.handovers import conclude_handover, conclude_return
from rr_pipeline.core.kernel.holds import leave_in, note_passed, park, plan_wake, recall_passed, set_group_key, take_out
from rr_pipeline.core.kernel.item_records import FIRST_TOUCH
from rr_pipeline.core.kernel.open_items import (
    begin,
    drop,
    forget_row,
    hand_on,
    last_owner,
    note_person,
    note_queue,
    note_row,
    slot_in,
)
from rr_pipeline.core.kernel.prefetch import fetch_row
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.steps import stay, wait_for_somebody
from rr_pipeline.core.kernel.timers import pause_ends, set_expiry
from rr_pipeline.core.kernel.tokens import find_token, spend
from rr_pipeline.core.kernel.touches import hear_touches, note_origin, start_clock
from rr_pipeline.core.kernel.turns import charge, choose, choose_first, consider, is_member, move_turn
from rr_pipeline.core.kernel.windows import count_item, count_over_pools, roll


@helper
def count_given(state: State, slot: int, now: int) -> None:
    """Count an item given to a member; where an hour is full now, its end is worth another look at held items."""
    tally = state.tallies[slot]
    if count_item(state, slot, now) and state.pools[tally.pool].held + state.pools[tally.pool].waiters > 0:
        plan_wake(state, tally.pool, now, True)
    if count_over_pools(state, tally.user, now):
        other = state.users[tally.user].first_slot
        while other >= 0:
            pool = state.tallies[other].pool
            if state.pools[pool].held + state.pools[pool].waiters > 0:
                roll(state, pool, now)
                plan_wake(state, pool, now, True)
            other = state.tallies[other].next_slot


@helper
def _mark_previous(state: State, row: int, hold: int, pool: int, is_on: bool) -> None:
    """Set or clear the reason that an item was a member's already, for all who had it or have it."""
    user, place = -1, -1
    if row >= 0:
        user, place = state.tallies[state.open_items[row].slot].user, state.open_items[row].trail
    elif hold >= 0 and state.holds[hold].trail >= 0:
        place = state.holds[hold].trail
        user, place = state.trail[place].user, state.trail[place].following
    while user >= 0:
        slot = slot_in(state, user, pool)
        if slot >= 0:
            standing = state.standings[slot]
            standing.live = (standing.live & ~c.PREVIOUS_OWNER) | (c.PREVIOUS_OWNER if is_on else 0)
        user = state.trail[place].user if place >= 0 else -1
        place = state.trail[place].following if place >= 0 else -1
    if is_on and hold >= 0 and state.holds[hold].is_returned != 0:
        _let_all_again(state, pool)


@helper
def _let_all_again(state: State, pool: int) -> None:
    """Where every member of a pool who is there and has the skills has had an item that was sent back, let all have it
    again.
    """
    own, rest, skills = state.pools[pool], 0, state.groups[state.job.group].skills
    for slot in range(own.first_slot, own.end_slot):
        standing = state.standings[slot]
        is_able = skills < 0 or state.fits[skills + slot - own.first_slot] != 0
        is_there = standing.live & (c.NOT_MEMBER | c.INACTIVE | c.VACATION) == 0
        rest += is_able and is_there and standing.weight > 0 and standing.live & c.PREVIOUS_OWNER == 0
    if rest == 0:
        for slot in range(own.first_slot, own.end_slot):
            state.standings[slot].live &= ~c.PREVIOUS_OWNER


@helper
def _mark_passed(state: State, count: int, pool: int, is_on: bool) -> None:
    """Set or clear the mark of the pool's members among those who passed the item by a token."""
    for k in range(count):
        slot = slot_in(state, state.passed[k], pool)
        if slot >= 0:
            standing = state.standings[slot]
            standing.live = (standing.live & ~c.SKIP_TOKEN) | (c.SKIP_TOKEN if is_on else 0)


@helper
def _begin_ownership(state: State, row: int, winner: int, now: int) -> None:
    """Note what winning brings with it: the person, the open item and its clock. ``row``: of the output."""
    job, rows, opened = state.job, state.output.rows, state.job.open_item
    note_person(state, job.person, state.tallies[winner].user, now)
    if job.mode == c.LOST or job.mode == c.HANDED:  # noqa: PLR1714
        rows.previous[row], rows.cause[row] = state.open_items[opened].slot, job.cause
        state.progress.is_special = 1
        hand_on(state, opened, winner, now)
    elif state.pools[state.tallies[winner].pool].is_followed != 0 or job.is_named != 0:
        opened = begin(state, job.item_seq, job.group, winner, job.person)
        if job.hold >= 0:
            state.open_items[opened].trail = state.holds[job.hold].trail
            state.open_items[opened].reassigned = state.holds[job.hold].reassigned
        note_origin(state, opened, job.created_us, job.at_closes)
    else:
        forget_row(state, job.item_seq)
    if opened >= 0:
        if job.is_known != 0:
            hear_touches(state, opened, now)
        start_clock(state, opened)
        clock = state.open_items[opened].clocks[FIRST_TOUCH]
        rows.target[row], rows.due_us[row] = clock.target, clock.due_us
        state.progress.is_special = 1


@helper
def _settle(state: State, pool: int, now: int) -> int:
    """Decide one turn among the members just considered; return the member that passed it by a token, else -1."""
    job, own, group, rows = state.job, state.pools[pool], state.groups[state.job.group], state.output.rows
    is_lost = job.mode == c.LOST or job.mode == c.HANDED  # noqa: PLR1714 - as compiled code knows it
    kind, turn = c.REDO, -1
    is_charged = own.charges_redo != 0
    token = find_token(state, c.REDO, -1, pool, job.group)
    winner = choose(state, pool)
    if token >= 0:
        winner = state.tokens[token].slot
    elif token <= -2:
        winner = state.grants[-2 - token].slot
    else:
        if job.sticky >= 0 or group.prefer >= 0 or own.strategy != c.FAIR:
            winner = choose_first(state, pool, job.group, job.sticky)
        if state.contest.eligible > 1:  # where nobody else could take the item, its holder does, and keeps the token
            token = find_token(state, c.SKIP, winner, pool, job.group)
        kind = c.ASSIGN if token < 0 else c.SKIP
        is_charged = True
    is_moved = is_lost and kind == c.ASSIGN and own.charges_back != 0
    if is_moved:  # nothing goes to a leaver, or to another pool
        slot = state.open_items[job.open_item].slot
        is_moved = state.tallies[slot].pool == pool and is_member(state, pool, slot)
    if is_lost and kind != c.SKIP:
        kind = c.HANDOVER if job.mode == c.HANDED else c.REASSIGN
    fetch_row(state.tallies, winner)
    row = emit(state, kind, job.item_seq, pool, now)
    fetch_row(state.users, state.tallies[winner].user)
    rows.balance_before[row] = state.standings[winner].balance
    state.contest.cost = 0
    if is_moved:
        item = state.open_items[job.open_item]
        turn = move_turn(state, pool, item.slot, item.charged, winner)
    elif is_charged:
        turn = charge(state, pool, winner)
    rows.slot[row], rows.turn[row], rows.token[row] = winner, turn, token
    rows.balance_after[row] = state.standings[winner].balance
    spend(state, token)
    if kind == c.SKIP:
        return winner
    state.tallies[winner].won += 1
    count_given(state, winner, now)
    _begin_ownership(state, row, winner, now)
    return -1


@helper
def offer(state: State) -> None:
    """Do the job: offer its item until somebody takes it or nobody is left, and see to what becomes of it then."""
    job, now = state.job, state.progress.now_us
    mode, hold, opened = job.mode, job.hold, job.open_item
    pool = state.groups[job.group].pool
    roll(state, pool, now)
    passed = recall_passed(state, hold, now) if hold >= 0 else job.passed
    if hold >= 0:
        job.at_closes, job.created_us = state.holds[hold].at_closes, state.holds[hold].created_us
    elif opened >= 0:
        job.at_closes, job.created_us = state.open_items[opened].at_closes, state.open_items[opened].created_us
    is_taken = False
    _mark_passed(state, passed, pool, True)
    is_leaving = mode >= c.LOST
    owner = state.open_items[opened].slot if is_leaving else -1
    leaving = opened if is_leaving else -1
    _mark_previous(state, leaving, hold, pool, True)
    job.sticky = -1
    if state.pools[pool].sticky_us > 0 and job.person < c.ITEM_KEY:  # what is open again follows no person
        user = last_owner(state, job.person, now - state.pools[pool].sticky_us)
        job.sticky = slot_in(state, user, pool)
    is_offered = mode != c.RAN_OUT and mode != c.TAKEN_AWAY and mode != c.SENT_BACK  # noqa: PLR1714
    while not is_taken and consider(state, pool, job.group) > 0 and is_offered:
        passing = _settle(state, pool, now)
        is_taken = passing < 0
        if passing >= 0:
            state.standings[passing].live |= c.SKIP_TOKEN
            state.passed[passed] = state.tallies[passing].user
            passed += 1
    _mark_passed(state, passed, pool, False)
    job.passed = passed
    _mark_previous(state, leaving, hold, pool, False)
    job.mode = c.NOTHING
    if mode == c.HELD_ITEM:
        _conclude_wait(state, now, is_taken)
    elif mode == c.ARRIVED and not is_taken:
        _send_on(state, pool, now)
    elif mode == c.RAN_OUT:
        _run_out(state, pool)
    elif mode == c.LOST:
        _conclude_loss(state, owner, is_taken)
    elif mode == c.TAKEN_AWAY:
        _take_away(state, owner, pool, now)
    elif mode == c.HANDED:
        conclude_handover(state, owner, pool, now, is_taken)
    elif mode == c.SENT_BACK:
        conclude_return(state, owner, pool, now)


@helper
def _conclude_wait(state: State, now: int, is_taken: bool) -> None:
    """A held item was offered again: it waits no longer, or its group rests until the next look."""
    job = state.job
    if is_taken:
        take_out(state, job.hold)
    else:  # nobody passed it again: a token is spent only where somebody else can take the item
        leave_in(state, job.hold, now)
    set_group_key(state, job.group)


@helper
def _take_away(state: State, owner: int, pool: int, now: int) -> None:
    """An item whose target was missed, or whose owner is gone, goes from its owner to a queue."""
    row = emit_moved(state, c.QUEUE, pool, state.job.cause, -2 - state.job.queue)
    state.output.rows.previous[row] = owner
    if state.job.cause == c.BY_BREACH:
        emit_breach(state, state.job.open_item, c.QUEUED, owner)
    drop(state, state.job.open_item, now)
    note_queue(state, state.job.item_seq, now)


@helper
def _go_on(state: State, group: int, hops: int) -> None:
    """Let the item arrive in another pool."""
    job = state.job
    job.mode, job.group, job.hold = c.ARRIVED, group, -1
    job.hops = hops


@helper
def _send_on(state: State, pool: int, now: int) -> None:
    """Nobody took a new item: it goes to the next pool, to a queue, or waits."""
    job, own = state.job, state.pools[pool]
    is_paused = pause_ends(state, pool, now) != now
    if own.when_nobody == c.GO_ON and job.hops < c.MOST_HOPS and not is_paused:
        emit_moved(state, c.FAILOVER, pool, c.BY_NOBODY, own.failover_to)
        _go_on(state, state.groups[job.group].failover, job.hops + 1)
    elif own.when_nobody == c.GO_TO_QUEUE and not is_paused:
        emit_moved(state, c.QUEUE, pool, c.BY_NOBODY, -2 - own.queue)
        note_queue(state, job.item_seq, now)
    else:
        emit(state, c.HOLD, job.item_seq, pool, now)
        hold = park(state, job.item_seq, job.group, job.person, now)
        state.holds[hold].is_named = job.is_named
        set_expiry(state, hold)
        note_row(state, job.item_seq, 2 * hold + 1)
        note_passed(state, hold, now, job.passed)
        plan_wake(state, pool, now, job.passed > 0)


@helper
def _run_out(state: State, pool: int) -> None:
    """A wait ended: the item goes to the next pool or to a queue."""
    job = state.job
    take_out(state, job.hold)
    forget_row(state, job.item_seq)
    if job.onward >= 0:
        emit_moved(state, c.FAILOVER, pool, c.BY_EXPIRY, state.groups[job.onward].pool)
        _go_on(state, job.onward, 1)
    else:
        emit_moved(state, c.QUEUE, pool, c.BY_EXPIRY, -2 - job.queue)
        note_queue(state, job.item_seq, state.progress.now_us)


@helper
def _conclude_loss(state: State, owner: int, is_taken: bool) -> None:
    """After an item was offered because its owner missed a target or declined: note what came of it."""
    row, job = state.job.open_item, state.job
    if not is_taken and job.cause == c.BY_DECLINE:
        stay(state, row)
    elif not is_taken:
        wait_for_somebody(state, row)
    elif job.cause == c.BY_BREACH:
        emit_breach(state, row, c.REASSIGNED, owner)

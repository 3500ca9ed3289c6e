"""One offer inside the fold: an item and a pool, until somebody takes it or nobody is left, and what comes of it.

Belongs here: compiled helpers around one offer: who may not have it, what winning brings with it, rows of output, and
where an item goes that nobody took. Does not belong here: who wins (``turns``), or what falls due when (``fold``).

What is to be offered stands in the control array as a *job*, so that the rule is compiled once for arrivals, held
items, holds that ran out and items that their owner loses.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from rr_pipeline.core.calendar.working_clocks import Clocks
from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Follow, Groups, Holds, Int64s, Output, Pools, Scratch, Slots, Times, Tokens
from rr_pipeline.core.kernel.columns import MOST_HOPS
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.hash_tables import fetch_row
from rr_pipeline.core.kernel.holds import leave_in, note_passed, park, plan_wake, recall_passed, set_group_key, take_out
from rr_pipeline.core.kernel.open_items import (
    begin,
    drop,
    forget_row,
    hand_on,
    hear_touches,
    last_owner,
    note_person,
    note_row,
    slot_in,
    start_clock,
)
from rr_pipeline.core.kernel.timers import set_expiry
from rr_pipeline.core.kernel.turns import (
    charge,
    choose,
    choose_first,
    consider,
    find_token,
    is_member,
    move_turn,
    spend,
)
from rr_pipeline.core.kernel.windows import count_item, count_over_pools, roll


@helper
def set_job(mode: int, item: int, g: int, h: int, r: int, person: int, cause: int, control: Int64s) -> None:
    """Say what is to be offered next."""
    control[c.J_MODE], control[c.J_ITEM], control[c.J_GROUP], control[c.J_HOLD] = mode, item, g, h
    control[c.J_OPEN], control[c.J_PERSON], control[c.J_CAUSE], control[c.J_HOPS] = r, person, cause, 0
    control[c.J_PASSED], control[c.J_KNOWN] = 0, mode != c.ARRIVED


@helper
def emit_bare(kind: int, item: int, p: int, t: int, output: Output, control: Int64s) -> int:
    """Write a row of output that considers nobody, and return its number."""
    row = control[c.C_ROWS]
    control[c.C_ROWS] = row + 1
    output.offset[row + 1] = control[c.C_CELLS]
    rows = output.rows
    rows[c.O_ITEM, row], rows[c.O_POOL, row], rows[c.O_KIND, row], rows[c.O_TIME, row] = item, p, kind, t
    rows[c.O_SLOT, row], rows[c.O_TURN, row], rows[c.O_TOKEN, row] = -1, -1, -1
    return row  # type: ignore[no-any-return]


@helper
def emit(kind: int, item: int, p: int, t: int, pools: Pools, slots: Slots, output: Output, control: Int64s) -> int:
    """Write a row of output with the members as last considered, and return its number."""
    first, size = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END] - pools.table[p, c.SLOT]
    by_load = pools.table[p, c.STRATEGY] == c.LEAST_LOADED
    if by_load:
        for k in range(size):
            output.load[control[c.C_CELLS] + k] = slots.tally[first + k, c.OPEN]
        output.rows[c.O_LOAD, control[c.C_ROWS]] = 1
        control[c.C_SPECIAL] = 1
    control[c.C_CELLS] += size
    return emit_bare(kind, item, p, t, output, control)


@helper
def emit_breach(
    r: int, kind: int, is_notified: int, outcome: int, s: int, t: int, groups: Groups, follow: Follow, output: Output,
    control: Int64s
) -> None:  # fmt: skip
    """Write what came of a missed target, or of an owner ``s`` who declined."""
    at = control[c.C_BREACHES]
    control[c.C_BREACHES] = at + 1
    row, open_row = output.breaches[at], follow.opens[r]
    row[c.B_ITEM], row[c.B_POOL], row[c.B_SLOT] = open_row[c.N_ITEM], groups.table[open_row[c.N_GROUP], c.G_POOL], s
    row[c.B_KIND], row[c.B_TIME], row[c.B_NOTIFIED], row[c.B_OUTCOME] = kind, t, is_notified, outcome
    row[c.B_TARGET], row[c.B_DUE] = control[c.J_TARGET], control[c.J_DUE]


@helper
def count_given(s: int, t: int, pools: Pools, slots: Slots, times: Times, follow: Follow, control: Int64s) -> None:
    """Count an item given to member ``s``; where an hour is full now, its end is worth another look at held items."""
    p, u = slots.tally[s, c.POOL], slots.tally[s, c.USER]
    if count_item(s, t, pools, slots, times) and pools.table[p, c.HELD] > 0:
        plan_wake(p, t, True, pools, times)
    if count_over_pools(u, t, pools, slots, follow.users, times):
        other = follow.users[u, c.FIRST_SLOT]
        while other >= 0:
            q = slots.tally[other, c.POOL]
            if pools.table[q, c.HELD] > 0:
                roll(q, t, pools, slots, follow.users, times, control)
                plan_wake(q, t, True, pools, times)
            other = slots.tally[other, c.NEXT_SLOT]


@helper
def _mark_previous(r: int, p: int, is_on: bool, slots: Slots, follow: Follow) -> None:
    """Set or clear the reason that open item ``r`` was a member's already, for all who had it or have it."""
    u, place = slots.tally[follow.opens[r, c.N_SLOT], c.USER], follow.opens[r, c.N_TRAIL]
    while u >= 0:
        s = slot_in(u, p, slots, follow.users)
        if s >= 0:
            slots.hot[s, c.LIVE] = (slots.hot[s, c.LIVE] & ~c.PREVIOUS_OWNER) | (c.PREVIOUS_OWNER if is_on else 0)
        u = follow.trail[place, c.TR_USER] if place >= 0 else -1
        place = follow.trail[place, c.TR_NEXT] if place >= 0 else -1


@helper
def _mark_passed(count: int, p: int, is_on: bool, slots: Slots, follow: Follow, scratch: Scratch) -> None:
    """Set or clear the mark of members of ``p`` among those who passed the item by a token."""
    for k in range(count):
        s = slot_in(scratch.room[c.PASSED, k], p, slots, follow.users)
        if s >= 0:
            slots.hot[s, c.LIVE] = (slots.hot[s, c.LIVE] & ~c.SKIP_TOKEN) | (c.SKIP_TOKEN if is_on else 0)


@helper
def _begin_ownership(
    row: int, winner: int, t: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow, clocks: Clocks,
    output: Output, control: Int64s
) -> None:  # fmt: skip
    """Note what winning brings with it: the person, the open item and its clock. ``row``: of the output."""
    item, g, r = control[c.J_ITEM], control[c.J_GROUP], control[c.J_OPEN]
    note_person(control[c.J_PERSON], slots.tally[winner, c.USER], t, follow.persons, control)
    if control[c.J_MODE] == c.LOST:
        output.rows[c.O_PREVIOUS, row], output.rows[c.O_CAUSE, row] = follow.opens[r, c.N_SLOT], control[c.J_CAUSE]
        control[c.C_SPECIAL] = 1
        hand_on(r, winner, t, pools, slots, follow, control)
    elif pools.table[slots.tally[winner, c.POOL], c.FOLLOWED] != 0:
        r = begin(item, g, winner, control[c.J_PERSON], t, follow, slots, control)
    else:
        forget_row(item, follow, control)
    if r >= 0:
        if control[c.J_KNOWN] != 0:
            hear_touches(r, t, pools, slots, groups, follow, control)
        start_clock(r, pools, slots, groups, follow, clocks, control)
        output.rows[c.O_TARGET, row], output.rows[c.O_DUE, row] = follow.opens[r, c.N_TARGET], follow.opens[r, c.N_DUE]
        control[c.C_SPECIAL] = 1


@helper
def _settle(
    p: int, t: int, pools: Pools, slots: Slots, times: Times, groups: Groups, tokens: Tokens, follow: Follow,
    clocks: Clocks, output: Output, scratch: Scratch
) -> int:  # fmt: skip
    """Decide one turn among the members just considered; return the member that passed it by a token, else -1."""
    control = scratch.control
    g, r, is_lost = control[c.J_GROUP], control[c.J_OPEN], control[c.J_MODE] == c.LOST
    kind, turn, sticky = c.REDO, -1, control[c.J_STICKY]
    is_charged = pools.table[p, c.CHARGE_REDO] != 0
    token = find_token(c.REDO, -1, p, g, t, pools, groups, tokens, scratch)
    winner = choose(p, pools, slots, scratch)
    if token >= 0:
        winner = tokens.table[token, c.T_SLOT]
    elif token <= -2:
        winner = tokens.grants[-2 - token, c.GR_SLOT]
    else:
        if sticky >= 0 or groups.table[g, c.G_PREFER] >= 0 or pools.table[p, c.STRATEGY] != c.FAIR:
            winner = choose_first(p, g, sticky, pools, slots, groups, output, scratch)
        if control[c.C_ELIGIBLE] > 1:  # where nobody else could take the item, its holder does, and keeps the token
            token = find_token(c.SKIP, winner, p, g, t, pools, groups, tokens, scratch)
        kind = c.ASSIGN if token < 0 else c.SKIP
        is_charged = True
    is_moved = is_lost and kind == c.ASSIGN and pools.table[p, c.CHARGE_BACK] != 0
    is_moved = is_moved and is_member(p, follow.opens[r, c.N_SLOT], pools, slots)  # nothing goes back to a leaver
    if is_lost and kind != c.SKIP:
        kind = c.REASSIGN
    fetch_row(slots.tally, winner)
    row = emit(kind, control[c.J_ITEM], p, t, pools, slots, output, control)
    fetch_row(follow.users, slots.tally[winner, c.USER])
    output.rows[c.O_BEFORE, row] = slots.hot[winner, c.BALANCE]
    control[c.C_COST] = 0
    if is_moved:
        owner, charged = follow.opens[r, c.N_SLOT], follow.opens[r, c.N_CHARGED]
        turn = move_turn(p, owner, charged, winner, pools, slots, scratch)
    elif is_charged:
        turn = charge(p, winner, pools, slots, scratch)
    output.rows[c.O_SLOT, row], output.rows[c.O_TURN, row] = winner, turn
    output.rows[c.O_AFTER, row], output.rows[c.O_TOKEN, row] = slots.hot[winner, c.BALANCE], token
    spend(token, tokens)
    if kind == c.SKIP:
        return winner
    slots.tally[winner, c.WON] += 1
    count_given(winner, t, pools, slots, times, follow, control)
    _begin_ownership(row, winner, t, pools, slots, groups, follow, clocks, output, control)
    return -1


@helper
def offer(
    pools: Pools, slots: Slots, times: Times, groups: Groups, holds: Holds, tokens: Tokens, follow: Follow,
    clocks: Clocks, output: Output, scratch: Scratch
) -> None:  # fmt: skip
    """Do the job: offer its item until somebody takes it or nobody is left, and see to what becomes of it then."""
    control, t = scratch.control, scratch.control[c.C_NOW]
    mode, g, h, r = control[c.J_MODE], control[c.J_GROUP], control[c.J_HOLD], control[c.J_OPEN]
    p = groups.table[g, c.G_POOL]
    roll(p, t, pools, slots, follow.users, times, control)
    recalled = recall_passed(h, t, holds, scratch) if h >= 0 else control[c.J_PASSED]
    passed, is_taken = recalled, False
    _mark_passed(passed, p, True, slots, follow, scratch)
    is_leaving = mode == c.LOST or mode == c.TAKEN_AWAY  # noqa: PLR1714 - as compiled code knows it
    owner = follow.opens[r, c.N_SLOT] if is_leaving else -1
    if is_leaving:
        _mark_previous(r, p, True, slots, follow)
    control[c.J_STICKY] = -1
    if pools.table[p, c.STICKY] > 0:
        user = last_owner(control[c.J_PERSON], t - pools.table[p, c.STICKY], follow.persons)
        control[c.J_STICKY] = slot_in(user, p, slots, follow.users)
    is_offered = mode != c.RAN_OUT and mode != c.TAKEN_AWAY  # noqa: PLR1714
    while not is_taken and consider(p, g, pools, slots, groups, output, scratch) > 0 and is_offered:
        passing = _settle(p, t, pools, slots, times, groups, tokens, follow, clocks, output, scratch)
        is_taken = passing < 0
        if passing >= 0:
            slots.hot[passing, c.LIVE] |= c.SKIP_TOKEN
            scratch.room[c.PASSED, passed] = slots.tally[passing, c.USER]
            passed += 1
    _mark_passed(passed, p, False, slots, follow, scratch)
    control[c.J_PASSED] = passed
    if is_leaving:
        _mark_previous(r, p, False, slots, follow)
    control[c.J_MODE] = c.NOTHING
    if mode == c.HELD_ITEM:
        _conclude_wait(p, t, is_taken, recalled, passed, pools, slots, times, groups, holds, output, scratch)
    elif mode == c.ARRIVED and not is_taken:
        _send_on(p, t, passed, pools, slots, times, groups, holds, follow, output, scratch)
    elif mode == c.RAN_OUT:
        _run_out(p, t, pools, slots, groups, holds, follow, output, control)
    elif mode == c.LOST:
        _conclude_loss(r, owner, is_taken, t, pools, slots, groups, follow, output, control)
    elif mode == c.TAKEN_AWAY:
        _take_away(r, owner, p, t, pools, slots, groups, follow, output, control)


@helper
def _conclude_wait(
    p: int, t: int, is_taken: bool, recalled: int, passed: int, pools: Pools, slots: Slots, times: Times,
    groups: Groups, holds: Holds, output: Output, scratch: Scratch
) -> None:  # fmt: skip
    """A held item was offered again: it waits no longer, or its group rests until the next look."""
    control = scratch.control
    h, g = control[c.J_HOLD], control[c.J_GROUP]
    if is_taken:
        take_out(h, pools, groups, holds, control)
    else:
        if passed > recalled:
            emit(c.HOLD, control[c.J_ITEM], p, t, pools, slots, output, control)
            note_passed(h, t, recalled, passed, holds, scratch)
            plan_wake(p, t, True, pools, times)
        leave_in(h, t, groups, holds)
    set_group_key(g, groups, holds)


@helper
def _take_away(
    r: int, owner: int, p: int, t: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow, output: Output,
    control: Int64s
) -> None:  # fmt: skip
    """An item whose target was missed goes from its owner to a queue."""
    row = emit(c.QUEUE, control[c.J_ITEM], p, t, pools, slots, output, control)
    output.rows[c.O_CAUSE, row], output.rows[c.O_PREVIOUS, row] = c.BY_BREACH, owner
    control[c.C_SPECIAL] = 1
    output.rows[c.O_SENT, row] = -2 - control[c.J_QUEUE]
    emit_breach(r, 0, control[c.J_NOTIFIED], c.QUEUED, owner, t, groups, follow, output, control)
    drop(r, t, pools, slots, follow, control)


@helper
def _send_on(
    p: int, t: int, passed: int, pools: Pools, slots: Slots, times: Times, groups: Groups, holds: Holds,
    follow: Follow, output: Output, scratch: Scratch
) -> None:  # fmt: skip
    """Nobody took a new item: it goes to the next pool, to a queue, or waits."""
    control = scratch.control
    item, g, when = control[c.J_ITEM], control[c.J_GROUP], pools.table[p, c.WHEN_NOBODY]
    if when == c.GO_ON and control[c.J_HOPS] < MOST_HOPS:
        row = emit(c.FAILOVER, item, p, t, pools, slots, output, control)
        output.rows[c.O_CAUSE, row], output.rows[c.O_SENT, row] = c.BY_NOBODY, pools.table[p, c.FAILOVER_TO]
        control[c.C_SPECIAL] = 1
        control[c.J_MODE], control[c.J_GROUP] = c.ARRIVED, groups.table[g, c.G_FAILOVER]
        control[c.J_HOPS] += 1
    elif when == c.GO_TO_QUEUE:
        row = emit(c.QUEUE, item, p, t, pools, slots, output, control)
        output.rows[c.O_CAUSE, row], output.rows[c.O_SENT, row] = c.BY_NOBODY, -2 - pools.table[p, c.TO_QUEUE]
        control[c.C_SPECIAL] = 1
    else:
        emit(c.HOLD, item, p, t, pools, slots, output, control)
        h = park(item, g, control[c.J_PERSON], t, pools, groups, holds, control)
        set_expiry(h, follow, groups, holds, control)
        note_row(item, 2 * h + 1, follow, control)
        note_passed(h, t, 0, passed, holds, scratch)
        plan_wake(p, t, passed > 0, pools, times)


@helper
def _run_out(
    p: int, t: int, pools: Pools, slots: Slots, groups: Groups, holds: Holds, follow: Follow, output: Output,
    control: Int64s
) -> None:  # fmt: skip
    """A hold ran out: the item goes to the next pool or to a queue."""
    item, g, h, then = control[c.J_ITEM], control[c.J_GROUP], control[c.J_HOLD], pools.table[p, c.THEN]
    take_out(h, pools, groups, holds, control)
    forget_row(item, follow, control)
    kind = c.FAILOVER if then == c.GO_ON else c.QUEUE
    row = emit(kind, item, p, t, pools, slots, output, control)
    output.rows[c.O_CAUSE, row] = c.BY_EXPIRY
    control[c.C_SPECIAL] = 1
    if then == c.GO_ON:
        output.rows[c.O_SENT, row] = pools.table[p, c.FAILOVER_TO]
        control[c.J_MODE], control[c.J_GROUP], control[c.J_HOLD] = c.ARRIVED, groups.table[g, c.G_FAILOVER], -1
        control[c.J_HOPS] = 1
    else:
        output.rows[c.O_SENT, row] = -2 - pools.table[p, c.TO_QUEUE]


@helper
def _conclude_loss(
    r: int, owner: int, is_taken: bool, t: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow,
    output: Output, control: Int64s
) -> None:  # fmt: skip
    """After an item was offered because its owner missed a target or declined: note it, or go on with the steps."""
    if is_taken:
        if control[c.J_CAUSE] == c.BY_BREACH:
            emit_breach(r, 0, control[c.J_NOTIFIED], c.REASSIGNED, owner, t, groups, follow, output, control)
    else:
        take_steps(r, t, pools, slots, groups, follow, output, control)


@helper
def take_steps(
    r: int, t: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow, output: Output, control: Int64s
) -> None:
    """Take the steps that are left for open item ``r``. To reassign it is made the job; the rest is done here."""
    row, owner = follow.opens[r], follow.opens[r, c.N_SLOT]
    g = row[c.N_GROUP]
    p, outcome = groups.table[g, c.G_POOL], c.NOTIFIED if control[c.J_NOTIFIED] != 0 else c.STAYED
    while control[c.J_STEP] < c.MOST_STEPS:
        target = control[c.J_TARGET]
        step = follow.targets[target, c.TG_STEP + control[c.J_STEP]] if target >= 0 else -1
        control[c.J_STEP] += 1
        if step == c.STEP_NOTIFY:
            control[c.J_NOTIFIED] = 1
            outcome = c.NOTIFIED
        elif row[c.N_TOUCHED] < c.NEVER:  # too late for the target, but the owner is at it: nothing moves the item
            pass
        elif step == c.STEP_REASSIGN:
            control[c.J_TRIED] = 1
            if row[c.N_COUNT] < pools.table[p, c.MOST_REASSIGN]:
                set_job(c.LOST, row[c.N_ITEM], g, -1, r, row[c.N_PERSON], c.BY_BREACH, control)
                return
        elif step >= c.STEP_QUEUE:
            set_job(c.TAKEN_AWAY, row[c.N_ITEM], g, -1, r, row[c.N_PERSON], c.BY_BREACH, control)
            control[c.J_QUEUE] = step - c.STEP_QUEUE
            return
    if control[c.J_TRIED] != 0:
        control[c.J_NOTIFIED], outcome = 1, c.STAYED
    kind = 0 if control[c.J_CAUSE] == c.BY_BREACH else 1
    emit_breach(r, kind, control[c.J_NOTIFIED], outcome, owner, t, groups, follow, output, control)

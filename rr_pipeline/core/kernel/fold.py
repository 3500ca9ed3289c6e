"""The compiled fold: one pass over everything that happens to items and pools, in time and in the stated order.

Belongs here: what falls due next, and the order of simultaneous events. Does not belong here: who wins (``turns``),
what becomes of an offer (``offers``), or how arrays are filled and turned into frames (``epochs``, ``driver``).

A call stops early when its output buffers are nearly full and goes on where it stood when it is called again.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from numba import types

from rr_pipeline.core.calendar.working_clocks import Clocks
from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import (
    Arrivals,
    Follow,
    Groups,
    Holds,
    Int64s,
    Output,
    Pools,
    Scratch,
    Slots,
    Times,
    Tokens,
)
from rr_pipeline.core.kernel.compiler import helper, kernel, signature_of
from rr_pipeline.core.kernel.holds import take_out, tree_least, wake_pool
from rr_pipeline.core.kernel.offers import count_given, emit_bare, offer, set_job, take_steps
from rr_pipeline.core.kernel.open_items import (
    begin,
    drop,
    fetch_ahead,
    fetch_person,
    fetch_place,
    find_row,
    forget_row,
    is_missed,
    last_owner,
    note_person,
    note_touch,
    slot_in,
)
from rr_pipeline.core.kernel.timers import EXPIRY, ITEM, bring_near, pop_timer
from rr_pipeline.core.kernel.turns import is_member
from rr_pipeline.core.kernel.windows import fetch_segment, roll, turn_days

DONE, FULL, NEW_DAY, GROW = 0, 1, 2, 3

_AHEAD = 8  # so many arrivals ahead of its turn what an item needs is fetched


@helper
def _turn_clock(arrivals: Arrivals, pools: Pools, times: Times, holds: Holds, follow: Follow, control: Int64s) -> bool:
    """Set the clock to the next instant at which something falls due; return False when nothing does any more."""
    last, due = control[c.C_LAST], pools.wake[1]
    if control[c.C_EVENT] < follow.events.shape[0]:
        last = follow.events[control[c.C_EVENT], c.E_TIME]
        due = min(due, last)
    if control[c.C_ARRIVAL] < arrivals.table.shape[0]:
        last = max(last, arrivals.table[control[c.C_ARRIVAL], c.A_TIME])
        due = min(due, arrivals.table[control[c.C_ARRIVAL], c.A_TIME])
    bring_near(min(due, last), holds, follow, control)
    if control[c.C_TIMERS] > 0:
        due = min(due, follow.timers[0, c.TM_TIME])
    is_due = due <= last
    if is_due:
        control[c.C_NOW] = due
        if due >= control[c.C_ZONES_NEXT]:
            turn_days(due, times, control)
    return is_due  # type: ignore[no-any-return]


@helper
def _take_event(
    pools: Pools, slots: Slots, times: Times, groups: Groups, holds: Holds, tokens: Tokens, follow: Follow,
    output: Output, control: Int64s
) -> None:  # fmt: skip
    """Take the next thing that is told of an item. Declining makes the item the job."""
    event, t = follow.events[control[c.C_EVENT]], control[c.C_NOW]
    fetch_ahead(control[c.C_EVENT], slots.tally, follow)
    control[c.C_EVENT] += 1
    kind, user, row = event[c.E_KIND], event[c.E_USER], find_row(event[c.E_ITEM], follow)
    if row >= 0 and row & 1 != 0:
        if kind == c.CLOSE or kind == c.RETURN:  # noqa: PLR1714 - as compiled code knows it
            _withdraw(row >> 1, t, pools, groups, holds, follow, output, control)
    elif row >= 0:
        r = row >> 1
        p = groups.table[follow.opens[r, c.N_GROUP], c.G_POOL]
        if kind == c.TOUCH:
            note_touch(r, user, event[c.E_OCCURRED], t, pools, slots, groups, follow)
        elif kind == c.DECLINE:
            is_owner = user == slots.tally[follow.opens[r, c.N_SLOT], c.USER]
            if is_owner and pools.table[p, c.DECLINES] != 0:
                _decline(r, t, p, pools, slots, groups, follow, output, control)
        else:
            if kind == c.RETURN and pools.table[p, c.REDO_ON_RETURN] != 0:
                roll(p, t, pools, slots, follow.users, times, control)
                if is_member(p, follow.opens[r, c.N_SLOT], pools, slots):
                    _grant(event[c.E_ITEM], follow.opens[r, c.N_SLOT], p, t, pools, tokens, control)
            drop(r, t, pools, slots, follow, control)


@helper
def _withdraw(
    h: int, t: int, pools: Pools, groups: Groups, holds: Holds, follow: Follow, output: Output, control: Int64s
) -> None:
    """A held item was closed: it waits no longer."""
    item, p = holds.table[h, c.H_ITEM], groups.table[holds.table[h, c.H_GROUP], c.G_POOL]
    row = emit_bare(c.WITHDRAW, item, p, t, output, control)
    output.rows[c.O_CAUSE, row] = c.BY_CLOSING
    control[c.C_SPECIAL] = 1
    take_out(h, pools, groups, holds, control)
    forget_row(item, follow, control)


@helper
def _decline(
    r: int, t: int, p: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow, output: Output,
    control: Int64s
) -> None:  # fmt: skip
    row = follow.opens[r]
    set_job(c.LOST, row[c.N_ITEM], row[c.N_GROUP], -1, r, row[c.N_PERSON], c.BY_DECLINE, control)
    control[c.J_STEP], control[c.J_TRIED], control[c.J_TARGET], control[c.J_DUE] = (
        c.MOST_STEPS,
        1,
        row[c.N_TARGET],
        row[c.N_DUE],
    )
    control[c.J_NOTIFIED] = 0
    if row[c.N_COUNT] >= pools.table[p, c.MOST_REASSIGN]:
        control[c.J_MODE], control[c.J_NOTIFIED] = c.NOTHING, 1
        take_steps(r, t, pools, slots, groups, follow, output, control)


@helper
def _grant(item: int, s: int, p: int, t: int, pools: Pools, tokens: Tokens, control: Int64s) -> None:
    """Grant member ``s`` a redo for an item returned as bad."""
    at = control[c.C_GRANTS]
    control[c.C_GRANTS] = at + 1
    row = tokens.grants[at]
    row[c.GR_SLOT], row[c.GR_FROM], row[c.GR_ITEM], row[c.GR_NEXT], row[c.GR_USED] = s, t, item, -1, 0
    if pools.table[p, c.FIRST_GRANT] < 0:
        pools.table[p, c.FIRST_GRANT] = at
    else:
        tokens.grants[pools.table[p, c.LAST_GRANT], c.GR_NEXT] = at
    pools.table[p, c.LAST_GRANT] = at


@helper
def _fire(
    pools: Pools, slots: Slots, groups: Groups, holds: Holds, follow: Follow, output: Output, control: Int64s
) -> None:
    """Take the first timer: a target that was missed, or a hold that ran out, if it still means something."""
    t, time = control[c.C_NOW], follow.timers[0, c.TM_TIME]
    key, row = follow.timers[0, c.TM_KEY], follow.timers[0, c.TM_ROW]
    pop_timer(follow.timers, control)
    item = key & ITEM
    if key & EXPIRY == 0:
        if is_missed(row, item, time, pools, groups, follow):
            follow.opens[row, c.N_BREACHED] = 1
            control[c.J_TARGET], control[c.J_DUE] = follow.opens[row, c.N_TARGET], follow.opens[row, c.N_DUE]
            control[c.J_STEP], control[c.J_TRIED], control[c.J_NOTIFIED], control[c.J_CAUSE] = 0, 0, 0, c.BY_BREACH
            take_steps(row, t, pools, slots, groups, follow, output, control)
    elif holds.table[row, c.H_ITEM] == item and holds.table[row, c.H_WAITS] != 0 and holds.table[row, c.H_EXPIRES] <= t:
        g = holds.table[row, c.H_GROUP]
        holds.table[row, c.H_EXPIRES] = c.NEVER
        if pools.table[groups.table[g, c.G_POOL], c.THEN] != c.WAIT:
            set_job(c.RAN_OUT, item, g, row, -1, holds.table[row, c.H_PERSON], c.BY_EXPIRY, control)


@helper
def _keep(
    item: int, g: int, u: int, person: int, t: int, pools: Pools, slots: Slots, times: Times, groups: Groups,
    follow: Follow, control: Int64s
) -> None:  # fmt: skip
    """An item that is somebody's already: it costs no turn, but may count."""
    p = groups.table[g, c.G_POOL]
    s = slot_in(u, p, slots, follow.users)
    if s >= 0 and pools.table[p, c.COUNT_KEPT] != 0:
        roll(p, t, pools, slots, follow.users, times, control)
        count_given(s, t, pools, slots, times, follow, control)
        if pools.table[p, c.FOLLOWED] != 0:
            control[c.C_COST] = 0
            begin(item, g, s, person, t, follow, slots, control)
    if follow.users[u, c.FIRST_SLOT] >= 0:
        note_person(person, u, t, follow.persons, control)


@helper
def _survivors_owner(
    person: int, t: int, pools: Pools, slots: Slots, times: Times, follow: Follow, control: Int64s
) -> int:
    """Return the slot of the user who owns the person's last item, if still an active member somewhere; else -1."""
    u = last_owner(person, c.FAR_PAST, follow.persons)
    s = follow.users[u, c.FIRST_SLOT] if u >= 0 else -1
    if s < 0:
        return -1
    roll(slots.tally[s, c.POOL], t, pools, slots, follow.users, times, control)
    return s if slots.hot[s, c.LIVE] & (c.NOT_MEMBER | c.INACTIVE) == 0 else -1


@helper
def _arrive(
    arrivals: Arrivals, pools: Pools, slots: Slots, times: Times, groups: Groups, follow: Follow, output: Output,
    control: Int64s
) -> None:  # fmt: skip
    """Take the next arrival: it stays with whom it belongs to already, or is made the job."""
    row, t = arrivals.table[control[c.C_ARRIVAL]], control[c.C_NOW]
    following = arrivals.table[min(control[c.C_ARRIVAL] + _AHEAD, arrivals.table.shape[0] - 1)]
    fetch_person(following[c.A_PERSON], follow.persons)
    fetch_place(following[c.A_ITEM], follow)
    fetch_segment(groups.table[following[c.A_GROUP], c.G_POOL], pools, times)
    control[c.C_ARRIVAL] += 1
    item, g, person, u = row[c.A_ITEM], row[c.A_GROUP], row[c.A_PERSON], row[c.A_KEPT]
    if u == c.BY_SURVIVOR:
        s = _survivors_owner(person, t, pools, slots, times, follow, control)
        if s >= 0:
            u = slots.tally[s, c.USER]
            at = emit_bare(c.KEEP, item, groups.table[g, c.G_POOL], t, output, control)
            output.rows[c.O_SLOT, at] = s
    if u >= 0:
        _keep(item, g, u, person, t, pools, slots, times, groups, follow, control)
    else:
        set_job(c.ARRIVED, item, g, -1, -1, person, -1, control)


@helper
def _is_cramped(holds: Holds, tokens: Tokens, follow: Follow, control: Int64s) -> bool:
    """Tell whether the next step might find no room."""
    return (  # type: ignore[no-any-return]
        (control[c.C_HOLDS] >= holds.table.shape[0] and control[c.C_FREE_HOLD] < 0)
        or (control[c.C_OPENS] >= follow.opens.shape[0] and control[c.C_FREE_OPEN] < 0)
        or control[c.C_TIMERS] + c.TIMERS_IN_ROW * control[c.C_LATER] + 1 >= follow.timers.shape[0]
        or (control[c.C_LATER] + 1 >= follow.later.shape[0] and control[c.C_FREE_LATER] < 0)
        or control[c.C_TRAIL] >= follow.trail.shape[0]
        or control[c.C_GRANTS] >= tokens.grants.shape[0]
        or 2 * control[c.C_PERSONS] >= follow.persons.shape[0]
    )


@kernel(
    signature_of(types.int64, Pools, Slots, Times, Groups, Holds, Tokens, Follow, Clocks, Arrivals, Output, Scratch)
)
def fold(  # noqa: PLR0912 - one branch for each thing that may be next
    pools: Pools,
    slots: Slots,
    times: Times,
    groups: Groups,
    holds: Holds,
    tokens: Tokens,
    follow: Follow,
    clocks: Clocks,
    arrivals: Arrivals,
    output: Output,
    scratch: Scratch,
) -> int:
    """Take all arrivals and events, and all that falls due up to them and to ``control[C_LAST]``, in the stated order.

    Returns DONE; or FULL when the buffers must be emptied before going on; GROW when there is no room for more holds,
    open items, timers, grants or persons; or NEW_DAY when the next event, at
    ``control[C_NOW]``, lies beyond ``control[C_DAY_END]``, so that the day can be summed up. At one instant: what is
    told of items, changes of availability and windows, missed targets, held items by (priority, arrival) over all
    pools, holds that run out, arrivals; and what one of them frees is looked at before the next.
    """
    control = scratch.control
    while True:
        if control[c.C_ROWS] > control[c.C_MOST_ROWS] or control[c.C_CELLS] > control[c.C_MOST_CELLS]:
            return FULL
        if control[c.C_BREACHES] > control[c.C_MOST_BREACHES]:
            return FULL
        if _is_cramped(holds, tokens, follow, control):
            return GROW
        if control[c.J_MODE] == c.NOTHING:
            if groups.awake[1] == c.NEVER:
                if not _turn_clock(arrivals, pools, times, holds, follow, control):
                    return DONE
                if control[c.C_NOW] >= control[c.C_DAY_END]:
                    return NEW_DAY
            now = control[c.C_NOW]
            if control[c.C_EVENT] < follow.events.shape[0] and follow.events[control[c.C_EVENT], c.E_TIME] <= now:
                _take_event(pools, slots, times, groups, holds, tokens, follow, output, control)
            elif pools.wake[1] <= now:
                p = tree_least(pools.wake)
                wake_pool(p, now, pools, slots, follow.users, times, groups, holds, control)
            elif control[c.C_TIMERS] > 0 and follow.timers[0, c.TM_TIME] <= now and follow.timers[0, c.TM_KEY] < EXPIRY:
                _fire(pools, slots, groups, holds, follow, output, control)
            elif groups.awake[1] < c.NEVER:
                g = tree_least(groups.awake)
                h = groups.table[g, c.CURSOR]
                set_job(c.HELD_ITEM, holds.table[h, c.H_ITEM], g, h, -1, holds.table[h, c.H_PERSON], -1, control)
            elif control[c.C_TIMERS] > 0 and follow.timers[0, c.TM_TIME] <= now:
                _fire(pools, slots, groups, holds, follow, output, control)
            else:
                _arrive(arrivals, pools, slots, times, groups, follow, output, control)
        if control[c.J_MODE] != c.NOTHING:
            offer(pools, slots, times, groups, holds, tokens, follow, clocks, output, scratch)

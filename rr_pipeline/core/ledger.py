"""The compiled fold: one pass over arrivals and held items of all pools, in time, by the fair-share ledger.

Belongs here: who is eligible for an item, who accrues, who wins and what it costs, tokens, and the order of
simultaneous events. Does not belong here: how arrays are filled and turned into frames (``epochs``, ``router``).

Integers only. Runs uncompiled under NUMBA_DISABLE_JIT=1, line for line the same. A call stops early when its output
buffers are nearly full and goes on where it stood when it is called again.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from numba import types

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Arrivals, Groups, Holds, Output, Pools, Scratch, Slots, Times, Tokens
from rr_pipeline.core.compiled import helper, kernel, signature_of
from rr_pipeline.core.holds import (
    leave_in,
    note_passed,
    park,
    plan_wake,
    recall_passed,
    set_group_key,
    take_out,
    tree_least,
    wake_pool,
)
from rr_pipeline.core.model import UNIT
from rr_pipeline.core.windows import count_item, roll, turn_days

DONE, FULL, NEW_DAY = 0, 1, 2


@helper
def _consider(p: int, g: int, pools: Pools, slots: Slots, groups: Groups, output: Output, scratch: Scratch) -> int:
    """Write mask, reason, balance and share of every member of ``p``; return how many are eligible.

    Winner and price are worked out on the way with the shares of the last decision, which mostly still hold.
    """
    first, end = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]
    blocked, catch_up = pools.table[p, c.BLOCKED], pools.table[p, c.CATCH_UP]
    skills, cell = groups.table[g, c.G_SKILLS], scratch.control[c.C_CELLS]
    hot, skill_ok = slots.hot[first:end], groups.skill_ok[max(0, skills) :]
    reasons, balances = output.reason[cell:], output.balance[cell:]
    eligible, total, price, winner, best, best_turn = 0, 0, 0, -1, 0, 0
    for k in range(end - first):
        bits, balance, share = hot[k, c.LIVE], hot[k, c.BALANCE], hot[k, c.CREDIT]
        if skills >= 0 and skill_ok[k] == 0:
            bits |= c.SKILL_MISSING
        balances[k] = balance
        reasons[k] = scratch.code[bits]
        scratch.bits[k] = bits
        if bits == 0:
            eligible += 1
            standing, turn = balance + share, hot[k, c.LAST_TURN]
            if winner < 0 or standing > best or (standing == best and turn < best_turn):
                winner, best, best_turn = k, standing, turn
        elif bits & blocked != 0 or balance >= catch_up:
            share = 0
        scratch.share[k] = share
        price += share
        total += hot[k, c.WEIGHT] if share > 0 else 0
    scratch.control[c.C_ACCRUING], scratch.control[c.C_PRICE] = total, price
    scratch.control[c.C_WINNER] = first + winner
    return eligible


@helper
def _choose(p: int, pools: Pools, slots: Slots, scratch: Scratch) -> int:
    """Return the eligible member with the largest balance and share; ties: least last turn, then roster order."""
    first, end, total = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END], scratch.control[c.C_ACCRUING]
    if total == pools.table[p, c.SHARED_BY]:
        return scratch.control[c.C_WINNER]  # type: ignore[no-any-return]
    pools.table[p, c.SHARED_BY] = total
    hot = slots.hot[first:end]
    price, winner, best, best_turn = 0, -1, 0, 0
    for k in range(end - first):
        credit = hot[k, c.WEIGHT] * UNIT // total
        hot[k, c.CREDIT] = credit
        scratch.share[k] = credit if scratch.share[k] > 0 else 0
        price += scratch.share[k]
        if scratch.bits[k] == 0:
            standing, turn = hot[k, c.BALANCE] + credit, hot[k, c.LAST_TURN]
            if winner < 0 or standing > best or (standing == best and turn < best_turn):
                winner, best, best_turn = k, standing, turn
    scratch.control[c.C_PRICE] = price
    return first + winner  # type: ignore[no-any-return]


@helper
def _charge(p: int, winner: int, pools: Pools, slots: Slots, scratch: Scratch) -> int:
    """Give every accruing member its share, take the price from the winner, and return the number of the turn."""
    first, end = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]
    hot, debt, price = slots.hot[first:end], pools.table[p, c.DEBT], scratch.control[c.C_PRICE]
    before = slots.hot[winner, c.BALANCE]
    if before + slots.hot[winner, c.CREDIT] - price < -debt:
        whole, total, price = max(0, before + debt), scratch.control[c.C_ACCRUING], 0
        for k in range(end - first):
            if scratch.share[k] > 0:
                share = hot[k, c.WEIGHT] * whole // total
                slots.tally[first + k, c.CUT] += scratch.share[k] - share
                scratch.share[k] = share
                price += share
    for k in range(end - first):
        hot[k, c.BALANCE] += scratch.share[k]
    slots.hot[winner, c.BALANCE] -= price
    slots.tally[winner, c.TURNS] += 1
    slots.tally[winner, c.CHARGED] += price
    turn = pools.table[p, c.NEXT_TURN]
    slots.hot[winner, c.LAST_TURN] = turn
    pools.table[p, c.NEXT_TURN] = turn + 1
    return turn  # type: ignore[no-any-return]


@helper
def _find_token(
    kind: int, holder: int, p: int, g: int, t: int, pools: Pools, groups: Groups, tokens: Tokens, scratch: Scratch
) -> int:
    """Return the first token of the kind that may be spent on the item now, or -1.

    ``holder``: only tokens of this slot; -1: of anybody who is eligible.
    """
    table, end = tokens.table, pools.table[p, c.TOKEN_END]
    while pools.table[p, c.FIRST_TOKEN] < end and _is_spent(pools.table[p, c.FIRST_TOKEN], t, tokens):
        pools.table[p, c.FIRST_TOKEN] += 1
    for k in range(pools.table[p, c.FIRST_TOKEN], end):
        if table[k, c.T_FROM] > t:
            break
        slot, skill = table[k, c.T_SLOT], table[k, c.T_SKILL]
        if table[k, c.T_KIND] == kind and slot >= 0 and not _is_spent(k, t, tokens):
            fits = skill < 0 or tokens.needed[skill, groups.table[g, c.G_NEEDS]] != 0
            if fits and (slot == holder or (holder < 0 and scratch.bits[slot - pools.table[p, c.SLOT]] == 0)):
                return k
    return -1


@helper
def _is_spent(k: int, t: int, tokens: Tokens) -> bool:
    return tokens.table[k, c.T_USED] != 0 or tokens.table[k, c.T_UNTIL] <= t  # type: ignore[no-any-return]


@helper
def _emit(kind: int, item: int, p: int, t: int, pools: Pools, output: Output, scratch: Scratch) -> int:
    """Close a row of output with the members as last considered, and return its number."""
    row = scratch.control[c.C_ROWS]
    scratch.control[c.C_ROWS] = row + 1
    scratch.control[c.C_CELLS] += pools.table[p, c.SLOT_END] - pools.table[p, c.SLOT]
    output.offset[row + 1] = scratch.control[c.C_CELLS]
    output.rows[c.O_ITEM, row] = item
    output.rows[c.O_POOL, row] = p
    output.rows[c.O_KIND, row] = kind
    output.rows[c.O_SLOT, row] = -1
    output.rows[c.O_TIME, row] = t
    output.rows[c.O_TURN, row] = -1
    output.rows[c.O_TOKEN, row] = -1
    return row  # type: ignore[no-any-return]


@helper
def _settle(
    item: int,
    g: int,
    t: int,
    pools: Pools,
    slots: Slots,
    times: Times,
    groups: Groups,
    tokens: Tokens,
    output: Output,
    scratch: Scratch,
) -> int:
    """Decide one turn among the members just considered; return the member that passed it by a token, else -1."""
    p = groups.table[g, c.G_POOL]
    kind, turn = c.REDO, -1
    is_charged = pools.table[p, c.CHARGE_REDO] != 0
    token = _find_token(c.REDO, -1, p, g, t, pools, groups, tokens, scratch)
    winner = _choose(p, pools, slots, scratch)
    if token >= 0:
        winner = tokens.table[token, c.T_SLOT]
    else:
        token = _find_token(c.SKIP, winner, p, g, t, pools, groups, tokens, scratch)
        kind = c.ASSIGN if token < 0 else c.SKIP
        is_charged = True
    row = _emit(kind, item, p, t, pools, output, scratch)
    output.rows[c.O_BEFORE, row] = slots.hot[winner, c.BALANCE]
    if is_charged:
        turn = _charge(p, winner, pools, slots, scratch)
    output.rows[c.O_SLOT, row] = winner
    output.rows[c.O_TURN, row] = turn
    output.rows[c.O_AFTER, row] = slots.hot[winner, c.BALANCE]
    output.rows[c.O_TOKEN, row] = token
    if token >= 0:
        tokens.table[token, c.T_USED] = 1
    if kind == c.SKIP:
        return winner
    slots.tally[winner, c.WON] += 1
    if count_item(p, winner, t, pools, slots, times) and pools.table[p, c.HELD] > 0:
        plan_wake(p, t, True, pools, times)
    return -1


@helper
def _offer(
    item: int,
    g: int,
    h: int,
    t: int,
    pools: Pools,
    slots: Slots,
    times: Times,
    groups: Groups,
    holds: Holds,
    tokens: Tokens,
    output: Output,
    scratch: Scratch,
) -> bool:
    """Offer an item (hold ``h``, -1 when it has just arrived) until somebody takes it or nobody is left."""
    p = groups.table[g, c.G_POOL]
    roll(p, t, pools, slots, times, scratch.control)
    recalled = recall_passed(h, t, holds, scratch)
    passed = recalled
    for k in range(passed):
        slots.hot[scratch.passed[k], c.LIVE] |= c.SKIP_TOKEN
    is_taken = False
    while not is_taken and _consider(p, g, pools, slots, groups, output, scratch) > 0:
        passing = _settle(item, g, t, pools, slots, times, groups, tokens, output, scratch)
        is_taken = passing < 0
        if passing >= 0:
            slots.hot[passing, c.LIVE] |= c.SKIP_TOKEN
            scratch.passed[passed] = passing
            passed += 1
    for k in range(passed):
        slots.hot[scratch.passed[k], c.LIVE] &= ~c.SKIP_TOKEN
    if not is_taken and (h < 0 or passed > recalled):
        _emit(c.HOLD, item, p, t, pools, output, scratch)
        if h < 0:
            h = park(item, g, t, pools, groups, holds, scratch.control)
        note_passed(h, t, recalled, passed, holds, scratch)
        plan_wake(p, t, passed > 0, pools, times)
    return is_taken


@helper
def _turn_clock(arrivals: Arrivals, pools: Pools, times: Times, scratch: Scratch) -> bool:
    """Set the clock to the next instant at which something falls due; return False when nothing does any more."""
    control = scratch.control
    t = control[c.C_LAST]
    is_due = pools.wake[1] <= t
    if control[c.C_ARRIVAL] < arrivals.time.size:
        t, is_due = arrivals.time[control[c.C_ARRIVAL]], True
    control[c.C_NOW] = min(t, pools.wake[1])
    if is_due and control[c.C_NOW] >= control[c.C_ZONES_NEXT]:
        turn_days(control[c.C_NOW], times, control)
    return is_due  # type: ignore[no-any-return]


@kernel(signature_of(types.int64, Pools, Slots, Times, Groups, Holds, Tokens, Arrivals, Output, Scratch))
def fold(
    pools: Pools,
    slots: Slots,
    times: Times,
    groups: Groups,
    holds: Holds,
    tokens: Tokens,
    arrivals: Arrivals,
    output: Output,
    scratch: Scratch,
) -> int:
    """Take all arrivals, and all events of held items up to them and to ``control[C_LAST]``, in their stated order.

    Returns DONE; or FULL when the buffers must be emptied before going on; or NEW_DAY when the next event, at
    ``control[C_NOW]``, lies beyond ``control[C_DAY_END]``, so that the day can be summed up. At one instant held
    items come before arrivals, by (priority, arrival) over all pools; what changes in availability and windows
    counts before both.
    """
    control = scratch.control
    while True:
        is_waking = groups.awake[1] < c.NEVER
        if not is_waking:
            if not _turn_clock(arrivals, pools, times, scratch):
                return DONE
            if control[c.C_NOW] >= control[c.C_DAY_END]:
                return NEW_DAY
            while pools.wake[1] <= control[c.C_NOW]:
                p = tree_least(pools.wake)
                wake_pool(p, control[c.C_NOW], pools, slots, times, groups, holds, control)
                is_waking = True
            if is_waking:
                continue
        if control[c.C_ROWS] > control[c.C_MOST_ROWS] or control[c.C_CELLS] > control[c.C_MOST_CELLS]:
            return FULL
        h = -1
        if is_waking:
            g = tree_least(groups.awake)
            h = groups.queue[g, c.CURSOR]
            item = holds.table[h, c.H_ITEM]
        else:
            row = control[c.C_ARRIVAL]
            item, g = arrivals.item[row], arrivals.group[row]
            control[c.C_ARRIVAL] = row + 1
        is_taken = _offer(item, g, h, control[c.C_NOW], pools, slots, times, groups, holds, tokens, output, scratch)
        if is_waking:
            take_out(g, pools, groups, holds) if is_taken else leave_in(g, control[c.C_NOW], groups, holds)
            set_group_key(g, groups, holds)

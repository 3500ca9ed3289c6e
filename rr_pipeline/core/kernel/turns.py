"""The rule of one turn: who is eligible for an item, who accrues, who wins and what it costs, and tokens.

Belongs here: compiled helpers that decide among the members of one pool by the fair-share ledger. Does not belong
here: the order of events (``fold``), what follows an assignment (``open_items``), windows and queues.

Integers only. Runs uncompiled under NUMBA_DISABLE_JIT=1, line for line the same.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Groups, Output, Pools, Scratch, Slots, Tokens
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.model import ACCRUES, CAME_FIRST, UNIT


@helper
def consider(p: int, g: int, pools: Pools, slots: Slots, groups: Groups, output: Output, scratch: Scratch) -> int:
    """Write mask, reason, balance and share of every member of ``p``; return how many are eligible.

    Winner and price are worked out on the way with the shares of the last decision, which mostly still hold.
    """
    first, end = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]
    blocked, catch_up = pools.table[p, c.BLOCKED], pools.table[p, c.CATCH_UP]
    skills, cell = groups.table[g, c.G_SKILLS], scratch.control[c.C_CELLS]
    hot, fits = slots.hot[first:end], groups.fits[max(0, skills) :]
    reasons, balances = output.reason[cell:], output.balance[cell:]
    all_bits, all_shares = scratch.room[c.BITS], scratch.room[c.SHARE]
    eligible, total, price, winner, best, best_turn = 0, 0, 0, -1, 0, 0
    for k in range(end - first):
        bits, balance, share = hot[k, c.LIVE], hot[k, c.BALANCE], hot[k, c.CREDIT]
        if skills >= 0 and fits[k] == 0:
            bits |= c.SKILL_MISSING
        balances[k] = balance
        code = scratch.code[bits]
        all_bits[k] = bits
        if bits == 0:
            eligible += 1
            standing, turn = balance + share, hot[k, c.LAST_TURN]
            if winner < 0 or standing > best or (standing == best and turn < best_turn):
                winner, best, best_turn = k, standing, turn
        elif bits & blocked != 0 or balance >= catch_up:
            share = 0
        else:
            code += ACCRUES
        reasons[k] = code
        all_shares[k] = share
        price += share
        total += hot[k, c.WEIGHT] if share > 0 else 0
    scratch.control[c.C_ACCRUING], scratch.control[c.C_PRICE] = total, price
    scratch.control[c.C_WINNER], scratch.control[c.C_ELIGIBLE] = first + winner, eligible
    return eligible


@helper
def choose(p: int, pools: Pools, slots: Slots, scratch: Scratch) -> int:
    """Return the eligible member with the largest balance and share; ties: least last turn, then roster order."""
    first, end, total = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END], scratch.control[c.C_ACCRUING]
    if total == pools.table[p, c.SHARED_BY]:
        return scratch.control[c.C_WINNER]  # type: ignore[no-any-return]
    pools.table[p, c.SHARED_BY] = total
    hot, all_bits, all_shares = slots.hot[first:end], scratch.room[c.BITS], scratch.room[c.SHARE]
    price, winner, best, best_turn = 0, -1, 0, 0
    each, rest = UNIT // total, UNIT % total  # most totals leave no rest, and dividing takes long
    for k in range(end - first):
        weight = hot[k, c.WEIGHT]
        credit = weight * each + (weight * rest // total if rest > 0 else 0)
        hot[k, c.CREDIT] = credit
        all_shares[k] = credit if all_shares[k] > 0 else 0
        price += all_shares[k]
        if all_bits[k] == 0:
            standing, turn = hot[k, c.BALANCE] + credit, hot[k, c.LAST_TURN]
            if winner < 0 or standing > best or (standing == best and turn < best_turn):
                winner, best, best_turn = k, standing, turn
    scratch.control[c.C_PRICE] = price
    return first + winner  # type: ignore[no-any-return]


@helper
def choose_first(
    p: int, g: int, sticky: int, pools: Pools, slots: Slots, groups: Groups, output: Output, scratch: Scratch
) -> int:
    """Return the winner where some come first, or where the least loaded do; mark those that came first.

    ``sticky``: the member who had this person's last item, -1: nobody. To be called after ``choose``.
    """
    first, end = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]
    all_bits, cell, prefer = scratch.room[c.BITS], scratch.control[c.C_CELLS], groups.table[g, c.G_PREFER]
    is_sticky = sticky >= 0 and all_bits[sticky - first] == 0
    found = 1 if is_sticky else 0
    if prefer >= 0 and not is_sticky:
        for k in range(end - first):
            found += all_bits[k] == 0 and groups.fits[prefer + k] != 0
    by_load = pools.table[p, c.STRATEGY] == c.LEAST_LOADED
    winner, standing, turn, load, room = -1, 0, 0, 0, 1
    for k in range(end - first):
        s = first + k
        is_first = s == sticky if is_sticky else found == 0 or groups.fits[prefer + k] != 0
        if all_bits[k] == 0 and is_first:
            if found > 0:
                output.reason[cell + k] = CAME_FIRST
            own, own_turn = slots.hot[s, c.BALANCE] + slots.hot[s, c.CREDIT], slots.hot[s, c.LAST_TURN]
            own_load, own_room = slots.tally[s, c.OPEN], slots.tally[s, c.CAPACITY]
            more = own_load * room - load * own_room if by_load and winner >= 0 else 0
            is_better = own > standing or (own == standing and own_turn < turn)
            if winner < 0 or more < 0 or (more == 0 and is_better):
                winner, standing, turn, load, room = s, own, own_turn, own_load, own_room
    return winner


@helper
def charge(p: int, winner: int, pools: Pools, slots: Slots, scratch: Scratch) -> int:
    """Give every accruing member its share, take the price from the winner, and return the number of the turn."""
    first, end = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]
    hot, price, shares = slots.hot[first:end], scratch.control[c.C_PRICE], scratch.room[c.SHARE]
    if slots.hot[winner, c.BALANCE] + slots.hot[winner, c.CREDIT] - price < -pools.table[p, c.DEBT]:
        price = _cut_price(p, winner, pools, slots, scratch)
    for k in range(end - first):
        hot[k, c.BALANCE] += shares[k]
    scratch.control[c.C_COST] = price
    slots.hot[winner, c.BALANCE] -= price
    slots.tally[winner, c.TURNS] += 1
    slots.tally[winner, c.CHARGED] += price
    return next_turn(p, winner, pools, slots)


@helper
def _cut_price(p: int, winner: int, pools: Pools, slots: Slots, scratch: Scratch) -> int:
    """Cut the shares of those who are not eligible to what the debt limit leaves the winner to pay; return the price.

    What the eligible earn is never cut: so among them the rotation goes on, also where all stand at the limit.
    """
    first, end = pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]
    hot, all_bits, shares = slots.hot[first:end], scratch.room[c.BITS], scratch.room[c.SHARE]
    inside, total = 0, 0
    for k in range(end - first):
        if all_bits[k] == 0:
            inside += shares[k]
        elif shares[k] > 0:
            total += hot[k, c.WEIGHT]
    left = slots.hot[winner, c.BALANCE] + slots.hot[winner, c.CREDIT] - inside + pools.table[p, c.DEBT]
    whole, price = max(0, left), inside
    for k in range(end - first):
        if all_bits[k] != 0 and shares[k] > 0:
            share = hot[k, c.WEIGHT] * whole // total
            slots.tally[first + k, c.CUT] += shares[k] - share
            shares[k] = share
            price += share
    return price


@helper
def next_turn(p: int, winner: int, pools: Pools, slots: Slots) -> int:
    """Give the pool's next turn number to the winner and return it."""
    turn = pools.table[p, c.NEXT_TURN]
    slots.hot[winner, c.LAST_TURN] = turn
    pools.table[p, c.NEXT_TURN] = turn + 1
    return turn  # type: ignore[no-any-return]


@helper
def is_member(p: int, s: int, pools: Pools, slots: Slots) -> bool:
    """Tell whether slot ``s`` is a member of pool ``p`` now; the masks must stand at that instant."""
    is_on_roster = pools.table[p, c.SLOT] <= s < pools.table[p, c.SLOT_END]
    return is_on_roster and slots.hot[s, c.LIVE] & c.NOT_MEMBER == 0  # type: ignore[no-any-return]


@helper
def move_turn(p: int, loser: int, charged: int, winner: int, pools: Pools, slots: Slots, scratch: Scratch) -> int:
    """Let the turn that an item cost its loser go with the item, as far as the winner may run into debt."""
    amount = max(0, min(charged, slots.hot[winner, c.BALANCE] + pools.table[p, c.DEBT]))
    scratch.control[c.C_COST] = amount
    slots.hot[loser, c.BALANCE] += amount
    slots.tally[loser, c.TURNS] -= 1
    slots.tally[loser, c.CHARGED] -= amount
    slots.hot[winner, c.BALANCE] -= amount
    slots.tally[winner, c.TURNS] += 1
    slots.tally[winner, c.CHARGED] += amount
    return next_turn(p, winner, pools, slots)


@helper
def find_token(
    kind: int, holder: int, p: int, g: int, t: int, pools: Pools, groups: Groups, tokens: Tokens, scratch: Scratch
) -> int:
    """Return the first token of the kind that may be spent on the item now, or -1; a granted redo as -2 - its row.

    ``holder``: only tokens of this slot; -1: of anybody who is eligible.
    """
    table, end, first = tokens.table, pools.table[p, c.TOKEN_END], pools.table[p, c.SLOT]
    found = -1
    while pools.table[p, c.FIRST_TOKEN] < end and _is_spent(pools.table[p, c.FIRST_TOKEN], t, tokens):
        pools.table[p, c.FIRST_TOKEN] += 1
    for k in range(pools.table[p, c.FIRST_TOKEN], end):
        slot, skill = table[k, c.T_SLOT], table[k, c.T_SKILL]
        if table[k, c.T_KIND] == kind and slot >= 0 and table[k, c.T_FROM] <= t and not _is_spent(k, t, tokens):
            fits = skill < 0 or tokens.needed[skill, groups.table[g, c.G_NEEDS]] != 0
            if fits and (slot == holder or (holder < 0 and scratch.room[c.BITS, slot - first] == 0)):
                found = k
                break
    granted = pools.table[p, c.FIRST_GRANT] if kind == c.REDO else -1
    while granted >= 0 and (found < 0 or tokens.grants[granted, c.GR_FROM] < table[found, c.T_FROM]):
        slot = tokens.grants[granted, c.GR_SLOT]
        is_member = first <= slot < pools.table[p, c.SLOT_END]
        if tokens.grants[granted, c.GR_USED] == 0 and is_member and scratch.room[c.BITS, slot - first] == 0:
            return -2 - granted
        if tokens.grants[granted, c.GR_USED] != 0 and granted == pools.table[p, c.FIRST_GRANT]:
            pools.table[p, c.FIRST_GRANT] = tokens.grants[granted, c.GR_NEXT]
        granted = tokens.grants[granted, c.GR_NEXT]
    return found


@helper
def _is_spent(k: int, t: int, tokens: Tokens) -> bool:
    return tokens.table[k, c.T_USED] != 0 or tokens.table[k, c.T_UNTIL] <= t  # type: ignore[no-any-return]


@helper
def spend(token: int, tokens: Tokens) -> None:
    """Note that a token is used up."""
    if token >= 0:
        tokens.table[token, c.T_USED] = 1
    elif token <= -2:
        tokens.grants[-2 - token, c.GR_USED] = 1

"""The rule of one turn: who is eligible for an item, who accrues, who wins and what it costs.

Belongs here: compiled helpers that decide among the members of one pool by the fair-share ledger. Does not belong
here: the order of events (``fold``), what follows an assignment (``open_items``), tokens, windows and queues.

Integers only. Runs uncompiled under NUMBA_DISABLE_JIT=1, line for line the same.
"""

from __future__ import annotations

from rr_pipeline.core.kernel.codes import LEAST_LOADED, NOT_MEMBER, SKILL_MISSING
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.model import ACCRUES, CAME_FIRST, UNIT


@helper
def consider(state: State, pool: int, group: int) -> int:
    """Write mask, reason, balance and share of every member of a pool; return how many are eligible.

    Winner and price are worked out on the way with the shares of the last decision, which mostly still hold.
    """
    own, contest = state.pools[pool], state.contest
    first, size, blocked, catch_up = own.first_slot, own.end_slot - own.first_slot, own.blocked, own.catch_up
    skills, cell = state.groups[group].skills, state.progress.cells
    standings, fits = state.standings[first : first + size], state.fits[max(0, skills) :]
    reasons, balances = state.output.reason[cell:], state.output.balance[cell:]
    all_bits, all_shares, codes = state.bits, state.shares, state.codes
    eligible, total, price, winner, best, best_turn = 0, 0, 0, -1, 0, 0
    for k in range(size):
        standing = standings[k]
        bits, balance, share = standing.live, standing.balance, standing.credit
        if skills >= 0 and fits[k] == 0:
            bits |= SKILL_MISSING
        balances[k] = balance
        code = codes[bits]
        all_bits[k] = bits
        if bits == 0:
            eligible += 1
            stand, turn = balance + share, standing.last_turn
            if winner < 0 or stand > best or (stand == best and turn < best_turn):
                winner, best, best_turn = k, stand, turn
        elif bits & blocked != 0 or balance >= catch_up:
            share = 0
        else:
            code += ACCRUES
        reasons[k] = code
        all_shares[k] = share
        price += share
        total += standing.weight if share > 0 else 0
    contest.accruing, contest.price = total, price
    contest.winner, contest.eligible = first + winner, eligible
    return eligible


@helper
def choose(state: State, pool: int) -> int:
    """Return the eligible member with the largest balance and share; ties: least last turn, then roster order."""
    own, total = state.pools[pool], state.contest.accruing
    if total == own.shared_by:
        return state.contest.winner
    own.shared_by = total
    first, size = own.first_slot, own.end_slot - own.first_slot
    standings, all_bits, all_shares = state.standings[first : first + size], state.bits, state.shares
    price, winner, best, best_turn = 0, -1, 0, 0
    each, rest = UNIT // total, UNIT % total  # most totals leave no rest, and dividing takes long
    for k in range(size):
        standing = standings[k]
        weight = standing.weight
        credit = weight * each + (weight * rest // total if rest > 0 else 0)
        standing.credit = credit
        all_shares[k] = credit if all_shares[k] > 0 else 0
        price += all_shares[k]
        if all_bits[k] == 0:
            stand, turn = standing.balance + credit, standing.last_turn
            if winner < 0 or stand > best or (stand == best and turn < best_turn):
                winner, best, best_turn = k, stand, turn
    state.contest.price = price
    return first + winner  # type: ignore[no-any-return]


@helper
def choose_first(state: State, pool: int, group: int, sticky: int) -> int:
    """Return the winner where some come first, or where the least loaded do; mark those that came first.

    ``sticky``: the member who had this person's last item, -1: nobody. To be called after ``choose``.
    """
    own, prefer = state.pools[pool], state.groups[group].prefer
    first, size = own.first_slot, own.end_slot - own.first_slot
    all_bits, reasons, fits = state.bits, state.output.reason[state.progress.cells :], state.fits[max(0, prefer) :]
    is_sticky = sticky >= 0 and all_bits[sticky - first] == 0
    found = 1 if is_sticky else 0
    if prefer >= 0 and not is_sticky:
        for k in range(size):
            found += all_bits[k] == 0 and fits[k] != 0
    by_load = own.strategy == LEAST_LOADED
    winner, best, turn, load, room = -1, 0, 0, 0, 1
    for k in range(size):
        slot = first + k
        is_first = slot == sticky if is_sticky else found == 0 or fits[k] != 0
        if all_bits[k] == 0 and is_first:
            if found > 0:
                reasons[k] = CAME_FIRST
            standing, tally = state.standings[slot], state.tallies[slot]
            stand, own_turn = standing.balance + standing.credit, standing.last_turn
            own_load, own_room = tally.open_count, tally.capacity
            more = own_load * room - load * own_room if by_load and winner >= 0 else 0
            is_better = stand > best or (stand == best and own_turn < turn)
            if winner < 0 or more < 0 or (more == 0 and is_better):
                winner, best, turn, load, room = slot, stand, own_turn, own_load, own_room
    return winner


@helper
def charge(state: State, pool: int, winner: int) -> int:
    """Give every accruing member its share, take the price from the winner, and return the number of the turn."""
    own, standing, tally = state.pools[pool], state.standings[winner], state.tallies[winner]
    first, size = own.first_slot, own.end_slot - own.first_slot
    standings, shares, price = state.standings[first : first + size], state.shares, state.contest.price
    if standing.balance + standing.credit - price < -own.debt:
        price = _cut_price(state, pool, winner)
    for k in range(size):
        standings[k].balance += shares[k]
    state.contest.cost = price
    standing.balance -= price
    tally.turns += 1
    tally.charged += price
    return next_turn(state, pool, winner)


@helper
def _cut_price(state: State, pool: int, winner: int) -> int:
    """Cut the shares of those who are not eligible to what the debt limit leaves the winner to pay; return the price.

    What the eligible earn is never cut: so among them the rotation goes on, also where all stand at the limit.
    """
    own, standing = state.pools[pool], state.standings[winner]
    first, size = own.first_slot, own.end_slot - own.first_slot
    standings, all_bits, shares = state.standings[first : first + size], state.bits, state.shares
    inside, total = 0, 0
    for k in range(size):
        if all_bits[k] == 0:
            inside += shares[k]
        elif shares[k] > 0:
            total += standings[k].weight
    whole, price = max(0, standing.balance + standing.credit - inside + own.debt), inside
    for k in range(size):
        if all_bits[k] != 0 and shares[k] > 0:
            share = standings[k].weight * whole // total
            state.tallies[first + k].cut += shares[k] - share
            shares[k] = share
            price += share
    return price


@helper
def next_turn(state: State, pool: int, winner: int) -> int:
    """Give the pool's next turn number to the winner and return it."""
    turn = state.pools[pool].next_turn
    state.standings[winner].last_turn = turn
    state.pools[pool].next_turn = turn + 1
    return turn  # type: ignore[no-any-return]


@helper
def is_member(state: State, pool: int, slot: int) -> bool:
    """Tell whether a slot is a member of a pool now; the masks must stand at that instant."""
    is_on_roster = state.pools[pool].first_slot <= slot < state.pools[pool].end_slot
    return is_on_roster and state.standings[slot].live & NOT_MEMBER == 0  # type: ignore[no-any-return]


@helper
def move_turn(state: State, pool: int, loser: int, charged: int, winner: int) -> int:
    """Let the turn that an item cost its loser go with the item, as far as the winner may run into debt."""
    amount = max(0, min(charged, state.standings[winner].balance + state.pools[pool].debt))
    state.contest.cost = amount
    state.standings[loser].balance += amount
    state.tallies[loser].turns -= 1
    state.tallies[loser].charged -= amount
    state.standings[winner].balance -= amount
    state.tallies[winner].turns += 1
    state.tallies[winner].charged += amount
    return next_turn(state, pool, winner)

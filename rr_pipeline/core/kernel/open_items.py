"""What follows an assignment, inside the fold: open items, capacity, clocks of targets, users and persons.

Belongs here: compiled helpers that begin, end and look up what the router follows. Does not belong here: who gets an
item (``turns``), what is done about a missed target (``fold``).
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from rr_pipeline.core.calendar.working_clocks import Clocks
from rr_pipeline.core.calendar.working_clocks import due_at as _due_at
from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Follow, Groups, Int64s, Pools, Slots, Table
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.free_rows import give_row, take_row
from rr_pipeline.core.kernel.hash_tables import fetch, fetch_row, free_place, home_of, place_of
from rr_pipeline.core.kernel.holds import tree_set
from rr_pipeline.core.kernel.timers import add_timer, timer_key

working_due = helper(_due_at)


@helper
def note_row(item: int, row: int, follow: Follow, control: Int64s) -> None:
    """Remember where an item stands. Only runs that are told of events need it."""
    if control[c.C_INDEXED] != 0:
        at = place_of(follow.places, item)
        follow.places[at, c.IX_ITEM] = item
        follow.places[at, c.IX_ROW] = row


@helper
def forget_row(item: int, follow: Follow, control: Int64s) -> None:
    """Forget where an item stood."""
    if control[c.C_INDEXED] != 0:
        at = place_of(follow.places, item)
        if follow.places[at, c.IX_ITEM] == item:
            free_place(follow.places, at)


@helper
def find_row(item: int, follow: Follow) -> int:
    """Return the row that ``note_row`` noted, -1 if none or forgotten."""
    at = place_of(follow.places, item)
    return follow.places[at, c.IX_ROW] if follow.places[at, c.IX_ITEM] == item else -1


@helper
def fetch_ahead(event: int, tally: Table, follow: Follow) -> None:
    """Fetch what the next events are about: first where their items stand, then open items and owners."""
    last = follow.events.shape[0] - 1
    fetch(follow.places, home_of(follow.places, follow.events[min(event + 8, last), c.E_ITEM]), 0)
    row = find_row(follow.events[min(event + 4, last), c.E_ITEM], follow)
    if row >= 0 and row & 1 == 0:
        fetch_row(follow.opens, row >> 1)
    row = find_row(follow.events[min(event + 2, last), c.E_ITEM], follow)
    if row >= 0 and row & 1 == 0:
        fetch(tally, follow.opens[row >> 1, c.N_SLOT], c.OPEN)
    row = find_row(follow.events[min(event + 1, last), c.E_ITEM], follow)
    if row >= 0 and row & 1 == 0:
        fetch(follow.users, tally[follow.opens[row >> 1, c.N_SLOT], c.USER], c.OPEN)


@helper
def fetch_person(person: int, persons: Table) -> None:
    """Fetch what is known of a person who is needed soon."""
    if person >= 0:
        fetch(persons, home_of(persons, person), 0)


@helper
def fetch_place(item: int, follow: Follow) -> None:
    """Fetch where an item will be noted soon."""
    fetch(follow.places, home_of(follow.places, item), 0)


@helper
def slot_in(u: int, p: int, slots: Slots, users: Table) -> int:
    """Return the slot of user ``u`` in the roster of pool ``p``, -1 if it is not there."""
    s = users[u, c.FIRST_SLOT] if u >= 0 else -1
    while s >= 0 and slots.tally[s, c.POOL] != p:
        s = slots.tally[s, c.NEXT_SLOT]
    return s


@helper
def gain(s: int, slots: Slots, users: Table) -> None:
    """Count one more open item of member ``s``."""
    own, user = slots.tally[s], users[slots.tally[s, c.USER]]
    own[c.OPEN] += 1
    user[c.OPEN] += 1
    if own[c.OPEN] >= own[c.MOST_OPEN]:
        slots.hot[s, c.LIVE] |= c.AT_CAPACITY
    if user[c.OPEN] >= user[c.MOST_OPEN]:
        other = user[c.FIRST_SLOT]
        while other >= 0:
            slots.hot[other, c.LIVE] |= c.AT_CAPACITY
            other = slots.tally[other, c.NEXT_SLOT]


@helper
def _has_room(s: int, slots: Slots, users: Table) -> bool:
    own, user = slots.tally[s], users[slots.tally[s, c.USER]]
    return own[c.OPEN] < own[c.MOST_OPEN] and user[c.OPEN] < user[c.MOST_OPEN]  # type: ignore[no-any-return]


@helper
def lose(s: int, t: int, pools: Pools, slots: Slots, users: Table) -> None:
    """Count one open item of member ``s`` less, and offer held items where that made room."""
    user = users[slots.tally[s, c.USER]]
    slots.tally[s, c.OPEN] = max(0, slots.tally[s, c.OPEN] - 1)
    user[c.OPEN] = max(0, user[c.OPEN] - 1)
    other = user[c.FIRST_SLOT]
    while other >= 0:
        if slots.hot[other, c.LIVE] & c.AT_CAPACITY != 0 and _has_room(other, slots, users):
            slots.hot[other, c.LIVE] &= ~c.AT_CAPACITY
            if pools.table[slots.tally[other, c.POOL], c.HELD] > 0:
                tree_set(pools.wake, slots.tally[other, c.POOL], t)
        other = slots.tally[other, c.NEXT_SLOT]


@helper
def release(r: int, t: int, pools: Pools, slots: Slots, follow: Follow) -> None:
    """Let open item ``r`` no longer count as open."""
    if follow.opens[r, c.N_RELEASED] == 0:
        follow.opens[r, c.N_RELEASED] = 1
        lose(follow.opens[r, c.N_SLOT], t, pools, slots, follow.users)


@helper
def drop(r: int, t: int, pools: Pools, slots: Slots, follow: Follow, control: Int64s) -> None:
    """Follow open item ``r`` no longer."""
    release(r, t, pools, slots, follow)
    follow.opens[r, c.N_LIVE] = 0
    give_row(r, follow.opens, c.N_TRAIL, c.C_FREE_OPEN, control)
    forget_row(follow.opens[r, c.N_ITEM], follow, control)


@helper
def begin(item: int, g: int, s: int, person: int, t: int, follow: Follow, slots: Slots, control: Int64s) -> int:
    """Follow an item that member ``s`` was given; return its row, the one freed last if there is any."""
    r = take_row(follow.opens, c.N_TRAIL, c.C_FREE_OPEN, c.C_OPENS, control)
    row = follow.opens[r]
    row[c.N_ITEM], row[c.N_SLOT], row[c.N_GROUP], row[c.N_SINCE], row[c.N_PERSON] = item, s, g, t, person
    row[c.N_DUE], row[c.N_TARGET], row[c.N_TOUCHED], row[c.N_TRAIL] = c.NEVER, -1, c.NEVER, -1
    row[c.N_BREACHED], row[c.N_RELEASED], row[c.N_COUNT], row[c.N_LIVE] = 0, 0, 0, 1
    row[c.N_CHARGED] = control[c.C_COST]
    gain(s, slots, follow.users)
    note_row(item, 2 * r, follow, control)
    return r


@helper
def hand_on(r: int, s: int, t: int, pools: Pools, slots: Slots, follow: Follow, control: Int64s) -> None:
    """Let open item ``r`` go from its owner to member ``s``."""
    row, place = follow.opens[r], control[c.C_TRAIL]
    control[c.C_TRAIL] = place + 1
    follow.trail[place, c.TR_USER] = slots.tally[row[c.N_SLOT], c.USER]
    follow.trail[place, c.TR_NEXT] = row[c.N_TRAIL]
    release(r, t, pools, slots, follow)
    row[c.N_SLOT], row[c.N_SINCE], row[c.N_TRAIL], row[c.N_CHARGED] = s, t, place, control[c.C_COST]
    row[c.N_DUE], row[c.N_TARGET], row[c.N_TOUCHED] = c.NEVER, -1, c.NEVER
    row[c.N_BREACHED], row[c.N_RELEASED] = 0, 0
    row[c.N_COUNT] += 1
    gain(s, slots, follow.users)


@helper
def after_close(time: int, follow: Follow) -> int:
    """Return when a step is taken that is due at ``time``: then, but just after a close, so that time has passed it."""
    low, high = 0, follow.closes.size
    while low < high:
        middle = (low + high) // 2
        if follow.closes[middle] < time:
            low = middle + 1
        else:
            high = middle
    return time + 1 if low < follow.closes.size and follow.closes[low] == time else time


@helper
def note_touch(
    r: int, user: int, occurred: int, t: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow
) -> None:
    """Note a touch of open item ``r`` if its owner did it since they have it; the earliest one counts."""
    row = follow.opens[r]
    is_owner = user == slots.tally[row[c.N_SLOT], c.USER]
    if is_owner and row[c.N_SINCE] <= occurred < row[c.N_TOUCHED]:
        row[c.N_TOUCHED] = occurred
        if pools.table[groups.table[row[c.N_GROUP], c.G_POOL], c.UNTIL_TOUCHED] != 0:
            release(r, t, pools, slots, follow)


@helper
def hear_touches(r: int, t: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow, control: Int64s) -> None:
    """Let touches count that the new owner of open item ``r`` told of at this very instant, before it was theirs."""
    row, events, end = follow.opens[r], follow.events, control[c.C_EVENT]
    low, high = 0, end
    if end == 0 or events[end - 1, c.E_TIME] < t:
        low = end
    while low < high:  # the first event that is not before the item's touches of this instant
        middle = (low + high) // 2
        kind = events[middle, c.E_KIND]
        is_earlier = kind < c.TOUCH or (kind == c.TOUCH and events[middle, c.E_ITEM] < row[c.N_ITEM])
        if events[middle, c.E_TIME] < t or (events[middle, c.E_TIME] == t and is_earlier):
            low = middle + 1
        else:
            high = middle
    while (
        low < end
        and events[low, c.E_TIME] == t
        and events[low, c.E_KIND] == c.TOUCH
        and events[low, c.E_ITEM] == row[c.N_ITEM]
    ):
        note_touch(r, events[low, c.E_USER], events[low, c.E_OCCURRED], t, pools, slots, groups, follow)
        low += 1


@helper
def start_clock(
    r: int, pools: Pools, slots: Slots, groups: Groups, follow: Follow, clocks: Clocks, control: Int64s
) -> None:
    """Start the clock of the target that applies to open item ``r``, if one does."""
    row = follow.opens[r]
    g, target = row[c.N_GROUP], groups.table[row[c.N_GROUP], c.G_TARGET]
    if target >= 0:
        terms = follow.targets[target]
        due = row[c.N_SINCE] + terms[c.TG_WITHIN]
        if terms[c.TG_WORKING] != 0:
            clock = slots.tally[row[c.N_SLOT], c.CLOCK]
            due = working_due(clocks, clock, row[c.N_SINCE], terms[c.TG_WITHIN])
        row[c.N_TARGET], row[c.N_DUE] = target, due
        if due < c.NEVER:
            delay = pools.table[groups.table[g, c.G_POOL], c.DELAY]
            add_timer(after_close(due + delay, follow), timer_key(g, row[c.N_ITEM], groups), r, follow, control)


@helper
def is_missed(r: int, item: int, time: int, pools: Pools, groups: Groups, follow: Follow) -> bool:
    """Tell whether the timer that fell due at ``time`` still means something, and nobody touched the item in time."""
    row = follow.opens[r]
    delay = pools.table[groups.table[row[c.N_GROUP], c.G_POOL], c.DELAY]
    is_running = row[c.N_LIVE] != 0 and row[c.N_ITEM] == item and row[c.N_BREACHED] == 0 and row[c.N_DUE] < c.NEVER
    return is_running and row[c.N_DUE] + delay <= time and row[c.N_TOUCHED] > row[c.N_DUE]  # type: ignore[no-any-return]


@helper
def note_person(person: int, u: int, t: int, persons: Table, control: Int64s) -> None:
    """Remember who owns the last item of a person."""
    if person >= 0:
        at = place_of(persons, person)
        control[c.C_PERSONS] += persons[at, c.PE_KEY] != person
        persons[at, c.PE_KEY], persons[at, c.PE_USER], persons[at, c.PE_AT] = person, u, t


@helper
def last_owner(person: int, since: int, persons: Table) -> int:
    """Return the user who got the last item of a person, at ``since`` or later; -1 if nobody did."""
    if person < 0:
        return -1
    at = place_of(persons, person)
    if persons[at, c.PE_KEY] != person or persons[at, c.PE_AT] < since:
        return -1
    return persons[at, c.PE_USER]  # type: ignore[no-any-return]

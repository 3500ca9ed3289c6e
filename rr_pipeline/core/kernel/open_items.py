"""What follows an assignment, inside the fold: open items, capacity, clocks of targets, users and persons.

Belongs here: compiled helpers that begin, end and look up what the router follows. Does not belong here: who gets an
item (``turns``), what is done about a missed target (``fold``), touches (``touches``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.codes import AT_CAPACITY, FAR_PAST, ITEM_KEY, NEVER, QUEUE_KEY
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.free_rows import give_row, take_row
from rr_pipeline.core.kernel.hash_tables import free_place, home_of, place_of
from rr_pipeline.core.kernel.item_records import CREATED
from rr_pipeline.core.kernel.prefetch import fetch, fetch_row
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.trees import tree_set


@helper
def note_row(state: State, item_seq: int, row: int) -> None:
    """Remember where an item stands. Only runs that are told of events need it."""
    if state.progress.is_indexed != 0:
        place = state.places[place_of(state.places["item_seq"], item_seq)]
        place.item_seq, place.row = item_seq, row


@helper
def forget_row(state: State, item_seq: int) -> None:
    """Forget where an item stood."""
    if state.progress.is_indexed != 0:
        at = place_of(state.places["item_seq"], item_seq)
        if state.places[at].item_seq == item_seq:
            free_place(state.places, at)


@helper
def find_row(state: State, item_seq: int) -> int:
    """Return the row that ``note_row`` noted, -1 if none or forgotten."""
    place = state.places[place_of(state.places["item_seq"], item_seq)]
    return place.row if place.item_seq == item_seq else -1


@helper
def fetch_ahead(state: State, event: int) -> None:
    """Fetch what the next events are about: first where their items stand, then open items and owners."""
    events, last = state.events, state.events.size - 1
    fetch(state.places, home_of(state.places["item_seq"], events[min(event + 8, last)].item_seq), 0)
    row = find_row(state, events[min(event + 4, last)].item_seq)
    if row >= 0 and row & 1 == 0:
        fetch_row(state.open_items, row >> 1)
    row = find_row(state, events[min(event + 2, last)].item_seq)
    if row >= 0 and row & 1 == 0:
        fetch(state.tallies["open_count"], state.open_items[row >> 1].slot, 0)
    row = find_row(state, events[min(event + 1, last)].item_seq)
    if row >= 0 and row & 1 == 0:
        fetch(state.users["open_count"], state.tallies[state.open_items[row >> 1].slot].user, 0)


@helper
def fetch_person(state: State, person: int) -> None:
    """Fetch what is known of a person who is needed soon."""
    if person >= 0:
        fetch(state.persons, home_of(state.persons["person"], person), 0)


@helper
def fetch_place(state: State, item_seq: int) -> None:
    """Fetch where an item will be noted soon."""
    fetch(state.places, home_of(state.places["item_seq"], item_seq), 0)


@helper
def slot_in(state: State, user: int, pool: int) -> int:
    """Return the slot of a user in the roster of a pool, -1 if it is not there."""
    slot = state.users[user].first_slot if user >= 0 else -1
    while slot >= 0 and state.tallies[slot].pool != pool:
        slot = state.tallies[slot].next_slot
    return slot


@helper
def slot_of(state: State, user: int, pool: int) -> int:
    """Return the slot of a user in a pool, also of one who is in no roster."""
    slot = slot_in(state, user, pool)
    if slot < 0:
        slot = state.pools[state.pools.size - 1].end_slot
        while state.tallies[slot].user != user or state.tallies[slot].pool != pool:
            slot += 1
    return slot


@helper
def gain(state: State, slot: int) -> None:
    """Count one more open item of a member."""
    own = state.tallies[slot]
    user = state.users[own.user]
    own.open_count += 1
    user.open_count += 1
    if own.open_count >= own.most_open:
        state.standings[slot].live |= AT_CAPACITY
    if user.open_count >= user.most_open:
        other = user.first_slot
        while other >= 0:
            state.standings[other].live |= AT_CAPACITY
            other = state.tallies[other].next_slot


@helper
def _has_room(state: State, slot: int) -> bool:
    own = state.tallies[slot]
    user = state.users[own.user]
    return own.open_count < own.most_open and user.open_count < user.most_open  # type: ignore[no-any-return]


@helper
def lose(state: State, slot: int, now: int) -> None:
    """Count one open item of a member less, and offer held items where that made room."""
    own = state.tallies[slot]
    user = state.users[own.user]
    own.open_count = max(0, own.open_count - 1)
    user.open_count = max(0, user.open_count - 1)
    other = user.first_slot
    while other >= 0:
        standing, tally = state.standings[other], state.tallies[other]
        if standing.live & AT_CAPACITY != 0 and _has_room(state, other):
            standing.live &= ~AT_CAPACITY
            if state.pools[tally.pool].held + state.pools[tally.pool].waiters > 0:
                tree_set(state.wakes, tally.pool, now)
        other = tally.next_slot


@helper
def release(state: State, row: int, now: int) -> None:
    """Let an open item no longer count as open."""
    item = state.open_items[row]
    if item.is_released == 0:
        item.is_released = 1
        lose(state, item.slot, now)


@helper
def note_person(state: State, person: int, user: int, now: int) -> None:
    """Remember who owns the last item of a person."""
    if person >= 0:
        known = state.persons[place_of(state.persons["person"], person)]
        state.progress.persons += known.person != person
        known.person, known.user, known.since_us = person, user, now


@helper
def note_last(state: State, item_seq: int, user: int, now: int) -> None:
    """Remember who had an item last, where items may come that are open again."""
    if state.progress.notes_owners != 0:
        note_person(state, ITEM_KEY + item_seq, user, now)


@helper
def note_queue(state: State, item_seq: int, since: int) -> None:
    """Remember since when an item is in a queue, where items may come that belong elsewhere."""
    if state.progress.notes_queues != 0:
        note_person(state, QUEUE_KEY + item_seq, state.users.size - 1, since)


@helper
def note_moving(state: State, item_seq: int, slot: int) -> None:
    """Remember for the rest of this instant that an item waits no longer. ``slot``: who had it, -1: nobody."""
    note_person(state, QUEUE_KEY + item_seq, slot, NEVER)


@helper
def moved_from(state: State, item_seq: int) -> int:
    """Return the slot that ``note_moving`` noted."""
    return state.persons[place_of(state.persons["person"], QUEUE_KEY + item_seq)].user  # type: ignore[no-any-return]


@helper
def in_queue_since(state: State, item_seq: int) -> int:
    """Return since when an item is in a queue; FAR_PAST where it is not, NEVER where it waits no longer."""
    if state.progress.notes_queues == 0:
        return FAR_PAST
    key = QUEUE_KEY + item_seq
    known = state.persons[place_of(state.persons["person"], key)]
    return known.since_us if known.person == key else FAR_PAST


@helper
def leave_queue(state: State, item_seq: int) -> None:
    """Note that an item is in no queue, if it was."""
    if in_queue_since(state, item_seq) != FAR_PAST:
        note_queue(state, item_seq, FAR_PAST)


@helper
def drop(state: State, row: int, now: int) -> None:
    """Follow an open item no longer."""
    release(state, row, now)
    item = state.open_items[row]
    note_last(state, item.item_seq, state.tallies[item.slot].user, now)
    item.is_live = 0
    give_row(row, state.open_items["trail"], state.progress.open_items)
    forget_row(state, item.item_seq)


@helper
def stop_clocks(state: State, row: int) -> None:
    """Let no target of an open item run."""
    item = state.open_items[row]
    for kind in range(2):
        clock = item.clocks[kind]
        clock.target, clock.due_us, clock.step, clock.step_us, clock.waits = -1, NEVER, 0, NEVER, 0


@helper
def renew_clocks(state: State, row: int) -> None:
    """Let the targets of an open item that goes to another owner run no more, but those of the item whoever owns it."""
    item = state.open_items[row]
    for kind in range(2):
        clock = item.clocks[kind]
        clock.step_us, clock.waits = NEVER, 0
        if clock.target < 0 or state.targets[clock.target].starts != CREATED:
            clock.target, clock.due_us, clock.step = -1, NEVER, 0


@helper
def forget_acts(state: State, row: int) -> None:
    """An open item has a new owner, who has done nothing about it yet."""
    item = state.open_items[row]
    item.acted_us, item.is_idle, item.idle_us = FAR_PAST, 0, NEVER


@helper
def begin(  # noqa: PLR0917 - what is known of an item
    state: State, item_seq: int, group: int, slot: int, person: int, is_counted: bool = True
) -> int:
    """Follow an item that a member was given; return its row, the one freed last if there is any.

    ``is_counted``: it counts as open.
    """
    row = take_row(state.open_items["trail"], state.progress.open_items)
    item = state.open_items[row]
    item.item_seq, item.slot, item.group, item.person = item_seq, slot, group, person
    item.since_us = state.progress.now_us
    item.touched_us, item.trail = NEVER, -1
    item.is_released, item.reassigned, item.is_live = 0, 0, 1
    item.is_given, item.given_us = 0, FAR_PAST
    forget_acts(state, row)
    item.created_us, item.told_us, item.at_closes = item.since_us, item.since_us, state.progress.waits_at_closes
    stop_clocks(state, row)
    item.charged = state.contest.cost
    if is_counted:
        gain(state, slot)
    else:
        item.is_released = 1
    note_row(state, item_seq, 2 * row)
    leave_queue(state, item_seq)
    return row


@helper
def leave_trail(state: State, row: int) -> None:
    """Note the owner of an open item as one who had it."""
    item, place = state.open_items[row], state.progress.trail
    state.progress.trail = place + 1
    earlier = state.trail[place]
    earlier.user, earlier.following, earlier.since_us = state.tallies[item.slot].user, item.trail, item.since_us
    item.trail = place


@helper
def hand_on(state: State, row: int, slot: int, now: int) -> None:
    """Let an open item go from its owner to another member."""
    item = state.open_items[row]
    leave_trail(state, row)
    release(state, row, now)
    item.slot, item.since_us, item.charged = slot, now, state.contest.cost
    item.touched_us, item.is_released, item.group = NEVER, 0, state.job.group
    item.is_given, item.given_us = 0, FAR_PAST
    forget_acts(state, row)
    renew_clocks(state, row)
    item.reassigned += 1
    gain(state, slot)


@helper
def last_owner(state: State, person: int, since: int) -> int:
    """Return the user who got the last item of a person, at ``since`` or later; -1 if nobody did."""
    if person < 0:
        return -1
    known = state.persons[place_of(state.persons["person"], person)]
    if known.person != person or known.since_us < since:
        return -1
    return known.user  # type: ignore[no-any-return]

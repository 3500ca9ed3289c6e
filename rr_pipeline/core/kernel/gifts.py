"""A person gives an item to somebody, outside the router: compiled helpers for what that changes.

Belongs here: whether what is delivered is news, and how an item passes to whom a person gave it. Does not belong here:
what the router itself decides (``offers``), or how it leaves alone what a person gave away (``steps``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_bare
from rr_pipeline.core.kernel.holds import take_out
from rr_pipeline.core.kernel.item_records import FIRST_TOUCH, Event
from rr_pipeline.core.kernel.open_items import (
    begin,
    forget_acts,
    forget_row,
    gain,
    last_owner,
    leave_trail,
    note_person,
    release,
    slot_of,
    stop_clocks,
)
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.tellings import first_telling
from rr_pipeline.core.kernel.touches import start_clock

_NOBODY = -2  # no user, and not the owner before of an event that names none


@helper
def _told_at(state: State, item_seq: int, user: int, since: int) -> int:
    """Return when the owner whom the router gave an item at ``since``, in this run, is told of it."""
    if state.progress.anew_us < c.NEVER and first_telling(state, item_seq, user) < 0:
        return state.progress.anew_us
    # Of what runs tell at their own ends all instants are there, so that a replay finds what each of them told.
    closes = state.closes if state.progress.told_us >= c.NEVER else state.tellings
    place = first_from(closes, since)
    return closes[place] if place < closes.size else c.NEVER


@helper
def _is_told(  # noqa: PLR0917 - the owner now, and those before
    state: State, user: int, since: int, place: int, ends: int, event: Event, now: int
) -> bool:
    """Tell whether the router has told the delivered owner by now, and after the owner delivered before.

    ``user``: who has the item, since ``since`` and until ``ends``; ``place``: where the trail of owners before begins.
    Whom earlier runs told is left out: who hands the event over has looked at them.
    """
    while user != event.before:
        if user == event.user and since > state.progress.known_us:
            told = _told_at(state, event.item_seq, user, since)
            if told < now and told < ends:
                return True
        if place < 0:
            return False
        ends = since
        earlier = state.trail[place]
        user, since, place = earlier.user, earlier.since_us, earlier.following
    return False


@helper
def _begin(state: State, row: int, previous: int, now: int) -> None:
    """An open item is its owner's from now on because a person said so: write it down and start the clock."""
    item = state.open_items[row]
    pool = state.groups[item.group].pool
    item.is_given, item.given_us, item.told_us = 1, now, item.since_us
    user = state.tallies[item.slot].user
    if state.users[user].first_slot >= 0:
        note_person(state, item.person, user, now)
    if state.pools[pool].times_given != 0:
        start_clock(state, row)
    rows = state.output.rows
    at = emit_bare(state, c.GIVE, item.item_seq, pool, now)
    rows.slot[at], rows.previous[at], rows.cause[at] = item.slot, previous, c.BY_PERSON
    clock = item.clocks[FIRST_TOUCH]
    rows.since_us[at], rows.target[at], rows.due_us[at] = item.since_us, clock.target, clock.due_us
    state.progress.is_special = 1


@helper
def _pass_on(state: State, row: int, event: Event, now: int) -> None:
    """An open item goes from its owner to whom a person gave it; the turn stays charged."""
    item = state.open_items[row]
    if state.tallies[item.slot].user == event.user:
        if item.is_given == 0:  # a person chose whom the router had chosen
            item.is_given, item.given_us, item.is_idle = 1, item.since_us, 0
            for kind in range(2):
                item.clocks[kind].waits = 0
        return
    previous, since = item.slot, max(item.since_us, min(event.occurred_us, now))
    leave_trail(state, row)
    release(state, row, now)
    item.slot, item.since_us, item.charged = slot_of(state, event.user, state.groups[item.group].pool), since, 0
    item.touched_us, item.is_released = c.NEVER, 0
    forget_acts(state, row)
    stop_clocks(state, row)
    gain(state, item.slot)
    _begin(state, row, previous, now)


@helper
def _take_up(  # noqa: PLR0917 - what is known of the item
    state: State, event: Event, group: int, person: int, since: int, created: int, trail: int, at_closes: int, now: int
) -> None:
    """Follow an item that nobody had, or of which nothing was followed, with whom a person gave it to.

    ``created``: when it was; NEVER: nothing is known of it, so that all its targets start with the gift.
    """
    state.contest.cost = 0
    row = begin(state, event.item_seq, group, slot_of(state, event.user, state.groups[group].pool), person, True)
    item = state.open_items[row]
    item.since_us, item.trail = max(since, min(event.occurred_us, now)), trail
    item.created_us, item.at_closes = min(created, item.since_us), at_closes
    _begin(state, row, -1, now)


@helper
def _is_theirs_again(state: State, event: Event, now: int) -> bool:
    """Tell whether an item is open again at this instant and whoever is named had it last, so that nothing is new."""
    if state.progress.notes_owners == 0 or last_owner(state, c.ITEM_KEY + event.item_seq, c.FAR_PAST) != event.user:
        return False
    at = state.progress.next_arrival
    while at < state.arrivals.size and state.arrivals[at].at_us <= now:
        if state.arrivals[at].item_seq == event.item_seq:
            return True
        at += 1
    return False


@helper
def take_gift(state: State, event: Event, row: int, now: int) -> None:
    """Take what is delivered of an item's owner. ``row``: where the item stands, as ``find_row`` says."""
    if row >= 0 and row & 1 == 0:
        item = state.open_items[row >> 1]
        if not _is_told(state, state.tallies[item.slot].user, item.since_us, item.trail, c.NEVER, event, now):
            _pass_on(state, row >> 1, event, now)
    elif row >= 0:
        held = state.holds[row >> 1]
        group, person, since, created = held.group, held.person, held.since_us, held.created_us
        trail, at_closes = held.trail, held.at_closes
        if not _is_told(state, _NOBODY, since, trail, since, event, now):
            take_out(state, row >> 1)
            forget_row(state, event.item_seq)
            _take_up(state, event, group, person, since, created, trail, at_closes, now)
    elif event.group >= 0 and not _is_theirs_again(state, event, now):
        _take_up(state, event, event.group, -1, c.FAR_PAST, c.NEVER, -1, state.progress.waits_at_closes, now)

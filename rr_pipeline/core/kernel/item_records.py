"""What the kernel knows of items that arrive, wait and are open, of what is due, of tokens, and where the fold stands.

Belongs here: records with a sentence a field. Does not belong here: pools and members (``pool_records``).

Words: a *group* is a distinct (pool, traits, priority) of the items. Rows of what is done are used again: a free row
leads to the next free one (see ``free_rows``).
"""

from __future__ import annotations

from typing import Annotated

import numpy.typing as npt

from rr_pipeline.core.kernel.records import Int64s, Record, Several

MOST_STEPS = 16
"""Steps of a target, with the one that only says that it was missed."""

BY_DEFAULT, TOLD, ASSIGNED, CREATED = 0, 1, 2, 3
"""When a clock starts; by default when its owner is told, where steps are taken at closes, else with the owner."""

FIRST_TOUCH, RESOLVE = 0, 1
"""Kinds of targets: places in ``Group.targets`` and ``OpenItem.clocks``."""

TIMERS_IN_ROW = 10
"""Timers of one row of ``LaterTimers``."""


class Group(Record):
    """A group of items, and the queue of those of it that wait."""

    pool: int
    needs: int  # number of its traits
    skills: int  # where ``State.fits`` says who has the skills; -1: everybody
    prefer: int  # where ``State.fits`` says who is preferred; -1: nobody
    priority: int  # place among all priorities, the least first
    is_possible: int  # 1: somebody has the skills
    targets: Annotated[Int64s, Several(2)]  # of each kind the target that applies, -1 without
    kept_targets: Annotated[Int64s, Several(2)]  # the same of items that an existing owner keeps
    failover: int  # the group in the pool it fails over to, -1 without
    head: int  # first hold of the queue, -1 without
    tail: int
    cursor: int  # the hold to be offered next, -1: the group rests


class Hold(Record):
    """An item that waits."""

    item_seq: int
    following: int  # the next hold of the group, or the next free row; -1 without
    before: int
    since_us: int
    group: int
    passed_until_us: int  # so long somebody may not be offered it; FAR_PAST: nobody passed it
    waits: int  # 1: it waits, 0: done
    trail: int  # row of its last owner, -1 without
    reassigned: int  # how often it went from an owner
    is_returned: int  # 1: a step sent it back, so whoever had it may have it again once all have had it
    next_wait: int  # row of ``State.waits``: the entry that comes next
    end_wait: int  # the end of its list
    expires_us: int  # the instant of that entry, NEVER where none is left
    at_closes: int  # 1: entries are taken at closes only, 0: at their own instants
    person: int  # -1: unknown
    is_named: int  # 1: as of an arrival
    created_us: int  # when the item was created


class Pass(Record):
    """A user passed a held item by a skip token."""

    hold: int
    user: int
    until_us: int


class Token(Record):
    """A skip or redo token of the feed."""

    slot: int  # its holder, -1 where nobody may use it
    kind: int  # SKIP or REDO
    skill: int  # row of ``State.needed``: items must need it; -1: any item
    from_us: int
    until_us: int
    is_used: int  # 1: spent
    position: int  # in the sequence handed over


class Grant(Record):
    """A redo granted by the router itself."""

    slot: int
    from_us: int
    item_seq: int  # the item returned as bad
    following: int  # the pool's next grant, -1 after the last
    is_used: int  # 1: spent


class ItemClock(Record):
    """The clock of one target of an open item, and where it stands in the ladder of steps."""

    target: int  # -1 without
    due_us: int  # when it is missed, NEVER without
    step: int  # place of the next step in the ladder
    step_us: int  # the instant of that step, NEVER where none is left
    waits: int  # steps that wait for somebody; bit i is 1: the one in place i does


class OpenItem(Record):
    """An item that was given and is followed."""

    item_seq: int
    slot: int  # its owner
    group: int
    since_us: int  # when the owner got it
    touched_us: int  # the owner's first touch, NEVER without
    is_released: int  # 1: it counts as open no longer
    reassigned: int  # how often it went from owner to owner
    charged: int  # parts that it cost its owner
    trail: int  # row of its last owner before, -1 without; of a free row: the next free one
    person: int  # -1: unknown
    is_live: int  # 1: followed, 0: a free row
    clocks: Annotated[npt.NDArray[ItemClock], Several(2, ItemClock)]  # FIRST_TOUCH, RESOLVE
    is_given: int  # 1: a person gave it to its owner, from whom the router takes it no more
    given_us: int  # when that became known; before ``since_us``: it came so; FAR_PAST without; no step is taken by then
    created_us: int  # when the item was created
    told_us: int  # when its owner was told; no step is taken before the close after it
    at_closes: int  # 1: steps are taken at closes only, 0: at their own instants
    acted_us: int  # the owner's last touch, FAR_PAST without
    is_idle: int  # 1: it is idle, and waits for somebody who can take it
    idle_us: int  # when its idle timer goes off; others of it mean nothing any more; NEVER without
    unused: Annotated[Int64s, Several(3)]  # fills four lines of memory


class EarlierOwner(Record):
    """One who had an item before; the latest first."""

    user: int
    following: int  # row of the one before, -1 after the last
    since_us: int  # when that owner got it


class Place(Record):
    """Where an item stands, by open addressing (``hash_tables``)."""

    item_seq: int  # -1: the row is free
    row: int  # 2 * row of an open item, 2 * row + 1 of a held one


class Person(Record):
    """Who owns the last item of a person, by open addressing (``hash_tables``)."""

    person: int  # -1: the row is free
    user: int
    since_us: int


class Timer(Record):
    """Something that falls due."""

    due_us: int
    key: int  # orders what falls due together, see ``timers``
    row: int  # of the open item or the hold


class LaterTimers(Record):
    """Timers of one later hour, in no order."""

    following: int  # the next row of the hour, or the next free one; -1 without
    count: int
    timers: Annotated[npt.NDArray[Timer], Several(TIMERS_IN_ROW, Timer)]


class Step(Record):
    """A step of a ladder."""

    kind: int  # STEP_NOTIFY and so on
    at_us: int  # so long after the due instant in the target's clock, less than 0: before it
    place: int  # the queue or the pool it goes to, -1 where that is gone; of a manager which one up, from 1 on
    is_noted: int  # 1: where a touch stops it, that the target was missed is noted all the same


class Target(Record):
    """A service level."""

    within_us: int
    is_working: int  # 1: working time counts, 0: any time
    starts: int  # when its clock does: TOLD, ASSIGNED, CREATED, or BY_DEFAULT
    count: int  # steps in use
    tells: int  # 1: some step tells a manager
    steps: Annotated[npt.NDArray[Step], Several(MOST_STEPS, Step)]  # in the order of their instants


class Waiter(Record):
    """A step of an open item that waits for somebody."""

    row: int  # of the open item
    item_seq: int
    clock: int  # FIRST_TOUCH or RESOLVE
    step: int  # its place in the ladder; ``timers.IDLE_STEP``: the item is idle
    pool: int  # in which somebody is waited for


class PauseSpan(Record):
    """A time in which a whole pool is paused; those of a pool follow each other without touching."""

    from_us: int
    until_us: int


class Wait(Record):
    """An entry of what is done about items that wait."""

    after_us: int  # since the wait began
    kind: int  # ALERT, RAISE, DROP, FAILOVER or QUEUE
    move: int  # column of ``State.onward``, -1: the item stays where it is
    queue: int  # where it goes, -1 without
    name: int  # what the row of output says of it: place among queues and drops, -1 nothing


class Event(Record):
    """Something told of an item."""

    at_us: int  # when it counts
    item_seq: int
    kind: int  # GIFT, TOUCH, CLOSE, RETURN or DECLINE
    user: int  # who did it, or got it; -1: unknown
    occurred_us: int
    before: int  # of a gift: the owner that was delivered before, -1: none
    group: int  # of a gift: what an item is of that nothing is followed of; -1: then it is no news


class Telling(Record):
    """Whom the runs that a restatement takes the place of made the owner of an item."""

    item_seq: int
    user: int
    since_us: int  # FAR_PAST: the decision no longer stood
    told_us: int  # when the owner was told; NEVER: they lost the item before


class Arrival(Record):
    """An item that comes."""

    at_us: int
    item_seq: int
    group: int
    person: int  # -1: unknown
    kept_by: int  # the user who has it already, NOT_KEPT or BY_SURVIVOR
    kept_slot: int  # the slot of that user in its pool, also of one in no roster; -1 without
    at_closes: int  # as of ``Hold``
    is_named: int  # 1: a person may give it to somebody in this run, so it is followed in any pool
    created_us: int
    is_followed: int  # 1: kept by somebody, it is followed in any pool, so that it goes on when they do
    is_given: int  # 1: a person gave it to who keeps it
    reopens: int  # NEW; it was closed and is open again: REOPENED or REOPENED_LATE; or REROUTED


class Breach(Record):
    """A missed target, or an owner who declined, and what came of it."""

    item_seq: int
    pool: int
    slot: int
    kind: int  # 0: target missed, 1: declined, 2: a step before the due instant, 3: one after it, 4: a clock starts
    target: int
    due_us: int
    at_us: int
    is_notified: int  # 1: the manager is to be told
    outcome: int  # position in ``model.OUTCOMES``
    place: int  # of the step in the ladder, -1 without


class Leaving(Record):
    """A user who goes, or is away for long."""

    at_us: int
    user: int  # -1: nobody who could have anything
    cause: int  # place in ``model.CAUSES``
    spares_touched: int  # 1: what the owner has touched stays
    deputy: int  # the user who gets what they have, -1: it is offered to the others
    queue: int  # where it goes instead, -1 without


class StandIn(Record):
    """Somebody stands in for a user: has the claims of one who is away for long, or what one leaves idle."""

    user: int
    from_us: int
    until_us: int
    deputy: int  # who has them, -1: nobody


class Handover(Record):
    """An open item in line to be handed over."""

    key: int  # (priority, arrival), as in a timer
    row: int  # of the open item
    leaving: int  # row of ``State.leavings``: who goes


class RowUse(Record):
    """Which rows of a table are in use."""

    free: int  # the row given back last, -1: none
    used: int  # rows that were ever used


class Progress(Record):
    """Where the fold stands, how full its tables are, and how far it may go."""

    now_us: int
    last_us: int  # what falls due by then is taken
    known_us: int  # what was decided by then is of earlier runs
    told_us: int  # when owners are told of what this run decides; NEVER: at the close at or after each decision
    anew_us: int  # in a restatement: when owners are told who had not been told of an item; NEVER: this is none
    day_end_us: int  # the business day ends then
    zones_next_us: int  # a local date or offset changes next then
    back_until_us: int  # till then a clock turned back may show a date again
    next_hour: int  # timers of this hour and later ones wait in ``LaterTimers``
    next_arrival: int
    next_event: int
    next_leaving: int
    handovers: int  # items in line to be handed over
    rows: int  # rows of output written, and so on; ``most_``: from then on the buffers must be emptied
    cells: int
    breaches: int
    most_rows: int
    most_cells: int
    most_breaches: int
    is_special: int  # 1: a row of output fills columns that most leave alone
    is_indexed: int  # 1: events will ask where items stand
    notes_owners: int  # 1: items come that were closed, so who had an item last is noted
    notes_queues: int  # 1: items may come that belong elsewhere, so which are in a queue is noted
    is_ahead: int  # 1: an item that waits goes on to a group that is not laid out yet
    waits_at_closes: int  # ``Hold.at_closes`` of what waits after somebody had it; 1: at closes
    idle_after_us: int  # so long after its owner was told, or touched it, an item is idle; NEVER: none ever is
    idle_goes: int  # where it goes then: TO_OTHERS, TO_DEPUTY or TO_QUEUE
    idle_queue: int  # of TO_QUEUE: which one
    holds: RowUse
    open_items: RowUse
    later: RowUse
    passes: int  # rows in use
    trail: int
    timers: int
    waiters: int
    grants: int
    persons: int


class Job(Record):
    """What is to be offered, and what is known of it."""

    mode: int  # NOTHING, ARRIVED, HELD_ITEM, RAN_OUT, LOST, TAKEN_AWAY or HANDED
    item_seq: int
    group: int
    hold: int  # -1 without
    open_item: int  # -1 without
    person: int  # -1: unknown
    cause: int  # why it is offered, -1: it arrived
    hops: int  # failovers so far
    passed: int  # members who passed it by a token
    is_named: int  # 1: as of an arrival
    created_us: int
    is_known: int  # 1: it came earlier, so that touches may be told of it already
    sticky: int  # slot of the person's last owner, -1 without
    clock: int  # of the step that is taken: FIRST_TOUCH or RESOLVE
    step: int  # its place in the ladder, -1 without
    is_again: int  # 1: it waited for somebody
    is_notified: int  # 1: the manager is to be told
    target: int
    due_us: int
    queue: int  # where a step, or the end of its wait, sends it; -1 without
    onward: int  # the group it goes on to when its wait ends, -1 without
    at_closes: int  # as of ``Hold``


class Contest(Record):
    """What the last look at the members of a pool found."""

    accruing: int  # the sum of weights of those who earn
    price: int  # parts that a turn costs
    winner: int  # slot
    eligible: int  # how many
    cost: int  # parts that the winner was charged in the end

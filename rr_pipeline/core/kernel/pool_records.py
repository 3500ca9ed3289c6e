"""What the kernel knows of pools, their members and users, and of the days of time zones, field by field.

Belongs here: records with a sentence a field. Does not belong here: items and what happens to them (``item_records``).

Words: a *slot* is a member's place when the rosters of all pools are laid end to end, followed by members who have
left but still own items; a *user* is a distinct member id. All instants and lengths (``_us``) are UTC microseconds, all
balances parts of a turn (``model.UNIT``). "First" and "end" are ranges of rows of another table, without the end.
"""

from __future__ import annotations

from typing import Annotated

import numpy.typing as npt

from rr_pipeline.core.kernel.records import Int64s, Record, Several
from rr_pipeline.core.limits import DATED, WINDOWS

DAYS_KEPT = 8
"""So many days on which something was given are remembered one by one."""

DAY_SHIFT = 32
"""A remembered day is ``day << DAY_SHIFT`` with how much was given in it added."""


class Pool(Record):
    """A pool: its rule, where its rows stand in other tables, and what moves."""

    first_slot: int  # its roster
    end_slot: int
    first_segment: int  # its segments of availability
    end_segment: int
    first_mask: int  # masks of its first segment, one a member; those of the next segment follow
    first_group: int  # groups of its items
    end_group: int
    first_zone: int  # zones in which its members count hours and days
    end_zone: int
    first_token: int  # its tokens; moves on over those that are spent
    end_token: int
    first_grant: int  # redos granted by the router and not used, chained; -1 without
    last_grant: int
    blocked: int  # reasons, as a mask, that keep a member from earning
    catch_up: int  # who has this balance or more earns nothing while not eligible
    debt: int  # most parts a winner may come to owe those who are not eligible
    charges_redo: int  # 1: a redo costs a turn
    strategy: int  # FAIR or LEAST_LOADED
    when_nobody: int  # what becomes of an item that finds nobody: WAIT, GO_ON or GO_TO_QUEUE
    failover_to: int  # the pool it goes on to, -1 without
    queue: int  # the queue it goes to, -1 without
    first_pause: int  # rows of ``State.pauses``
    end_pause: int
    first_wait: int  # rows of ``State.waits``: what is done about items that wait
    end_wait: int
    delay_us: int  # steps on a missed target come that long after it fell due
    wait_us: int  # so long at most after that the steps of live items wait for activities
    most_reassignments: int  # so often an item may go from owner to owner
    charges_back: int  # 1: the turn of a reassigned item goes with it
    redo_on_return: int  # 1: the owner of an item returned as bad is granted a redo
    counts_kept: int  # 1: items that a member keeps count in limits and as open
    sticky_us: int  # so long a person's next item goes to the last owner; 0: never
    until_touched: int  # 1: an item counts as open until it is touched, 0: until it is closed
    declines: int  # 1: an owner may decline
    is_followed: int  # 1: items are followed after they were given
    times_given: int  # 1: targets apply to what a person gave to somebody, too
    limits_survivors: int  # 1: who owns a person's last item has the next one only within limits, in which it counts
    reroute_within_us: int  # so long after its assignment an untouched item goes on where it belongs now; 0: never
    next_turn: int  # number of the next turn
    shared_by: int  # the sum of weights for which ``Standing.credit`` was worked out
    segment: int  # the segment in force, counted from the pool's first
    next_segment_us: int  # when the next one begins
    next_roll_us: int  # before it the masks need no look
    next_day_us: int  # when a date or offset of its zones changes next
    full_hours: int  # members whose hour is full
    held: int  # items that wait
    waiters: int  # steps of open items that wait for somebody here


class Standing(Record):
    """What is read of every member of a pool at each decision."""

    weight: int
    balance: int
    last_turn: int  # -1: none yet
    credit: int  # the share of a whole turn among ``Pool.shared_by`` weights
    live: int  # the reasons that hold now, as a mask, skills aside


class Window(Record):
    """How much was given since a window began."""

    begins: int  # an instant (hour, total) or a local day (day, week)
    given: int


class Tally(Record):
    """What is counted of a member, or of a user over all pools, as far as it makes sense for a user."""

    most: Annotated[Int64s, Several(len(WINDOWS))]  # limits, in the order of ``WINDOWS``; NEVER where there is none
    windows: Annotated[npt.NDArray[Window], Several(len(WINDOWS), Window)]  # the last of each, in the same order
    previous: Annotated[npt.NDArray[Window], Several(len(DATED), Window)]  # those before, in the order of ``DATED``
    zone: int  # where its days are counted
    first_weekday: int  # 0 for Monday
    won: int  # items won in the business day, for the fairness measures, as the next three
    turns: int
    charged: int  # parts
    cut: int  # parts that cut prices kept from being credited
    is_limited: int  # 1: the user has limits over all pools
    clock: int  # the pair (zone, schedule) by which its working time is measured
    open_count: int
    most_open: int
    user: int
    next_slot: int  # the user's next slot, -1 after the last
    capacity: int  # what load is measured by
    pool: int
    first_slot: int  # of a user: its first slot, -1 without
    days: Annotated[Int64s, Several(DAYS_KEPT)]  # by ``day % DAYS_KEPT``: the last days on which something was given


class Zone(Record):
    """A time zone in use: its rows of ``LocalDay``."""

    first_day: int
    end_day: int
    today: int  # the row in force


class LocalDay(Record):
    """A stretch of one local date and one offset of a zone."""

    begins_us: int
    day: int  # since 1970
    offset_us: int  # local = UTC + offset
    since_us: int  # since when this offset holds
    back_hour: int  # the last hour the clock had shown before it was turned back
    back_us: int  # when that hour began

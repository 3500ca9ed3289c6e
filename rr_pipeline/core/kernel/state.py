"""The state of the fold: one thing, handed to the kernel as a whole, that all its functions read and write.

Belongs here: which tables there are. Does not belong here: the fields of their rows (``pool_records``,
``item_records``), the rule itself (``turns``), or how tables are filled (``packing``).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel.compiler import Dimensions
from rr_pipeline.core.kernel.item_records import (
    Arrival,
    Breach,
    Contest,
    EarlierOwner,
    Event,
    Grant,
    Group,
    Handover,
    Hold,
    Job,
    LaterTimers,
    Leaving,
    OpenItem,
    Pass,
    PauseSpan,
    Person,
    Place,
    Progress,
    StandIn,
    Target,
    Telling,
    Timer,
    Token,
    Wait,
    Waiter,
)
from rr_pipeline.core.kernel.pool_records import LocalDay, Pool, Standing, Tally, Zone
from rr_pipeline.core.kernel.records import Int64s
from rr_pipeline.core.kernel.working_time import Clocks

Bytes = npt.NDArray[np.uint8]


class Columns(NamedTuple):
    """Decisions, column by column, so that frames may take them as they stand.

    ``slot``, ``turn``, ``token``, ``cause``, ``previous`` (a slot), ``target``: -1 without.
    ``token``: -2 - row of a grant. ``is_by_load``: 1 where ``Output.load`` is written. ``sent_to``: a pool, or -2 - a
    queue; -1 without. ``since_us``: NEVER without.
    """

    item_seq: Int64s
    pool: Int64s
    kind: Int64s
    slot: Int64s
    at_us: Int64s
    turn: Int64s
    balance_before: Int64s
    balance_after: Int64s
    token: Int64s
    is_by_load: Int64s
    cause: Int64s
    previous: Int64s
    sent_to: Int64s
    target: Int64s
    due_us: Int64s
    since_us: Int64s


class Output(NamedTuple):
    """Buffers for decisions and their considered members (cells ``offset[i]`` to ``offset[i + 1]`` of row i)."""

    rows: Columns
    offset: Int64s  # (capacity + 1,)
    reason: Bytes  # (cells,)
    balance: Int64s  # (cells,)
    load: npt.NDArray[np.int32]  # (cells,) open items, written for rows of least_loaded pools
    breaches: npt.NDArray[Breach]


class State(NamedTuple):
    """Everything the fold reads and writes. Rows of a pool stand side by side in every table that has a pool."""

    progress: Progress
    job: Job
    contest: Contest
    pools: npt.NDArray[Pool]
    wakes: Int64s  # least-first tree (``trees``) of the instants at which held items of each pool are offered again
    standings: npt.NDArray[Standing]  # one a slot
    tallies: npt.NDArray[Tally]  # one a slot
    users: npt.NDArray[Tally]
    segments: Int64s  # when each segment of availability begins
    masks: npt.NDArray[np.uint16]  # segment by segment, one a member
    pool_zones: Int64s  # zones of members with an hourly, daily or weekly limit, pool by pool
    zones: npt.NDArray[Zone]
    days: npt.NDArray[LocalDay]
    clocks: Clocks
    groups: npt.NDArray[Group]  # ordered by pool
    fits: Bytes  # rows of one byte a member of the pool, to which ``Group.skills`` and ``prefer`` point
    onward: Annotated[Int64s, Dimensions(2)]  # [group, move]: the group an item that waits goes on to, or NOWHERE
    pauses: npt.NDArray[PauseSpan]  # pool by pool, in order
    waits: npt.NDArray[Wait]  # what is done about items that wait, list by list
    awake: Int64s  # least-first tree of (priority, item) of the groups being offered now
    holds: npt.NDArray[Hold]
    passes: npt.NDArray[Pass]
    tokens: npt.NDArray[Token]  # by pool in the order of spending
    needed: Annotated[Bytes, Dimensions(2)]  # [k, n]: traits n need the k-th skill that tokens name
    grants: npt.NDArray[Grant]
    open_items: npt.NDArray[OpenItem]
    trail: npt.NDArray[EarlierOwner]
    places: npt.NDArray[Place]
    timers: npt.NDArray[Timer]  # a heap, least (due, key) first
    later: npt.NDArray[LaterTimers]
    hours: Int64s  # (power of two,) the first row of ``later`` of each hour, -1 without
    waiters: npt.NDArray[Waiter]  # in no order
    targets: npt.NDArray[Target]
    persons: npt.NDArray[Person]
    events: npt.NDArray[Event]
    leavings: npt.NDArray[Leaving]
    stand_ins: npt.NDArray[StandIn]  # by user and time
    deputies: npt.NDArray[StandIn]  # of idle items, by user and time
    handovers: npt.NDArray[Handover]  # a heap, least key first; as long as the table of open items
    closes: Int64s  # instants at which a run or delivery ends, ascending: what falls due then is not missed yet
    wait_closes: Int64s  # instants at which entries of ``waits`` may be taken, where they are at closes only; ascending
    step_closes: Int64s  # closes at which steps of live items may be taken, ascending
    tellings: Int64s  # instants at which this run, and those it passes again, tell of what they decide; ascending
    told_before: npt.NDArray[Telling]  # by item, user and when they were told
    activities: Int64s  # up to when activities are known at each of them, ascending
    arrivals: npt.NDArray[Arrival]  # in the order in which they are taken
    bits: Int64s  # working room: the mask of every member of the pool looked at
    shares: Int64s  # working room: what each would earn
    passed: Int64s  # working room: users who passed the item
    codes: Bytes  # (2 ** reasons,) mask -> code of its first reason
    output: Output

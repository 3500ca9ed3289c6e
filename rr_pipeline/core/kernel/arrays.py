"""The shapes the compiled fold works on: named tuples of arrays.

Belongs here: names, shapes and units of what goes into and out of the kernel. Does not belong here: the columns of
its tables (``columns``), the rule itself (``turns``), the queues (``holds``), or how the arrays are filled.

Words: a *slot* is a member's place when the rosters of all pools are laid end to end, followed by members who have
left but still own items; a *group* is a distinct (pool, traits, priority) of the items; a *user* is a distinct member
id; all instants are UTC microseconds, all balances parts of a turn. Few arrays, and handed on only where they are
needed: what a function is handed decides how long it takes to compile.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel.compiler import Shape

Int64s = npt.NDArray[np.int64]
Vector = Annotated[Int64s, Shape(np.int64, 1)]
Table = Annotated[Int64s, Shape(np.int64, 2)]
ByteVector = Annotated[npt.NDArray[np.uint8], Shape(np.uint8, 1)]
ByteTable = Annotated[npt.NDArray[np.uint8], Shape(np.uint8, 2)]
MaskVector = Annotated[npt.NDArray[np.uint16], Shape(np.uint16, 1)]
CountVector = Annotated[npt.NDArray[np.int32], Shape(np.int32, 1)]


_LINE = 8  # numbers of eight bytes that the processor's memory hands over at once


def lined_up(rows: int, columns: int) -> Int64s:
    """Return a table of zeros that begins where a line of memory does."""
    room = np.zeros(rows * columns + _LINE, dtype=np.int64)
    first = -room.ctypes.data // room.itemsize % _LINE
    return room[first : first + rows * columns].reshape(rows, columns)


class Slots(NamedTuple):
    """Members. ``hot`` is read for all members of a pool at each decision, ``tally`` for the winner.

    The credit is the share of a whole turn among ``SHARED_BY`` weights of the pool; the live mask says which reasons
    hold now, skills aside.
    """

    hot: Table  # (slots, 5)
    tally: Table  # (slots, TALLY_COLUMNS)


class Pools(NamedTuple):
    """Pools: their rule and what moves. Their slots, segments, groups, zones and tokens are contiguous."""

    table: Table  # (pools, POOL_COLUMNS)
    wake: Vector  # (2 * power of two,) least-first tree of the instants at which held items are offered again


class Times(NamedTuple):
    """What the clock brings: segments of availability, and local days and offsets of every zone in use."""

    segment_us: Vector  # (segments,)
    mask: MaskVector  # (segments of the pool x slots,) pool by pool, those of one segment side by side
    pool_zone: Vector  # zones of members with an hourly, daily or weekly limit, pool by pool
    zone_row: Vector  # (zones + 1,) rows of day_us, day and shift
    zone_at: Vector  # (zones,) the row in force
    day_us: Vector  # when a date or an offset begins
    day: Vector
    shift: Table  # (rows, 4)


class Groups(NamedTuple):
    """Distinct (pool, traits, priority), ordered by pool, with the first-in-first-out queue of the held items."""

    table: Table  # (groups, GROUP_COLUMNS)
    fits: ByteVector  # rows of one byte a member of the pool, to which table[:, G_SKILLS] and [:, G_PREFER] point
    awake: Vector  # (2 * power of two,) least-first tree of (priority, item) of the groups being offered now


class Holds(NamedTuple):
    """Held items, and who passed which of them by a skip token."""

    table: Table  # (holds, HOLD_COLUMNS)
    passed: Table  # (notes of skip tokens, 3)


class Tokens(NamedTuple):
    """Tokens by pool in the order of spending. ``needed[k, n]``: needs n contain the k-th skill that tokens name.

    ``grants``: redos granted by the router itself, chained by pool in the order granted.
    """

    table: Table  # (tokens, 7)
    needed: ByteTable  # (skills of tokens, traits)
    grants: Table  # (grants, GRANT_COLUMNS)


class Follow(NamedTuple):
    """What happens after an item was given: open items, their clocks, what is heard of them, users and persons.

    ``places``: open addressing from an item to its row, 2 * row for open ones, 2 * row + 1 for held ones.
    ``timers``: a heap, least (time, key) first; the key orders what falls due together. Timers of later hours wait in
    ``later``, several a row, the rows chained by hour from ``hours`` on, unordered; most mean nothing any more when
    their hour comes.
    ``persons``: open addressing.
    ``closes``: instants at which a run or a delivery ends, ascending: nothing that falls due then is missed yet.
    """

    opens: Table  # (open items, OPEN_COLUMNS)
    trail: Table  # (earlier owners, 2)
    places: Table  # (power of two, 2)
    timers: Table  # (timers, 3)
    later: Table  # (rows of timers, LATER_COLUMNS)
    hours: Vector  # (power of two,) the first timer of each hour, -1 without
    users: Table  # (users, TALLY_COLUMNS)
    targets: Table  # (targets, TG_STEP + MOST_STEPS)
    persons: Table  # (power of two, 3)
    events: Table  # (events, 5)
    closes: Vector


class Arrivals(NamedTuple):
    """Items in canonical order."""

    table: Table  # (items, 5)


class Output(NamedTuple):
    """Buffers for decisions (rows) and their considered members (cells, ``offset[i]`` to ``offset[i + 1]``)."""

    rows: Table  # (OUTPUT_ROWS, capacity)
    offset: Vector  # (capacity + 1,)
    reason: ByteVector  # (cells,)
    balance: Vector  # (cells,)
    load: CountVector  # (cells,) open items, written for rows of least_loaded pools
    breaches: Table  # (capacity of breaches, BREACH_COLUMNS)


class Scratch(NamedTuple):
    """Room for one item: masks and shares of the pool and who passed it; the codes of all masks; the controls."""

    room: Table  # (3, largest pool)
    code: ByteVector  # (2 ** reasons,) mask -> reason code
    control: Vector  # (CONTROLS,)

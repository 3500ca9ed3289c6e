"""The shapes the compiled fold works on: named tuples of arrays.

Belongs here: names, shapes and units of what goes into and out of the kernel. Does not belong here: the columns of
its tables (``columns``), the rule itself (``ledger``), the queues (``holds``), or how the arrays are filled.

Words: a *slot* is a member's place when the rosters of all pools are laid end to end; a *group* is a distinct
(pool, needed skills, priority) of the items; all instants are UTC microseconds, all balances parts of a turn.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.compiled import Shape

Int64s = npt.NDArray[np.int64]
Vector = Annotated[Int64s, Shape(np.int64, 1)]
Table = Annotated[Int64s, Shape(np.int64, 2)]
ByteVector = Annotated[npt.NDArray[np.uint8], Shape(np.uint8, 1)]
ByteTable = Annotated[npt.NDArray[np.uint8], Shape(np.uint8, 2)]
MaskVector = Annotated[npt.NDArray[np.uint16], Shape(np.uint16, 1)]


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
    """What the clock brings: segments of availability, and local days of every zone in use."""

    segment_us: Vector  # (segments,)
    mask: MaskVector  # (slots x (segments of the pool + 1),)
    pool_zone: Vector  # zones of members with a daily or weekly limit, pool by pool
    zone_row: Vector  # (zones + 1,) rows of day_us and day
    zone_at: Vector  # (zones,) the row in force
    day_us: Vector
    day: Vector


class Groups(NamedTuple):
    """Distinct (pool, needs, priority), ordered by pool, with the first-in-first-out queue of the held items."""

    table: Table  # (groups, 5)
    queue: Table  # (groups, 4)
    skill_ok: ByteVector  # rows of one byte a member of the pool; table[:, G_SKILLS] is -1 where nothing is needed
    awake: Vector  # (2 * power of two,) least-first tree of (priority, item) of the groups being offered now


class Holds(NamedTuple):
    """Held items, and who passed which of them by a skip token."""

    table: Table  # (holds, 6)
    passed: Table  # (skip tokens, 3)


class Tokens(NamedTuple):
    """Tokens by pool in the order of spending. ``needed[k, n]``: needs n contain the k-th skill that tokens name."""

    table: Table  # (tokens, 7)
    needed: ByteTable  # (skills of tokens, needs)


class Arrivals(NamedTuple):
    """Items in canonical order."""

    time: Vector
    group: Vector
    item: Vector


class Output(NamedTuple):
    """Buffers for decisions (rows) and their considered members (cells, ``offset[i]`` to ``offset[i + 1]``)."""

    rows: Table  # (9, capacity)
    offset: Vector  # (capacity + 1,)
    reason: ByteVector  # (cells,)
    balance: Vector  # (cells,)


class Scratch(NamedTuple):
    """Room for one item: masks and shares of the pool, who passed it, and the codes of all masks."""

    bits: Vector  # (largest pool,)
    share: Vector  # (largest pool,)
    passed: Vector  # (largest pool,)
    code: ByteVector  # (2 ** reasons,) mask -> reason code
    control: Vector  # (CONTROLS,)

"""Buffers that the kernel writes, and the frames made of them.

Belongs here: sizes of buffers, and the way from rows and cells to ``DECISIONS`` and ``CONSIDERED``. Does not belong
here: what the rows say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Output, Scratch
from rr_pipeline.core.epochs import Epoch
from rr_pipeline.core.model import CONSIDERED, DECISIONS, KINDS, REASONS

_ROWS = 131_072
_CELLS = 2_097_152


def _codes() -> npt.NDArray[np.uint8]:
    """Return for every mask the code of its first reason."""
    masks = np.arange(1 << len(REASONS))
    codes = np.zeros(masks.size, dtype=np.uint8)
    for bit in reversed(range(len(REASONS))):
        codes[masks >> bit & 1 == 1] = bit + 1
    return codes


def make_buffers(epoch: Epoch) -> tuple[Output, Scratch]:
    """Return output buffers with room for any single item, and working room for the largest pool."""
    largest = max((len(pool.members) for pool in epoch.policy.pools), default=0) or 1
    rows_of_item = min(largest, epoch.most_skips()) + 2
    rows = max(_ROWS, 2 * rows_of_item)
    cells = max(_CELLS, 2 * rows_of_item * largest)
    output = Output(
        rows=np.zeros((9, rows), dtype=np.int64),
        offset=np.zeros(rows + 1, dtype=np.int64),
        reason=np.zeros(cells + largest, dtype=np.uint8),
        balance=np.zeros(cells + largest, dtype=np.int64),
    )
    room = np.zeros(largest, dtype=np.int64)
    control = np.zeros(c.CONTROLS, dtype=np.int64)
    control[[c.C_ZONES_NEXT, c.C_BACK_UNTIL, c.C_DAY_END]] = c.FAR_PAST
    control[c.C_MOST_ROWS] = rows - rows_of_item
    control[c.C_MOST_CELLS] = cells - rows_of_item * largest
    return output, Scratch(room, room.copy(), room.copy(), _codes(), control)


def _texts(values: pl.Series, places: npt.NDArray[np.int64]) -> pl.Series:
    """Return the text at each place; -1 gives null."""
    index = pl.Series(places)
    return (
        values.gather(index.set(index < 0, None)) if values.len() else pl.Series([None] * index.len(), dtype=pl.String)
    )


def _lists(cells: npt.NDArray[np.generic], offset: npt.NDArray[np.int64]) -> pl.Series:
    """Return a column of lists, the i-th being ``cells[offset[i]:offset[i + 1]]``, without a loop over rows."""
    sizes = np.diff(offset)
    if sizes.min() == sizes.max():
        return _even_lists(cells[: offset[-1]].copy(), int(sizes[0]), sizes.size)
    parts, places = [], []
    for size in np.unique(sizes).tolist():
        place = np.flatnonzero(sizes == size)
        places.append(place)
        parts.append(_even_lists(cells[offset[place, None] + np.arange(size)].ravel(), size, place.size))
    back = np.empty(sizes.size, dtype=np.int64)
    back[np.concatenate(places)] = np.arange(sizes.size)
    return pl.concat(parts).gather(back)


def _even_lists(cells: npt.NDArray[np.generic], size: int, count: int) -> pl.Series:
    values = pl.Series(cells)
    if size == 0:
        return pl.Series([[]] * count, dtype=pl.List(values.dtype))
    return values.reshape((count, size)).arr.to_list()


def read_frames(
    epoch: Epoch, output: Output, control: npt.NDArray[np.int64], first_seq: int, roster_ids: npt.NDArray[np.int64]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the decisions and considered members in the buffers. ``roster_ids``: one a pool of the version."""
    count = int(control[c.C_ROWS])
    rows = output.rows[:, :count].copy()  # a copy: the buffers are written again
    pool, slot, turn, token = (rows[column] for column in (c.O_POOL, c.O_SLOT, c.O_TURN, c.O_TOKEN))
    nobody = pl.Series(slot < 0)
    positions = np.append(epoch.tokens.table[:, c.T_POSITION], -1)[token]
    decisions = pl.DataFrame(
        {
            "decision_seq": np.arange(first_seq, first_seq + count),
            "item_seq": rows[c.O_ITEM],
            "pool_id": _texts(epoch.pool_ids, pool),
            "kind": _texts(pl.Series(KINDS), rows[c.O_KIND]),
            "member_id": _texts(epoch.member_ids, slot),
            "decided_at": rows[c.O_TIME],
            "policy_version": pl.Series([epoch.policy.version]).new_from_index(0, count),
            "turn": pl.Series(turn).set(pl.Series(turn < 0), None),
            "balance_before": pl.Series(rows[c.O_BEFORE]).set(nobody, None),
            "balance_after": pl.Series(rows[c.O_AFTER]).set(nobody, None),
            "token_id": _texts(pl.Series(epoch.token_ids, dtype=pl.String), positions),
            "roster_id": roster_ids[pool],
        },
        schema=DECISIONS,
    )
    offset = output.offset[: count + 1]
    considered = pl.DataFrame(
        {
            "decision_seq": decisions["decision_seq"],
            "roster_id": decisions["roster_id"],
            "reasons": _lists(output.reason, offset),
            "balances": _lists(output.balance, offset),
        },
        schema=CONSIDERED,
    )
    return decisions, considered

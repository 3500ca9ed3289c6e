"""Buffers that the kernel writes, and the frames made of them.

Belongs here: sizes of buffers, and the way from rows and cells to ``DECISIONS`` and ``CONSIDERED``. Does not belong
here: what the rows say.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Output, Scratch
from rr_pipeline.core.epochs import Epoch
from rr_pipeline.core.frames import CONSIDERED, DECISIONS, conform
from rr_pipeline.core.model import KINDS, REASONS

_ROWS = 131_072
_CELLS = 2_097_152


def _codes() -> npt.NDArray[np.uint8]:
    """Return for every mask the code of its first reason."""
    masks = np.arange(1 << len(REASONS))
    codes = np.zeros(masks.size, dtype=np.uint8)
    for bit in reversed(range(len(REASONS))):
        codes[masks >> bit & 1 == 1] = bit + 1
    return codes


def make_buffers(epoch: Epoch) -> tuple[Buffers, Scratch]:
    """Return output buffers with room for any single item, and working room for the largest pool."""
    largest = max((len(pool.members) for pool in epoch.policy.pools), default=0) or 1
    rows_of_item = min(largest, epoch.most_skips()) + 2
    rows = max(_ROWS, 2 * rows_of_item)
    cells = max(_CELLS, 2 * rows_of_item * largest)
    room = np.zeros(largest, dtype=np.int64)
    control = np.zeros(c.CONTROLS, dtype=np.int64)
    control[[c.C_ZONES_NEXT, c.C_BACK_UNTIL, c.C_DAY_END]] = c.FAR_PAST
    control[c.C_MOST_ROWS] = rows - rows_of_item
    control[c.C_MOST_CELLS] = cells - rows_of_item * largest
    return Buffers(rows, cells + largest), Scratch(room, room.copy(), room.copy(), _codes(), control)


def _allocate(rows: int, cells: int) -> Output:
    return Output(
        rows=np.empty((9, rows), dtype=np.int64),
        offset=np.zeros(rows + 1, dtype=np.int64),
        reason=np.empty(cells, dtype=np.uint8),
        balance=np.empty(cells, dtype=np.int64),
    )


class Buffers:
    """Outputs that take turns: one is written while frames share the others.

    Frames are made of the buffers without a copy. A buffer is written again when nothing refers to it any more, which
    the interpreter's own count tells; while frames live on, others are added. Memory that is used again is several
    times faster than memory fresh from the system.
    """

    def __init__(self, rows: int, cells: int) -> None:
        self._rows, self._cells = rows, cells
        self._ring = [_allocate(rows, cells)]
        self._idle = self._references(0)
        self._at = 0

    @property
    def output(self) -> Output:
        """The output to write on."""
        return self._ring[self._at]

    def give_away(self, count: int) -> Output:
        """Return the ``count`` rows written, for frames to share, and turn to an output that nobody uses.

        Of a buffer that is hardly filled the few rows are copied, so that small frames keep no large memory.
        """
        output = self.output
        if 4 * count > self._rows:
            free = (place for place in range(len(self._ring)) if place != self._at and self._is_idle(place))
            self._at = next(free, len(self._ring))
            if self._at == len(self._ring):
                self._ring.append(_allocate(self._rows, self._cells))
            return output
        cells = int(output.offset[count])
        return Output(
            rows=output.rows[:, :count].copy(),
            offset=output.offset[: count + 1].copy(),
            reason=output.reason[:cells].copy(),
            balance=output.balance[:cells].copy(),
        )

    def _is_idle(self, place: int) -> bool:
        return all(now <= idle for now, idle in zip(self._references(place), self._idle, strict=True))

    def _references(self, place: int) -> list[int]:
        output = self._ring[place]
        return [sys.getrefcount(output.rows), sys.getrefcount(output.reason), sys.getrefcount(output.balance)]


def _texts(values: pl.Series, places: npt.NDArray[np.int64]) -> pl.Series:
    """Return the text at each place; -1 gives null."""
    if values.len() == 0 or places.max() < 0:
        return pl.Series([None], dtype=pl.String).new_from_index(0, places.size)
    return values.gather(_nullable(places, places < 0))


def _nullable(values: npt.NDArray[np.int64], is_null: npt.NDArray[np.bool_]) -> pl.Series:
    """Return the numbers, null where said."""
    series = pl.Series(values)
    return series.set(pl.Series(is_null), None) if is_null.any() else series


def _considered(output: Output, count: int) -> tuple[pl.Series, pl.Series]:
    """Return reasons and balances as lists, one a row, without a loop over rows."""
    offset = output.offset[: count + 1]
    sizes, cells = np.diff(offset), int(offset[-1])
    values = {"reasons": pl.Series(output.reason[:cells]), "balances": pl.Series(output.balance[:cells])}
    if sizes.min() == sizes.max() > 0:
        shape = (count, int(sizes[0]))
        reasons, balances = (one.reshape(shape).arr.to_list() for one in values.values())
        return reasons, balances
    # Grouping by a key that is known to be sorted cuts slices; that is several times faster than gathering lists.
    row = pl.Series("row", np.repeat(np.arange(count), sizes)).set_sorted()
    lists = pl.DataFrame({"row": row, **values}).group_by("row", maintain_order=True).agg("reasons", "balances")
    if lists.height < count:  # rows of pools without members
        every = pl.DataFrame({"row": np.arange(count)})
        lists = every.join(lists, on="row", how="left", maintain_order="left").with_columns(
            pl.col("reasons").fill_null(pl.lit([], dtype=pl.List(pl.UInt8))),
            pl.col("balances").fill_null(pl.lit([], dtype=pl.List(pl.Int64))),
        )
    return lists["reasons"], lists["balances"]


def read_frames(
    epoch: Epoch, output: Output, count: int, first_seq: int, roster_ids: npt.NDArray[np.int64]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the decisions and considered members of ``count`` rows. The frames may share the memory of ``output``.

    ``roster_ids``: one a pool of the version.
    """
    rows = output.rows[:, :count]
    pool, slot, turn, token = (rows[column] for column in (c.O_POOL, c.O_SLOT, c.O_TURN, c.O_TOKEN))
    nobody = slot < 0
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
            "turn": _nullable(turn, turn < 0),
            "balance_before": _nullable(rows[c.O_BEFORE], nobody),
            "balance_after": _nullable(rows[c.O_AFTER], nobody),
            "token_id": _texts(pl.Series(epoch.token_ids, dtype=pl.String), positions),
            "roster_id": roster_ids[pool],
        }
    )
    reasons, balances = _considered(output, count)
    considered = pl.DataFrame(
        {
            "decision_seq": decisions["decision_seq"],
            "roster_id": decisions["roster_id"],
            "reasons": reasons,
            "balances": balances,
        }
    )
    return conform(decisions, DECISIONS), conform(considered, CONSIDERED)

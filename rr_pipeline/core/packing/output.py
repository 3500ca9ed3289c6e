"""Buffers that the kernel writes, and the frames made of them.

Belongs here: sizes of buffers, and the way from rows and cells to ``DECISIONS`` and ``CONSIDERED``. Does not belong
here: what the rows say.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import BREACHES, CLOCK_ROW, CONSIDERED, DECISIONS
from rr_pipeline.core.kernel.codes import (
    FAR_PAST,
    GIVE,
    HOUR_US,
    KEEP,
    MOST_HOPS,
    NEVER,
    STAND_IN,
)
from rr_pipeline.core.kernel.item_records import MOST_STEPS, Breach, Progress
from rr_pipeline.core.kernel.records import Int64s, one_of, table_of
from rr_pipeline.core.kernel.state import Columns, Output
from rr_pipeline.core.kernel.windows import TWO_DAYS_US
from rr_pipeline.core.model import BREACH_KINDS, CAUSES, KINDS, OUTCOMES, REASONS
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.list_columns import lists_of
from rr_pipeline.core.packing.token_book import TokenBook
from rr_pipeline.core.vocabulary import told_order, words

_BARE = tuple(KINDS.index(kind) for kind in words("bare_kinds"))
_ROWS = 131_072
_CELLS = 2_097_152
_BREACHES = 32_768
_BREACHES_AT_ONCE = 8


def _codes() -> npt.NDArray[np.uint8]:
    """Return for every mask the code of its first reason."""
    masks = np.arange(1 << len(REASONS))
    codes = np.zeros(masks.size, dtype=np.uint8)
    for name in reversed(told_order()):
        bit = REASONS.index(name)
        codes[masks >> bit & 1 == 1] = bit + 1
    return codes


class Room(NamedTuple):
    """Working room of the kernel (see ``State``)."""

    bits: Int64s
    shares: Int64s
    passed: Int64s
    codes: npt.NDArray[np.uint8]


def make_buffers(
    epoch: Epoch, progress: Progress, most_skips: int, skip_count: int, noted: int
) -> tuple[Buffers, Room]:
    """Return output buffers with room for any single item, and working room for the largest pool; set the bounds of
    ``progress``.

    ``most_skips``: so often one item may be passed on in one pool; ``skip_count``: in all of them; ``noted``: members
    of whom the state says that they passed a held item.
    """
    largest = max((len(pool.members) for pool in epoch.policy.pools), default=0) or 1
    rows_of_item = (min(largest, most_skips) + 2) * (MOST_HOPS + 1) + 1  # and the entry by which it is offered
    rows = max(_ROWS, 2 * rows_of_item)
    cells = max(_CELLS, 2 * rows_of_item * largest)
    progress.most_rows = rows - rows_of_item
    progress.most_cells = cells - rows_of_item * largest
    progress.most_breaches = _breaches() - _BREACHES_AT_ONCE
    bits, shares, passed = np.zeros((3, largest + skip_count + noted), dtype=np.int64)
    return Buffers(rows, cells + largest), Room(bits, shares, passed, _codes())


def begin_progress(start_us: int) -> Progress:
    """Return where the fold stands when a version begins."""
    progress = one_of(Progress)
    progress.zones_next_us, progress.back_until_us, progress.day_end_us = FAR_PAST, start_us + TWO_DAYS_US, FAR_PAST
    progress.next_hour = start_us // HOUR_US
    return progress


def _breaches() -> int:
    """Return how many breaches a buffer takes: always those of one item at one instant."""
    return max(_BREACHES, _BREACHES_AT_ONCE)


def _allocate(rows: int, cells: int) -> Output:
    columns = Columns(*np.empty((len(Columns._fields), rows), dtype=np.int64))
    _clear(columns, rows)
    return Output(
        rows=columns,
        offset=np.zeros(rows + 1, dtype=np.int64),
        reason=np.empty(cells, dtype=np.uint8),
        balance=np.empty(cells, dtype=np.int64),
        load=np.zeros(cells, dtype=np.int32),
        breaches=table_of(Breach, _breaches()),
    )


def _clear(rows: Columns, count: int) -> None:
    """Fill the columns that most rows leave alone with what stands for nothing, in the first rows."""
    rows.is_by_load[:count], rows.due_us[:count], rows.since_us[:count] = 0, NEVER, NEVER
    for column in (rows.cause, rows.previous, rows.sent_to, rows.target):
        column[:count] = -1


class Buffers:
    """Outputs that take turns: one is written while frames share the others.

    Frames are made of the buffers without a copy. A buffer is written again when nothing refers to it any more, which
    the interpreter's own count tells; while frames live on, others are added. Memory that is used again is several
    times faster than memory fresh from the system.
    """

    def __init__(self, rows: int, cells: int) -> None:
        self._rows, self._cells = rows, cells
        self._ring = [_allocate(rows, cells)]
        self._special = [0]
        self._idle = self._references(0)
        self._at = 0

    @property
    def output(self) -> Output:
        """The output to write on."""
        return self._ring[self._at]

    def give_away(self, count: int, is_special: bool) -> Output:
        """Return the ``count`` rows written, for frames to share, and turn to an output that nobody uses.

        Of a buffer that is hardly filled the few rows are copied, so that small frames keep no large memory.
        ``is_special``: some rows filled columns that most leave alone; these are cleared before they are written again.
        """
        output = self.output
        if 4 * count > self._rows:
            self._special[self._at] = count if is_special else 0
            self._turn()
            return output._replace(rows=Columns(*(column[:count] for column in output.rows)))
        rows = Columns(*(column[:count].copy() for column in output.rows))
        if is_special:
            _clear(output.rows, count)
        cells = int(output.offset[count])
        return Output(
            rows=rows,
            offset=output.offset[: count + 1].copy(),
            reason=output.reason[:cells].copy(),
            balance=output.balance[:cells].copy(),
            load=output.load[:cells].copy(),
            breaches=output.breaches,
        )

    def _turn(self) -> None:
        """Go on to an output that no frame refers to, a new one if there is none."""
        free = (place for place in range(len(self._ring)) if place != self._at and self._is_idle(place))
        self._at = next(free, len(self._ring))
        if self._at == len(self._ring):
            self._ring.append(_allocate(self._rows, self._cells))
            self._special.append(0)
        _clear(self.output.rows, self._special[self._at])

    def _is_idle(self, place: int) -> bool:
        return all(now <= idle for now, idle in zip(self._references(place), self._idle, strict=True))

    def _references(self, place: int) -> list[int]:
        output = self._ring[place]
        return [
            sys.getrefcount(output.rows.item_seq.base),
            sys.getrefcount(output.reason),
            sys.getrefcount(output.balance),
        ]


def _texts(values: pl.Series, places: npt.NDArray[np.int64]) -> pl.Series:
    """Return the text at each place; -1 gives null."""
    if places.size == 0 or values.len() == 0 or places.max() < 0:
        return pl.Series([None], dtype=pl.String).new_from_index(0, places.size)
    # Polars' own width of a place: brackets then go straight to the rows, at half the time of ``gather``.
    return values[_nullable(places.astype(np.uint32), places < 0)]


def _nullable(values: npt.NDArray[Any], is_null: npt.NDArray[np.bool_]) -> pl.Series:
    """Return the numbers, null where said."""
    series = pl.Series(values)
    return series.set(pl.Series(is_null), None) if is_null.any() else series


def _considered(output: Output, count: int) -> dict[str, pl.Series]:
    """Return reasons, balances and open counts as lists, one a row, that share the memory they were written to."""
    offset, by_load, cells = output.offset[: count + 1], output.rows.is_by_load != 0, int(output.offset[count])
    if by_load.any():
        loads = lists_of(output.load[:cells], offset, ~by_load)
    else:
        loads = pl.Series([None], dtype=CONSIDERED["open_counts"]).new_from_index(0, count)
    return {
        "reasons": lists_of(output.reason[:cells], offset),
        "balances": lists_of(output.balance[:cells], offset),
        "open_counts": loads,
    }


def read_frames(  # noqa: PLR0917 - rows and what their numbers mean
    epoch: Epoch,
    output: Output,
    count: int,
    first_seq: int,
    roster_ids: npt.NDArray[np.int64],
    tokens: TokenBook,
    is_special: bool,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the decisions and considered members of ``count`` rows. The frames may share the memory of ``output``.

    ``roster_ids``: one a pool of the version. ``is_special``: as in ``Buffers.give_away``.
    """
    rows = output.rows
    without = (rows.slot < 0) | np.isin(rows.kind, (KEEP, GIVE, STAND_IN))
    roster = _nullable(roster_ids[rows.pool], considers_nobody(rows))
    decisions = pl.DataFrame(
        {
            "decision_seq": np.arange(first_seq, first_seq + count),
            "item_seq": rows.item_seq,
            "pool_id": _texts(epoch.pool_ids, rows.pool),
            "kind": _texts(pl.Series(KINDS), rows.kind),
            "member_id": _texts(epoch.member_ids, rows.slot),
            "decided_at": rows.at_us,
            "policy_version": pl.Series([epoch.policy.version]).new_from_index(0, count),
            "turn": _nullable(rows.turn, rows.turn < 0),
            "balance_before": _nullable(rows.balance_before, without),
            "balance_after": _nullable(rows.balance_after, without),
            "token_id": tokens.names(rows.token),
            "roster_id": roster,
            **(_special(epoch, rows) if is_special else _nothing_special(count)),
        },
        schema=DECISIONS,
    )
    considered = pl.DataFrame(
        {"decision_seq": decisions["decision_seq"], "roster_id": roster, **_considered(output, count)},
        schema=CONSIDERED,
    )
    return decisions, considered


def _special(epoch: Epoch, rows: Columns) -> dict[str, pl.Series]:
    return {
        "cause": _texts(pl.Series(CAUSES), rows.cause),
        "previous_member_id": _texts(epoch.member_ids, rows.previous),
        "sent_to": _sent_to(epoch, rows.sent_to),
        "target": _texts(pl.Series(epoch.ladders.names, dtype=pl.String), rows.target),
        "due_at": _nullable(rows.due_us, rows.due_us >= NEVER),
        "since_at": _nullable(rows.since_us, rows.since_us >= NEVER),
    }


def _nothing_special(count: int) -> dict[str, pl.Series]:
    names = ("cause", "previous_member_id", "sent_to", "target", "due_at", "since_at")
    return {name: pl.Series([None], dtype=DECISIONS[name]).new_from_index(0, count) for name in names}


def considers_nobody(rows: Columns) -> npt.NDArray[np.bool_]:
    """Tell which rows of output are not about members: of items kept, withdrawn, given otherwise, or waiting."""
    return np.isin(rows.kind, _BARE)


def _sent_to(epoch: Epoch, sent: npt.NDArray[np.int64]) -> pl.Series:
    """Return the names of pools (0 and up) and queues (-2 and down) that items were sent to."""
    names = pl.Series([*[pool.pool_id for pool in epoch.numbering.pools], *epoch.queue_names], dtype=pl.String)
    return _texts(names, np.where(sent <= -2, len(epoch.numbering.pools) - 2 - sent, sent))


def read_breaches(epoch: Epoch, output: Output, count: int) -> pl.DataFrame:
    """Return the frame ``BREACHES`` of ``count`` rows."""
    rows = {name: output.breaches[name][:count].copy() for name in Breach.layout.names or ()}
    return pl.DataFrame(
        {
            "item_seq": rows["item_seq"],
            "pool_id": _texts(epoch.pool_ids, rows["pool"]),
            "member_id": _texts(epoch.member_ids, rows["slot"]),
            "kind": _texts(pl.Series([*BREACH_KINDS, CLOCK_ROW]), rows["kind"]),
            "target": _texts(pl.Series(epoch.ladders.names, dtype=pl.String), rows["target"]),
            "due_at": _nullable(rows["due_us"], rows["due_us"] >= NEVER),
            "decided_at": rows["at_us"],
            "is_notified": rows["is_notified"] != 0,
            "outcome": _texts(pl.Series(OUTCOMES), rows["outcome"]),
            "policy_version": pl.Series([epoch.policy.version]).new_from_index(0, count),
            **_steps(epoch, rows["target"], rows["place"]),
        },
        schema=BREACHES,
    )


def _steps(epoch: Epoch, target: Int64s, place: Int64s) -> dict[str, pl.Series]:
    """Return which step of its target each breach was, and which manager up it tells."""
    row = np.where(place < 0, -1, target * MOST_STEPS + place)
    names = _texts(epoch.ladders.step_names, row)
    level = np.zeros(place.size, dtype=np.int64)
    is_step = place >= 0
    level[is_step] = epoch.targets["steps"]["place"][target[is_step], place[is_step]]
    kinds = pl.Series([one.kind for one in epoch.ladders.targets], dtype=pl.String)
    return {
        "target_kind": _texts(kinds, target),
        "step_no": _nullable(place + 1, place < 0),
        "step": names,
        "level": pl.select(pl.when(names == "notify_manager").then(pl.Series(level))).to_series(),
    }

"""What is done about items that wait, as arrays of a version: its own lists, and those under which waits began before.

Belongs here: lists laid end to end, the moves that their entries make, and where a wait stands in its list. Does not
belong here: the groups that moves lead to (``groups``), and items that wait (``live_items``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.item_records import Wait
from rr_pipeline.core.kernel.pool_records import Pool as PoolRow
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.model import Policy, WaitStep
from rr_pipeline.core.waits import wait_steps

Int64s = npt.NDArray[np.int64]
Key = tuple[str, str]
"""Policy version and pool."""

_KINDS = {"alert": c.ALERT, "raise": c.RAISE, "drop": c.DROP, "failover": c.FAILOVER, "queue": c.QUEUE}


@dataclass(frozen=True)
class Move:
    """From one group to another: ``urgency`` lower in priority, without the skills of ``drop``, in the pool ``to``."""

    urgency: int = 0
    drop: tuple[str, ...] = ()
    to: int | None = None


@dataclass
class WaitBook:
    """The lists of a version. ``table``: entries, list by list; ``keys``: of each entry its list and place there.

    ``first`` and ``end``: the list of each pool of the version.
    """

    table: npt.NDArray[Wait]
    keys: list[tuple[str, str, int]]
    spans: dict[Key, tuple[int, int]]
    first: Int64s
    end: Int64s
    moves: list[Move]

    def place(self, pool: int, version: str | None, pool_id: str, entry: int | None) -> tuple[int, int]:
        """Return the entry that comes next for a wait, and the end of its list.

        Of a wait that began under a version nobody hands over any more the pool's own list counts.
        """
        first, end = self.spans.get((version or "", pool_id), (int(self.first[pool]), int(self.end[pool])))
        return min(first + (entry or 0), end), end

    def stands(self, following: Int64s, end: Int64s) -> tuple[pl.Series, pl.Series]:
        """Return of each wait the version of its list and the entry that comes next there, null where none is left."""
        if not (following < end).any():
            return pl.Series([None], dtype=pl.String).new_from_index(0, end.size), pl.Series(
                [None], dtype=pl.Int64
            ).new_from_index(0, end.size)
        is_left = (following < end).tolist()
        keys = [self.keys[row] if left else None for row, left in zip(following.tolist(), is_left, strict=True)]
        versions = pl.Series([key and key[0] for key in keys], dtype=pl.String)
        return versions, pl.Series([None if key is None else key[2] for key in keys], dtype=pl.Int64)


def build_wait_book(  # noqa: PLR0917 - what a version and its state say of waits
    policies: Sequence[Policy],
    version: int,
    holds: pl.DataFrame,
    pool_number: Mapping[str, int],
    pools: npt.NDArray[PoolRow],
    names: list[str],
) -> WaitBook:
    """Return the lists of version number ``version`` and of the waits in ``holds``; sets the ranges of ``pools``.

    ``names``: what rows of output may say; queues and drops that are not among them are added at the end.
    """
    policy = policies[version]
    lists = _lists(policies, policy, holds)
    moves: dict[Move, int] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    keys: list[tuple[str, str, int]] = []
    spans: dict[Key, tuple[int, int]] = {}
    for key, steps in lists.items():
        spans[key] = len(rows), len(rows) + len(steps)
        for place, step in enumerate(steps):
            move = _move(step, pool_number)
            number = -1 if move is None else moves.setdefault(move, len(moves))
            queue = _named(names, step.to) if step.do == "queue" and step.to is not None else -1
            name = _named(names, ", ".join(step.drop)) if step.do == "drop" else -1
            rows.append((step.after_us, _KINDS[step.do], number, queue, name))
            keys.append((*key, place))
    table = table_of(Wait, len(rows))
    for place, row in enumerate(rows):
        table[place] = row
    for place, pool in enumerate(policy.pools):
        pools[place].first_wait, pools[place].end_wait = spans[policy.version, pool.pool_id]
    return WaitBook(table, keys, spans, pools["first_wait"], pools["end_wait"], list(moves))


def _lists(policies: Sequence[Policy], policy: Policy, holds: pl.DataFrame) -> dict[Key, tuple[WaitStep, ...]]:
    """Return the lists of the version in force, and those of earlier ones under which something still waits."""
    named = set(holds.select("wait_version", "pool_id").drop_nulls().unique().rows())
    return {
        (one.version, pool.pool_id): wait_steps(pool)
        for one in [*(policies if named else ()), policy]
        for pool in one.pools
        if one is policy or (one.version, pool.pool_id) in named
    }


def _named(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _move(step: WaitStep, pool_number: Mapping[str, int]) -> Move | None:
    if step.do == "raise":
        return Move(urgency=1)
    if step.do == "drop":
        return Move(drop=step.drop)
    return Move(to=pool_number.get(step.to or "", -1)) if step.do == "failover" else None

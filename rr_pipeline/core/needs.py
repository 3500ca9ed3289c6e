"""Sets of needed skills as numbers.

Belongs here: interning. Does not belong here: who has which skill.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]

_SEPARATOR = "\x1f"


class NeedsTable:
    """The distinct sets of needed skills met so far. Number 0 is the empty set."""

    def __init__(self) -> None:
        self.sets: list[frozenset[str]] = [frozenset()]
        self._numbers: dict[frozenset[str], int] = {frozenset(): 0}

    def __len__(self) -> int:
        return len(self.sets)

    def number(self, needs: frozenset[str]) -> int:
        """Return the number of a set, a new one when it was not met before."""
        found = self._numbers.setdefault(needs, len(self.sets))
        if found == len(self.sets):
            self.sets.append(needs)
        return found

    def numbers_of(self, arrivals: pl.DataFrame, needs_sets: pl.DataFrame | None) -> Int64s:
        """Return the number of every row's set, from its column ``needs_id`` (with ``needs_sets``) or ``needs``."""
        if "needs_id" in arrivals.columns:
            return self._by_id(arrivals["needs_id"], needs_sets)
        numbers = np.zeros(arrivals.height, dtype=np.int64)
        if "needs" not in arrivals.columns:
            return numbers
        needs = arrivals["needs"]
        is_skilled = (needs.list.len() > 0).fill_null(value=False)
        if is_skilled.any():
            text = needs.filter(is_skilled).list.unique().list.sort().list.join(_SEPARATOR)
            distinct = text.unique(maintain_order=True)
            known = [self.number(frozenset(one.split(_SEPARATOR))) for one in distinct.to_list()]
            numbers[is_skilled.to_numpy()] = text.replace_strict(distinct, known, return_dtype=pl.Int64).to_numpy()
        return numbers

    def _by_id(self, ids: pl.Series, needs_sets: pl.DataFrame | None) -> Int64s:
        if needs_sets is None:
            raise RefusedError("arrivals have needs_id, but no needs_sets say what the numbers mean; hand both over")
        own = [self.number(frozenset(needs or ())) for needs in needs_sets["needs"].to_list()]
        given = needs_sets["needs_id"].to_numpy().astype(np.int64)
        wanted = ids.fill_null(-1).to_numpy().astype(np.int64)
        if given.size == 0 and (wanted >= 0).any():
            raise RefusedError("arrivals name a needs_id that needs_sets do not have; add its row")
        table = np.full(max(1, int(given.max(initial=0)) + 1), -1, dtype=np.int64)
        table[given] = own
        found = np.where(wanted < 0, 0, -1)
        inside = (wanted >= 0) & (wanted < table.size)
        found[inside] = table[wanted[inside]]
        if (found < 0).any():
            raise RefusedError("arrivals name a needs_id that needs_sets do not have; add its row")
        return found

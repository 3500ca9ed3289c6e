"""What an item asks for, as numbers: needed skills, wished skills, preferred members, and targets that apply.

Belongs here: interning. Does not belong here: who has which skill (``groups``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]

_IN_LIST, _BETWEEN_LISTS = "\x1f", "\x1e"


class Traits(NamedTuple):
    """Four sets of names; see ``model.Pool`` and ``frames.HOLD_STATE``."""

    needs: frozenset[str] = frozenset()
    wishes: frozenset[str] = frozenset()
    prefers: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()


NOTHING = Traits()
COLUMNS = Traits._fields


class TraitsTable:
    """The distinct traits met so far. Number 0 asks for nothing."""

    def __init__(self) -> None:
        self.known: list[Traits] = [NOTHING]
        self._numbers: dict[Traits, int] = {NOTHING: 0}

    def __len__(self) -> int:
        return len(self.known)

    def number(self, traits: Traits) -> int:
        """Return the number of these traits, a new one when they were not met before."""
        found = self._numbers.setdefault(traits, len(self.known))
        if found == len(self.known):
            self.known.append(traits)
        return found

    def numbers_of(self, frame: pl.DataFrame, traits: pl.DataFrame | None = None) -> Int64s:
        """Return the number of every row's traits: its traits_id (with ``traits``), or its list columns themselves."""
        if "traits_id" in frame.columns:
            return self._by_id(frame["traits_id"], traits)
        lists = [name for name in COLUMNS if name in frame.columns]
        numbers = np.zeros(frame.height, dtype=np.int64)
        if not lists or frame.height == 0:
            return numbers
        sizes = [pl.col(name).list.len().fill_null(0) for name in lists]
        is_asking = frame.select(pl.sum_horizontal(sizes) > 0).to_series()
        if is_asking.any():
            texts = [_joined(name) if name in lists else pl.lit("") for name in COLUMNS]
            asking = frame.filter(is_asking)
            text = asking.select(pl.concat_str(texts, separator=_BETWEEN_LISTS)).to_series()
            distinct = text.unique(maintain_order=True)
            own = [self.number(_parse(one)) for one in distinct.to_list()]
            numbers[is_asking.to_numpy()] = text.replace_strict(distinct, own, return_dtype=pl.Int64).to_numpy()
        return numbers

    def lists(self, numbers: Int64s) -> dict[str, pl.Series]:
        """Return the columns of lists that stand for these numbers, each list sorted."""
        columns = {}
        for place, name in enumerate(COLUMNS):
            every = pl.Series([sorted(traits[place]) for traits in self.known], dtype=pl.List(pl.String))
            columns[name] = every.gather(numbers) if numbers.size else every.head(0)
        return columns

    def _by_id(self, ids: pl.Series, traits: pl.DataFrame | None) -> Int64s:
        if traits is None:
            raise RefusedError("arrivals have traits_id, but no traits say what the numbers mean; hand both over")
        own = self.numbers_of(traits.drop("traits_id"))
        given = traits["traits_id"].to_numpy().astype(np.int64)
        wanted = ids.fill_null(-1).to_numpy().astype(np.int64)
        table = np.full(max(1, int(given.max(initial=0)) + 1), -1, dtype=np.int64)
        table[given] = own
        found = np.where(wanted < 0, 0, -1)
        inside = (wanted >= 0) & (wanted < table.size)
        found[inside] = table[wanted[inside]]
        if (found < 0).any():
            raise RefusedError("arrivals name a traits_id that traits do not have; add its row")
        return found


def _joined(name: str) -> pl.Expr:
    return pl.col(name).fill_null([]).list.unique().list.sort().list.join(_IN_LIST)


def _parse(text: str) -> Traits:
    return Traits(*(frozenset(part.split(_IN_LIST)) if part else frozenset() for part in text.split(_BETWEEN_LISTS)))

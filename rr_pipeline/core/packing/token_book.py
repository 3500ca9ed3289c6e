"""Skip and redo tokens of a version as arrays: those of the feed, and redos that the router granted itself.

Belongs here: their order, who holds them, and reading back which are spent. Does not belong here: when one is spent
(``kernel.tokens``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import GRANT_STATE
from rr_pipeline.core.kernel.codes import NEVER, REDO, SKIP
from rr_pipeline.core.kernel.item_records import Grant
from rr_pipeline.core.kernel.item_records import Token as TokenRow
from rr_pipeline.core.kernel.pool_records import Pool
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.model import Token
from rr_pipeline.core.packing.numbering import Numbering
from rr_pipeline.core.packing.traits import TraitsTable

Int64s = npt.NDArray[np.int64]


class TokenBook:
    """The tokens of a version in force. ``table``, ``needed`` and ``grants`` are what the kernel works on."""

    def __init__(  # noqa: PLR0917 - what the tokens are, and whose
        self,
        tokens: Sequence[Token],
        spent: frozenset[str],
        void: frozenset[str],
        grants: pl.DataFrame,
        numbering: Numbering,
        pools: npt.NDArray[Pool],
    ) -> None:
        """Lay out all tokens; sets the ranges of ``pools``.

        ``void``: those whose holder has left since; ``grants``: not used yet, in the order granted.
        """
        self._tokens, self._numbering = tokens, numbering
        self.table, row = _layout(tokens, spent, void, numbering)
        pools["first_token"], pools["end_token"] = row[:-1], row[1:]
        self.most_skips = _most_skips(self.table, row)
        self.skip_count = int((self.table["kind"] == SKIP).sum())
        self._elsewhere = grants.filter(~pl.col("pool_id").is_in(list(numbering.pool_number)))
        self.needed = np.zeros((1, 1), dtype=np.uint8)
        self.grants = _chain(grants, numbering, pools)
        self.granted = self.grants.size - _ROOM

    def match(self, traits: TraitsTable) -> None:
        """Work out which traits need the skill that a token names."""
        named = [self._tokens[position].skill for position in self.table["position"].tolist()]
        skills = sorted({skill for skill in named if skill is not None})
        self.table["skill"] = [-1 if skill is None else skills.index(skill) for skill in named]
        needed = np.zeros((max(1, len(skills)), len(traits)), dtype=np.uint8)
        for row, skill in enumerate(skills):
            needed[row] = [skill in one.needs for one in traits.known]
        self.needed = needed

    def grow(self) -> None:
        """Make room for more grants."""
        self.grants = np.concatenate([self.grants, np.zeros_like(self.grants)])

    def spent(self) -> set[str]:
        """Return the ids of the version's tokens that are spent by now."""
        positions = self.table["position"][self.table["is_used"] != 0]
        return {self._tokens[position].token_id for position in positions.tolist()}

    def names(self, token: Int64s) -> pl.Series:
        """Return the ids of tokens as the kernel writes them: a row, -1 for none, -2 - row for a grant."""
        if token.size == 0 or (token == -1).all():
            return pl.Series([None], dtype=pl.String).new_from_index(0, token.size)
        found = pl.Series([None], dtype=pl.String).new_from_index(0, token.size)
        given, granted = np.flatnonzero(token >= 0), np.flatnonzero(token <= -2)
        ids = [self._tokens[position].token_id for position in self.table["position"][token[given]].tolist()]
        found = found.scatter(given, pl.Series(ids, dtype=pl.String))
        return found.scatter(granted, self._grant_ids(-2 - token[granted]))

    def _grant_ids(self, rows: Int64s) -> pl.Series:
        return "returned:" + pl.Series(self.grants["item_seq"][rows]).cast(pl.String)

    def write_grants(self, count: int) -> pl.DataFrame:
        """Return the grants not used yet; ``count``: how many rows the kernel has filled."""
        rows = self.grants[:count]
        places = np.flatnonzero(rows["is_used"] == 0)
        slots = rows["slot"][places].tolist()
        numbering = self._numbering
        own = pl.DataFrame(
            {
                "grant_id": self._grant_ids(places),
                "pool_id": [numbering.pools[numbering.slot_pools[slot]].pool_id for slot in slots],
                "member_id": [numbering.slot_names[slot] for slot in slots],
                "from_us": rows["from_us"][places],
            }
        )
        every = pl.concat([self._elsewhere.drop("position"), own.cast({"from_us": pl.Int64})], how="vertical_relaxed")
        every = every.sort("from_us", maintain_order=True).with_row_index("position")
        return every.select(GRANT_STATE.names()).cast(GRANT_STATE)


_ROOM = 64


def _layout(
    tokens: Sequence[Token], spent: frozenset[str], void: frozenset[str], numbering: Numbering
) -> tuple[npt.NDArray[TokenRow], Int64s]:
    """Return the token table, ordered by (pool, position), and each pool's range. The skill is filled later."""
    kinds = {"redo": REDO, "skip": SKIP}
    number = numbering.pool_number
    rows = sorted(
        (number[token.pool_id], position, token.from_us)
        for position, token in enumerate(tokens)
        if token.pool_id in number
    )
    table = table_of(TokenRow, len(rows))
    for row, (pool, position, from_us) in enumerate(rows):
        token = tokens[position]
        until = NEVER if token.expires_us is None else token.expires_us
        holder = numbering.slot_number.get((pool, token.member_id), -1)
        holder = -1 if token.token_id in void or holder >= numbering.roster_size else holder
        table[row] = (holder, kinds[token.kind], -1, from_us, until, token.token_id in spent, position)
    counts = np.bincount(np.array([row[0] for row in rows], dtype=np.int64), minlength=len(numbering.pools))
    return table, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _most_skips(table: npt.NDArray[TokenRow], row: Int64s) -> int:
    """Return the largest number of skip tokens of one pool: so often one item may be passed on there."""
    before = np.append(0, np.cumsum(table["kind"] == SKIP))
    return int((before[row[1:]] - before[row[:-1]]).max(initial=0))


def _chain(grants: pl.DataFrame, numbering: Numbering, pools: npt.NDArray[Pool]) -> npt.NDArray[Grant]:
    """Return the grants of the version's pools, chained in the order granted, with room for more."""
    own = grants.filter(pl.col("pool_id").is_in(list(numbering.pool_number))).sort("position")
    table = table_of(Grant, own.height + _ROOM)
    for row, (pool_id, name, from_us, grant) in enumerate(
        own.select("pool_id", "member_id", "from_us", "grant_id").rows()
    ):
        pool = numbering.pool_number[pool_id]
        item = int(grant.removeprefix("returned:"))
        table[row] = (numbering.slot_number[pool, name], from_us, item, -1, 0)
        if pools[pool].first_grant < 0:
            pools[pool].first_grant = row
        else:
            table[pools[pool].last_grant].following = row
        pools[pool].last_grant = row
    return table

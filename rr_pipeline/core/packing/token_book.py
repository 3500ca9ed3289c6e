"""Skip and redo tokens of a version as arrays: those of the feed, and redos that the router granted itself.

Belongs here: their order, who holds them, and reading back which are spent. Does not belong here: when one is spent
(``turns``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import GRANT_STATE
from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Pools, Tokens
from rr_pipeline.core.model import Token
from rr_pipeline.core.packing.numbering import Numbering
from rr_pipeline.core.packing.traits import TraitsTable

Int64s = npt.NDArray[np.int64]


class TokenBook:
    """The tokens of a version in force. ``arrays`` is what the kernel works on."""

    def __init__(  # noqa: PLR0917 - what the tokens are, and whose
        self,
        tokens: Sequence[Token],
        spent: frozenset[str],
        void: frozenset[str],
        grants: pl.DataFrame,
        numbering: Numbering,
        pools: Pools,
    ) -> None:
        """Lay out all tokens; sets the ranges of ``pools``.

        ``void``: those whose holder has left since; ``grants``: not used yet, in the order granted.
        """
        self._tokens, self._numbering = tokens, numbering
        table, row = _layout(tokens, spent, void, numbering)
        pools.table[:, c.TOKEN] = pools.table[:, c.FIRST_TOKEN] = row[:-1]
        pools.table[:, c.TOKEN_END] = row[1:]
        self.most_skips = _most_skips(table, row)
        self.skip_count = int((table[:, c.T_KIND] == c.SKIP).sum())
        self._elsewhere = grants.filter(~pl.col("pool_id").is_in(list(numbering.pool_number)))
        self.arrays = Tokens(table, np.zeros((1, 1), dtype=np.uint8), _chain(grants, numbering, pools))
        self.granted = self.arrays.grants.shape[0] - _ROOM

    def match(self, traits: TraitsTable) -> None:
        """Work out which traits need the skill that a token names."""
        table = self.arrays.table
        named = [self._tokens[position].skill for position in table[:, c.T_POSITION].tolist()]
        skills = sorted({skill for skill in named if skill is not None})
        table[:, c.T_SKILL] = [-1 if skill is None else skills.index(skill) for skill in named]
        needed = np.zeros((max(1, len(skills)), len(traits)), dtype=np.uint8)
        for row, skill in enumerate(skills):
            needed[row] = [skill in one.needs for one in traits.known]
        self.arrays = self.arrays._replace(needed=needed)

    def grow(self) -> None:
        """Make room for more grants."""
        more = np.zeros_like(self.arrays.grants)
        self.arrays = self.arrays._replace(grants=np.concatenate([self.arrays.grants, more]))

    def spent(self) -> set[str]:
        """Return the ids of the version's tokens that are spent by now."""
        table = self.arrays.table
        return {self._tokens[position].token_id for position in table[table[:, c.T_USED] != 0, c.T_POSITION].tolist()}

    def names(self, token: Int64s) -> pl.Series:
        """Return the ids of tokens as the kernel writes them: a row, -1 for none, -2 - row for a grant."""
        if token.size == 0 or (token == -1).all():
            return pl.Series([None], dtype=pl.String).new_from_index(0, token.size)
        found = pl.Series([None], dtype=pl.String).new_from_index(0, token.size)
        given, granted = np.flatnonzero(token >= 0), np.flatnonzero(token <= -2)
        ids = [self._tokens[position].token_id for position in self.arrays.table[token[given], c.T_POSITION].tolist()]
        found = found.scatter(given, pl.Series(ids, dtype=pl.String))
        return found.scatter(granted, self._grant_ids(-2 - token[granted]))

    def _grant_ids(self, rows: Int64s) -> pl.Series:
        return "returned:" + pl.Series(self.arrays.grants[rows, c.GR_ITEM]).cast(pl.String)

    def write_grants(self, count: int) -> pl.DataFrame:
        """Return the grants not used yet; ``count``: how many rows the kernel has filled."""
        rows = self.arrays.grants[:count]
        places = np.flatnonzero(rows[:, c.GR_USED] == 0)
        slots = rows[places, c.GR_SLOT].tolist()
        numbering = self._numbering
        own = pl.DataFrame(
            {
                "grant_id": self._grant_ids(places),
                "pool_id": [numbering.pools[numbering.slot_pools[slot]].pool_id for slot in slots],
                "member_id": [numbering.slot_names[slot] for slot in slots],
                "from_us": rows[places, c.GR_FROM],
            }
        )
        every = pl.concat([self._elsewhere.drop("position"), own.cast({"from_us": pl.Int64})], how="vertical_relaxed")
        every = every.sort("from_us", maintain_order=True).with_row_index("position")
        return every.select(GRANT_STATE.names()).cast(GRANT_STATE)


_ROOM = 64


def _layout(
    tokens: Sequence[Token], spent: frozenset[str], void: frozenset[str], numbering: Numbering
) -> tuple[Int64s, Int64s]:
    """Return the token table, ordered by (pool, position), and each pool's range. T_SKILL is filled later.

    A column more than the kernel reads holds the token's position in the sequence.
    """
    kinds = {"redo": c.REDO, "skip": c.SKIP}
    number = numbering.pool_number
    rows = sorted(
        (number[token.pool_id], position, token.from_us)
        for position, token in enumerate(tokens)
        if token.pool_id in number
    )
    table = np.zeros((len(rows), 7), dtype=np.int64)
    for row, (pool, position, from_us) in enumerate(rows):
        token = tokens[position]
        until = c.NEVER if token.expires_us is None else token.expires_us
        holder = numbering.slot_number.get((pool, token.member_id), -1)
        holder = -1 if token.token_id in void or holder >= numbering.roster_size else holder
        table[row] = (holder, kinds[token.kind], -1, from_us, until, token.token_id in spent, position)
    counts = np.bincount(np.array([row[0] for row in rows], dtype=np.int64), minlength=len(numbering.pools))
    return table, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _most_skips(table: Int64s, row: Int64s) -> int:
    """Return the largest number of skip tokens of one pool: so often one item may be passed on there."""
    before = np.append(0, np.cumsum(table[:, c.T_KIND] == c.SKIP))
    return int((before[row[1:]] - before[row[:-1]]).max(initial=0))


def _chain(grants: pl.DataFrame, numbering: Numbering, pools: Pools) -> Int64s:
    """Return the grants of the version's pools, chained in the order granted, with room for more."""
    own = grants.filter(pl.col("pool_id").is_in(list(numbering.pool_number))).sort("position")
    table = np.zeros((own.height + _ROOM, c.GRANT_COLUMNS), dtype=np.int64)
    for row, (pool_id, name, from_us, grant) in enumerate(
        own.select("pool_id", "member_id", "from_us", "grant_id").rows()
    ):
        pool = numbering.pool_number[pool_id]
        item = int(grant.removeprefix("returned:"))
        table[row] = (numbering.slot_number[pool, name], from_us, item, -1, 0)
        if pools.table[pool, c.FIRST_GRANT] < 0:
            pools.table[pool, c.FIRST_GRANT] = row
        else:
            table[pools.table[pool, c.LAST_GRANT], c.GR_NEXT] = row
        pools.table[pool, c.LAST_GRANT] = row
    return table

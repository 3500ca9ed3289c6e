"""Where the router's answer goes, chunk by chunk, so that memory does not grow with the run.

Belongs here: frames of the router to tables of this run and of ops. Does not belong here: what becomes of them (sql).
"""

from __future__ import annotations

import duckdb
import polars as pl

from rr_pipeline.core.frames import BREACHES, CONSIDERED, DECISIONS, FAIR_SHARES, ROSTERS, SETTLEMENTS, RoutedChunk
from rr_pipeline.warehouse import lend
from rr_pipeline.warehouse.sql_files import append, ensure_table, read_sql

_TYPES = {pl.Int64: "bigint", pl.String: "varchar", pl.Boolean: "boolean"}
_ROUTED = {"routed_decisions": DECISIONS, "routed_breaches": BREACHES, "routed_settlements": SETTLEMENTS}
_LOGS = (
    ("routed_considered", "considered_log", CONSIDERED),
    ("routed_rosters", "rosters", ROSTERS),
)


def _columns(schema: pl.Schema) -> str:
    kinds = {name: "timestamptz" if name.endswith("_at") else _TYPES[kind.base_type()] for name, kind in schema.items()}
    return ", ".join(f"{name} {kind}" for name, kind in kinds.items())


class Sink:
    """Takes chunks. Leaves TEMP ``routed_decisions``, ``routed_breaches`` and ``routed_settlements``; appends to
    ops.considered_log, ops.rosters and, in the end, ops.fair_shares.

    ``count`` and ``breach_count``: rows taken so far.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._fair_shares: list[pl.DataFrame] = []
        self.count = 0
        self.breach_count = 0
        for name, schema in _ROUTED.items():
            con.execute(f"create or replace temp table {name} ({_columns(schema)})")
        for frame, table, schema in _LOGS:
            with lend(con, frame, pl.DataFrame(schema=schema).to_arrow()):
                ensure_table(con, read_sql("ops", table))

    def take(self, chunk: RoutedChunk) -> None:
        """Append one stretch of decisions. Frames without rows are not written: see ``create_empty``."""
        con = self._con
        self.count += chunk.decisions.height
        self.breach_count += chunk.breaches.height
        self._fair_shares.append(chunk.fair_shares)
        for name, frame in zip(_ROUTED, (chunk.decisions, chunk.breaches, chunk.settlements), strict=True):
            if frame.height:
                instants = [column for column in frame.columns if column.endswith("_at")]
                made = ", ".join(f"make_timestamptz({column}) as {column}" for column in instants)
                with lend(con, "chunk_frame", frame.to_arrow()):
                    con.execute(f"insert into {name} by name select * replace ({made}) from chunk_frame")
        for (name, table, _), frame in zip(_LOGS, (chunk.considered, chunk.rosters), strict=True):
            if frame.height:
                with lend(con, name, frame.to_arrow()):
                    append(con, "ops", table)

    def close(self) -> None:
        """Write what was summed up over the chunks."""
        sums = (
            pl.concat([pl.DataFrame(schema=FAIR_SHARES), *self._fair_shares])
            .group_by("pool_id", "member_id", "day")
            .agg(pl.exclude("pool_id", "member_id", "day").sum())
            .sort("pool_id", "member_id", "day")
        )
        with lend(self._con, "routed_fair_shares", sums.to_arrow()):
            append(self._con, "ops", "fair_shares")

"""The router's state between runs: read from, and written to, the transaction of the decisions."""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from rr_pipeline.core.frames import (
    HOLD_STATE,
    MEMBER_STATE,
    POOL_STATE,
    ROSTER_STATE,
    TOKEN_STATE,
    RouterState,
    conform,
)
from rr_pipeline.pipeline.instants import to_us
from rr_pipeline.pipeline.session import Session
from rr_pipeline.warehouse.sql_files import append, rebuild, table_exists


def _frame(con: duckdb.DuckDBPyConnection, query: str, schema: pl.Schema) -> pl.DataFrame:
    return conform(pl.DataFrame(con.sql(query).to_arrow_table()), schema)


def load_state(session: Session) -> RouterState:
    """State after the last run; the empty state before the first one."""
    con = session.con
    if not table_exists(con, "ops.router_state"):
        return RouterState()
    last = "run_id = (select max(run_id) from ops.router_state)"
    members = _frame(con, f"from ops.router_state where {last} order by pool_id, member_id", MEMBER_STATE)
    pools = _frame(
        con, f"select distinct pool_id, next_turn from ops.router_state where {last} order by pool_id", POOL_STATE
    )
    return RouterState(
        members=members,
        pools=pools,
        tokens=_frame(con, "from ops.router_tokens order by token_id", TOKEN_STATE),
        holds=_frame(con, "from ops.router_holds order by item_seq", HOLD_STATE),
        rosters=_frame(con, "from ops.rosters order by roster_id", ROSTER_STATE),
        frontier_us=None if session.frontier is None else to_us(session.frontier, 0),
        next_decision_seq=session.count("select coalesce(max(decision_seq), 0) + 1 from marts.fct_decisions"),
    )


def save_state(session: Session, state: RouterState, frontier: datetime | None) -> None:
    """Append the snapshot of this run and replace what only its last value matters of."""
    con = session.con
    session.set_variables(new_frontier_at=frontier)
    for name, frame in (("routed_members", state.members), ("routed_pools", state.pools)):
        con.register(name, frame.to_arrow())
    append(con, "ops", "router_state")
    con.unregister("routed_members")
    con.unregister("routed_pools")
    for name, frame in (("router_tokens", state.tokens), ("router_holds", state.holds)):
        con.register("state_frame", frame.to_arrow())
        rebuild(con, "ops", name)
        con.unregister("state_frame")

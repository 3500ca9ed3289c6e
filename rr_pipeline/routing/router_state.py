"""The router's state between runs: read from, and written to, the transaction of the decisions.

Open items and persons grow with history, so only those that a run can need are read, and merged back by key; the
rest of the state is small and read and written whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import polars as pl

from rr_pipeline.core.frames import (
    GRANT_STATE,
    HOLD_STATE,
    MEMBER_STATE,
    OPEN_STATE,
    PERSON_STATE,
    POOL_STATE,
    ROSTER_STATE,
    TOKEN_STATE,
    USER_STATE,
    RouterState,
    conform,
)
from rr_pipeline.core.model import Departure, Policy
from rr_pipeline.session.instants import to_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse import lend
from rr_pipeline.warehouse.definitions import rebuild
from rr_pipeline.warehouse.sql_files import LENT, add_columns, append, declare, make_temp, query, read_sql, table_exists


def _frame(con: duckdb.DuckDBPyConnection, statement: str, schema: pl.Schema) -> pl.DataFrame:
    return conform(pl.DataFrame(con.sql(statement).to_arrow_table()), schema)


def _stored(con: duckdb.DuckDBPyConnection, statement: str, schema: pl.Schema) -> pl.DataFrame:
    """Rows of a table that a warehouse of an older layout does not have yet."""
    table = statement.split()[1]
    return _frame(con, statement, schema) if table_exists(con, table) else pl.DataFrame(schema=schema)


def load_state(
    session: Session, until_us: int, leaving: Sequence[Departure] = (), policies: Sequence[Policy] = ()
) -> RouterState:
    """State after the last run as far as this one can need it; the empty state before the first one.

    Reads TEMP ``int_router_events`` (item_seq) and ``int_router_persons`` (person): what this run names. Open items
    come if they are named, if their clock runs out by ``until_us``, if by some version of ``policies`` they are idle by
    then, or if their owner goes in this run (``leaving``).
    """
    con = session.con
    declare(con, "ops", "router_persons")
    if not table_exists(con, "ops.router_state"):
        return RouterState()
    frontier_us = None if session.frontier is None else to_us(session.frontier, 0)
    going = sorted({one.user_id for one in leaving if frontier_us is None or frontier_us < one.at_us <= until_us})
    idle_us = min((policy.idle.after_us for policy in policies if policy.idle is not None), default=None)
    make_temp(con, "intermediate", "int_router_open", {"until_us": until_us, "leaving": going, "idle_us": idle_us})
    return RouterState(
        members=_frame(con, query(con, "last_members"), MEMBER_STATE),
        pools=_frame(con, query(con, "last_pools"), POOL_STATE),
        tokens=_frame(con, "from ops.router_tokens order by token_id", TOKEN_STATE),
        holds=_frame(con, "from ops.router_holds order by item_seq", HOLD_STATE),
        open=_frame(con, "from int_router_open order by item_seq", OPEN_STATE),
        users=_stored(con, "from ops.router_users order by user_id", USER_STATE),
        grants=_stored(con, "from ops.router_grants order by position", GRANT_STATE),
        persons=_frame(con, query(con, "stored_persons"), PERSON_STATE),
        rosters=_frame(con, "from ops.rosters order by roster_id", ROSTER_STATE),
        frontier_us=frontier_us,
        next_decision_seq=session.count("select coalesce(max(decision_seq), 0) + 1 from marts.fct_decisions"),
    )


def save_state(session: Session, before: RouterState, after: RouterState, frontier: datetime | None) -> None:
    """Append the snapshot of this run, replace what only its last value matters of, and merge the rest by key.

    ``before``: the state as loaded, which says which open items the run had in hand.
    """
    con = session.con
    session.set_variables(new_frontier_at=frontier)
    with lend(con, "routed_members", after.members.to_arrow()), lend(con, "routed_pools", after.pools.to_arrow()):
        sql = read_sql("ops", "router_state")
        if table_exists(con, sql.name):
            add_columns(con, sql.name, sql.statement)
        append(con, "ops", "router_state")
    whole = (
        ("router_tokens", after.tokens),
        ("router_holds", after.holds),
        ("router_users", after.users),
        ("router_grants", after.grants),
    )
    for name, frame in whole:
        with lend(con, LENT, frame.to_arrow()):
            rebuild(con, "ops", name)
    _merge(con, "ops.router_open", "item_seq", before.open, after.open)
    _merge(con, "ops.router_persons", "person", before.persons, after.persons)


def _merge(con: duckdb.DuckDBPyConnection, table: str, key: str, before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Put the rows of ``after`` in place of those of ``before``."""
    if before.height:
        with lend(con, "state_frame", before.select(key).to_arrow()):
            con.execute(f"delete from {table} where {key} in (select {key} from state_frame)")
    if after.height:
        rows = f"select *, getvariable('run_id') as run_id from state_frame order by {key}"
        with lend(con, "state_frame", after.to_arrow()):
            con.execute(f"insert into {table} by name {rows}")

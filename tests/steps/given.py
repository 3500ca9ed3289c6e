"""Tables of a run made by hand, for SQL that is tested with given rows -> expected rows.

Only the columns that the SQL under test reads; what a row does not give is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

TABLES = {
    "intermediate.int_item_activities": "item_seq bigint, kind varchar, at_at timestamptz",
    "int_item_events": "item_seq bigint, activity_id varchar, kind varchar, at_at timestamptz",
    "int_owner_ends": "decision_seq bigint, item_seq bigint, decided_at timestamptz, is_reopening boolean, "
    "last_owner_id varchar",
    "int_reopened": "item_seq bigint, decided_at timestamptz, policy_no integer",
    "int_reopened_at": "item_seq bigint, reopened_at timestamptz, occurred_at timestamptz",
    "int_update_rules": "policy_no integer, told_times integer",
    "marts.fct_items": (
        "item_seq bigint, source varchar, item_id varchar, object_type varchar, created_at timestamptz, "
        "ingested_at timestamptz, known_at timestamptz, decided_at timestamptz, told_at timestamptz, "
        "person_id bigint, duplicate_of varchar, "
        "duplicate_of_source varchar, territory_id varchar, pool_id varchar, outcome varchar, outcome_reason varchar, "
        "owner_id varchar, assigned_at timestamptz, queue_id varchar, delivered_owner_id varchar, row_number bigint, "
        "run_id varchar"
    ),
    "marts.fct_decisions": (
        "decision_id varchar, decision_seq bigint, item_seq bigint, source varchar, item_id varchar, pool_id varchar, "
        "kind varchar, member_id varchar, known_at timestamptz, decided_at timestamptz, told_at timestamptz, "
        "policy_version varchar, turn bigint, "
        "balance_before bigint, balance_after bigint, token_id varchar, cause varchar, previous_member_id varchar, "
        "sent_to varchar, target varchar, due_at timestamptz, run_id varchar"
    ),
    "marts.fct_breaches": (
        "item_seq bigint, source varchar, item_id varchar, pool_id varchar, member_id varchar, kind varchar, "
        "target varchar, due_at timestamptz, decided_at timestamptz, is_notified boolean, outcome varchar, "
        "policy_version varchar, run_id varchar, target_kind varchar, step_no bigint, step varchar, level bigint, "
        "late_touch boolean"
    ),
    "marts.fct_ownership": (
        "item_seq bigint, source varchar, item_id varchar, owner_id varchar, pool_id varchar, from_at timestamptz, "
        "until_at timestamptz, cause varchar, decision_id varchar, run_id varchar"
    ),
    "marts.fct_item_events": (
        "item_seq bigint, source varchar, item_id varchar, activity_id varchar, kind varchar, user_id varchar, "
        "occurred_at timestamptz, counted_at timestamptz, run_id varchar"
    ),
    "marts.dim_pools": (
        "pool_id varchar, policy_version varchar, valid_from_at timestamptz, member_count bigint, targets varchar, "
        "sticky_for_seconds bigint, max_reassignments bigint, queue_id varchar"
    ),
    "marts.dim_members": (
        "pool_id varchar, policy_version varchar, valid_from_at timestamptz, member_id varchar, weight bigint, "
        "roster_position bigint, skills varchar[], max_open bigint, time_zone varchar"
    ),
    "ops.considered_log": (
        "decision_seq bigint, roster_id bigint, reasons utinyint[], balances bigint[], open_counts integer[]"
    ),
    "ops.rosters": (
        "roster_id bigint, pool_id varchar, policy_version varchar, member_ids varchar[], weights bigint[]"
    ),
    "int_due_items": "item_seq bigint, source varchar, item_id varchar, decided_at timestamptz, ingest_batch bigint",
    "int_routing": (
        "item_seq bigint, owner_id varchar, outcome varchar, outcome_reason varchar, person_id varchar, "
        "duplicate_of_seq bigint"
    ),
    "int_batches": "ingest_batch bigint, known_at timestamptz",
    "staging.stg_items": "source varchar, item_id varchar, is_converted boolean",
    "ops.batches": (
        "ingest_batch bigint, delivered_at timestamptz, effective_at timestamptz, known_at timestamptz, run_id varchar"
    ),
    "int_policy_pools": "version varchar, pool_id varchar, alert_to varchar",
    "int_policy_members": "version varchar, pool_id varchar, member_id varchar",
    "int_user_versions": (
        "user_id varchar, manager_id varchar, deputy_id varchar, ingest_batch bigint, row_number bigint"
    ),
}


def at(minutes: float) -> datetime:
    """An instant so many minutes after Monday 2026-03-02 09:00 UTC."""
    return START + timedelta(minutes=minutes)


@contextmanager
def open_given(tables: Mapping[str, str] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with empty tables, inside a transaction as in a run."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("begin")
        for schema in ("marts", "ops", "staging", "intermediate"):
            con.execute(f"create schema {schema}")
        for name, columns in (tables or TABLES).items():
            con.execute(f"create table {name} ({columns})")
        yield con


def give(con: duckdb.DuckDBPyConnection, table: str, *rows: Mapping[str, Any]) -> None:
    """Insert rows; columns not named are null."""
    for row in rows:
        marks = ", ".join("?" for _ in row)
        con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def taken(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
    """Rows of a query as mappings."""
    result = con.execute(query, list(parameters))
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

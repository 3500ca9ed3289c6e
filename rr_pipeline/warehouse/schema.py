"""The schemas of the warehouse and the version of their layout."""

from __future__ import annotations

from pathlib import Path

import duckdb

from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.warehouse.sql_files import declare, table_exists

LAYOUT_VERSION = 12
"""Raised by one whenever a table of the warehouse changes shape."""

UPGRADES = {
    2: (
        *(f"alter table if exists marts.fct_decisions add column if not exists {column}" for column in (
            "cause varchar", "previous_member_id varchar", "sent_to varchar", "target varchar", "due_at timestamptz",
        )),
        *(f"alter table if exists marts.fct_items add column if not exists {column}" for column in (
            "route_flag varchar", "first_assigned_at timestamptz", "queue_id varchar",
        )),
        "alter table if exists ops.considered_log add column if not exists open_counts integer[]",
        "alter table if exists ops.router_state add column if not exists open_count bigint default 0",
        *(f"alter table if exists ops.router_holds add column if not exists {column}" for column in (
            "wishes varchar[]", "prefers varchar[]", "targets varchar[]", "expires_us bigint", "person bigint",
        )),
        *(f"alter table if exists ops.runs add column if not exists {column}" for column in (
            "event_count bigint", "breach_count bigint", "reassigned_count bigint", "queued_count bigint",
        )),
    ),
    3: tuple(
        f"alter table if exists ops.{table} add column if not exists run_id varchar"
        for table in ("router_open", "router_persons")
    ),
    4: (
        "alter table if exists staging.stg_items add column if not exists consent_text varchar",
        *(
            f"alter table if exists staging.stg_{table} add column if not exists cell_code varchar"
            for table in (
                "items", "accounts", "contacts", "opportunities", "users", "absences", "activities",
                "ownership_history",
            )
        ),
        *(
            f"alter table if exists staging.stg_{table} add column if not exists {column}"
            for table in ("accounts", "contacts", "opportunities", "users")
            for column in ("updated_at timestamptz", "updated_at_code varchar")
        ),
    ),
    5: ("alter table if exists staging.stg_users add column if not exists time_warning varchar",),
    # Hours of limits were those of UTC: marked, they are counted again where they are read (earlier_windows.py).
    6: (),
    7: ("alter table if exists ops.ingested_files add column if not exists closes_at timestamptz",),
    8: (
        "alter table if exists ops.fair_shares add column if not exists settled_parts bigint default 0",
        "alter table if exists ops.runs add column if not exists rule_version bigint",
    ),
    9: tuple(
        f"alter table if exists ops.{table} add column if not exists {column} bigint[]"
        for table in ("router_state", "router_users")
        for column in ("recent_days", "recent_counts")
    ),
    10: tuple(
        f"alter table if exists staging.stg_ownership_history add column if not exists {column}"
        for column in ("updated_at timestamptz", "updated_at_code varchar")
    ),
    11: (
        *(f"alter table if exists ops.router_holds add column if not exists {column}" for column in (
            "wait_version varchar", "wait_entry bigint", "at_closes boolean", "previous varchar[]",
            "previous_us bigint[]", "created_us bigint",
        )),
        *(f"alter table if exists marts.{table} add column if not exists {column} timestamptz"
          for table in ("fct_items", "fct_decisions", "fct_sla") for column in ("known_at", "told_at")),
        "alter table if exists ops.batches add column if not exists known_at timestamptz",
        *(f"alter table if exists ops.router_open add column if not exists {column}" for column in (
            "previous_us bigint[]", "given_us bigint", "created_us bigint", "told_us bigint", "at_closes boolean",
            "step bigint", "step_us bigint", "waits bigint", "resolve_due_us bigint", "resolve_target varchar",
            "resolve_step bigint", "resolve_step_us bigint", "resolve_waits bigint",
        )),
        "alter table if exists ops.outbox add column if not exists is_undeliverable boolean default false",
        *(f"alter table if exists marts.fct_sla add column if not exists {column}" for column in (
            "resolve_target varchar", "resolve_due_at timestamptz", "resolve_status varchar",
        )),
        *(f"alter table if exists marts.fct_breaches add column if not exists {column}" for column in (
            "target_kind varchar", "step_no bigint", "step varchar", "level bigint",
            "late_touch boolean default false",
        )),
        *(f"alter table if exists staging.stg_absences add column if not exists {column}" for column in (
            "absence_id varchar", "deputy_id varchar", "is_withdrawn boolean default false", "updated_at timestamptz",
            "updated_at_code varchar",
        )),
        "alter table if exists staging.stg_users add column if not exists deputy_id varchar",
        "alter table if exists ops.exception_tokens add column if not exists file_name varchar",
    ),
    12: tuple(
        f"alter table if exists ops.{table} add column if not exists {column}"
        for table, columns in (
            ("superseded_decisions", ("told_at timestamptz",)),
            ("restatements", ("restated_at timestamptz",)),
            ("router_holds", ("reassign_count bigint", "is_returned boolean")),
            ("router_open", ("acted_us bigint", "is_idle boolean")),
        )
        for column in columns
    ),
}  # fmt: skip
"""What brings a warehouse to each layout from the one before. New tables are made by the run that needs them."""

_CLOSINGS_LOST_BEFORE = 5
"""Up to this layout closings that an item's own row tells reached the router, but no table."""

_HOURS_OF_UTC_BEFORE = 6
"""Up to this layout a member's hourly limit counted hours of UTC."""

# raw: every accepted physical row as delivered, all columns text, one table a source, append-only.
# staging: typed and standardised rows, one table a canonical input; holds personal data.
# intermediate: what later runs must remember (identity keys, persons, waiting rows); holds personal data.
# marts: the tables others may rely on; ids and keyed hashes only.   ops: runs, files, refused rows, router state.
SCHEMAS = ("raw", "staging", "intermediate", "marts", "ops")


def create_schemas(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and the layout marker of a new warehouse."""
    for name in SCHEMAS:
        con.execute(f"create schema if not exists {name}")
    declare(con, "ops", "layout")
    con.execute("insert into ops.layout select ? where not exists (from ops.layout)", [LAYOUT_VERSION])


def check_version(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file that is not a warehouse of ours, or one of a newer layout."""
    try:
        rows = con.execute("select max(layout_version) from ops.layout").fetchall()
    except duckdb.CatalogException:
        rows = []
    if not rows or rows[0][0] is None:
        raise RefusedError(
            Problem(
                path.name,
                None,
                None,
                "WAREHOUSE_FOREIGN",
                "this DuckDB file was not made by rr-pipeline. Name another file in project.yaml paths.warehouse.",
            )
        )
    if rows[0][0] > LAYOUT_VERSION:
        raise RefusedError(
            Problem(
                path.name,
                None,
                None,
                "WAREHOUSE_NEWER",
                f"layout {rows[0][0]} was written by a newer "
                f"rr-pipeline (this one knows {LAYOUT_VERSION}). Install that version or a later one, or go back to a "
                "backup of before with `rr-pipeline restore`.",
            )
        )


def upgrade(con: duckdb.DuckDBPyConnection) -> bool:
    """Bring a warehouse of an older layout to this one, inside the caller's transaction; whether it was older."""
    (stored,) = con.execute("select max(layout_version) from ops.layout").fetchall()
    if stored[0] == LAYOUT_VERSION:
        return False
    # Columns first: DuckDB refuses to commit where a table gets a column after its rows were changed.
    for version in range(stored[0] + 1, LAYOUT_VERSION + 1):
        for statement in UPGRADES[version]:
            con.execute(statement)
    if stored[0] < _CLOSINGS_LOST_BEFORE:
        _look_again_at_closings(con)
    if stored[0] < _HOURS_OF_UTC_BEFORE:
        _mark_hours(con)
    con.execute("update ops.layout set layout_version = ?", [LAYOUT_VERSION])
    return True


def _look_again_at_closings(con: duckdb.DuckDBPyConnection) -> None:
    """Let the next run look again at every row that may say that its item is closed."""
    if not table_exists(con, "staging.stg_items") or not table_exists(con, "marts.fct_items"):
        return
    declare(con, "intermediate", "int_waiting_closings")
    con.execute(
        """
        insert into intermediate.int_waiting_closings
        select rows.file_id, rows.row_number
        from staging.stg_items as rows
        semi join (from marts.fct_items where item_seq is not null) as items using (source, item_id)
        anti join intermediate.int_waiting_closings as waiting using (file_id, row_number)
        where rows.closed_at is not null or rows.is_converted or rows.is_deleted or rows.status is not null
        order by all
        """
    )


def _mark_hours(con: duckdb.DuckDBPyConnection) -> None:
    """Mark hours of UTC as such (see ``earlier_windows`` of the pipeline)."""
    for table in ("router_state", "router_users"):
        if table_exists(con, f"ops.{table}"):
            con.execute(f"update ops.{table} set hour_window = -hour_window where hour_window > 0")

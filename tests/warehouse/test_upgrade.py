"""A warehouse that an earlier version wrote is taken along by the next run."""

import duckdb

from rr_pipeline.warehouse.schema import LAYOUT_VERSION
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

NEW_COLUMNS = {
    "marts.fct_decisions": ("cause", "previous_member_id", "sent_to", "target", "due_at"),
    "marts.fct_items": ("route_flag", "first_assigned_at", "queue_id"),
    "ops.considered_log": ("open_counts",),
    "ops.router_state": ("open_count", "recent_days", "recent_counts"),
    "ops.runs": ("event_count", "breach_count", "reassigned_count", "queued_count"),
    "ops.ingested_files": ("closes_at",),
    "ops.router_holds": ("wishes", "prefers", "targets", "expires_us", "person"),
    "staging.stg_items": ("consent_text", "cell_code"),
    **{
        f"staging.stg_{table}": ("updated_at", "updated_at_code", "cell_code")
        for table in ("accounts", "contacts", "opportunities", "users", "ownership_history")
    },
    **{f"staging.stg_{table}": ("cell_code",) for table in ("absences", "activities")},
}
NEW_TABLES = (
    "marts.fct_breaches", "ops.router_open", "ops.router_users", "ops.router_grants", "ops.router_persons",
    "intermediate.int_item_activities", "intermediate.int_waiting_activities", "intermediate.int_counted_kept",
    "ops.unlisted_words", "ops.repeated_rows", "staging.unlisted_words", "ops.reference_matches",
)  # fmt: skip


def test_a_warehouse_of_the_first_layout_goes_on(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}], limits={"hourly": 2}))
    write_leads(folder, [lead(number) for number in range(5)], "leads_20260302T0930.csv")
    run_project(folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        for (name,) in con.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall():
            con.execute(f"drop view {name}")
        for table, columns in NEW_COLUMNS.items():
            for column in columns:
                con.execute(f"alter table {table} drop column {column}")
        for table in NEW_TABLES:
            con.execute(f"drop table {table}")
        con.execute("update ops.layout set layout_version = 1")
    write_leads(folder, [lead(number) for number in range(100, 110)], "leads_20260302T1130.csv")
    assert run_project(folder).run_id == "run-000002"
    assert rows(folder, "select layout_version from ops.layout") == [(LAYOUT_VERSION,)]
    assert rows(folder, "select outcome, count(*) from marts.fct_items group by all order by all") == [
        ("assigned", 12), ("held", 3),
    ]  # fmt: skip


def test_hours_that_were_counted_in_utc_are_counted_again_by_the_members_clock(tmp_path):
    """In Kolkata an hour goes from half past to half past: two of three were given in it before the upgrade."""
    limits = {"hourly": 3}
    rules = policy([{"user": "a"}], limits=limits, count_kept=True) | {"users": [{"user": "a", "limits": limits}]}
    folder = write_project(tmp_path / "project", rules, zone="Asia/Kolkata")
    write_leads(folder, [lead(35), lead(40)], "leads_20260302T0945.csv")
    run_project(folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        for table in ("router_state", "router_users"):
            con.execute(f"update ops.{table} set hour_window = hour_window // 3600000000")
        con.execute("update ops.layout set layout_version = 3")
    write_leads(folder, [lead(50), lead(70), lead(80)], "leads_20260302T1100.csv")
    run_project(folder)
    given = rows(
        folder,
        "select item_id, strftime(decided_at at time zone 'UTC', '%H:%M') from marts.fct_decisions "
        "where kind = 'assign' order by decision_seq",
    )
    assert given[2:] == [("L00050", "09:50"), ("L00070", "10:30"), ("L00080", "10:30")]
    windows = rows(folder, "select hour_window, hour_count from ops.router_users")
    assert windows == [(1_772_447_400_000_000, 2)]

"""A warehouse that an earlier version wrote is taken along by the next run."""

import duckdb

from rr_pipeline.warehouse.schema import LAYOUT_VERSION
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

NEW_COLUMNS = {
    "marts.fct_decisions": ("cause", "previous_member_id", "sent_to", "target", "due_at"),
    "marts.fct_items": ("route_flag", "first_assigned_at", "queue_id"),
    "ops.considered_log": ("open_counts",),
    "ops.router_state": ("open_count",),
    "ops.runs": ("event_count", "breach_count", "reassigned_count", "queued_count"),
    "ops.router_holds": ("wishes", "prefers", "targets", "expires_us", "person"),
}
NEW_TABLES = (
    "marts.fct_breaches", "ops.router_open", "ops.router_users", "ops.router_grants", "ops.router_persons",
    "intermediate.int_item_activities", "intermediate.int_waiting_activities", "intermediate.int_counted_kept",
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

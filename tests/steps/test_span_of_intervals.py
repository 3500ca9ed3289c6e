"""The range that working time is asked for: all instants that owner intervals are measured between."""

from __future__ import annotations

import duckdb

from rr_pipeline.warehouse.sql_files import ask


def test_the_range_reaches_to_when_an_owner_was_told_after_everything_else() -> None:
    """A live clock starts when its owner is told, which may be days after the last decision and touch."""
    with duckdb.connect() as con:
        con.execute(
            "create temp table int_sla_intervals as select timestamptz '2026-01-01 00:00:00+00' as created_at, "
            "timestamptz '2026-01-02 00:00:00+00' as applied_at, timestamptz '2026-01-09 00:00:00+00' as started_at, "
            "timestamptz '2026-01-03 00:00:00+00' as first_touch_at"
        )
        ((first, last),) = ask(con, "span_of_intervals")
    assert (first, last) == (1_767_225_600_000_000, 1_767_916_800_000_000)

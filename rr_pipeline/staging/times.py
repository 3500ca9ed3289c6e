"""Local times to instants: the days of each zone in use, with their offsets, as a table for SQL.

Belongs here: fitting the offsets of core/calendars (the one engine) to a join by local day. Does not belong here:
reading times (sql/staging/macros.sql).
"""

from __future__ import annotations

import duckdb
import polars as pl

from rr_pipeline.core.calendar.local_time import DAY_US, local_offsets
from rr_pipeline.warehouse.sql_files import lend_temp

FIRST_YEAR, LAST_YEAR = 1989, 2100
"""Years outside are never converted: 1990 up to 2100 is what staging accepts, with a day's margin for offsets."""

_JAN_1 = {year: (365 * (year - 1970) + (year - 1969) // 4) * DAY_US for year in range(1970, 2100)}


def make_local_days(con: duckdb.DuckDBPyConnection) -> None:
    """Fill TEMP table local_days for the zones and years of local times in time_cells.

    Grain: zone, local day and stretch of one offset within it. Columns: zone, day (since 1970-01-01), local_from_us,
    local_until_us (the whole stretch, end exclusive), offset_us (UTC = local - offset), is_gap, is_repeated.
    """
    frames = [_stretches(zone, first, last) for zone, first, last in _zones_in_use(con)]
    frame = pl.concat(frames) if frames else _stretches("UTC", 1990, 1990).clear()
    lend_temp(con, "staging", "local_days", frame.to_arrow())


def _zones_in_use(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Return (zone, first year, last year) of times that may be local: in the zone of the source or of a user."""
    rows = con.execute(
        "with cells as materialized (select distinct source_time_zone, time_zone, left(local_time, 4) as local_year "
        "from time_cells), zoned as (select source_time_zone as zone, local_year from cells "
        "union all select time_zone, local_year from cells where time_zone in (from zone_names)), "
        "years as (select zone, try_cast(local_year as integer) as year from zoned) "
        # UTC needs no table.
        "select zone, min(year), max(year) from years where zone <> 'UTC' and year between ? and ? "
        "group by zone order by zone",
        [FIRST_YEAR, LAST_YEAR],
    ).fetchall()
    return [(str(zone), max(int(first), 1990), min(int(last), 2099)) for zone, first, last in rows]


def _stretches(zone: str, first_year: int, last_year: int) -> pl.DataFrame:
    """Return the stretches of local time of whole years, cut off a day before and after them."""
    from_us = _JAN_1[first_year] - DAY_US
    until_us = _JAN_1[last_year] + 367 * DAY_US
    return (
        local_offsets(zone, from_us, until_us)
        .filter(pl.col("local_until_us") > from_us, pl.col("local_from_us") < until_us)
        .with_columns(
            pl.col("local_from_us").clip(lower_bound=from_us), pl.col("local_until_us").clip(upper_bound=until_us)
        )
    )

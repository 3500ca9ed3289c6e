"""What the instants of an owner interval are by the owner's own clock: local dates and working time.

Belongs here: whose clock applies to an interval, and the tables SQL joins for it. Does not belong here: local time and
schedules themselves (``core.calendar``), or what is measured (the SQL of ``fct_sla``).

Time zones are converted by ``core`` only, never by the database, whose zone data are others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import duckdb
import numpy as np
import polars as pl

from rr_pipeline.core.calendar.local_time import DAY_US, day_starts, local_days
from rr_pipeline.core.calendar.schedules import Pair
from rr_pipeline.core.calendar.working_clocks import build_clocks, worked_between
from rr_pipeline.core.kernel.working_time import Clocks
from rr_pipeline.core.model import ALWAYS, FAR_FUTURE_US, FAR_PAST_US, Policy
from rr_pipeline.routing.counting_zones import joined
from rr_pipeline.routing.user_versions import ZoneChanges
from rr_pipeline.warehouse import lend
from rr_pipeline.warehouse.sql_files import ask, lend_temp, make_temp, query

_MARGIN_US = 3 * DAY_US

CHUNK_ROWS = 1_000_000
"""Intervals taken at a time, so that memory does not grow with the run."""

ANY_POOL = ""
"""Stands for the pool where an owner was not given the item by one: a kept item."""

_CLOCKS = pl.Schema(
    {
        "policy_version": pl.String,
        "pool_id": pl.String,
        "owner_id": pl.String,
        "from_us": pl.Int64,
        "until_us": pl.Int64,
        "time_zone": pl.String,
        "clock_no": pl.Int64,
    }
)
_USERS = pl.Schema({"user_id": pl.String, "from_us": pl.Int64, "until_us": pl.Int64, "time_zone": pl.String})
_STRETCHES = pl.Schema({"time_zone": pl.String, "day": pl.Int64, "from_us": pl.Int64, "until_us": pl.Int64})


def write_local_times(
    con: duckdb.DuckDBPyConnection,
    policies: Iterable[Policy],
    user_zones: Mapping[str, ZoneChanges],
    business_zone: str,
) -> None:
    """Leave TEMP ``int_sla_local_times``: one row per row of ``int_sla_intervals``, by ``interval_no``.

    Columns: time_zone (of the owner's days), assigned_date and cleared_date in it, decided_date in ``business_zone``,
    and in microseconds of the owner's working time: response_worked_us (assignment to touch), lead_worked_us (creation
    to the item's first touch) and assign_worked_us (creation to first assignment); null where there is no such time.
    The clock is that of the policy version that gave the item, in the zone the owner had then. Who has no hours works
    all the time. ``user_zones``: zones of each user over time, for owners that no policy version has.
    """
    pairs = _write_owner_clocks(con, policies, user_zones)
    make_temp(con, "intermediate", "int_sla_local_times")
    clocks: Clocks | None = None
    for spans in _chunks(con):
        clocks = clocks or _clocks(con, pairs)
        times = _local_times(spans, clocks, business_zone)
        with lend(con, "local_times_frame", times.to_arrow()):
            con.execute("insert into int_sla_local_times from local_times_frame")


def write_day_stretches(con: duckdb.DuckDBPyConnection, zones: Iterable[str], from_us: int, until_us: int) -> None:
    """Leave TEMP ``int_day_stretches``: every stretch of one local date of the zones that meets [from_us, until_us].

    Columns: time_zone, local_date, from_at, until_at (exclusive). The first and the last are whole days.
    """
    frames = [pl.DataFrame(schema=_STRETCHES)]
    for zone in sorted(set(zones)):
        starts = day_starts(zone, from_us - _MARGIN_US, until_us + _MARGIN_US)
        stretches = pl.DataFrame(
            {"day": starts.day[:-1], "from_us": starts.from_us[:-1], "until_us": starts.from_us[1:]}
        )
        met = stretches.filter((pl.col("until_us") > from_us) & (pl.col("from_us") <= until_us))
        frames.append(met.select(pl.lit(zone).alias("time_zone"), "day", "from_us", "until_us"))
    lend_temp(con, "intermediate", "int_day_stretches", pl.concat(frames).to_arrow())


def _write_owner_clocks(
    con: duckdb.DuckDBPyConnection, policies: Iterable[Policy], user_zones: Mapping[str, ZoneChanges]
) -> list[Pair]:
    """Leave TEMP ``int_owner_clocks`` and ``int_owner_zones``; return the clocks, ``clock_no`` being their place.

    Each member has a row for its pool in each version and stretch of one zone, and one for ``ANY_POOL`` from the first
    of its pools. ``clock_no`` is null for who works all the time.
    """
    numbers: dict[Pair, int] = {}
    found = []
    for version, stretches in groupby(policies, key=lambda policy: policy.version):
        for from_us, until_us, policy in _without_ends(list(stretches)):
            seen: set[str] = set()
            for pool_id, member in ((pool.pool_id, member) for pool in policy.pools for member in pool.members):
                pair, who = (member.time_zone, member.schedule), member.member_id
                number = None if member.schedule == ALWAYS else numbers.setdefault(pair, len(numbers))
                places = [pool_id] if who in seen else [pool_id, ANY_POOL]
                seen.add(who)
                clock = member.time_zone, number
                found += [((version, place, who), (clock, from_us, until_us)) for place in places]
    rows = [(*whose, from_us, until_us, *clock) for whose, (clock, from_us, until_us) in joined(found)]
    zones = [
        (user, from_us, until_us, zone)
        for user, changes in user_zones.items()
        for (from_us, zone), (until_us, _) in pairwise([*changes, (FAR_FUTURE_US, None)])
    ]
    frames = {
        "int_owner_clocks": pl.DataFrame(rows, schema=_CLOCKS, orient="row"),
        "int_owner_zones": pl.DataFrame(zones, schema=_USERS, orient="row"),
    }
    for name, frame in frames.items():
        lend_temp(con, "intermediate", name, frame.to_arrow())
    return list(numbers)


def _without_ends(stretches: Sequence[Policy]) -> Iterator[tuple[int, int, Policy]]:
    """Yield the stretches of one version, the first since ever and the last for ever: recorded owners came before."""
    for place, policy in enumerate(stretches):
        from_us = policy.from_us if place else FAR_PAST_US
        until_us = policy.until_us if place + 1 < len(stretches) else FAR_FUTURE_US
        yield from_us, until_us, policy


def _clocks(con: duckdb.DuckDBPyConnection, pairs: list[Pair]) -> Clocks:
    ((first, last),) = ask(con, "span_of_intervals")
    return build_clocks(pairs, first, last)


def _chunks(con: duckdb.DuckDBPyConnection) -> Iterator[pl.DataFrame]:
    first = 0
    while (spans := con.sql(query(con, "owner_spans"), params={"first": first, "count": CHUNK_ROWS}).pl()).height:
        yield spans
        first += CHUNK_ROWS


def _local_times(spans: pl.DataFrame, clocks: Clocks, business_zone: str) -> pl.DataFrame:
    zones = spans["time_zone"]
    touched = pl.when(pl.col("touched_us").is_not_null()).then(pl.max_horizontal("started_us", "touched_us"))
    first_touch = pl.when("is_first_touched").then("touched_us")
    first_owned = pl.when("is_first_owner").then("applied_us")
    return spans.select(
        "interval_no",
        "time_zone",
        _dates(zones, spans["applied_us"]).alias("assigned_date"),
        _dates(zones, spans["cleared_us"]).alias("cleared_date"),
        _dates(pl.repeat(business_zone, len(zones), eager=True), spans["applied_us"]).alias("decided_date"),
        _worked(spans, clocks, pl.col("started_us"), touched).alias("response_worked_us"),
        _worked(spans, clocks, pl.col("created_us"), first_touch).alias("lead_worked_us"),
        _worked(spans, clocks, pl.col("created_us"), first_owned).alias("assign_worked_us"),
    )


def _dates(zones: pl.Series, instants_us: pl.Series) -> pl.Series:
    """Return the local date at each instant, row by row; null where there is none."""
    is_there = instants_us.is_not_null().to_numpy()
    days = np.zeros(len(zones), dtype=np.int32)
    values = instants_us.fill_null(0).to_numpy()
    for zone in zones.unique().sort():
        mine = (zones == zone).to_numpy() & is_there
        days[mine] = local_days(zone, values[mine])
    return pl.select(pl.when(pl.Series(is_there)).then(pl.Series(days)).cast(pl.Date)).to_series()


def _worked(spans: pl.DataFrame, clocks: Clocks, start: pl.Expr, end: pl.Expr) -> pl.Series:
    """Return the working time from start to end in microseconds; null where there is no end."""
    frame = spans.select("clock_no", start.alias("start"), end.alias("end"))
    total = frame["end"] - frame["start"]
    timed = frame.with_row_index("row").drop_nulls(["end", "clock_no"])
    if timed.is_empty():
        return total
    columns = (timed[name].to_numpy() for name in ("clock_no", "start", "end"))
    return total.scatter(timed["row"], pl.Series(worked_between(clocks, *columns)))

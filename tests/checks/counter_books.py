"""Runs of the kernel over worlds as the tables of a warehouse, for checks that count its state again.

Belongs here: the way from the kernel's frames to tables. Does not belong here: what a check is expected to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any

import duckdb
import polars as pl

from rr_pipeline.core.calendar.local_time import DAY_US, zone_offsets
from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Policy
from rr_pipeline.routing.counting_zones import write_windows, zone_frames
from rr_pipeline.warehouse.sql_files import read_sql
from tests.core.oracle_words import World
from tests.core.world_frames import frame_of, route_frames

CHECKS = ("counters", "user_counters", "totals_counted", "spent_tokens")
KEPT = {"item_seq": pl.Int64, "pool_id": pl.String, "member_id": pl.String, "at_us": pl.Int64}
KEEP = {
    "decision_seq": pl.Int64,
    "item_seq": pl.Int64,
    "at_us": pl.Int64,
    "policy_version": pl.String,
    "kind": pl.String,
}


@contextmanager
def open_books(world: World, until: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables after two runs of the kernel, the first one up to ``until`` (None: there is only one)."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for schema in ("marts", "ops", "intermediate", "staging"):
            con.execute(f"create schema {schema}")
        con.execute(read_sql("intermediate", "int_again").statement)
        con.execute("create temp table int_reopened (item_seq bigint, decided_at timestamptz)")
        _write_policies(con, world)
        _write_runs(con, world, [world.until] if until is None else [until, world.until])
        make_given(con)
        yield con


def make_given(con: duckdb.DuckDBPyConnection) -> None:
    """Leave TEMP int_given as a run does."""
    write_windows(con)
    con.execute(f"create or replace temp table int_given as {read_sql('intermediate', 'int_given').statement}")


def found(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """What each check finds, by the last name of its rows; of checks that find any."""
    rows = {name: con.execute(read_sql("checks", name).statement).fetchall() for name in CHECKS}
    return {name: {row[-1] for row in those} for name, those in rows.items() if those}


def _write(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, columns: str = "*") -> None:
    con.register("given_frame", frame.to_arrow())
    con.execute(f"create table if not exists {table} as select {columns} from given_frame limit 0")
    con.execute(f"insert into {table} by name select {columns} from given_frame")
    con.unregister("given_frame")


def _write_runs(con: duckdb.DuckDBPyConnection, world: World, ends: Sequence[int]) -> None:
    state, begin, last_item, run_id = RouterState(), FAR_PAST_US, 0, ""
    kept: list[tuple[Any, ...]] = []
    claims: set[tuple[Any, ...]] = set()
    for number, end in enumerate(ends, start=1):
        arrivals = [one for one in world.arrivals if begin < one.time <= end]
        events = [one for one in world.events if begin < one.at <= end]
        last_item = max((one.item for one in world.arrivals if one.time <= begin), default=0)
        routed, shares = route_frames(world, [frame_of(arrivals)], events, state, end)
        state, begin, run_id = routed.state, end, f"run-{number:06d}"
        run = pl.lit(run_id).alias("run_id")
        decisions = routed.decisions.with_columns(run)
        stamped = "* replace (make_timestamptz(decided_at) as decided_at)"
        _write(con, "marts.fct_decisions", decisions.select(pl.exclude("due_at")), stamped)
        _write(con, "ops.router_state", state.members.with_columns(run))
        rows = [(pool, member, day, sums[0]) for (pool, member, day), sums in shares.items()]
        schema = {"pool_id": pl.String, "member_id": pl.String, "day": pl.Int64, "assigned_count": pl.Int64}
        _write(con, "ops.fair_shares", pl.DataFrame(rows, schema=schema, orient="row").with_columns(run))
        kept += [(one.item, one.pool, one.kept_by, one.time) for one in arrivals if one.kept_by]
        names = ["item_seq", "pool_id", "member_id", "decided_at"]
        keeps = decisions.filter(kind="keep")
        kept += keeps.select(names).rows()
        claims |= set(keeps.select(names).rows())
    counted = [row for row in kept if _counts(world, row in claims, *row[1:])]
    stamped = "* exclude (at_us), make_timestamptz(at_us) as decided_at"
    own = keeps.rename({"decided_at": "at_us"}).select(list(KEEP)).cast(KEEP)
    _write(con, "routed_decisions", own, stamped)
    _write(con, "intermediate.int_counted_kept", pl.DataFrame(counted, schema=KEPT, orient="row"), stamped)
    _write(con, "ops.router_users", state.users)
    _write(con, "ops.router_tokens", state.tokens)
    tokens = pl.DataFrame({"token_id": [one.token_id for one in world.tokens]}, schema={"token_id": pl.String})
    _write(con, "ops.exception_tokens", tokens)
    con.execute(f"set variable run_id = '{run_id}'")
    con.execute(f"set variable last_item_seq = {last_item}")


def _counts(world: World, is_claim: bool, pool_id: str, member_id: str, at: int) -> bool:
    policy = next(one for one in world.policies if one.from_us <= at < one.until_us)
    pool = next(one for one in policy.pools if one.pool_id == pool_id)
    counts = pool.count_kept or (is_claim and pool.limits_survivors)
    return counts and member_id in {member.member_id for member in pool.members}


def _versions(world: World) -> Iterator[Policy]:
    """The versions of a world, each once with all its time."""
    for _, stretches in groupby(world.policies, key=lambda policy: policy.version):
        *_, last = several = list(stretches)
        yield replace(last, from_us=several[0].from_us)


def _write_policies(con: duckdb.DuckDBPyConnection, world: World) -> None:
    con.execute(
        "create temp table int_policies (version varchar, from_at timestamptz, until_at timestamptz, policy_no integer)"
    )
    con.execute("create temp table int_policy_uses (policy_no integer, are_survivors_limited boolean)")
    con.execute("create temp table int_policy_pools (version varchar, pool_id varchar, week_start_day bigint)")
    con.execute("create temp table int_policy_members (version varchar, pool_id varchar, member_id varchar)")
    con.execute("create temp table int_policy_users (version varchar, user_id varchar, week_start_day bigint)")
    for number, policy in enumerate(_versions(world)):
        are_limited = any(pool.limits_survivors for pool in policy.pools)
        con.execute("insert into int_policy_uses values (?, ?)", [number, are_limited])
        con.execute(
            f"insert into int_policies select $1, if($2 <= {FAR_PAST_US}, '-infinity', make_timestamptz($2)::varchar), "
            f"if($3 >= {FAR_FUTURE_US}, 'infinity', make_timestamptz($3)::varchar), $4",
            [policy.version, policy.from_us, policy.until_us, number],
        )
        for user in policy.users:
            row = [policy.version, user.user_id, user.week_start]
            con.execute("insert into int_policy_users values (?, ?, ?)", row)
        for pool in policy.pools:
            con.execute(
                "insert into int_policy_pools values (?, ?, ?)", [policy.version, pool.pool_id, pool.week_start]
            )
            for member in pool.members:
                row = [policy.version, pool.pool_id, member.member_id]
                con.execute("insert into int_policy_members values (?, ?, ?)", row)
    frames = zone_frames(world.policies)
    for name, frame in frames.items():
        _write(con, name, frame)
    zones = {zone for frame in frames.values() for zone in frame["time_zone"]}
    first, last = min((one.time for one in world.arrivals), default=0) - 10 * DAY_US, world.until + DAY_US
    _write(con, "int_zone_offsets", pl.concat([zone_offsets(zone, first, last) for zone in sorted(zones or {"UTC"})]))

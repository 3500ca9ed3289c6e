"""Worlds of the plain second router as the tables of a warehouse, for checks that work the rule out again.

Belongs here: the way from rows of the oracle to tables. Does not belong here: what a check is expected to find.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, NO_LIMIT, Limits, Policy, Pool
from rr_pipeline.warehouse.sql_files import read_sql
from tests.core.oracle import Oracle
from tests.core.oracle_words import Row, Settled, World

CHECKS = (
    "settlements", "winner_rederived", "turns_rederived", "turn_numbers", "earning_rederived", "never_ineligible",
    "paused",
)  # fmt: skip

DDL = """
create schema marts; create schema ops;
create table marts.fct_decisions (
    decision_id varchar, decision_seq bigint, item_seq bigint, source varchar, item_id varchar, pool_id varchar,
    kind varchar, member_id varchar, decided_at timestamptz, policy_version varchar, turn bigint,
    balance_before bigint, balance_after bigint, token_id varchar, cause varchar, previous_member_id varchar,
    sent_to varchar, target varchar, due_at timestamptz, run_id varchar);
create table ops.considered_log (
    decision_seq bigint, roster_id bigint, reasons utinyint[], balances bigint[], open_counts integer[]);
create table ops.rosters (
    roster_id bigint, pool_id varchar, policy_version varchar, member_ids varchar[], weights bigint[]);
create table ops.router_state (
    run_id varchar, pool_id varchar, member_id varchar, balance bigint, last_turn bigint, next_turn bigint);
create table marts.dim_pools (
    pool_id varchar, policy_version varchar, accrue_while varchar[], debt_limit bigint, catch_up_limit bigint,
    is_redo_charged boolean, is_charged_back boolean);
create table marts.dim_members (
    pool_id varchar, policy_version varchar, roster_position bigint, member_id varchar, weight bigint,
    limits varchar, max_open bigint, user_limits varchar, user_max_open bigint, member_from_at timestamptz,
    member_until_at timestamptz);
create table marts.fct_settlements (
    pool_id varchar, member_id varchar, settled_at timestamptz, has_left boolean, balance_before bigint,
    balance_after bigint, parts bigint, policy_version varchar, next_decision_seq bigint, run_id varchar);
create table ops.exception_tokens (
    token_id varchar, pool_id varchar, member_id varchar, kind varchar, effective_at timestamptz,
    expires_at timestamptz, position bigint);
create temp table int_policies (version varchar, from_at timestamptz, until_at timestamptz);
create temp table int_left_users (user_id varchar, from_at timestamptz, until_at timestamptz);
"""

Insert = tuple[str, Sequence[Any]]


def limits_json(limits: Limits) -> str:
    given = {name: value for name, value in vars(limits).items() if value != NO_LIMIT}
    return json.dumps(given)


def bound(value: int) -> int | None:
    return None if value == NO_LIMIT else value


@contextmanager
def open_ledger(world: World, until: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables after two runs, the first one up to ``until`` (None: there is only one), the last one's set."""
    whole = Oracle(world)
    rows = whole.run()
    runs: list[tuple[Oracle, int]] = [(whole, len(rows))]
    if until is not None:
        events = [event for event in world.events if event.at <= until]
        arrivals = [arrival for arrival in world.arrivals if arrival.time <= until]
        before = Oracle(replace(world, until=until, events=events, arrivals=arrivals))
        runs.insert(0, (before, len(before.run())))
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(DDL)
        con.execute(read_sql("marts", "reason_name").statement)
        _write_policies(con, world.policies)
        _write_left(con, world.policies)
        _write_pauses(con, world)
        _write_rows(con, world, rows, [count for _, count in runs])
        for number, (oracle, _) in enumerate(runs, start=1):
            _write_state(con, oracle, f"run-{number:06d}")
        _write_settlements(con, whole.settlements, [len(oracle.settlements) for oracle, _ in runs])
        frontier = datetime.fromtimestamp(world.until // 10**6, UTC) + timedelta(microseconds=world.until % 10**6)
        con.execute("set variable new_frontier_at = $1::timestamptz", [frontier])
        con.execute(f"set variable run_id = 'run-{len(runs):06d}'")
        yield con


def _write_left(con: duckdb.DuckDBPyConnection, policies: Sequence[Policy]) -> None:
    members = [member for policy in policies for pool in policy.pools for member in pool.members]
    for row in sorted({(member.member_id, *span) for member in members for span in member.gone}):
        con.execute("insert into int_left_users values ($1, make_timestamptz($2), make_timestamptz($3))", row)


def _write_policies(con: duckdb.DuckDBPyConnection, policies: Sequence[Policy]) -> None:
    roster_id = 0
    for policy in policies:
        row = [policy.version, policy.from_us, policy.until_us]
        con.execute("insert into int_policies values ($1, make_timestamptz($2), make_timestamptz($3))", row)
        users = {user.user_id: user for user in policy.users}
        for pool in policy.pools:
            roster_id += 1
            _write_pool(con, policy.version, pool, roster_id)
            for place, member in enumerate(pool.members, start=1):
                user = users.get(member.member_id)
                across = ("{}", None) if user is None else (limits_json(user.limits), bound(user.max_open))
                own = (member.weight, limits_json(member.limits), bound(member.max_open), *across)
                row = [pool.pool_id, policy.version, place, member.member_id, *own, _instant(member.from_us)]
                con.execute(
                    "insert into marts.dim_members values "
                    "(?, ?, ?, ?, ?, ?, ?, ?, ?, make_timestamptz(?), make_timestamptz(?))",
                    [*row, _instant(member.until_us)],
                )


def _write_pauses(con: duckdb.DuckDBPyConnection, world: World) -> None:
    for number, one in enumerate(world.pauses, start=1):
        con.execute(
            "insert into ops.exception_tokens values (?, ?, ?, 'pause', make_timestamptz(?), make_timestamptz(?), ?)",
            [
                f"p{number}",
                one.pool_id or "",
                one.member_id or "",
                _instant(one.from_us),
                _instant(one.until_us),
                number,
            ],
        )


def _instant(us: int) -> int | None:
    return None if us in {FAR_PAST_US, FAR_FUTURE_US} else us


def _write_settlements(con: duckdb.DuckDBPyConnection, rows: Sequence[Settled], counts: Sequence[int]) -> None:
    for number, row in enumerate(rows, start=1):
        run = next(place for place, count in enumerate(counts, start=1) if number <= count)
        con.execute(
            "insert into marts.fct_settlements values ($1, $2, make_timestamptz($3), $4, $5, $6, $7, $8, $9, $10)",
            [*vars(row).values(), f"run-{run:06d}"],
        )


def _write_pool(con: duckdb.DuckDBPyConnection, version: str, pool: Pool, roster_id: int) -> None:
    members = [member.member_id for member in pool.members]
    weights = [member.weight for member in pool.members]
    con.execute("insert into ops.rosters values (?, ?, ?, ?, ?)", [roster_id, pool.pool_id, version, members, weights])
    limits = (pool.debt_limit, pool.catch_up_limit, pool.charge_redo, pool.charge_back)
    con.execute(
        "insert into marts.dim_pools values (?, ?, ?, ?, ?, ?, ?)",
        [pool.pool_id, version, sorted(pool.accrue_while), *limits],
    )


def _write_rows(con: duckdb.DuckDBPyConnection, world: World, rows: Sequence[Row], counts: Sequence[int]) -> None:
    rosters = {(version, pool): roster for roster, pool, version, *_ in con.execute("from ops.rosters").fetchall()}
    for number, row in enumerate(rows, start=1):
        run = next(place for place, count in enumerate(counts, start=1) if number <= count)
        con.execute(
            "insert into marts.fct_decisions values "
            "($1, $2, $3, 'crm', $4, $5, $6, $7, make_timestamptz($8), $9, $10, $11, $12, $13, $14, $15, $16, $17, "
            "make_timestamptz($18), $19)",
            [
                f"d{number}", number, row.item, f"L{row.item}", row.pool, row.kind, row.member, row.time, row.version,
                row.turn, row.before, row.after, row.token, row.cause, row.previous, row.sent_to, row.target, row.due,
                f"run-{run:06d}",
            ],
        )  # fmt: skip
        con.execute(
            "insert into ops.considered_log values (?, ?, ?, ?, ?)",
            [
                number,
                rosters[row.version, row.pool],
                list(row.reasons),
                list(row.balances),
                list(row.open_counts) or None,
            ],
        )


def _write_state(con: duckdb.DuckDBPyConnection, oracle: Oracle, run_id: str) -> None:
    members = {(pool.pool_id, one.member_id) for policy in oracle.world.policies for pool in policy.pools
               for one in pool.members}  # fmt: skip
    for key in sorted(members | set(oracle.balance)):
        row = [run_id, *key, oracle.balance.get(key, 0), oracle.last_turn.get(key, -1), oracle.next_turn.get(key[0], 0)]
        con.execute("insert into ops.router_state values (?, ?, ?, ?, ?, ?)", row)


def found(con: duckdb.DuckDBPyConnection) -> dict[str, set[int]]:
    """What each check finds: decision numbers, of checks that find any."""
    rows = {name: con.execute(read_sql("checks", name).statement).fetchall() for name in CHECKS}
    return {name: {row[0] for row in those} for name, those in rows.items() if those}

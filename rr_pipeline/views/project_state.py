"""Where a project stands after its last run: what the router carries on, as people want to see it.

Belongs here: reading the state, from the published copy, so that no run is waited for and none is held up. Does not
belong here: keeping it (state.py), proving it (sql/checks), printing it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np

from rr_pipeline.config import Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.core.calendar.local_time import HOUR_US, hour_starts
from rr_pipeline.core.limits import ENDING, WINDOWS
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US
from rr_pipeline.errors import Problem, RefusedError, nearest
from rr_pipeline.routing.pauses import load_pauses
from rr_pipeline.session.instants import from_us, to_us
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.published import PUBLISHED_FILE
from rr_pipeline.warehouse.sql_files import table_exists

TURN_PARTS = 232_792_560_000
"""Parts of one turn, in which balances are kept."""

_EPOCH = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a day, not an instant


@dataclass(frozen=True)
class MemberState:
    """A member of a pool. ``given`` and ``limits`` by window (hourly, daily, weekly, total); weight None: has left."""

    member_id: str
    weight: int | None
    balance_turns: float
    balance_parts: int
    given: Mapping[str, int]
    limits: Mapping[str, int]
    open_count: int
    max_open: int | None


@dataclass(frozen=True)
class Pausing:
    """A pause that holds, or is to come: of a member, or of the whole pool (None); until when, None: until resumed."""

    member_id: str | None
    from_at: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class PoolState:
    """A pool: its members in roster order, what waits in it, and the clocks that run for its items."""

    pool_id: str
    members: tuple[MemberState, ...]
    held_count: int
    held_since: datetime | None
    hold_ends: datetime | None
    clock_count: int
    next_due: datetime | None
    tokens: tuple[Mapping[str, Any], ...]
    pauses: tuple[Pausing, ...] = ()


@dataclass(frozen=True)
class ProjectState:
    """Everything carried from the last run to the next, as of the frontier."""

    run_id: str
    as_of: datetime
    frontier: datetime
    policy_version: str | None
    runs: int
    pools: tuple[PoolState, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self), default=lambda instant: instant.isoformat()))
        return content


def project_state(project: Project, pool: str | None = None) -> ProjectState:
    """Read where the project stands; of one pool, or of all. Raises RefusedError: NOTHING_PUBLISHED, POOL_UNKNOWN."""
    path = project.published / PUBLISHED_FILE
    if not path.is_file():
        raise RefusedError(
            Problem(
                str(project.settings.paths.published),
                None,
                None,
                "NOTHING_PUBLISHED",
                "no run has published anything yet; `rr-pipeline run` does.",
            )
        )
    with open_analyst(path) as con:
        run_id, as_of, frontier, runs = con.execute(
            "select max(run_id), arg_max(as_of_at, run_id), arg_max(frontier_at, run_id), count(*) from ops.runs"
        ).fetchall()[0]
        version = _version(con, frontier)
        names = _pool_names(con, version)
        if pool is not None and pool not in names:
            hint = nearest(pool, names) or f" There are: {', '.join(names)}."
            raise RefusedError(Problem("-", None, "--pool", "POOL_UNKNOWN", f"'{pool[:64]}' is not a pool.{hint}"))
        chosen = [name for name in names if pool in (None, name)]
        pools = tuple(_pool(con, project, name, version, frontier) for name in chosen)
    return ProjectState(run_id, as_of, frontier, version, runs, pools)


def _version(con: duckdb.DuckDBPyConnection, frontier: datetime) -> str | None:
    """The version in force at the frontier; the first one also holds for whatever is older than it."""
    rows = con.execute(
        "select version from ops.policy_versions order by effective_from <= ? desc, "
        "if(effective_from <= ?, -epoch_us(effective_from), epoch_us(effective_from)) limit 1",
        [frontier, frontier],
    ).fetchall()
    return str(rows[0][0]) if rows else None


def _pool_names(con: duckdb.DuckDBPyConnection, version: str | None) -> list[str]:
    rows = con.execute(
        "select pool_id from marts.dim_pools where policy_version = ? union "
        "select pool_id from ops.router_state where run_id = (select max(run_id) from ops.router_state) "
        "union select pool_id from ops.router_holds order by all",
        [version],
    ).fetchall()
    return [str(name) for (name,) in rows]


def _pool(
    con: duckdb.DuckDBPyConnection, project: Project, pool_id: str, version: str | None, frontier: datetime
) -> PoolState:
    held = con.execute(
        "select count(*), make_timestamptz(min(since_us)), make_timestamptz(min(expires_us)) from ops.router_holds "
        "where pool_id = ?",
        [pool_id],
    ).fetchall()[0]
    clocks = con.execute(
        "select count(*), make_timestamptz(min(due_us)) from ops.router_open "
        "where pool_id = ? and due_us is not null and touched_us is null and not is_breached",
        [pool_id],
    ).fetchall()[0]
    members = _members(con, project, pool_id, version, frontier)
    return PoolState(
        pool_id, members, held[0], held[1], held[2], clocks[0], clocks[1], _tokens(con, pool_id, frontier),
        _pauses(con, pool_id, {member.member_id for member in members}, frontier),
    )  # fmt: skip


def _pauses(con: duckdb.DuckDBPyConnection, pool_id: str, members: set[str], frontier: datetime) -> tuple[Pausing, ...]:
    """Pauses of the pool and of its members that have not ended by the frontier."""
    return tuple(
        Pausing(
            one.member_id,
            None if one.from_us == FAR_PAST_US else from_us(one.from_us),
            None if one.until_us == FAR_FUTURE_US else from_us(one.until_us),
        )
        for one in load_pauses(con)
        if one.pool_id in {None, pool_id} and (one.member_id is None or one.member_id in members)
        if one.until_us > to_us(frontier, 0)
    )


_MEMBERS = """
select
    coalesce(state.member_id, members.member_id) as member_id, members.weight, coalesce(state.balance, 0) as balance,
    coalesce(members.limits::varchar, '{}') as limits, members.max_open, members.time_zone,
    coalesce(state.open_count, 0) as open_count, state.* exclude (member_id, balance, open_count)
from (
    from ops.router_state where run_id = (select max(run_id) from ops.router_state) and pool_id = $pool
) as state
full join (from marts.dim_members where pool_id = $pool and policy_version = $version) as members using (member_id)
order by members.roster_position nulls last, member_id
"""


def _members(
    con: duckdb.DuckDBPyConnection, project: Project, pool_id: str, version: str | None, frontier: datetime
) -> tuple[MemberState, ...]:
    result = con.execute(_MEMBERS, {"pool": pool_id, "version": version})
    names = [column[0] for column in result.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    week_start = _week_start(project, version, pool_id)
    found = []
    for row in rows:
        limits = {name: int(most) for name, most in json.loads(row["limits"]).items() if most is not None}
        given = _given(row, frontier, row["time_zone"] or project.settings.time_zone, week_start)
        found.append(
            MemberState(
                row["member_id"], row["weight"], row["balance"] / TURN_PARTS, row["balance"], given, limits,
                row["open_count"], row["max_open"],
            )
        )  # fmt: skip
    return tuple(found)


def _week_start(project: Project, version: str | None, pool_id: str) -> int:
    for policy in project.policies:
        for pool in policy.pools:
            if (policy.version, pool.pool_id) == (version, pool_id):
                return pool.week_start_day
    return 0


def _given(row: Mapping[str, Any], frontier: datetime, zone: str, week_start: int) -> dict[str, int]:
    """What the member got in each window that the frontier is in; a count of an earlier window is over."""
    day = frontier.astimezone(load_zone(zone)).toordinal() - _EPOCH
    at_us = to_us(frontier, 0)
    hour = int(hour_starts(zone, np.array([at_us], dtype=np.int64))[0])
    # A copy that an earlier version published counts hours of UTC.
    counted = abs(row["hour_window"] or 0)
    row = {**row, "hour_window": hour if counted == at_us // HOUR_US else counted}
    now = {one.span: hour if one.first_day is None else one.first_day(day, week_start) for one in ENDING}
    counts = {one: row.get(f"{one.span}_count") or 0 for one in WINDOWS}
    return {
        one.setting: count if one.is_total or row[f"{one.span}_window"] == now[one.span] else 0
        for one, count in counts.items()
    }


def _tokens(con: duckdb.DuckDBPyConnection, pool_id: str, frontier: datetime) -> tuple[Mapping[str, Any], ...]:
    """Tokens that can still be spent, in the order of spending; grants are redos for returned items."""
    query = """
        select token_id, member_id, kind, skill, effective_at as usable_from, expires_at
        from ops.exception_tokens
        where pool_id = $pool and token_id not in (select token_id from ops.router_tokens)
            and coalesce(expires_at > $frontier, true) and kind in ('skip', 'redo')
        order by position
    """
    if table_exists(con, "ops.router_grants"):
        query = f"""
            from ({query})
            union all by name
            from (
                select grant_id as token_id, member_id, 'redo' as kind, make_timestamptz(from_us) as usable_from
                from ops.router_grants where pool_id = $pool order by position
            )
        """
    result = con.execute(query, {"pool": pool_id, "frontier": frontier})
    names = [column[0] for column in result.description or []]
    return tuple(dict(zip(names, row, strict=True)) for row in result.fetchall())

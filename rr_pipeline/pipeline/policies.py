"""Policy versions on their way from configuration to the router and to the tables that show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import polars as pl

from rr_pipeline.config import Project
from rr_pipeline.config.policy import Limits, Member, PoolPolicy, Vacation
from rr_pipeline.config.zones import Moment, load_zone, to_instant
from rr_pipeline.core import model
from rr_pipeline.core.calendars import dates_interval
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, NO_LIMIT
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.pipeline.instants import day_number, from_us, to_us
from rr_pipeline.pipeline.people import People
from rr_pipeline.pipeline.session import Session
from rr_pipeline.warehouse.sql_files import declare


def note_versions(session: Session) -> None:
    """Leave TEMP ``int_policies`` (policy_no, version, from_at, until_at) and note new versions in ops.policy_versions.

    The first version also holds for whatever is older than it. Raises RefusedError when a version that was used has
    other content now, is gone, or when a new one would change what is final.
    """
    con = session.con
    declare(con, "ops", "policy_versions")
    stored = {row[0]: row[1:] for row in con.execute("from ops.policy_versions").fetchall()}
    problems = _changed(session, stored)
    if problems:
        raise RefusedError("policies/ no longer fits what was decided; nothing was changed:", problems)
    rows = []
    for number, policy in enumerate(session.project.policies, start=1):
        if policy.version not in stored:
            con.execute(
                "insert into ops.policy_versions values (?, ?, ?, ?)",
                [policy.version, policy.effective_from, policy.content_hash, session.run_id],
            )
        following = session.project.policies[number : number + 1]
        rows.append(
            (number, policy.version, policy.effective_from if number > 1 else None,
             following[0].effective_from if following else None)
        )  # fmt: skip
    con.execute(
        "create or replace temp table int_policies "
        "(policy_no integer, version varchar, from_at timestamptz, until_at timestamptz)"
    )
    for row in rows:
        con.execute(
            "insert into int_policies select $1, $2, coalesce($3, '-infinity'::timestamptz), "
            "coalesce($4, 'infinity'::timestamptz)",
            list(row),
        )


def _changed(session: Session, stored: Mapping[str, tuple[datetime, str, str]]) -> list[Problem]:
    problems = []
    by_version = {policy.version: policy for policy in session.project.policies}
    for version, (effective_from, content_hash, _run) in stored.items():
        policy = by_version.get(version)
        if policy is None:
            text = "this version has taken decisions and is gone; put its file back"
            problems.append(Problem("policies/", None, "version", "POLICY_GONE", f"{version}: {text}"))
        elif (policy.content_hash, policy.effective_from) != (content_hash, effective_from):
            text = "has taken decisions and reads otherwise now; undo the change, or give it a version of its own"
            problems.append(Problem(policy.file, 1, "version", "POLICY_CHANGED", f"{version}: {text}"))
    for policy in session.project.policies:
        is_past = session.frontier is not None and policy.effective_from <= session.frontier
        if policy.version not in stored and stored and is_past:
            text = f"takes effect at or before {session.frontier}, up to where all is final; choose a later instant"
            line = policy.line_of("effective_from")
            problems.append(Problem(policy.file, line, "effective_from", "POLICY_IN_PAST", text))
    return problems


def router_policies(project: Project, people: People) -> list[model.Policy]:
    """The policy versions as the router takes them; local dates become instants in each member's zone."""
    policies = []
    for number, policy in enumerate(project.policies):
        following = project.policies[number + 1 : number + 2]
        policies.append(
            model.Policy(
                version=policy.version,
                from_us=to_us(policy.effective_from, FAR_PAST_US) if number else FAR_PAST_US,
                until_us=to_us(following[0].effective_from, FAR_FUTURE_US) if following else FAR_FUTURE_US,
                pools=tuple(_pool(project, people, pool) for pool in policy.pools),
            )
        )
    return policies


def _pool(project: Project, people: People, pool: PoolPolicy) -> model.Pool:
    return model.Pool(
        pool_id=pool.pool_id,
        members=tuple(_member(project, people, pool, member) for member in pool.members),
        accrue_while=frozenset(pool.accrue_while),
        debt_limit=pool.debt_limit,
        catch_up_limit=pool.catch_up_limit,
        charge_redo=pool.charge_redo,
        week_start=pool.week_start_day,
    )


def zone_of(project: Project, people: People, member: Member) -> str:
    """Zone of a member's days: its own in the policy, else the user's in the feed, else the project's."""
    return member.time_zone or people.time_zones.get(member.user) or project.settings.time_zone


def _member(project: Project, people: People, pool: PoolPolicy, member: Member) -> model.Member:
    zone = zone_of(project, people, member)
    return model.Member(
        member_id=member.user,
        weight=member.weight,
        skills=frozenset(skill.lower() for skill in member.skills),
        time_zone=zone,
        from_us=_start(member.from_, zone),
        until_us=_end(member.until, zone),
        is_active=member.status == "active",
        limits=_limits(pool.limits_of(member)),
        vacations=tuple(_vacation(vacation, zone) for vacation in member.vacations),
    )


def _limits(limits: Limits) -> model.Limits:
    given = limits.model_dump()
    return model.Limits(**{name: NO_LIMIT if value is None else value for name, value in given.items()})


def _start(moment: Moment | None, zone: str) -> int:
    return FAR_PAST_US if moment is None else to_us(to_instant(moment, load_zone(zone)), FAR_PAST_US)


def _end(moment: Moment | None, zone: str) -> int:
    if moment is None:
        return FAR_FUTURE_US
    if not isinstance(moment, datetime):
        moment = moment + timedelta(days=1)
    return to_us(to_instant(moment, load_zone(zone)), FAR_FUTURE_US)


def _vacation(vacation: Vacation, zone: str) -> model.Vacation:
    if isinstance(vacation.from_, datetime) or isinstance(vacation.until, datetime):
        return model.Vacation(_start(vacation.from_, zone), _end(vacation.until, zone))
    first, last = _days(vacation.from_, vacation.until)
    return model.Vacation(*dates_interval(zone, first, last))


def _days(first: date, last: date) -> tuple[int, int]:
    return day_number(first), day_number(last)


def write_dimensions(session: Session, people: People) -> None:
    """Leave TEMP ``int_policy_pools`` and ``int_policy_members`` with one row per version, for the dim tables."""
    pools: list[dict[str, object]] = []
    members: list[dict[str, object]] = []
    policies = session.project.policies
    for number, policy in enumerate(policies):
        following = policies[number + 1 : number + 2]
        version = {
            "version": policy.version,
            "valid_from_at": policy.effective_from,
            "valid_until_at": following[0].effective_from if following else None,
        }
        for pool, compiled in zip(policy.pools, router_policies_of(session, people, number), strict=True):
            pools.append({**version, **_pool_row(pool), "is_catch_all": pool.pool_id == policy.catch_all})
            for position, (member, routed) in enumerate(zip(pool.members, compiled.members, strict=True), start=1):
                row = _member_row(pool, member, routed)
                members.append({**version, "pool_id": pool.pool_id, "roster_position": position, **row})
    _replace(session, "int_policy_pools", pl.DataFrame(pools, schema=POOL_ROWS))
    _replace(session, "int_policy_members", pl.DataFrame(members, schema=MEMBER_ROWS))


def router_policies_of(session: Session, people: People, number: int) -> tuple[model.Pool, ...]:
    """Compiled pools of the version at ``number``."""
    return tuple(_pool(session.project, people, pool) for pool in session.project.policies[number].pools)


_INSTANT = pl.Datetime("us", "UTC")
_VERSION: dict[str, pl.DataType | type[pl.DataType]] = {
    "version": pl.String,
    "valid_from_at": _INSTANT,
    "valid_until_at": _INSTANT,
}
POOL_ROWS = pl.Schema(
    {
        **_VERSION, "pool_id": pl.String, "member_count": pl.Int64, "total_weight": pl.Int64,
        "accrue_while": pl.List(pl.String), "debt_limit": pl.Int64, "catch_up_limit": pl.Int64,
        "week_start_day": pl.Int64,
        "when_nobody": pl.String, "limits": pl.String, "is_catch_all": pl.Boolean,
    }
)  # fmt: skip
MEMBER_ROWS = pl.Schema(
    {
        **_VERSION, "pool_id": pl.String, "roster_position": pl.Int64, "member_id": pl.String, "weight": pl.Int64,
        "skills": pl.List(pl.String), "limits": pl.String, "time_zone": pl.String, "member_from_at": _INSTANT,
        "member_until_at": _INSTANT, "is_active": pl.Boolean,
    }
)  # fmt: skip


def _pool_row(pool: PoolPolicy) -> dict[str, object]:
    return {
        "pool_id": pool.pool_id,
        "member_count": len(pool.members),
        "total_weight": sum(member.weight for member in pool.members),
        "accrue_while": sorted(pool.accrue_while),
        "debt_limit": pool.debt_limit,
        "catch_up_limit": pool.catch_up_limit,
        "week_start_day": pool.week_start_day,
        "when_nobody": pool.when_nobody,
        "limits": json.dumps(pool.limits.model_dump(exclude_none=True)),
    }


def _member_row(pool: PoolPolicy, member: Member, routed: model.Member) -> dict[str, object]:
    return {
        "member_id": member.user,
        "weight": member.weight,
        "skills": sorted(member.skills),
        "limits": json.dumps(pool.limits_of(member).model_dump(exclude_none=True)),
        "time_zone": routed.time_zone,
        "member_from_at": None if routed.from_us == FAR_PAST_US else from_us(routed.from_us),
        "member_until_at": None if routed.until_us == FAR_FUTURE_US else from_us(routed.until_us),
        "is_active": routed.is_active,
    }


def _replace(session: Session, table: str, frame: pl.DataFrame) -> None:
    session.con.register("policy_frame", frame.to_arrow())
    session.con.execute(f"create or replace temp table {table} as from policy_frame")
    session.con.unregister("policy_frame")

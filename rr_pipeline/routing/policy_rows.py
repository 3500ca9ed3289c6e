"""Policy versions as rows: what the dim tables and the invariants read.

Belongs here: one row per pool, member and user of every version. Does not belong here: how settings become the words
of the router (compiled.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from rr_pipeline.config import Member, PolicyVersion, PoolPolicy, UserSettings
from rr_pipeline.config.hours import WorkingTime, block_text
from rr_pipeline.core import model
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US
from rr_pipeline.routing.policy_frames import router_pools, router_users, target_name
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.instants import from_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse import lend

_INSTANT = pl.Datetime("us", "UTC")
_VERSION: dict[str, pl.DataType | type[pl.DataType]] = {
    "version": pl.String,
    "valid_from_at": _INSTANT,
    "valid_until_at": _INSTANT,
}
POOL_ROWS = pl.Schema(
    {
        **_VERSION, "pool_id": pl.String, "member_count": pl.Int64, "total_weight": pl.Int64,
        "strategy": pl.String, "accrue_while": pl.List(pl.String), "debt_limit": pl.Int64, "catch_up_limit": pl.Int64,
        "is_redo_charged": pl.Boolean, "week_start_day": pl.Int64, "limits": pl.String, "sticky_for_seconds": pl.Int64,
        "when_nobody": pl.String, "hold_for_seconds": pl.Int64, "when_hold_ends": pl.String,
        "failover_pool_id": pl.String, "queue_id": pl.String, "targets": pl.String,
        "activity_delay_seconds": pl.Int64, "max_reassignments": pl.Int64, "is_charged_back": pl.Boolean,
        "has_declines": pl.Boolean, "has_redo_on_return": pl.Boolean, "is_kept_counted": pl.Boolean,
        "capacity_until": pl.String, "is_catch_all": pl.Boolean, "is_default_owner": pl.Boolean,
    }
)  # fmt: skip
MEMBER_ROWS = pl.Schema(
    {
        **_VERSION, "pool_id": pl.String, "roster_position": pl.Int64, "member_id": pl.String, "weight": pl.Int64,
        "skills": pl.List(pl.String), "limits": pl.String, "max_open": pl.Int64, "time_zone": pl.String,
        "calendar": pl.String, "working_hours": pl.List(pl.String), "holidays": pl.List(pl.String),
        "member_from_at": _INSTANT, "member_until_at": _INSTANT, "is_active": pl.Boolean,
        "user_limits": pl.String, "user_max_open": pl.Int64,
    }
)  # fmt: skip
USER_ROWS = pl.Schema(
    {
        **_VERSION, "user_id": pl.String, "limits": pl.String, "max_open": pl.Int64, "time_zone": pl.String,
        "week_start_day": pl.Int64,
    }
)  # fmt: skip


def write_dimensions(session: Session, people: People) -> None:
    """Leave TEMP ``int_policy_pools``, ``int_policy_members`` and ``int_policy_users``, one row per version of each."""
    pools: list[dict[str, object]] = []
    members: list[dict[str, object]] = []
    users: list[dict[str, object]] = []
    policies = session.project.policies
    for number, policy in enumerate(policies):
        following = policies[number + 1 : number + 2]
        version: Mapping[str, object] = {
            "version": policy.version,
            "valid_from_at": policy.effective_from,
            "valid_until_at": following[0].effective_from if following else None,
        }
        routed_users = router_users(session.project, people, policy)
        users += [{**version, **_user_row(*pair)} for pair in zip(policy.users, routed_users, strict=True)]
        across = {user.user: user for user in policy.users}
        for pool, compiled in zip(policy.pools, router_pools(session.project, people, policy), strict=True):
            pools.append({**version, **_pool_row(policy, pool)})
            for position, (member, routed) in enumerate(zip(pool.members, compiled.members, strict=True), start=1):
                row = _member_row(pool, member, routed) | _working_row(policy.working_time(pool, member))
                row |= _across_row(across.get(member.user))
                members.append({**version, "pool_id": pool.pool_id, "roster_position": position, **row})
    _replace(session, "int_policy_pools", pl.DataFrame(pools, schema=POOL_ROWS))
    _replace(session, "int_policy_members", pl.DataFrame(members, schema=MEMBER_ROWS))
    _replace(session, "int_policy_users", pl.DataFrame(users, schema=USER_ROWS))


def _pool_row(policy: PolicyVersion, pool: PoolPolicy) -> dict[str, object]:
    return {
        "pool_id": pool.pool_id,
        "member_count": len(pool.members),
        "total_weight": sum(member.weight for member in pool.members),
        "strategy": pool.strategy,
        "accrue_while": sorted(pool.accrue_while),
        "debt_limit": pool.debt_limit,
        "catch_up_limit": pool.catch_up_limit,
        "is_redo_charged": pool.charge_redo,
        "week_start_day": pool.week_start_day,
        "limits": _limits_json(pool),
        "sticky_for_seconds": pool.sticky_for,
        "when_nobody": pool.when_nobody,
        "hold_for_seconds": pool.hold_for,
        "when_hold_ends": pool.then,
        "failover_pool_id": pool.failover,
        "queue_id": pool.queue,
        "targets": _targets_json(pool),
        "activity_delay_seconds": pool.activity_delay or 0,
        "max_reassignments": pool.max_reassignments,
        "is_charged_back": pool.charge_back,
        "has_declines": pool.declines,
        "has_redo_on_return": pool.redo_on_return,
        "is_kept_counted": pool.count_kept,
        "capacity_until": pool.capacity_until,
        "is_catch_all": pool.pool_id == policy.catch_all,
        "is_default_owner": pool.is_default_owner,
    }


def _limits_json(limited: PoolPolicy | UserSettings) -> str:
    return json.dumps(limited.limits.model_dump(exclude_none=True))


def _targets_json(pool: PoolPolicy) -> str:
    targets = [
        {
            "target": target_name(pool, target),
            "first_touch_within_seconds": target.first_touch_within,
            "clock": target.clock,
            "on_breach": list(target.on_breach),
            "is_default": target.when is None,
        }
        for target in pool.sla
    ]
    return json.dumps(targets)


def _member_row(pool: PoolPolicy, member: Member, routed: model.Member) -> dict[str, object]:
    return {
        "member_id": member.user,
        "weight": member.weight,
        "skills": sorted(member.skills),
        "limits": json.dumps(pool.limits_of(member).model_dump(exclude_none=True)),
        "max_open": pool.max_open_of(member),
        "time_zone": routed.time_zone,
        "member_from_at": None if routed.from_us == FAR_PAST_US else from_us(routed.from_us),
        "member_until_at": None if routed.until_us == FAR_FUTURE_US else from_us(routed.until_us),
        "is_active": routed.is_active,
    }


def _working_row(time: WorkingTime) -> dict[str, object]:
    return {
        "calendar": time.calendar,
        "working_hours": None if time.hours is None else [block_text(block) for block in time.hours],
        "holidays": [
            *time.holidays,
            *(day.isoformat() for day in time.dates),
            *(f"not {day.isoformat()}" for day in time.not_holidays),
        ],
    }


def _across_row(user: UserSettings | None) -> dict[str, object]:
    if user is None:
        return {"user_limits": "{}", "user_max_open": None}
    return {"user_limits": _limits_json(user), "user_max_open": user.max_open}


def _user_row(user: UserSettings, routed: model.UserLimits) -> dict[str, object]:
    return {
        "user_id": user.user,
        "limits": _limits_json(user),
        "max_open": user.max_open,
        "time_zone": routed.time_zone,
        "week_start_day": routed.week_start,
    }


def _replace(session: Session, table: str, frame: pl.DataFrame) -> None:
    with lend(session.con, "policy_frame", frame.to_arrow()):
        session.con.execute(f"create or replace temp table {table} as from policy_frame")

"""Policy versions as rows: what the dim tables and the invariants read.

Belongs here: one row per pool, member and user of every version. Does not belong here: how settings become the words
of the router (compiled.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from rr_pipeline.config import Member, PolicyVersion, PoolPolicy, UserSettings
from rr_pipeline.config.hours import WorkingTime, block_text, dated_text
from rr_pipeline.core import model
from rr_pipeline.core.calendar.local_time import SECOND_US
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, POOL_COLUMNS, POOL_SETTINGS
from rr_pipeline.routing.policy_frames import router_pools, router_users, target_name
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.instants import from_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import lend_temp

_INSTANT = pl.Datetime("us", "UTC")
_VERSION: dict[str, pl.DataType | type[pl.DataType]] = {
    "version": pl.String,
    "valid_from_at": _INSTANT,
    "valid_until_at": _INSTANT,
}
_TYPES: Mapping[str, pl.DataType] = {
    "bool": pl.Boolean(), "int": pl.Int64(), "int | None": pl.Int64(), "frozenset[str]": pl.List(pl.String),
}  # fmt: skip
"""Types of settings of pools, as they are written in core.model -> types of columns; all others are texts."""

POOL_ROWS = pl.Schema(
    {
        **_VERSION, "pool_id": pl.String, "is_catch_all": pl.Boolean, "is_default_owner": pl.Boolean,
        "member_count": pl.Int64, "total_weight": pl.Int64, "week_start_day": pl.Int64,
        **dict.fromkeys(POOL_COLUMNS, pl.String()),
        **{one.metadata["column"]: _TYPES.get(str(one.type), pl.String()) for one in POOL_SETTINGS},
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
        users += [{**version, **_user_row(*pair)} for pair in zip(policy.limited_users, routed_users, strict=True)]
        across = {user.user: user for user in policy.limited_users}
        for pool, compiled in zip(policy.pools, router_pools(session.project, people, policy), strict=True):
            pools.append({**version, **_pool_row(policy, pool, compiled)})
            for position, (member, routed) in enumerate(zip(pool.members, compiled.members, strict=True), start=1):
                row = _member_row(pool, member, routed) | _working_row(policy.working_time(pool, member))
                row |= _across_row(across.get(member.user))
                members.append({**version, "pool_id": pool.pool_id, "roster_position": position, **row})
    _replace(session, "int_policy_pools", pl.DataFrame(pools, schema=POOL_ROWS))
    _replace(session, "int_policy_members", pl.DataFrame(members, schema=MEMBER_ROWS))
    _replace(session, "int_policy_users", pl.DataFrame(users, schema=USER_ROWS))


def _pool_row(policy: PolicyVersion, pool: PoolPolicy, routed: model.Pool) -> dict[str, object]:
    return {
        "pool_id": pool.pool_id,
        "is_catch_all": pool.pool_id == policy.catch_all,
        "is_default_owner": pool.is_default_owner,
        "member_count": len(pool.members),
        "total_weight": sum(member.weight for member in pool.members),
        "week_start_day": pool.week_start_day,
        **{one.metadata["column"]: _shown(routed, one.name) for one in POOL_SETTINGS},
        "targets": _targets_json(pool),
        "while_waiting": _waiting_json(routed),
        "limits": _limits_json(pool),
    }


def _shown(pool: model.Pool, name: str) -> object:
    """Return a setting as tables show it: lengths of time in seconds, sets sorted."""
    value = getattr(pool, name)
    if name == "sticky_us" and value == 0:
        return None
    if name.endswith("_us"):
        return None if value is None else value // SECOND_US
    return sorted(value) if isinstance(value, frozenset) else value


def _limits_json(limited: PoolPolicy | UserSettings) -> str:
    return json.dumps(limited.limits.model_dump(exclude_none=True))


def _targets_json(pool: PoolPolicy) -> str:
    targets = [
        {
            "target": target_name(pool, target),
            f"{target.kind}_within_seconds": target.within,
            "clock": target.clock,
            **({"starts": target.starts} if target.starts else {}),
            "on_breach": [
                step if isinstance(step, str) else step.model_dump(exclude_defaults=True) for step in target.on_breach
            ],
            "is_default": target.when is None,
        }
        for target in pool.sla
    ]
    return json.dumps(targets)


def _waiting_json(pool: model.Pool) -> str:
    entries = [
        {"after_seconds": step.after_us // SECOND_US, "do": step.do, "drop": list(step.drop), "to": step.to}
        for step in pool.while_waiting
    ]
    return json.dumps(entries)


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
        "working_hours": None if time.hours is None and not time.by_date else _hours_told(time),
        "holidays": [
            *time.holidays,
            *(day.isoformat() for day in time.dates),
            *(f"not {day.isoformat()}" for day in time.not_holidays),
        ],
    }


def _hours_told(time: WorkingTime) -> list[str]:
    week = ["all hours"] if time.hours is None else [block_text(block) for block in time.hours]
    return [*week, *(dated_text(*one) for one in time.by_date)]


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
    lend_temp(session.con, "intermediate", table, frame.to_arrow())

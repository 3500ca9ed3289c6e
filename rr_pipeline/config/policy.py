"""The settings of a policy file and the policy version made of it.

Belongs here: frozen models of pools, members, territories and the other rules, as written and as in force.
Does not belong here: rules across settings (policy_checks.py), conversion for the router, evaluation of rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from rr_pipeline.config.matching import When
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import Moment, Name, NameSet, Plain, Switch, VersionId, Zone, refuse, whole_number

AccrueReason = Literal["inactive", "vacation", "skill_missing", "limit_total", "limit_week", "limit_day", "limit_hour"]
"""Reasons that ``accrue_while`` may list. Nobody earns before joining or with weight 0, so those two are left out."""

WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MAX_WEIGHT, MAX_LIMIT, MAX_TURNS, MAX_PRIORITY = 10_000, 1_000_000_000, 1000, 1_000_000

LimitCount = Annotated[int, whole_number(0, MAX_LIMIT)]


class Limits(StrictModel):
    """Most items given to a member in each window; None: no limit."""

    hourly: LimitCount | None = Field(None, description="In a clock hour (UTC).")
    daily: LimitCount | None = Field(None, description="In a local day of the member.")
    weekly: LimitCount | None = Field(None, description="In a local week of the member.")
    total: LimitCount | None = Field(None, description="Since the member joined the pool.")


class Vacation(StrictModel):
    """A time away: two local dates (both included), or two instants or local times (end exclusive)."""

    from_: Moment = Field(alias="from", description="First day away, or the instant it begins.")
    until: Moment = Field(description="Last day away, or the instant it ends.")


class Member(StrictModel):
    """A user in a pool. ``from``/``until``: local date (until: that day included) or instant (until: excluded)."""

    user: Plain = Field(max_length=255, description="The user's id, as in the users feed.")
    weight: Annotated[int, whole_number(0, MAX_WEIGHT)] = Field(1, description="Share of the pool; 0: gets nothing.")
    skills: NameSet = Field((), description="Skills of the member, from the list at the top.")
    from_: Moment | None = Field(None, alias="from", description="Joins the pool on this day.")
    until: Moment | None = Field(None, description="Leaves the pool after this day.")
    time_zone: Zone | None = Field(None, description="Default: the user's in the users feed, else the project's.")
    status: Literal["active", "inactive"] = Field("active", description="inactive: gets nothing.")
    limits: Limits = Limits()
    vacations: tuple[Vacation, ...] = Field((), description="Times away.")


class PoolSettings(StrictModel):
    """One pool as written. ``members`` are in roster order, which settles ties."""

    members: tuple[Member, ...] = Field(description="Who shares the rotation; the order settles ties.")
    accrue_while: tuple[AccrueReason, ...] = Field(
        ("skill_missing",), description="Reasons to be passed over that still earn the share."
    )
    debt_limit: Annotated[int, whole_number(0, MAX_TURNS)] = Field(5, description="Turns one can run ahead.")
    catch_up_limit: Annotated[int, whole_number(0, MAX_TURNS)] = Field(2, description="Turns one can catch up.")
    charge_redo: Switch = Field(False, description="A redo costs a turn.")
    week_start: WeekDay = Field("monday", description="First day of a week of limits.")
    when_nobody: Literal["hold"] = Field("hold", description="hold: wait until somebody is eligible.")
    limits: Limits = Field(Limits(), description="For every member; a member's own limits go before.")


class PoolPolicy(PoolSettings):
    """One pool of a policy version."""

    pool_id: Name

    def limits_of(self, member: Member) -> Limits:
        """Return the limits of a member: its own, and the pool's where it has none."""
        return merge_limits(self.limits, member.limits)

    @property
    def week_start_day(self) -> int:
        """First day of the week, 0 for Monday."""
        return get_args(WeekDay).index(self.week_start)


def merge_limits(pool: Limits, own: Limits) -> Limits:
    """Return a member's limits: its own, and the pool's where it has none."""
    return Limits(**{**pool.model_dump(exclude_none=True), **own.model_dump(exclude_none=True)})


class Territory(StrictModel):
    """A rule that sends items to a pool. The first match in (priority, place in the file) wins."""

    name: Name
    pool: Name = Field(description="The pool these items go to.")
    when: When = Field(description="Conditions that must all hold.")
    needs: NameSet = Field((), description="Skills that items of this territory need.")
    priority: Annotated[int, whole_number(-MAX_PRIORITY, MAX_PRIORITY)] = Field(100, description="Low goes first.")


class SkillRule(StrictModel):
    """A rule that adds needed skills to an item; all rules that hold apply."""

    name: Name
    when: When
    needs: NameSet


class QualificationRule(StrictModel):
    """A rule that sets items aside; the first that holds is recorded."""

    name: Name
    when: When


class Ownership(StrictModel):
    """Which existing owner keeps an item."""

    precedence: tuple[Literal["opportunity", "contact", "account", "survivor"], ...] = (
        "opportunity",
        "contact",
        "account",
        "survivor",
    )
    keep_inactive: Switch = Field(False, description="Keep an owner who is no longer active.")

    @model_validator(mode="after")
    def _distinct(self) -> Ownership:
        if len(set(self.precedence)) != len(self.precedence):
            raise refuse("VALUE_REPEATED", "names a claim twice in precedence; keep the first")
        return self


class Identity(StrictModel):
    """Which records are folded into one person, and by what."""

    deduplicate: tuple[Literal["lead", "contact", "account", "opportunity", "case", "task", "conversation"], ...] = (
        "lead",
        "contact",
    )
    keys: tuple[Literal["email", "phone_and_name"], ...] = ("email", "phone_and_name")


class PolicyRules(StrictModel):
    """What a policy file and a policy version have in common."""

    version: VersionId = Field(description="Id of this version, stamped on each decision.")
    skills: NameSet = Field((), description="Every skill that may be named below.")
    territories: tuple[Territory, ...] = Field((), description="Which items go to which pool.")
    catch_all: Name = Field(description="The pool of items that no territory matches.")
    skill_rules: tuple[SkillRule, ...] = Field((), description="Which items need which skills.")
    qualification: tuple[QualificationRule, ...] = Field((), description="Which items are set aside.")
    ownership: Ownership = Ownership()
    identity: Identity = Identity()


class PolicyFile(PolicyRules):
    """A file of policies/."""

    effective_from: Moment = Field(description="Instant (…Z), or local date or time in the project's zone.")
    effective_until: Moment | None = Field(
        None, description="Not needed: a version ends where the next begins. If given, it must say just that."
    )
    pools: Mapping[Name, PoolSettings] = Field(description="Each pool by its name.")


class PolicyVersion(PolicyRules):
    """A policy version in force from ``effective_from`` (UTC) until the next one's.

    ``content_hash`` is the SHA-256 of the meaning: the same for other layout, comments, order of keys and of sets, or
    defaults written out. ``territories`` are in the order in which they are tried. ``file`` and ``lines`` say where
    each setting stands, for messages; they are not part of the content.
    """

    effective_from: datetime
    pools: tuple[PoolPolicy, ...]
    content_hash: str = Field("", exclude=True)
    file: str = Field("", exclude=True, repr=False)
    lines: Mapping[str, int] = Field({}, exclude=True, repr=False)

    def line_of(self, field: str) -> int | None:
        """Return the line where a dotted setting stands, None when it is not written in the file."""
        return self.lines.get(field)

    def pool(self, pool_id: str) -> PoolPolicy:
        """Return a pool by id; raises KeyError."""
        for pool in self.pools:
            if pool.pool_id == pool_id:
                return pool
        raise KeyError(pool_id)


def hash_content(version: PolicyVersion) -> str:
    """Return the SHA-256 (hex) of what a version means.

    Defaults are left out, so a setting that a later release adds does not change the hash of today's files.
    """
    content = version.model_dump(mode="python", by_alias=True, exclude_defaults=True)
    text = json.dumps(content, default=_canonical, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")

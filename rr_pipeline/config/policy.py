"""The settings of a policy file and the policy version made of it.

Belongs here: frozen models of territories and the other rules, and of the whole, as written and as in force. Does not
belong here: pools and members (pools.py), what follows an assignment (service_levels.py), rules across settings
(policy_checks.py), conversion for the router, evaluation of rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from rr_pipeline.config.canonical import ObjectType
from rr_pipeline.config.hours import Calendar, WorkingTime
from rr_pipeline.config.matching import When
from rr_pipeline.config.pools import Member, PoolPolicy, PoolSettings, UserId, UserSettings, WorkSettings
from rr_pipeline.config.presence import OwnersGone, WhenAway
from rr_pipeline.config.service_levels import Closing, Returns, Targets, Touches
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import (
    Duration,
    Moment,
    Name,
    NameSet,
    OneOf,
    Plain,
    Switch,
    VersionId,
    refuse,
    sorted_distinct,
    whole_number,
)
from rr_pipeline.config.updates import Updates
from rr_pipeline.core.vocabulary import words

MAX_PRIORITY = 1_000_000


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


class Prefer(StrictModel):
    """Whom a preference brings to the front: the listed users, and those who have all the listed skills."""

    users: Annotated[tuple[UserId, ...], AfterValidator(sorted_distinct)] = Field((), description="These users.")
    skills: NameSet = Field((), description="Who has all of these skills.")

    @model_validator(mode="after")
    def _somebody(self) -> Prefer:
        if not self.users and not self.skills:
            raise refuse("VALUE_MISSING", "prefers nobody; list users, skills or both")
        return self


class Preference(StrictModel):
    """A soft rule: of those eligible the preferred come first. The first that holds counts for an item."""

    name: Name
    when: When
    prefer: Prefer


class QualificationRule(StrictModel):
    """A rule that sets items aside; the first that holds is recorded."""

    name: Name
    when: When


_WITHOUT_ITEM = ("opportunity", "contact", "account", "survivor")
"""The order of claims of files that leave the items' own owners out, as earlier releases did by default."""

OwnerSet = Annotated[tuple[Plain, ...], AfterValidator(sorted_distinct)]
"""Users by id, name or e-mail."""


class Ownership(StrictModel):
    """Which existing owner keeps an item."""

    precedence: tuple[Annotated[str, OneOf(words("claims"))], ...] = ("item", *_WITHOUT_ITEM)
    ignore_owners: OwnerSet = Field((), description="Owners who are nobody: integration users, queues.")
    trust_owners: OwnerSet = Field((), description="Owners who may have most of a feed's first delivery.")
    keep_inactive: Switch = Field(False, description="Keep an owner who is no longer active.")
    survivor_within_limits: Switch = Field(
        True, description="The claim of a person's last owner holds within limits and max_open, and counts in them."
    )
    sla: Targets = Field((), description="Service levels of items that an existing owner keeps; unset: the pool's.")
    when_away: WhenAway = WhenAway()
    owners_gone: OwnersGone = OwnersGone()

    @model_validator(mode="after")
    def _distinct(self) -> Ownership:
        if len(set(self.precedence)) != len(self.precedence):
            raise refuse("VALUE_REPEATED", "names a claim twice in precedence; keep the first")
        return self


class Identity(StrictModel):
    """Which records are folded into one person, and by what."""

    deduplicate: tuple[ObjectType, ...] = (
        "lead",
        "contact",
    )
    keys: tuple[Literal["email", "phone_and_name"], ...] = ("email", "phone_and_name")
    window: Duration = Field(90 * 86_400, description="Nothing is folded into what was closed longer ago.")
    most_per_key: Annotated[int, whole_number(1, 1_000_000)] = Field(
        3, description="A key that came with more different names proves nothing alone."
    )


class PolicyRules(StrictModel):
    """What a policy file and a policy version have in common."""

    version: VersionId = Field(description="Id of this version, stamped on each decision.")
    skills: NameSet = Field((), description="Every skill that may be named below.")
    queues: NameSet = Field((), description="Every queue that may be named below: places that are nobody's.")
    calendars: Mapping[Name, Calendar] = Field({}, description="Working hours and days off, by name.")
    users: tuple[UserSettings, ...] = Field((), description="Single users: limits over all pools, deputies.")
    territories: tuple[Territory, ...] = Field((), description="Which items go to which pool.")
    catch_all: Name = Field(description="The pool of items that no territory matches.")
    skill_rules: tuple[SkillRule, ...] = Field((), description="Which items need which skills.")
    preferences: tuple[Preference, ...] = Field((), description="Who comes first for which items, where eligible.")
    qualification: tuple[QualificationRule, ...] = Field((), description="Which items are set aside.")
    ownership: Ownership = Ownership()
    identity: Identity = Identity()
    touches: Touches = Touches()
    returns: Returns = Returns()
    closing: Closing = Closing()
    updates: Updates = Updates()


class PolicyFile(PolicyRules):
    """A file of policies/."""

    effective_from: Moment = Field(description="Instant (…Z), or local date or time in the project's zone.")
    effective_until: Moment | None = Field(
        None, description="Not needed: a version ends where the next begins. If given, it must say just that."
    )
    pools: Mapping[Name, PoolSettings] = Field(description="Each pool by its name.")


@dataclass(frozen=True)
class LocalTime:
    """A time of a member that is written without a zone: whose, at which setting, and whether something ends then."""

    user: str
    time_zone: str | None
    field: str
    moment: datetime
    is_end: bool


class PolicyVersion(PolicyRules):
    """A policy version in force from ``effective_from`` (UTC) until the next one's.

    ``content_hash`` is the SHA-256 of the meaning: the same for other layout, comments, order of keys and of sets, or
    defaults written out. ``territories`` are in the order in which they are tried. ``file`` and ``lines`` say where
    each setting stands, for messages, and ``local_times`` which times of members are local; they are not part of the
    content.
    """

    effective_from: datetime
    pools: tuple[PoolPolicy, ...]
    content_hash: str = Field("", exclude=True)
    file: str = Field("", exclude=True, repr=False)
    lines: Mapping[str, int] = Field({}, exclude=True, repr=False)
    local_times: tuple[LocalTime, ...] = Field((), exclude=True, repr=False)

    def line_of(self, field: str) -> int | None:
        """Return the line where a dotted setting stands, None when it is not written in the file."""
        return self.lines.get(field)

    def pool(self, pool_id: str) -> PoolPolicy:
        """Return a pool by id; raises KeyError."""
        for pool in self.pools:
            if pool.pool_id == pool_id:
                return pool
        raise KeyError(pool_id)

    @property
    def limited_users(self) -> tuple[UserSettings, ...]:
        """The users who have limits over all pools."""
        return tuple(user for user in self.users if user.is_limited)

    def working_time(self, pool: PoolPolicy, member: Member) -> WorkingTime:
        """Return when a member works; see ``working_time``."""
        return working_time(self.calendars, pool, member)


def working_time(calendars: Mapping[str, Calendar], pool: WorkSettings, member: WorkSettings) -> WorkingTime:
    """Return when a member works: by the pool's settings, and the member's own over them.

    On each of the two levels a calendar replaces all there was, ``hours`` then the hours, and ``holidays`` the days
    off with their exceptions; hours of a date go before those of all else. An unknown calendar counts as none; checks
    refuse it.
    """
    found = WorkingTime()
    for level in (pool, member):
        if level.calendar is not None:
            calendar = calendars.get(level.calendar, Calendar.model_construct())
            found = WorkingTime(level.calendar, **{name: getattr(calendar, name) for name in Calendar.model_fields})
        if level.hours is not None:
            found = replace(found, hours=level.hours)
        if level.holidays is not None:
            found = replace(found, holidays=level.holidays, dates=(), not_holidays=())
        if level.by_date:
            found = replace(found, by_date=tuple(sorted({**dict(found.by_date), **dict(level.by_date)}.items())))
    return found


def hash_content(version: PolicyVersion, zone: str) -> str:
    """Return the SHA-256 (hex) of what a version means in a project whose time zone is ``zone``.

    Days and hours are those of the project for whoever has no zone. Defaults are left out, so a setting that a later
    release adds does not change the hash of today's files. What was a default once is left out as well: files that
    wrote it out keep their hash.
    """
    content = {"": zone, **version.model_dump(mode="python", by_alias=True, exclude_defaults=True)}
    if version.ownership.precedence == _WITHOUT_ITEM:
        content["ownership"] = {name: value for name, value in content["ownership"].items() if name != "precedence"}
        content = {name: value for name, value in content.items() if name != "ownership" or value}
    text = json.dumps(content, default=_canonical, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")

"""Random pools and their members, as a user would write them.

Belongs here: pools, how a later version changes them, and what all parts of a project have in common. Does not belong
here: rules and versions (``make_rules``), feeds and deliveries (``make_feeds``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rr_pipeline.core.calendar.local_time import load_zone
from tests.core.world_dice import Dice

USERS = ("ann", "bob", "cem", "dag", "eve", "fay")
SKILLS = ("French", "expert")
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
# Two days before something happens to the clocks somewhere, a leap day, a new year with an ISO week 53, and a Monday.
STARTS = ("2026-03-27", "2026-10-23", "2026-03-06", "2026-04-02", "2024-02-28", "2020-12-30", "2026-06-08")
FEATURES = (
    "hours", "capacity", "sla", "users", "declines", "returns", "persons", "wishes", "chains", "claims", "skills",
    "limits", "away", "tokens", "versions", "rules", "kinds",
)  # fmt: skip
ACCRUE = (
    "skill_missing", "vacation", "off_hours", "limit_day", "limit_hour", "previous_owner", "at_capacity", "inactive",
)  # fmt: skip
WITHIN = ("30m", "1h", "10m", "3h", "1d")
STEPS: tuple[list[Any], ...] = (
    ["notify_manager"], ["reassign"], ["notify_manager", "reassign"], ["reassign", {"queue": "late"}], [],
    [{"queue": "late"}], ["notify_manager", "reassign", {"queue": "late"}],
)  # fmt: skip
CONDITIONS: tuple[Mapping[str, Any], ...] = (
    {"country": ["NO", "SE"]},
    {"tier": ["a"]},
    {"country": {"not": ["NO"]}},
    {"employee_count": {"min": 50}},
    {"employee_count": {"min": 10, "max": 200}, "tier": {"not": ["c"]}},
    {"source_channel": {"starts_with": ["we"]}},
    {"object_type": ["case"]},
    {"account_tier": ["gold"]},
    {"priority": [-1, 1]},
    {"contact_id": {"is_empty": False}},
    {"needed_skills": ["french"]},
    {"tier": {"is_empty": True}},
)


@dataclass
class Setting:
    """What a project has, when and where it is. ``own_zones``: users to whom the policies give a zone."""

    dice: Dice
    features: frozenset[str]
    start: datetime = datetime(2026, 3, 2, tzinfo=UTC)
    zone: str = "UTC"
    own_zones: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dice = self.dice
        self.start = datetime.fromisoformat(dice.pick(*STARTS)).replace(tzinfo=UTC) + timedelta(hours=dice.below(24))
        self.zone = dice.pick("UTC", *ZONES)
        self.own_zones = {name: dice.pick(self.zone, *ZONES) for name in USERS if dice.rarely(3)}

    def has(self, *features: str) -> bool:
        return not self.features.isdisjoint(features)

    def day(self, shift: int) -> date:
        return (self.start + timedelta(days=shift)).date()

    def moment(self, *, is_date: bool = False) -> str:
        """A date, local time or instant near the start of the project."""
        dice = self.dice
        if is_date or dice.rarely(3):
            return self.day(dice.below(6) - 1).isoformat()
        at = self.start + timedelta(minutes=30 * dice.below(240) - 600)
        local = at.astimezone(load_zone(self.zone)).replace(tzinfo=None)
        back = local.replace(tzinfo=load_zone(self.zone))
        is_plain = back.astimezone(UTC) == at and back.utcoffset() == back.replace(fold=1).utcoffset()
        return local.isoformat(timespec="minutes") if is_plain and dice.rarely(3) else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def pool_of(setting: Setting, later: Sequence[str]) -> dict[str, Any]:
    dice = setting.dice
    count = dice.pick(2, 3, 1, 4)
    first = dice.below(len(USERS))
    order = [USERS[(first + place * dice.pick(1, 5)) % len(USERS)] for place in range(count)]
    users = list(dict.fromkeys(order))
    pool: dict[str, Any] = {"members": [member_of(setting, name) for name in users]}
    if all(one.get("weight") == 0 or "status" in one for one in pool["members"]):
        pool["members"][0] = {"user": users[0]}
    for change in (_plain, _before, _after, _nobody):
        change(setting, pool, later)
    return pool


def member_of(setting: Setting, name: str) -> dict[str, Any]:
    dice = setting.dice
    member: dict[str, Any] = {"user": name}
    if name in setting.own_zones:
        member["time_zone"] = setting.own_zones[name]
    if dice.rarely(2):
        member["weight"] = dice.pick(1, 2, 3, 7, 10_000, 0)
    if setting.has("skills"):
        member["skills"] = [skill for skill in SKILLS if dice.rarely(2)]
    if setting.has("limits") and dice.rarely(3):
        member["limits"] = limits_of(dice)
    if setting.has("away") and dice.rarely(3):
        member["vacations"] = [_span(setting)]
    if setting.has("away") and dice.rarely(8):
        member.update(dice.pick({"status": "inactive"}, {"from": setting.moment()}, {"until": setting.moment()}))
    if setting.has("hours") and dice.rarely(3):
        member.update(dice.pick({"calendar": "day"}, {"hours": hours_of(setting)}, {"holidays": ["NO"]}))
    if setting.has("capacity") and dice.rarely(2):
        member["max_open"] = dice.pick(1, 2, 3, 5)
    return member


def _span(setting: Setting) -> dict[str, str]:
    """A vacation: two days, or two instants."""
    dice = setting.dice
    if dice.rarely(2):
        first = dice.below(5) - 1
        return {"from": setting.day(first).isoformat(), "until": setting.day(first + dice.below(2)).isoformat()}
    begin = setting.start + timedelta(minutes=30 * dice.below(150))
    end = begin + timedelta(minutes=dice.pick(30, 60, 600, 1440))
    return {"from": f"{begin:%Y-%m-%dT%H:%M:%SZ}", "until": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def limits_of(dice: Dice) -> dict[str, int]:
    return {name: dice.pick(1, 2, 3, 5, 0) for name in ("hourly", "daily", "weekly", "total") if dice.rarely(3)}


def hours_of(setting: Setting) -> dict[str, list[str]]:
    dice = setting.dice
    begin = dice.pick(9, 0, setting.start.hour, 17)
    block = f"{begin:02}:00-{min(begin + dice.pick(8, 1, 4), 24):02}:00"
    blocks = dice.pick([block], [block], ["22:00-06:00 overnight"], ["08:00-12:00", "12:30-16:00"])
    return {dice.pick("mon-fri", "mon-sun", "sat-sun", "sun-thu"): blocks}


def _plain(setting: Setting, pool: dict[str, Any], _: Sequence[str]) -> None:
    dice = setting.dice
    if dice.rarely(3):
        pool["debt_limit"] = dice.pick(1, 0, 2)
    if dice.rarely(3):
        pool["catch_up_limit"] = dice.pick(0, 1, 5)
    if dice.rarely(3):
        pool["accrue_while"] = sorted(dice.subset(ACCRUE))
    if setting.has("tokens") and dice.rarely(3):
        pool["charge_redo"] = True
    if setting.has("limits") and dice.rarely(3):
        pool["limits"] = limits_of(dice)
        pool["week_start"] = dice.pick("monday", "sunday", "thursday")
    if setting.has("hours") and dice.rarely(2):
        pool.update(dice.pick({"calendar": "day"}, {"calendar": "odd"}, {"hours": hours_of(setting)}))


def _before(setting: Setting, pool: dict[str, Any], _: Sequence[str]) -> None:
    dice = setting.dice
    if setting.has("capacity") and dice.rarely(2):
        pool["max_open"] = dice.pick(1, 2, 4)
        pool["strategy"] = dice.pick("fair", "least_loaded")
        pool["capacity_until"] = dice.pick("closed", "touched")
    if setting.has("persons") and dice.rarely(2):
        pool["sticky_for"] = dice.pick("1h", "1d", "30d")
    if setting.has("claims", "persons") and dice.rarely(2):
        pool["count_kept"] = True


def _after(setting: Setting, pool: dict[str, Any], _: Sequence[str]) -> None:
    dice = setting.dice
    if setting.has("sla"):
        targets = [{"name": "quick", "when": dict(dice.pick(*CONDITIONS)), **_target(dice)}] if dice.rarely(2) else []
        pool["sla"] = [*targets, _target(dice)] if dice.rarely(2) else targets or _target(dice)
        if dice.rarely(3):
            pool["activity_delay"] = dice.pick("1m", "30m")
        pool["max_reassignments"] = dice.pick(3, 1, 0, 5)
    if setting.has("declines") and dice.rarely(2):
        pool["declines"] = True
    if setting.has("sla", "declines") and dice.rarely(3):
        pool["charge_back"] = True
    if setting.has("returns") and dice.rarely(2):
        pool["redo_on_return"] = True


def _target(dice: Dice) -> dict[str, Any]:
    target = {"first_touch_within": dice.pick(*WITHIN), "on_breach": dice.pick(*STEPS)}
    return {**target, "clock": "working"} if dice.rarely(3) else target


def _nobody(setting: Setting, pool: dict[str, Any], later: Sequence[str]) -> None:
    for name in ("when_nobody", "hold_for", "then", "failover", "queue", "default_owner", "while_waiting"):
        pool.pop(name, None)
    dice = setting.dice
    if setting.has("chains") and dice.rarely(2):
        ways = [{"queue": "late"}, {"default_owner": dice.pick(*USERS)}]
        ways += [{"failover": dice.pick(*later)}] * 2 if later else []
        way = dice.pick(*ways)
        kind = next(iter(way))
        how = {"when_nobody": kind}
        if dice.rarely(2):
            how = {"hold_for": dice.pick("1h", "1m", "30m", "1d"), "then": kind}
        pool.update({**how, **way})
    elif setting.has("chains") and not dice.rarely(3):
        pool.update(_waiting(setting, later))


def _waiting(setting: Setting, later: Sequence[str]) -> dict[str, Any]:
    """What is done about items that wait, and now and then how that ends."""
    dice = setting.dice
    told = [{"after": dice.pick("1m", "30m", "1h", "0m"), "do": "alert"}, {"after": "1h", "do": "raise"}]
    told += [{"after": dice.pick("1h", "3h"), "drop": list(dice.pick(SKILLS, (SKILLS[0][:1] + "*",)))}]
    entries = [entry for entry in told if dice.rarely(2)]
    owner = {}
    if dice.rarely(2):
        ends = [{"do": "queue", "queue": "late"}, {"do": "default_owner"}]
        ends += [{"do": "failover", "pool": dice.pick(*later)}] if later else []
        end = dice.pick(*ends)
        entries.append({"after": "1d", **end})
        owner = {"default_owner": dice.pick(*USERS)} if end["do"] == "default_owner" else {}
    return {"while_waiting": entries, **owner} if entries else {}


def changed_pool(setting: Setting, pool: Mapping[str, Any], later: Sequence[str]) -> dict[str, Any]:
    """The pool as a later version has it: members leave, join and change, and so may its settings."""
    dice = setting.dice
    members = [dict(member) for member in pool["members"] if not dice.rarely(5)]
    for member in members:
        if dice.rarely(4):
            member["weight"] = dice.pick(1, 4, 0)
        if setting.has("limits") and dice.rarely(4):
            member["limits"] = limits_of(dice)
    present = {member["user"] for member in members}
    members += [member_of(setting, name) for name in USERS if name not in present and dice.rarely(6)]
    if dice.rarely(4):
        members.reverse()
    if all(one.get("weight") == 0 or "status" in one for one in members):
        members = [*[one for one in members if one["user"] != "fay"], {"user": "fay"}]
    changed = {**pool, "members": members}
    for change in (_plain, _before, _after, _nobody):
        if dice.rarely(3):
            change(setting, changed, later)
    return changed

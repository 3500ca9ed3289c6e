"""Random rules, and the versions of a policy.

Belongs here: everything of a version but its pools, and when versions begin. Does not belong here: pools
(``make_pools``), and what is chosen for the whole project (``make_project``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.projects.make_pools import CONDITIONS, SKILLS, Setting, changed_pool, hours_of, limits_of, pool_of


def policies_of(setting: Setting, ends: Sequence[datetime]) -> list[dict[str, Any]]:
    """One to three versions; later ones begin between deliveries, at one, or at the start of a day."""
    dice = setting.dice
    names = ("p", "q", "r", "s")[: dice.pick(1, 2, 2, 3, 4)]
    pools = {name: pool_of(setting, names[place + 1 :]) for place, name in enumerate(names)}
    versions = [{"version": "v0", "effective_from": "2009-01-01", **rules_of(setting, pools), "pools": pools}]
    starts: set[datetime] = set()
    for number in range(1, dice.pick(2, 2, 3) if setting.has("versions") else 1):
        starts.add(dice.pick(*ends) + timedelta(minutes=dice.pick(0, 1, 30, 90, 600, -30)))
        pools = versions[-1]["pools"]
        newer = {
            name: changed_pool(setting, pool, names[place + 1 :]) for place, (name, pool) in enumerate(pools.items())
        }
        rules = rules_of(setting, newer) if dice.rarely(2) else {}
        versions.append({**versions[-1], "version": f"v{number}", **rules, "pools": newer})
    for version, start in zip(versions[1:], sorted(starts), strict=False):
        version["effective_from"] = f"{start:%Y-%m-%dT%H:%M:%SZ}"
    return [tidy(version) for version in versions[: 1 + len(starts)]]


def tidy(version: dict[str, Any]) -> dict[str, Any]:
    """The version without what is said of users who are members of none of its pools."""
    members = {member["user"] for pool in version["pools"].values() for member in pool["members"]}
    users = [one for one in version.get("users", ()) if one["user"] in members]
    users = [one for one in users if one.get("limits") or "max_open" in one]
    wishes = [one for one in version.get("preferences", ()) if members.issuperset(one["prefer"].get("users", ()))]
    return {**version, "users": users, "preferences": wishes}


def rules_of(setting: Setting, pools: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of a version but its pools."""
    dice, names = setting.dice, list(pools)
    found: dict[str, Any] = {"skills": list(SKILLS), "queues": ["late"], "catch_all": dice.pick(*names)}
    odd = {"hours": hours_of(setting), "holidays": ["NO"], "not_holidays": ["2026-04-03"]}
    dates = [setting.day(shift).isoformat() for shift in range(3) if dice.rarely(3)]
    found["calendars"] = {"day": {"hours": {"mon-sun": ["08:00-18:00"]}, "dates": dates}, "odd": odd}
    count = dice.pick(2, 3, 4) if len(names) > 1 else dice.pick(0, 2)
    found["territories"] = [_territory(setting, number, names) for number in range(count)]
    if setting.has("skills"):
        rules = [{"name": "fr", "when": {"country": ["FR"]}, "needs": ["French"]}]
        found["skill_rules"] = rules if dice.rarely(2) else []
    if setting.has("wishes"):
        liked = dice.pick(*(member["user"] for pool in pools.values() for member in pool["members"]))
        prefer = dice.pick({"users": [liked]}, {"skills": ["expert"]}, {"users": [liked], "skills": ["French"]})
        found["preferences"] = [{"name": "liked", "when": dict(dice.pick(*CONDITIONS)), "prefer": prefer}]
    if setting.has("rules"):
        found["qualification"] = [{"name": "no-consent", "when": {"consent_status": ["denied"]}}]
    # Which delivered owner is news of a person depends on whom the router has told, and who has a reopened item on who
    # had it as it was closed, which nothing here reads yet.
    found["updates"] = {"owner_changed": "ignore", "reopened": "ignore"}
    if dice.rarely(2):
        found["updates"]["arrives_closed"] = "decide"
    return {**found, **_owners(setting, pools), **_words(setting)}


def _territory(setting: Setting, number: int, pools: Sequence[str]) -> dict[str, Any]:
    dice = setting.dice
    found: dict[str, Any] = {"name": f"t{number}", "pool": dice.pick(*pools), "when": dict(dice.pick(*CONDITIONS))}
    if dice.rarely(3):
        found["priority"] = dice.pick(10, 20, 30) * 10 + number
    if setting.has("skills") and dice.rarely(4):
        found["needs"] = [dice.pick(*SKILLS)]
    return found


def _owners(setting: Setting, pools: Mapping[str, Any]) -> dict[str, Any]:
    dice = setting.dice
    found: dict[str, Any] = {}
    if setting.has("users"):
        members = _members(pools)
        users = [{"user": name, **_user(setting, name)} for name in members if dice.rarely(2)]
        found["users"] = users
    if setting.has("claims", "persons") and dice.rarely(2):
        claims = dice.pick(
            ["contact", "account"],
            ["survivor"],
            ["account", "contact", "opportunity", "survivor"],
            ["history", "contact"],
            ["contact", "history", "survivor"],
            ["item", "contact", "survivor"],
        )
        found["ownership"] = {"precedence": claims, "keep_inactive": dice.rarely(3)}
    if setting.has("claims") and dice.rarely(3):
        found.setdefault("ownership", {})["ignore_owners"] = [dice.pick("zed", *_members(pools))]
    if setting.has("persons") and dice.rarely(4):
        keys = [{"keys": ["email"]}, {"keys": ["phone_and_name"]}]
        found["identity"] = dice.pick(*keys, {"deduplicate": ["lead", "case"]})
    return found


def _members(pools: Mapping[str, Any]) -> list[str]:
    return sorted({member["user"] for pool in pools.values() for member in pool["members"]})


def _user(setting: Setting, name: str) -> dict[str, Any]:
    dice = setting.dice
    user: dict[str, Any] = {}
    if dice.rarely(2):
        user["limits"] = limits_of(dice)
    if dice.rarely(2):
        user["max_open"] = dice.pick(1, 2, 4)
    if name in setting.own_zones:
        user["time_zone"] = setting.own_zones[name]
    return user


def _words(setting: Setting) -> dict[str, Any]:
    dice = setting.dice
    if not setting.has("kinds"):
        return {}
    return dice.pick(
        {"touches": {"kinds": ["call"]}},
        {"closing": {"statuses": ["Parked"], "outcomes": ["parked"]}},
        {"returns": {"outcomes": ["spam", "won"]}},
    )

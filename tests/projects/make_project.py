"""Random projects: settings, policies, feeds, deliveries and tokens that fit each other.

Belongs here: what is chosen for a project as a whole. Does not belong here: its parts (other ``make_*``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.core.world_dice import Dice, thrown
from tests.projects.make_feeds import Maker, feeds_of, times_of
from tests.projects.make_pools import FEATURES, SKILLS, Setting
from tests.projects.make_rules import policies_of
from tests.projects.read_people import members_of
from tests.projects.tree import Project


def project_of(seed: int) -> Project:
    """The project of a seed, of a few features, of half of them, or of all."""
    dice = thrown(seed)
    setting = Setting(dice, _features(dice))
    feeds, ends = feeds_of(setting), times_of(setting)
    policies = policies_of(setting, ends)
    deliveries, tokens = Maker(setting, feeds, ends).deliveries(), _tokens(setting, policies, ends)
    run_instant = dice.pick("last_record", "last_record", "last_record", "now")
    # Newer dice come last: seeds that were looked at stay what they were.
    for policy in policies:
        if "ownership" in policy and dice.rarely(3):
            policy["ownership"]["survivor_within_limits"] = False
    return Project(setting.zone, policies, feeds, deliveries, tokens, run_instant)


def _features(dice: Dice) -> frozenset[str]:
    how = dice.below(6)
    if how == 5:
        return frozenset(FEATURES)
    if how >= 3:
        return dice.subset(FEATURES)
    return frozenset(dice.pick(*FEATURES) for _ in range((2, 3, 4)[how]))


def _tokens(setting: Setting, policies: Sequence[Any], ends: Sequence[datetime]) -> list[dict[str, Any]]:
    """Lines of exceptions.csv; a line that is added later counts from a later instant on."""
    dice, found = setting.dice, []
    if not setting.has("tokens"):
        return []
    places = sorted(dice.pick(-1, -1, *range(len(ends) - 1)) for _ in range(dice.pick(1, 2, 4, 8)))
    for number, after in enumerate(places):
        pools = {name: pool for policy in policies for name, pool in policy["pools"].items()}
        name = dice.pick(*pools)
        members = members_of({"pools": {name: {"members": pools[name]["members"]}}})
        token: dict[str, Any] = {
            "token_id": f"t{number}", "pool_id": name, "member_id": dice.pick(*members),
            "kind": dice.pick("redo", "skip", "redo", "skip", "pause"), "after": after,
        }  # fmt: skip
        if token["kind"] == "pause":
            token |= dice.pick({"pool_id": ""}, {"member_id": ""}, {})
            if found and found[-1]["kind"] == "pause":
                token |= {name: found[-1][name] for name in ("pool_id", "member_id")} | {"kind": "resume"}
        elif setting.has("skills") and dice.rarely(4):
            token["skill"] = dice.pick(*SKILLS)
        if after >= 0:
            token["from"] = f"{ends[after] + timedelta(minutes=dice.pick(1, 1, 30)):%Y-%m-%dT%H:%M:%SZ}"
        elif dice.rarely(3):
            token["from"] = setting.moment()
        if dice.rarely(5) and token["kind"] != "resume":
            token["expires"] = f"{ends[-1] - timedelta(minutes=dice.pick(1, 60, 600)):%Y-%m-%dT%H:%M:%SZ}"
        found.append(token)
    return found


def cuts_of(project: Project, seed: int) -> list[list[int]]:
    """How a project is run: in one piece, in two, or delivery by delivery; every fifth in two of these ways."""
    ways = list(ways_of(project, seed).values())
    return [ways[seed % 3], ways[(seed + 1) % 3]] if seed % 5 == 0 else [ways[seed % 3]]


def ways_of(project: Project, seed: int) -> dict[str, list[int]]:
    """Up to which deliveries each run of a project goes, by the name of the way."""
    last = len(project.deliveries)
    two = sorted({1 + thrown(seed + 10**9).below(last), last})
    return {"whole": [last], "two": two, "each": list(range(1, last + 1))}

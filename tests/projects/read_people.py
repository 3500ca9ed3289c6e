"""Users and absences of a project, read plainly from its rows: who is there, where and since when.

Belongs here: the rule that a delivery changes only what happens after it. Does not belong here: what members may take.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Absence, Departure, StatusChange
from tests.projects.read_time import days_us, moment_us, us
from tests.projects.tree import Project, Row


@dataclass(frozen=True)
class Known:
    """What was known of a user from an instant on; ``place``: of the delivery that told it, -1 for the policies."""

    since: int
    is_active: bool = True
    from_us: int = FAR_PAST_US
    until_us: int = FAR_FUTURE_US
    zone: str | None = None
    place: int = -1


@dataclass
class People:
    """All that became known of users, each in the order of time; and what the policies say of zones."""

    project: Project
    effective: list[int]
    users: dict[str, list[Known]] = field(default_factory=dict)
    fed_from: int = FAR_FUTURE_US

    def __post_init__(self) -> None:
        feeds = {feed.name for feed in self.project.feeds if feed.table == "users"}
        told: dict[str, list[Known]] = {}
        for place, delivery in enumerate(self.project.deliveries):
            for name in feeds & set(delivery.rows):
                for row in delivery.rows[name]:
                    told.setdefault(row["user_id"], []).append(_known(self.effective[place], row, place))
        first = min((one.since for versions in told.values() for one in versions), default=FAR_FUTURE_US)
        self.fed_from = first
        for place, policy in enumerate(self.project.policies):
            since = moment_us(policy["effective_from"], self.project.zone) if place else FAR_PAST_US
            for user in members_of(policy):
                if since < first and user not in self.users:
                    self.users[user] = [Known(since)]
        for user, versions in told.items():
            self.users.setdefault(user, []).extend(versions)

    def at(self, user: str, t: int) -> Known | None:
        return next((one for one in reversed(self.users.get(user, [])) if one.since <= t), None)

    def is_active(self, user: str, t: int) -> bool:
        known = self.at(user, t)
        return known is not None and known.is_active and known.from_us <= t < known.until_us

    def is_fed(self, t: int) -> bool:
        """Whether a feed tells who is a user; before it does, all that other feeds name are."""
        return t >= self.fed_from

    def zone(self, user: str, own: str | None, t: int) -> str:
        """Where somebody lives: by the policy, else by the feed, else where the project is."""
        known = self.at(user, t)
        return own or (known.zone if known else None) or self.project.zone

    def moves(self) -> set[int]:
        """Instants from which on somebody may live elsewhere."""
        return {one.since for versions in self.users.values() for one in versions} - {FAR_PAST_US}

    def status_changes(self) -> list[StatusChange]:
        found = []
        for user, versions in sorted(self.users.items()):
            edges = {FAR_PAST_US, *(t for one in versions for t in (one.since, one.from_us, one.until_us))}
            found += [StatusChange(user, t, self.is_active(user, t)) for t in sorted(edges - {FAR_FUTURE_US})]
        return found

    def departures(self) -> list[Departure]:
        """Whenever somebody is active no more."""
        changes = self.status_changes()
        return [
            Departure(after.user_id, after.at_us)
            for before, after in pairwise(changes)
            if before.user_id == after.user_id and before.is_active and not after.is_active
        ]

    def absences(self) -> list[Absence]:
        feeds = {feed.name for feed in self.project.feeds if feed.table == "absences"}
        found = []
        for place, delivery in enumerate(self.project.deliveries):
            for row in (row for name in sorted(feeds & set(delivery.rows)) for row in delivery.rows[name]):
                for start, end in self._away(row):
                    begin = max(start, self.effective[place])
                    if begin < end:
                        found.append(Absence(row["user_id"], begin, end))
        return found

    def _away(self, row: Row) -> list[tuple[int, int]]:
        """When somebody is away: days are those of the place where they are then."""
        start, end = row["start"], row.get("end")
        if isinstance(start, datetime):
            return [(us(start), us(end) if end else FAR_FUTURE_US)]
        user = row["user_id"]
        edges = [FAR_PAST_US, *sorted(self.moves()), FAR_FUTURE_US]
        found = []
        for begin, stop in pairwise(edges):
            first, last = days_us(self.zone(user, own_zone(self.project, user), begin), start, end or start)
            if max(first, begin) < min(last, stop):
                found.append((max(first, begin), min(last, stop)))
        return found


def _known(since: int, row: Row, place: int) -> Known:
    zone, active = row.get("time_zone"), row.get("is_active")
    from_at, until_at = row.get("active_from"), row.get("active_until")
    return Known(
        since,
        active is not False,
        us(from_at) if from_at else FAR_PAST_US,
        us(until_at) if until_at else FAR_FUTURE_US,
        zone or None,
        place,
    )


def own_zone(project: Project, user: str) -> str | None:
    """The zone that the policies give a user; projects give one user one zone, in all pools and versions."""
    return next((zone for policy in project.policies for zone in zones_of(policy, user)), None)


def zones_of(policy: Any, user: str) -> list[str]:
    members = [member for pool in policy["pools"].values() for member in pool["members"]]
    both = [*members, *policy.get("users", ())]
    return [one["time_zone"] for one in both if one["user"] == user and "time_zone" in one]


def members_of(policy: Any) -> list[str]:
    """Members of the pools of a version, default owners included."""
    found = [member["user"] for pool in policy["pools"].values() for member in pool["members"]]
    return found + [pool["default_owner"] for pool in policy["pools"].values() if "default_owner" in pool]

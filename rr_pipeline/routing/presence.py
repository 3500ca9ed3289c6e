"""Who is there by each policy version: absences of the feed, vacations of the policy, deputies of both.

Belongs here: what is told of people, in the words of the core. Does not belong here: who stands in for whom
(core.stand_ins), and claims (sql).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from rr_pipeline.config import PolicyVersion, Project
from rr_pipeline.config.presence import Gone
from rr_pipeline.core.calendar.local_time import SECOND_US
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Departure, StandIn
from rr_pipeline.core.stand_ins import Away, Presence, deputies_between, long_stretches, stand_ins
from rr_pipeline.routing.absences import Told
from rr_pipeline.routing.policy_frames import vacation_of, zone_of
from rr_pipeline.routing.user_versions import People, UserVersion
from rr_pipeline.session.instants import to_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import lend_temp

_STAND_INS = pl.Schema(
    {"policy_no": pl.Int64, "user_id": pl.String, "from_us": pl.Int64, "until_us": pl.Int64, "deputy_id": pl.String}
)


def home_zones(project: Project, zones: Mapping[str, str | None]) -> dict[str, str]:
    """Return by user the zone of its days where no pool matters: of its first member with one, else as told last."""
    found = {user: zone for user, zone in zones.items() if zone is not None}
    own = [member for policy in project.policies for pool in policy.pools for member in pool.members]
    found |= {member.user: member.time_zone for member in reversed(own) if member.time_zone is not None}
    return found


def presence_of(project: Project, people: People, told: Iterable[Told], versions: Iterable[UserVersion]) -> Presence:
    """Return what the feeds tell; whole days are those of the place where a user lives now."""
    homes = home_zones(project, {user: changes[-1][1] for user, changes in people.time_zones.items()})
    away: dict[str, list[Away]] = {}
    for one in told:
        is_home = one.time_zone in {None, homes.get(one.user_id, project.settings.time_zone)}
        if is_home and not one.is_working:
            away.setdefault(one.user_id, []).append(Away(one.from_us, one.until_us, one.known, one.deputy_id))
    active: dict[str, list[tuple[int, int]]] = {}
    for user, from_us, until_us in people.intervals:
        active.setdefault(user, []).append((from_us, until_us))
    deputies: dict[str, list[tuple[int, str | None]]] = {}
    for version in versions:
        deputies.setdefault(version.user_id, []).append((version.effective_us, version.deputy_id))
    return Presence(away, active, deputies)


def by_policy(project: Project, people: People, presence: Presence, policy: PolicyVersion) -> Presence:
    """Return what the feeds tell with what a policy version says: its vacations, and its deputies, who go first."""
    away = {user: list(absences) for user, absences in presence.away.items()}
    for member in (member for pool in policy.pools for member in pool.members):
        zone = zone_of(project, people, member, FAR_FUTURE_US)
        spans = (vacation_of(vacation, zone) for vacation in member.vacations)
        away.setdefault(member.user, []).extend(Away(one.from_us, one.until_us) for one in spans)
    named = {user.user: [(FAR_PAST_US, user.deputy)] for user in policy.users if user.deputy is not None}
    return Presence(away, presence.active, {**presence.deputies, **named})


def lend_claims(project: Project, people: People, presence: Presence) -> list[tuple[int, StandIn]]:
    """Return whose claims are not theirs while they are away for long, with the number of the version that says so."""
    found = []
    for number, policy in enumerate(project.policies, start=1):
        when_away = policy.ownership.when_away
        if when_away.do != "keep":
            whole = by_policy(project, people, presence, policy)
            over_us = (when_away.over or 0) * SECOND_US
            found += [(number, StandIn(*row)) for row in stand_ins(whole, over_us, when_away.do == "deputy")]
    return found


def in_force(project: Project, lent: Iterable[tuple[int, StandIn]]) -> tuple[StandIn, ...]:
    """Return the stretches as far as their version is in force."""
    found = []
    for number, one in lent:
        begin, end = _reign(project, number - 1)
        from_us, until_us = max(one.from_us, begin), min(one.until_us, end)
        if from_us < until_us:
            found.append(replace(one, from_us=from_us, until_us=until_us))
    return tuple(found)


def _reign(project: Project, place: int) -> tuple[int, int]:
    """Return from when until when the version in this place is in force; the first holds for all that is older."""
    following = project.policies[place + 1 : place + 2]
    begin = to_us(project.policies[place].effective_from, FAR_PAST_US) if place else FAR_PAST_US
    return begin, to_us(following[0].effective_from, FAR_FUTURE_US) if following else FAR_FUTURE_US


def write_stand_ins(session: Session, lent: Iterable[tuple[int, StandIn]]) -> None:
    """Leave TEMP ``int_stand_ins``."""
    rows = [(number, one.user_id, one.from_us, one.until_us, one.deputy) for number, one in lent]
    frame = pl.DataFrame(rows, schema=_STAND_INS, orient="row")
    ends = {"far_past_us": FAR_PAST_US, "far_future_us": FAR_FUTURE_US}
    lend_temp(session.con, "intermediate", "int_stand_ins", frame.to_arrow(), ends)


def departures(project: Project, people: People, presence: Presence) -> tuple[Departure, ...]:
    """Return who departs, or turns out to be away for long, where the version then in force hands on what they have."""
    found = []
    for number, policy in enumerate(project.policies):
        begin, end = _reign(project, number)
        rules, whole = policy.ownership.owners_gone, by_policy(project, people, presence, policy)
        gone: list[tuple[Gone, str, str, int]] = [
            (rules.departed, "departed", user, at_us) for user, at_us in people.departed
        ]
        for user in sorted(whole.away) if rules.away.over is not None else ():
            starts = long_stretches(whole.away[user], (rules.away.over or 0) * SECOND_US)
            gone += [(rules.away, "away", user, start) for start, _ in starts]
        for rule, cause, user, at_us in gone:
            if rule.do != "keep" and begin <= at_us < end:
                deputy = whole.stand_in(user, at_us) if rule.do == "deputy" else None
                spares = cause == "away" and rules.away.touched == "leave"
                found.append(Departure(user, at_us, cause, spares, deputy, rule.queue))
    return tuple(found)


def idle_deputies(project: Project, people: People, presence: Presence) -> tuple[StandIn, ...]:
    """Return who has what users leave idle, and when, where the version then in force says so."""
    found: list[StandIn] = []
    for place, policy in enumerate(project.policies):
        if policy.ownership.owners_gone.idle.do == "deputy":
            whole = by_policy(project, people, presence, policy)
            found += [StandIn(*row) for row in deputies_between(whole, *_reign(project, place))]
    return tuple(found)

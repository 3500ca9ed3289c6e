"""Users and absences as the router sees them: what was known, and from which instant on.

A delivery can only change what happens after it: a version of a user, or an absence, takes effect one microsecond
after the frontier its delivery found (from ever, in the very first one). So cutting the same deliveries into other
runs decides the same. That goes for the time zone of a user, and for the feed itself: before it first came, the
policies were all that was known of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from rr_pipeline.config import Project, check_members
from rr_pipeline.config.clock_changes import are_zones_fed, clock_warnings
from rr_pipeline.config.policy import LocalTime
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US
from rr_pipeline.errors import RefusedError
from rr_pipeline.routing.absences import clipped, told_absences, works_of
from rr_pipeline.routing.presence import departures, idle_deputies, in_force, lend_claims, presence_of, write_stand_ins
from rr_pipeline.routing.user_versions import (
    Gap,
    People,
    UserVersion,
    ZoneChanges,
    active_intervals,
    without_gaps,
    zone_changes,
)
from rr_pipeline.session.instants import to_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, lend_temp


def load_people(session: Session) -> People:
    """Read users and absences known by now; leave TEMP ``int_known_users``, ``int_user_intervals``, ``int_stand_ins``.

    Needs TEMP ``int_user_versions``.
    """
    versions = _user_versions(session)
    latest = {version.user_id: version for version in versions}
    if latest and (problems := check_members(session.project, frozenset(latest))):
        raise RefusedError("a policy names members that the users feed does not know:", problems)
    session.set_variables(users_from_us=min((version.effective_us for version in versions), default=FAR_FUTURE_US))
    versions = _with_members(versions, session.project)
    gaps, active = _gaps(session), active_intervals(versions)
    intervals = without_gaps(active, gaps)
    known_from = {version.user_id: version.effective_us for version in reversed(versions)}
    managers = {user: version.manager_id for user, version in latest.items() if version.manager_id}
    _write_tables(session, intervals, known_from, managers)
    time_zones = zone_changes(versions)
    _warn_of_clocks(session, time_zones)
    left = tuple((gap.user_id, gap.left_us, gap.until_us) for gap in gaps if gap.left_us is not None)
    told = told_absences(session.con, _zones(session.project, time_zones), session.project.settings.time_zone)
    people = People(
        tuple(intervals), time_zones, known_from, clipped(told), left, works_of(told), _departed(active, left)
    )
    presence = presence_of(session.project, people, told, versions)
    lent = lend_claims(session.project, people, presence)
    write_stand_ins(session, lent)
    _write_left(session, left)
    gone = departures(session.project, people, presence)
    idle = idle_deputies(session.project, people, presence)
    return replace(people, departures=gone, stand_ins=in_force(session.project, lent), deputies=idle)


def _write_left(session: Session, left: tuple[tuple[str, int, int], ...]) -> None:
    schema = {"user_id": pl.String, "from_us": pl.Int64, "until_us": pl.Int64}
    rows = pl.DataFrame(left, schema=schema, orient="row").to_arrow()
    lend_temp(session.con, "intermediate", "int_left_users", rows, {"far_future_us": FAR_FUTURE_US})


def _departed(
    active: list[tuple[str, int, int]], left: tuple[tuple[str, int, int], ...]
) -> tuple[tuple[str, int], ...]:
    """Return who departs when: at the end of each stretch of activity, and on having left."""
    ends = [(user, until_us) for user, _, until_us in active if until_us < FAR_FUTURE_US]
    return tuple(sorted({*ends, *((user, from_us) for user, from_us, _ in left)}))


def _gaps(session: Session) -> list[Gap]:
    return [
        Gap(user, to_us(begun, FAR_PAST_US), to_us(back, FAR_FUTURE_US), None if left is None else to_us(left, 0))
        for user, begun, back, left in ask(session.con, "user_gaps")
    ]


def _warn_of_clocks(session: Session, time_zones: Mapping[str, ZoneChanges]) -> None:
    """Warn of local times of members that a clock change skips or repeats, where only the users feed tells the zone."""
    project = session.project
    if not are_zones_fed(project.sources):
        return

    def zone_of(time: LocalTime) -> str | None:
        if time.time_zone is not None:
            return None
        _, told = time_zones.get(time.user, ((FAR_PAST_US, None),))[-1]
        return told or project.settings.time_zone

    session.warnings.extend(clock_warnings(project.policies, zone_of))


def _with_members(versions: list[UserVersion], project: Project) -> list[UserVersion]:
    """Add what the policies alone tell of their members before there is a users feed: they exist and are active."""
    told_us = min((version.effective_us for version in versions), default=FAR_FUTURE_US)
    since: dict[str, int] = {}
    for number, policy in enumerate(project.policies):
        for member in (member for pool in policy.pools for member in pool.members):
            since.setdefault(member.user, to_us(policy.effective_from, FAR_PAST_US) if number else FAR_PAST_US)
    assumed = [
        UserVersion(user, from_us, True, FAR_PAST_US, FAR_FUTURE_US, None, None)
        for user, from_us in since.items()
        if from_us < told_us
    ]
    return sorted([*versions, *assumed], key=lambda version: (version.user_id, version.effective_us))


def _user_versions(session: Session) -> list[UserVersion]:
    rows = ask(session.con, "user_rows")
    return [
        UserVersion(
            user_id=user,
            effective_us=to_us(effective, FAR_PAST_US),
            is_active=active,
            active_from_us=to_us(start, FAR_PAST_US),
            active_until_us=to_us(end, FAR_FUTURE_US),
            time_zone=zone,
            manager_id=manager,
            deputy_id=deputy,
        )
        for user, effective, active, start, end, zone, manager, deputy in rows
    ]


def _write_tables(
    session: Session, intervals: list[tuple[str, int, int]], known_from: Mapping[str, int], managers: Mapping[str, str]
) -> None:
    frame = pl.DataFrame(
        [(user, from_us, managers.get(user)) for user, from_us in sorted(known_from.items())],
        schema={"user_id": pl.String, "from_us": pl.Int64, "manager_id": pl.String},
        orient="row",
    )
    stretches = pl.DataFrame(
        intervals, schema={"user_id": pl.String, "from_us": pl.Int64, "until_us": pl.Int64}, orient="row"
    )
    ends = {"far_past_us": FAR_PAST_US, "far_future_us": FAR_FUTURE_US}
    for table, rows in (("int_known_users", frame), ("int_user_intervals", stretches)):
        lend_temp(session.con, "intermediate", table, rows.to_arrow(), ends)


def _zones(project: Project, time_zones: Mapping[str, ZoneChanges]) -> dict[str, tuple[str, ...]]:
    """Return by member every zone in which its days may count, in some version, pool or stretch of time."""
    found: dict[str, set[str]] = {}
    for policy in project.policies:
        for member in (member for pool in policy.pools for member in pool.members):
            zones = found.setdefault(member.user, {project.settings.time_zone})
            zones |= {zone for _, zone in time_zones.get(member.user, ()) if zone is not None}
            if member.time_zone is not None:
                zones.add(member.time_zone)
    return {user: tuple(sorted(zones)) for user, zones in found.items()}

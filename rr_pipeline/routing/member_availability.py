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
from rr_pipeline.core.calendar.local_time import dates_interval
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Absence
from rr_pipeline.errors import RefusedError
from rr_pipeline.routing.user_versions import People, UserVersion, ZoneChanges, active_intervals, zone_changes
from rr_pipeline.session.instants import day_number, to_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, lend_temp


def load_people(session: Session) -> People:
    """Read users and absences known by now, and leave TEMP ``int_known_users`` and ``int_user_intervals`` for SQL.

    Needs TEMP ``int_user_versions``.
    """
    versions = _user_versions(session)
    latest = {version.user_id: version for version in versions}
    if latest and (problems := check_members(session.project, frozenset(latest))):
        raise RefusedError("a policy names members that the users feed does not know:", problems)
    versions = _with_members(versions, session.project)
    intervals = active_intervals(versions)
    known_from = {version.user_id: version.effective_us for version in reversed(versions)}
    managers = {user: version.manager_id for user, version in latest.items() if version.manager_id}
    _write_tables(session, intervals, known_from, managers)
    time_zones = zone_changes(versions)
    _warn_of_clocks(session, time_zones)
    return People(tuple(intervals), time_zones, known_from, tuple(_absences(session, session.project, time_zones)))


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
        )
        for user, effective, active, start, end, zone, manager in rows
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


def _absences(session: Session, project: Project, time_zones: Mapping[str, ZoneChanges]) -> list[Absence]:
    rows = ask(session.con, "absence_rows")
    zones = _zones(project, time_zones)
    absences = []
    for user, first_day, last_day, start, end, effective in rows:
        if first_day is None:
            found = [Absence(user, to_us(start, FAR_PAST_US), to_us(end, FAR_FUTURE_US))]
        else:
            days = day_number(first_day), day_number(last_day or first_day)
            found = [Absence(user, *dates_interval(zone, *days), zone) for zone in zones.get(user, ())]
        known_us = to_us(effective, FAR_PAST_US)
        known = (replace(one, from_us=max(one.from_us, known_us)) for one in found)
        absences += [one for one in known if one.from_us < one.until_us]
    return absences


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

"""Users and absences as the router sees them: what was known, and from which instant on.

A delivery can only change what happens after it: a version of a user, or an absence, takes effect one microsecond
after the frontier its delivery found (from ever, in the very first one). So cutting the same deliveries into other
runs decides the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from rr_pipeline.config import Project, check_members
from rr_pipeline.core.calendars import dates_interval
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Absence, StatusChange
from rr_pipeline.errors import RefusedError
from rr_pipeline.pipeline.instants import day_number, to_us
from rr_pipeline.pipeline.session import Session
from rr_pipeline.warehouse import lend


@dataclass(frozen=True)
class UserVersion:
    """What one delivery said of a user. Instants in UTC microseconds."""

    user_id: str
    effective_us: int
    is_active: bool
    active_from_us: int
    active_until_us: int
    time_zone: str | None
    manager_id: str | None


@dataclass(frozen=True)
class People:
    """Users known so far: when each is active, the latest zone of each, and the absences the feed told of."""

    intervals: tuple[tuple[str, int, int], ...]
    time_zones: Mapping[str, str]
    managers: Mapping[str, str]
    known: frozenset[str]
    has_feed: bool
    absences: tuple[Absence, ...]

    @property
    def status_changes(self) -> list[StatusChange]:
        """Activity of every user of the feed as changes: inactive since ever, then each interval."""
        changes = [StatusChange(user, FAR_PAST_US, False) for user in sorted({user for user, _, _ in self.intervals})]
        changes += [StatusChange(user, FAR_PAST_US, False) for user in sorted(self.known) if not self._has(user)]
        for user, from_us, until_us in self.intervals:
            changes.append(StatusChange(user, from_us, True))
            if until_us < FAR_FUTURE_US:
                changes.append(StatusChange(user, until_us, False))
        return changes

    def _has(self, user: str) -> bool:
        return any(user == other for other, _, _ in self.intervals)


def active_intervals(versions: Iterable[UserVersion]) -> list[tuple[str, int, int]]:
    """Stretches (user, from_us, until_us) in which each user is active; versions sorted by user and effective_us."""
    intervals: list[tuple[str, int, int]] = []
    for user, group in groupby(versions, key=lambda version: version.user_id):
        known = list(group)
        ends = [version.effective_us for version in known[1:]] + [FAR_FUTURE_US]
        for version, end in zip(known, ends, strict=True):
            start, stop = max(version.effective_us, version.active_from_us), min(end, version.active_until_us)
            if not version.is_active or start >= stop:
                continue
            if intervals and intervals[-1][0] == user and intervals[-1][2] == start:
                intervals[-1] = (user, intervals[-1][1], stop)
            else:
                intervals.append((user, start, stop))
    return intervals


def load_people(session: Session) -> People:
    """Read users and absences known by now, and leave TEMP ``int_known_users`` and ``int_user_intervals`` for SQL."""
    versions = _user_versions(session)
    latest = {version.user_id: version for version in versions}
    intervals = active_intervals(versions)
    has_feed = bool(latest)
    members = {member.user for policy in session.project.policies for pool in policy.pools for member in pool.members}
    if has_feed:
        if problems := check_members(session.project, frozenset(latest)):
            raise RefusedError("a policy names members that the users feed does not know:", problems)
    else:
        # Without a users feed the policy is all that is known of people: its members exist and are active.
        intervals = [(user, FAR_PAST_US, FAR_FUTURE_US) for user in sorted(members)]
    time_zones = {user: version.time_zone for user, version in latest.items() if version.time_zone}
    managers = {user: version.manager_id for user, version in latest.items() if version.manager_id}
    known = frozenset(latest) | members
    _write_tables(session, intervals, known, managers)
    absences = _absences(session, session.project, time_zones)
    return People(tuple(intervals), time_zones, managers, known, has_feed, tuple(absences))


def _user_versions(session: Session) -> list[UserVersion]:
    rows = session.con.execute(
        """
        select users.user_id, batches.effective_at, coalesce(users.is_active, true), users.active_from,
            users.active_until, users.time_zone, users.manager_id
        from staging.stg_users as users
        inner join ops.batches as batches using (ingest_batch)
        qualify row_number() over (
            partition by users.user_id, users.ingest_batch order by users.row_hash, users.file_id, users.row_number
        ) = 1
        order by users.user_id, users.ingest_batch
        """
    ).fetchall()
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
    session: Session, intervals: list[tuple[str, int, int]], known: frozenset[str], managers: Mapping[str, str]
) -> None:
    users = sorted(known)
    frame = pl.DataFrame(
        {"user_id": users, "manager_id": [managers.get(user) for user in users]},
        schema={"user_id": pl.String, "manager_id": pl.String},
    )
    stretches = pl.DataFrame(
        intervals, schema={"user_id": pl.String, "from_us": pl.Int64, "until_us": pl.Int64}, orient="row"
    )
    con = session.con
    with lend(con, "known_users_frame", frame.to_arrow()):
        con.execute("create or replace temp table int_known_users as from known_users_frame")
    with lend(con, "user_intervals_frame", stretches.to_arrow()):
        con.execute(
            f"""
            create or replace temp table int_user_intervals as
            select
                user_id,
                if(from_us = {FAR_PAST_US}, '-infinity'::timestamptz, make_timestamptz(from_us)) as from_at,
                if(until_us = {FAR_FUTURE_US}, 'infinity'::timestamptz, make_timestamptz(until_us)) as until_at,
            from user_intervals_frame
            """
        )


def _absences(session: Session, project: Project, time_zones: Mapping[str, str]) -> list[Absence]:
    rows = session.con.execute(
        """
        select absences.user_id, absences.start_date, absences.end_date, absences.start_at, absences.end_at,
            batches.effective_at
        from staging.stg_absences as absences
        inner join ops.batches as batches using (ingest_batch)
        order by all
        """
    ).fetchall()
    absences = []
    for user, first_day, last_day, start, end, effective in rows:
        if first_day is not None:
            zone = time_zones.get(user, project.settings.time_zone)
            from_us, until_us = dates_interval(zone, day_number(first_day), day_number(last_day or first_day))
        else:
            from_us, until_us = to_us(start, FAR_PAST_US), to_us(end, FAR_FUTURE_US)
        from_us = max(from_us, to_us(effective, FAR_PAST_US))
        if from_us < until_us:
            absences.append(Absence(user, from_us, until_us))
    return absences

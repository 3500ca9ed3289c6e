"""When the passing of time alone can give a run something to do.

Belongs here: what the tables and the config say about that. Does not belong here: files that come (watch/landing.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Found
from rr_pipeline.warehouse.sql_files import table_exists

_AT_NO_KNOWN_INSTANT = {
    "ops.router_holds": "true",
    "intermediate.int_waiting_rows": "true",
    "intermediate.int_waiting_closings": "true",
    "intermediate.int_waiting_activities": "waits_for = 'time'",
}
"""Rows that wait for an instant which only a run works out, such as the next hour that somebody is there."""

_IDLE_SINCE = """
    select min(greatest(if(at_closes, told_us, since_us), coalesce(acted_us, touched_us)))
    from ops.router_open
    where given_us is null
"""
"""Since when the owner of some open item has done nothing about it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_instant(session: Session, found: Found) -> datetime | None:
    """The instant from which a run can find something to do although nothing has come; None where it never can.

    The run's own instant means: at some time from now on, and nobody can tell when.
    """
    as_of = found.as_of or session.clock
    if found.ingest.waiting_count:
        return as_of
    if session.project.settings.run_instant == "last_record":
        return None
    return min((*_instants(session, as_of), *_departures(found, as_of)), default=None)


def _departures(found: Found, as_of: datetime) -> Iterator[datetime]:
    """When somebody will depart, or turn out to be away for long, as known."""
    people = found.people
    instants = [at_us for _, at_us in people.departed] + [one.at_us for one in people.departures]
    as_of_us = (as_of - _EPOCH) // timedelta(microseconds=1)
    yield from (_EPOCH + timedelta(microseconds=at_us) for at_us in instants if at_us > as_of_us)


def _instants(session: Session, as_of: datetime) -> Iterator[datetime]:
    policies = session.project.policies
    yield from (one.effective_from for one in policies if one.effective_from > as_of)
    if any(member.until for version in policies for pool in version.pools for member in pool.members):
        yield as_of
    for name, condition in _AT_NO_KNOWN_INSTANT.items():
        if table_exists(session.con, name) and session.scalar(f"select exists (from {name} where {condition})"):
            yield as_of
    if table_exists(session.con, "ops.router_open"):
        due_us = session.scalar("select min(due_us) from ops.router_open")
        if isinstance(due_us, int):
            yield max(as_of, _EPOCH + timedelta(microseconds=due_us))
        idle = [one.ownership.owners_gone.idle for one in policies]
        lengths = [one.over for one in idle if one.do != "keep" and one.over is not None]
        since_us = session.scalar(_IDLE_SINCE) if lengths else None
        if isinstance(since_us, int):
            yield max(as_of, _EPOCH + timedelta(microseconds=since_us, seconds=min(lengths)))

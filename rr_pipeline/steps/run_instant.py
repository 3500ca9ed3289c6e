"""The run's instant: which one it is, and when it lies too far ahead of everything known to be believed.

Belongs here: as_of and until of a run, of a restatement too. Does not belong here: what is final (the frontier is
stored with each run), nor which rows are too late for their file (sql/staging).
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from rr_pipeline.config.zones import EARLIEST, load_zone
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Instants
from rr_pipeline.warehouse.sql_files import ask, change

CLOCK_SKEW = timedelta(minutes=5)
"""How far a clock may be ahead of another before its instants are taken for wrong."""

UNDATED = datetime.combine(EARLIEST, time(), UTC)
"""The instant of a run by ``last_record`` before anything with a time has come: as early as a record may be."""

QUIET = timedelta(days=7)
"""How long after the newest record a clock may be, before a run asks whether it is right."""


def by_last_record(session: Session) -> bool:
    """Whether the newest instant in the data is to be the run's."""
    return session.wanted_as_of is None and session.project.settings.run_instant == "last_record"


def latest_instant(session: Session) -> datetime:
    """What the name of a file may say at most, and a row of a file whose name says nothing."""
    return session.wanted_as_of or max(filter(None, (session.clock, session.frontier)))


def settle_instant(session: Session, has_new_files: bool) -> Instants:
    """Settle the instants of the run from what is typed. Raises RefusedError (CLOCK_AHEAD)."""
    named = [source.name for source in session.project.sources if source.delivered_at is not None]
    ((known, newest),) = ask(
        session.con, "newest_instants", {"latest": session.clock + CLOCK_SKEW, "run_id": session.run_id, "named": named}
    )
    # The clock of a machine may jump back; what is decided stays decided.
    as_of = _last_record(session, known, has_new_files) if by_last_record(session) else latest_instant(session)
    _look_at_clock(session, as_of, newest)
    # Never beyond the run's instant, lest it decide what has not happened yet; never before what is final.
    until = min(session.wanted_until or as_of, as_of)
    return Instants(as_of, until if session.frontier is None else max(until, session.frontier))


def _last_record(session: Session, newest: datetime | None, has_new_files: bool) -> datetime:
    # Rows that wait for a later until were counted when they came.
    before = _latest_run(session) if session.frontier else None
    instant = max(filter(None, (newest, before, session.frontier)), default=UNDATED)
    if newest is None and has_new_files:
        stays = f"the run's instant stays {_said(instant)}"
        text = "no new row or file name has a time that can be used: "
        text += "nothing is final yet" if instant == UNDATED else stays
        _warn(session, "INSTANT_UNKNOWN", text)
    return instant


def _latest_run(session: Session) -> datetime | None:
    """The newest instant of a run so far, those apart that a wrong clock or option gave."""
    latest = max(filter(None, (session.clock + CLOCK_SKEW, session.frontier)))
    found = session.scalar("select max(as_of_at) filter (where as_of_at <= ?) from ops.runs", [latest])
    return found if isinstance(found, datetime) else None


def _look_at_clock(session: Session, as_of: datetime, newest: datetime | None) -> None:
    frontier = session.frontier
    believed = max(filter(None, (session.clock, newest, frontier))) + CLOCK_SKEW
    if as_of > believed and not session.is_ahead_allowed:
        raise RefusedError(
            Problem(
                "-",
                None,
                "--as-of",
                "CLOCK_AHEAD",
                f"{_said(as_of)} lies after the clock of this machine ({_said(session.clock)}) and after the "
                "newest record. Everything up to it would be final, and what comes later would be decided at that "
                "instant. Correct the instant; if it is meant, say --ahead-of-clock as well.",
            )
        )
    if frontier is not None and frontier > max(filter(None, (session.clock, newest))) + CLOCK_SKEW:
        text = (
            f"everything up to {_said(frontier)} is final, which this machine's clock has not reached: what comes is "
            f"decided at that instant. If a wrong --as-of or clock did that, `rr-pipeline backfill --from "
            f"{_first_day_ahead(session)}` moves it back"
        )
        _warn(session, "FRONTIER_AHEAD", text)
    elif newest is not None and session.project.settings.run_instant == "now":
        seen = max(filter(None, (newest, frontier)))
        if as_of - seen > QUIET:
            text = (
                f"the newest record is of {_said(seen)}, {(as_of - seen).days} days before this run's instant. "
                "Is the clock of this machine right? For old exports set run_instant: last_record"
            )
            _warn(session, "CLOCK_AHEAD", text)


def _first_day_ahead(session: Session) -> str:
    """The local day of the first item that was decided at an instant the clock has not reached."""
    latest = session.clock + CLOCK_SKEW
    ((first,),) = ask(session.con, "first_instant_ahead", {"latest": latest})
    before = session.scalar("select max(frontier_at) from ops.runs where frontier_at <= ?", [latest])
    instant = min((one for one in (first, before) if isinstance(one, datetime)), default=session.clock)
    return instant.astimezone(load_zone(session.project.settings.time_zone)).date().isoformat()


def recall_instant(session: Session) -> Instants:
    """Settle the instants of a restatement: those of the latest run, unless these lie in the future.

    Then nothing else brings the frontier back: they are the newest that a run, a record or a file name gives by now.
    """
    con, latest = session.con, session.clock + CLOCK_SKEW
    ((as_of, until, stands_at),) = ask(con, "latest_instants", {"latest": latest})
    known = _known_by_now(session, latest) if stands_at > latest else None
    if known is not None:
        as_of = until = known
        change(con, "delivered_ahead", {"as_of": as_of})
    return Instants(as_of, min(filter(None, (until, session.wanted_until))))


def _known_by_now(session: Session, latest: datetime) -> datetime | None:
    ((found,),) = ask(session.con, "known_instants", {"latest": latest})
    return found if isinstance(found, datetime) else None


def _warn(session: Session, code: str, text: str) -> None:
    session.warnings.append(Problem("-", None, None, code, text))


def _said(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

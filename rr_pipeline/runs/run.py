"""The one run function: the steps in their order, the commit, the published copy and the log line.

The command line calls ``run``; Dagster calls the same steps, on the same session.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from rr_pipeline import idle, quality
from rr_pipeline.config import Project
from rr_pipeline.errors import Problem, warn
from rr_pipeline.lock import WhenTaken
from rr_pipeline.maintenance import backups, verify
from rr_pipeline.publishing.parquet import parquet_run, write_parquet
from rr_pipeline.publishing.project_masks import project_masks
from rr_pipeline.runs.next_instant import next_instant
from rr_pipeline.session.after_commit import after_commit
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.session import ProgressCallback, Session, WholeFiles, no_progress, open_session
from rr_pipeline.steps import measures
from rr_pipeline.steps.found import Found
from rr_pipeline.steps.refusal import remove_refused_rows
from rr_pipeline.steps.sequence import STEPS, Step, perform, perform_all
from rr_pipeline.warehouse import publish
from rr_pipeline.warehouse.published import PUBLISHED_FILE, look_after, published_run
from rr_pipeline.warehouse.sql_files import table_exists


def run(
    project: Project,
    *,
    as_of: datetime | None = None,
    until: datetime | None = None,
    is_ahead_allowed: bool = False,
    progress: ProgressCallback = no_progress,
    what: str = "rr-pipeline run",
    whole_files: WholeFiles | None = None,
    when_taken: WhenTaken | None = None,
) -> RunReport:
    """Decide everything delivered and not yet decided, in one transaction, and publish it.

    ``as_of`` is the run's instant, ``until`` bounds the items taken; for these and the others see ``open_session``.
    Raises RunError (of which ``exit_code`` says the kind); then nothing but the log line has been written.
    """
    places = idle.Places(**project.settings.paths.model_dump(include={"landing", "warehouse", "published"}))
    before = idle.look(project.folder, places) if as_of is None and until is None else None
    with open_session(
        project, as_of=as_of, until=until, progress=progress, what=what, is_ahead_allowed=is_ahead_allowed,
        whole_files=whole_files, when_taken=when_taken,
    ) as session:  # fmt: skip
        found = perform_all(session)
        done = finish(session, found)
        quiet = _next_report(session, found, done) if before else None
    # Only now is the warehouse closed, and its file as the next run will find it.
    if quiet is None:
        idle.forget(project.folder)
    else:
        idle.remember(project.folder, places, before, project.settings.name, quiet.as_json())
    return done


def _next_report(session: Session, found: Found, done: RunReport) -> RunReport | None:
    """What the next run will say if nothing comes in; None where it would have something to do, or cannot be told."""
    project = session.project
    standing = (*project.warnings, *project.key_warnings)
    is_unfinished = found.ingest.unfinished_count > 0
    if done.problems or tuple(session.warnings) != standing or done.next_at is not None or is_unfinished:
        return None
    return (
        done
        if done.run_id is None
        else replace(_idle_report(session, found), frontier=done.frontier, published=done.published)
    )


def finish(session: Session, found: Found) -> RunReport:
    """Commit and publish what the steps did; where they found nothing to do, leave no trace of the run."""
    begun = time.perf_counter()
    if measures.is_idle(session, found):
        session.rollback()
        done = _idle_report(session, found)
    else:
        done = measures.report_run(session, found)
        if verify.is_due(session, found.rotation.new_frontier) or backups.is_due(session, found.rotation.new_frontier):
            # Before the commit: of a damaged warehouse nothing is changed any more.
            verify.read_whole(session, session.progress)
        session.progress("committing", 0, None)
        session.commit()
        session.committed = done.run_id
    with after_commit(session):
        if session.committed:
            found.ingest.remember()
            remove_refused_rows(session.project.folder)
        published = _publish(session)
        session.seconds["publish"] = round(time.perf_counter() - begun, 3)
        if session.committed:
            backups.after_run(session, found.rotation.new_frontier)
        next_at = next_instant(session, found)
    session.report = replace(done, published=published, seconds=dict(session.seconds), next_at=next_at)
    return session.report


def _publish(session: Session) -> str | None:
    con = session.con
    if not table_exists(con, "ops.runs"):
        return None
    last = str(session.scalar("select max(run_id) from ops.runs"))
    # A run killed between its commit and its copy is made good by the next one, whatever that one finds.
    is_free = look_after(session.project.published)
    settings, masks = session.project.settings, project_masks(con, session.project)
    shown = published_run(session.project.published, masks.fingerprint)
    if shown != last:
        session.progress("publishing", 0, None)
        # What was decided again cannot be added to a copy of what stood before.
        is_restated = table_exists(con, "ops.restatements") and session.scalar(
            "select exists (from ops.restatements where run_id > ?)", [shown or ""]
        )
        copies = settings.retention.published_copies
        publish(con, session.project.published, last, masks, copies, project=settings.name, whole=bool(is_restated))
    elif not is_free:
        warn(
            Problem(
                PUBLISHED_FILE,
                None,
                None,
                "COPY_HELD",
                "another program has the published copy open for writing, and so nobody else can open it. Close it "
                "there, or let `rr-pipeline publish` put a fresh copy in its place.",
            )
        )
    if settings.publishing.parquet and parquet_run(session.project.published, masks.fingerprint) != last:
        write_parquet(con, session.project.published, settings.time_zone, last, masks)
    return str(session.project.published)


def _idle_report(session: Session, found: Found) -> RunReport:
    ingest = found.ingest
    waiting = ingest.waiting_count
    if waiting:
        message = f"nothing to decide yet: {waiting} {'file waits' if waiting == 1 else 'files wait'} for a later run"
    elif not ingest.files:
        message = f"no files in {session.project.landing.name}/ match a source: nothing to do"
    else:
        message = "nothing new: every delivered file has been decided"
    return RunReport(
        run_id=None,
        status="idle",
        as_of=found.as_of,
        until=found.until,
        frontier=session.frontier,
        problems=tuple(problem for file in ingest.files for problem in file.problems if file.status == "refused"),
        warnings=tuple(session.warnings),
        message=message,
    )


def preload() -> None:
    """Start importing what takes long, while files are being read."""
    quality.preload()


__all__ = ["STEPS", "Step", "finish", "perform", "perform_all", "preload", "run"]

"""When Dagster runs the pipeline: partitions by decision day, an hourly schedule, a sensor on the landing folder."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from rr_pipeline.config import Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.ingest import discover, names_later
from rr_pipeline.orchestration.resources import AS_OF_TAG


def decision_days(project: Project) -> dg.DailyPartitionsDefinition:
    """Days of the project's zone, from the first policy on. Whatever is older belongs to the first day."""
    zone = load_zone(project.settings.time_zone)
    first = project.policies[0].effective_from.astimezone(zone)
    return dg.DailyPartitionsDefinition(
        start_date=first.strftime("%Y-%m-%d"), timezone=project.settings.time_zone, end_offset=1
    )


def _today(zone: ZoneInfo, instant: datetime) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d")


def hourly_schedule(project: Project, job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Every hour, everything delivered by then. A missed hour needs no catching up: the next run takes it all."""
    zone = load_zone(project.settings.time_zone)

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        instant = context.scheduled_execution_time.astimezone(UTC)
        return dg.RunRequest(partition_key=_today(zone, instant), tags={AS_OF_TAG: instant.isoformat()})

    return dg.ScheduleDefinition(
        name="hourly",
        job=job,
        cron_schedule="5 * * * *",
        execution_timezone=project.settings.time_zone,
        execution_fn=request,
        description="Route everything delivered and not yet decided, five minutes past each hour.",
    )


def landing_sensor(project: Project, job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """A run as soon as the landing folder has files it did not have before."""
    zone = load_zone(project.settings.time_zone)

    @dg.sensor(
        name="landing_folder",
        job=job,
        minimum_interval_seconds=60,
        description="Start a run when a file that a source reads appears or changes in the landing folder.",
    )
    def landing_folder(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = datetime.now(UTC)
        seen = fingerprint(project, now)
        if seen is None:
            return dg.SkipReason(f"no files in {project.landing.name}/ match a source")
        if seen == context.cursor:
            return dg.SkipReason(f"nothing new in {project.landing.name}/")
        context.update_cursor(seen)
        return dg.RunRequest(run_key=seen, partition_key=_today(zone, now), tags={AS_OF_TAG: now.isoformat()})

    return landing_folder


def fingerprint(project: Project, now: datetime) -> str | None:
    """Hash of names, sizes and times of the files that sources read; None when there are none.

    A file whose name says a later instant than ``now`` is not there yet: a run would leave it waiting.
    """
    found = [one for one in discover(project.landing, project.sources).delivered if not names_later(one, now)]
    if not found:
        return None
    lines = sorted(_line(file.path, file.name) for file in found)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _line(path: Path, name: str) -> str:
    try:
        state = path.stat()
    except FileNotFoundError:
        return name
    return f"{name}\t{state.st_size}\t{state.st_mtime_ns}"

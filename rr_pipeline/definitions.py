"""What Dagster loads: assets, checks, job, schedule and sensor of the project RR_PROJECT names. Assembles only."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from rr_pipeline.config import load_project
from rr_pipeline.orchestration.assets import routing_run
from rr_pipeline.orchestration.automation import decision_days, hourly_schedule, landing_sensor
from rr_pipeline.orchestration.resources import JOB_NAME, RoutingRun

RETRY_WHOLE = {"dagster/retry_strategy": "ALL_STEPS"}
"""All assets of a run are one transaction: a retry from the failed one on would find nothing to go on from."""


def build(folder: Path) -> dg.Definitions:
    """Definitions of one project folder. Raises RefusedError when its config is not in order."""
    project = load_project(folder)
    days = decision_days(project)
    assets = routing_run.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=days))
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all(),
        tags=RETRY_WHOLE,
        description=f"One run of {project.settings.name}: everything delivered and not yet decided.",
    )
    return dg.Definitions(
        assets=[assets],
        jobs=[job],
        schedules=[hourly_schedule(project, job)],
        sensors=[landing_sensor(project, job)],
        resources={"run": RoutingRun(folder=str(project.folder))},
        executor=dg.in_process_executor,
    )


defs = build(Path(os.environ.get("RR_PROJECT", ".")))

"""Publishing without a run: what is committed, made good where the copy is missing, damaged or behind."""

from __future__ import annotations

import json
from typing import Any

from rr_pipeline.config import Project
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.publishing.parquet import parquet_run, write_parquet
from rr_pipeline.publishing.project_masks import project_masks
from rr_pipeline.session.session import ProgressCallback, no_progress, open_session
from rr_pipeline.warehouse import publish
from rr_pipeline.warehouse.published import MANIFEST_FILE, is_intact, look_after, published_run
from rr_pipeline.warehouse.sql_files import table_exists


def publish_project(
    project: Project, *, whole: bool = False, progress: ProgressCallback = no_progress
) -> dict[str, Any]:
    """Publish the last run unless the copy shows it, has the manifest's sum and nobody has it open for writing.

    ``whole``: make it again in any case. A log that another program left beside the copy is set aside.

    Returns run_id, target, is_new and rows by table. Raises RefusedError (NOTHING_DECIDED) before the first run.
    """
    with open_session(project, progress=progress, what="rr-pipeline publish") as session:
        if not table_exists(session.con, "ops.runs"):
            raise RefusedError(Problem("-", None, None, "NOTHING_DECIDED", "nothing is committed yet: run first."))
        last = str(session.scalar("select max(run_id) from ops.runs"))
        session.commit()
        masks, is_free = project_masks(session.con, project), look_after(project.published)
        is_whole = is_free and published_run(project.published, masks.fingerprint) == last
        is_whole = is_whole and is_intact(project.published)
        if whole or not is_whole:
            progress("publishing", 0, None)
            copies = project.settings.retention.published_copies
            # A copy whose sum is wrong is no base for the next one.
            publish(session.con, project.published, last, masks, copies, project=project.settings.name, whole=True)
        is_behind = whole or parquet_run(project.published, masks.fingerprint) != last
        if project.settings.publishing.parquet and is_behind:
            write_parquet(session.con, project.published, project.settings.time_zone, last, masks, whole=whole)
    manifest = json.loads((project.published / MANIFEST_FILE).read_text(encoding="utf-8"))
    target = project.settings.paths.published
    return {"run_id": last, "target": target, "is_new": whole or not is_whole, "rows": manifest["rows"]}

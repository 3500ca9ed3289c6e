"""A day that is final, asked for again: nothing has changed, or what has changed and the two ways on.

Belongs here: finding the difference before anything is read. Does not belong here: deciding the day again (restate.py).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.ingest import discover, fingerprint
from rr_pipeline.routing.policy_versions import differences
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import table_exists


def is_finished(session: Session, until: datetime | None) -> bool:
    """Whether everything up to and with ``until`` is final, and something later as well."""
    return until is not None and session.frontier is not None and until < session.frontier


def refuse_changes(session: Session, first_day: str, last_day: str) -> str:
    """Return a sentence that says that nothing has changed since the days were decided.

    Raises RefusedError (DAY_FINISHED, and what policies/ has to say) when deciding them again would mean something:
    there are files that no run has seen, or a policy is not what it was. Reads files and the ledger; writes nothing.
    """
    assert session.frontier is not None
    day = first_day if first_day == last_day else f"{first_day} to {last_day}"
    zone = load_zone(session.project.settings.time_zone)
    open_day = session.frontier.astimezone(zone).strftime("%Y-%m-%d")
    final = f"everything up to {session.frontier.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} is final"
    found = new_files(session)
    policies = differences(session)
    if not (found or policies):
        return f"{day} is finished ({final}), and nothing has changed since: nothing to do"
    said = [f"{sum(found.values())} files came that no run has seen ({_counted(found)})"] if found else []
    said += ["policies/ is no longer what it was (below)"] if policies else []
    raise RefusedError(
        Problem(
            "-",
            None,
            "partition",
            "DAY_FINISHED",
            f"{day} is finished ({final}), and since then {' and '.join(said)}. Nothing was changed. Either let the "
            f"open day decide: materialise {open_day} or a later day, which takes up new files. Or restate from that "
            f"day: `rr-pipeline backfill --from {first_day}`, or this backfill in Dagster with the run tag "
            'rr_pipeline/restate: "true".',
        ),
        policies,
    )


def new_files(session: Session) -> Counter[str]:
    """How many files of each source no run has seen; a file that was refused, and is as it was, has been seen."""
    project = session.project
    seen = set()
    if table_exists(session.con, "ops.ingested_files"):
        seen = set(session.con.execute("select source, sha256 from ops.ingested_files").fetchall())
    found: Counter[str] = Counter()
    for file in discover(project.landing, project.sources).delivered:
        if (file.source.name, fingerprint(file.path, project.settings.limits.max_file_bytes)) not in seen:
            found[file.source.name] += 1
    return found


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{source}: {count}" for source, count in sorted(found.items()))

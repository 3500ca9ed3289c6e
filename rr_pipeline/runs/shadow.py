"""A shadow: a range of days decided again under any policy, apart from everything that counts.

Belongs here: the shadow's own folder, what is copied into it, and the policies it goes by. Does not belong here: how
decided things are decided again (restate.py), nor what two sides differ in (compare.py).

The project is held only while its rows are copied; then runs and analysts go on, whatever the shadow does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.config.policy_loader import with_earlier_owners
from rr_pipeline.config.project import Outbox, Paths
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.lock import project_lock
from rr_pipeline.runs.backfill import RESTATE_STEPS, day_start, restate
from rr_pipeline.runs.compare import Comparison, Side, compare_sides
from rr_pipeline.runs.run import finish, perform_all
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.session import ProgressCallback, no_progress, open_session
from rr_pipeline.warehouse.connection import attach_copy
from rr_pipeline.warehouse.modes import private_files
from rr_pipeline.warehouse.published import PUBLISHED_FILE, refuse_unmasked
from rr_pipeline.warehouse.schema import create_schemas

SHADOWS = "shadows"
DESCRIPTION = "shadow.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_COPIED = (
    "runs", "ingested_files", "repeated_files", "feed_columns", "schema_drift", "quarantine", "quality_results",
    "quality_codes", "exception_tokens", "withdrawn_files",
)  # fmt: skip
"""Tables of ops that say what was delivered. All of staging comes with them; raw rows are not read again."""

_TOLD = "fct_decisions"
"""The table of marts that says whom owners were told of: what the real run told is no news in a shadow."""


@dataclass(frozen=True)
class Range:
    """Local days, both included, and their instants; ``until`` is exclusive."""

    first: date
    last: date
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True)
class Shadow:
    """A shadow on disk: its folder and what it stands for. ``policy`` is None for the project's own policies."""

    folder: Path
    name: str
    days: Range
    base_run: str
    policy: str | None

    def side(self) -> Side:
        """The shadow as a side of a comparison."""
        return Side(self.name, self.folder / "published" / PUBLISHED_FILE, f"rr-pipeline simulate --name {self.name}")


def simulate(  # noqa: PLR0917 - a question in the order in which it is asked
    project: Project,
    name: str,
    first: date,
    last: date | None = None,
    policy: PolicyVersion | None = None,
    progress: ProgressCallback = no_progress,
) -> tuple[Shadow, RunReport, Comparison]:
    """Decide the days from ``first`` to ``last`` again in a shadow of that name, and compare with what was decided.

    ``policy`` takes the place, from the first day on, of all versions that begin on it or later; without one the
    project's files are as they are. A shadow of the name from before is replaced when the new one is whole. Raises
    RefusedError: SHADOW_NAME, COPY_OUTDATED, NOTHING_DECIDED, FROM_IN_FUTURE, END_BEFORE_START.
    """
    _check_name(name)
    refuse_unmasked(project.published)
    target = project.folder / SHADOWS / name
    fresh = target.with_name(f".{name}.new")
    rmtree(fresh, ignore_errors=True)
    try:
        with project_lock(project.folder, f"rr-pipeline simulate --name {name}"), private_files():
            base_run, frontier = _copy(project, fresh, progress)
        days = _range(project, first, last, frontier)
        shadowed = _shadow_project(project, fresh, days, policy, name)
        done = _decide(shadowed, days, progress)
        shadow = Shadow(target, name, days, base_run, policy.version if policy else None)
        _describe(fresh, shadow)
        rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        rmtree(fresh, ignore_errors=True)
    progress("comparing", 0, None)
    decided = Side("decided", project.published / PUBLISHED_FILE)
    path = target / "comparison.duckdb"
    found = compare_sides(decided, shadow.side(), days.from_at, days.until_at, path, hash_key=project.hash_key)
    return shadow, done, found


def compare_shadows(project: Project, one: str, other: str) -> Comparison:
    """Compare two shadows over the days they share; the tables are stored in the second one's folder."""
    shadows = [read_shadow(project, name) for name in (one, other)]
    from_at = max(shadow.days.from_at for shadow in shadows)
    until_at = min(shadow.days.until_at for shadow in shadows)
    if from_at >= until_at:
        raise RefusedError(Problem("-", None, "--compare", "SHADOWS_APART", "the two shadows share no day."))
    path = shadows[1].folder / f"comparison_{one}.duckdb"
    return compare_sides(shadows[0].side(), shadows[1].side(), from_at, until_at, path, hash_key=project.hash_key)


def read_shadow(project: Project, name: str) -> Shadow:
    """The shadow of a name. Raises RefusedError (SHADOW_UNKNOWN) naming those there are."""
    _check_name(name)
    folder = project.folder / SHADOWS / name
    try:
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        there = sorted(path.parent.name for path in (project.folder / SHADOWS).glob(f"[!.]*/{DESCRIPTION}"))
        known = f"there are: {', '.join(there)}" if there else "there is none yet"
        raise RefusedError(
            Problem("-", None, "--compare", "SHADOW_UNKNOWN", f"no shadow of that name; {known}.")
        ) from None
    first, last = (date.fromisoformat(content[key]) for key in ("from_date", "to_date"))
    days = Range(first, last, *(datetime.fromisoformat(content[key]) for key in ("from_at", "until_at")))
    return Shadow(folder, name, days, content["base_run"], content["policy"])


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise RefusedError(Problem("-", None, "--name", "SHADOW_NAME", "use letters, digits, - and _, 64 at most."))


def _copy(project: Project, fresh: Path, progress: ProgressCallback) -> tuple[str, datetime]:
    """Copy what was delivered into a new warehouse in ``fresh``; return the last run and the frontier."""
    progress("copying what was delivered", 0, None)
    if not project.warehouse.exists():
        raise RefusedError(Problem("-", None, None, "NOTHING_DECIDED", "nothing has been decided yet: run first."))
    fresh.mkdir(parents=True)
    with duckdb.connect(":memory:") as con:
        con.execute("set TimeZone = 'UTC'")
        attach_copy(con, project.warehouse, "decided")
        attach_copy(con, fresh / Paths().warehouse, "warehouse", is_new=True)
        con.execute("use warehouse")
        create_schemas(con)
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'decided' "
            "and (schema_name = 'staging' or (schema_name = 'ops' and table_name in (select unnest(?))) "
            "or (schema_name = 'marts' and table_name = ?)) order by all",
            [list(_COPIED), _TOLD],
        ).fetchall()
        for schema, table in tables:
            con.execute(f"create table {schema}.{table} as from decided.{schema}.{table}")
        rows = con.execute("select max(run_id), arg_max(frontier_at, run_id) from ops.runs").fetchall()
    return str(rows[0][0]), rows[0][1]


def _range(project: Project, first: date, last: date | None, frontier: datetime) -> Range:
    zone = day_start(project, first).tzinfo
    last = last or frontier.astimezone(zone).date()
    if last < first:
        raise RefusedError(Problem("-", None, "--to", "END_BEFORE_START", "the last day lies before the first."))
    from_at, until_at = day_start(project, first), day_start(project, last + timedelta(days=1))
    return Range(first, last, from_at.astimezone(UTC), until_at.astimezone(UTC))


def _shadow_project(project: Project, folder: Path, days: Range, policy: PolicyVersion | None, name: str) -> Project:
    settings = project.settings.model_copy(update={"paths": Paths(), "outbox": Outbox()})
    policies = project.policies if policy is None else _replaced(project.policies, policy, days.from_at, name)
    return project.model_copy(update={"folder": folder, "settings": settings, "policies": policies})


def _replaced(
    policies: Sequence[PolicyVersion], policy: PolicyVersion, from_at: datetime, name: str
) -> tuple[PolicyVersion, ...]:
    """The versions that begin before the range, and then the one that is tried."""
    before = [one for one in policies if one.effective_from < from_at]
    is_taken = policy.version in {one.version for one in before}
    version = f"{policy.version}-{name}" if is_taken else policy.version
    tried = policy.model_copy(update={"version": version, "effective_from": from_at})
    return with_earlier_owners([*before, tried])


def _decide(project: Project, days: Range, progress: ProgressCallback) -> RunReport:
    until = days.until_at - timedelta(microseconds=1)
    with open_session(project, until=until, progress=progress, what="rr-pipeline simulate") as session:
        restate(session, days.first)
        found = perform_all(session, RESTATE_STEPS)
        session.con.execute(f"drop table if exists marts.{_TOLD}_before")
        return finish(session, found)


def _describe(folder: Path, shadow: Shadow) -> None:
    content = {
        "name": shadow.name,
        "from_date": shadow.days.first.isoformat(),
        "to_date": shadow.days.last.isoformat(),
        "from_at": shadow.days.from_at.isoformat(),
        "until_at": shadow.days.until_at.isoformat(),
        "base_run": shadow.base_run,
        "policy": shadow.policy,
    }
    (folder / DESCRIPTION).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

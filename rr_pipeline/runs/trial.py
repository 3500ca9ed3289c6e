"""A trial: the beginning of delivered files goes through the real reader, mapping, typing and rules, and is forgotten.

Belongs here: which files are tried, the throw-away warehouse, and what is counted. Does not belong here: how files are
cut (ingest/samples.py), nor the rules themselves.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from rr_pipeline import quality
from rr_pipeline.config import CANONICAL, Project
from rr_pipeline.config.project import Paths
from rr_pipeline.errors import Problem
from rr_pipeline.ingest import Delivered, IngestReport, discover
from rr_pipeline.ingest.samples import write_samples
from rr_pipeline.quality.quarantine import SMALLEST_JUDGED
from rr_pipeline.runs.rhythm import doubts_of_rhythm
from rr_pipeline.session.session import Session, open_session
from rr_pipeline.shipped import expectations_folder
from rr_pipeline.staging.mapped import find_feeds
from rr_pipeline.staging.mapping_sql import RawColumns
from rr_pipeline.steps.deliveries import refuse_rows
from rr_pipeline.steps.found import Found
from rr_pipeline.steps.references import note_references
from rr_pipeline.steps.refusal import rate_problem
from rr_pipeline.steps.sequence import STEPS, perform
from rr_pipeline.steps.user_texts import find_users
from rr_pipeline.warehouse.sql_files import ask, make_temp

FILES_TRIED = 5
"""So many files of each source are tried, the last by name: what lies there longer was seen by earlier runs."""

HISTORY_DAYS = 7
"""Items created longer than that before their file came are history."""
_FEWEST_JUDGED = 20

_HAS_ABSENCES = "select exists (from information_schema.tables where table_name = 'staged_absences')"

_PLACE = ["file_id", "row_number"]

_READING = STEPS[:2]
"""The steps that read files and type their rows."""


@dataclass(frozen=True)
class ColumnRead:
    """A mapped column of a source: ``filled`` cells hold something, ``unread`` of these could not be read as a value.

    ``file_name`` and ``row_number`` name the first of those, None without.
    """

    source: str
    column: str
    filled: int
    unread: int
    file_name: str | None
    row_number: int | None


@dataclass(frozen=True)
class SourceRead:
    """The files of a source that were tried, the rows looked at, and how many of these a run would set aside."""

    source: str
    files: int
    rows: int
    refused: int


@dataclass(frozen=True)
class Trial:
    """What the files say. ``refused``: sources a run would stop at or take no row of; ``warnings``: what is doubtful.

    ``is_stopped``: a run would be refused because of one of them. ``is_whole``: every file was looked at, to its end.
    """

    sources: tuple[SourceRead, ...] = ()
    columns: tuple[ColumnRead, ...] = ()
    files_refused: tuple[Problem, ...] = ()
    refused: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    is_stopped: bool = False
    is_whole: bool = True

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {
            "is_stopped": self.is_stopped,
            "is_whole": self.is_whole,
            "sources": [asdict(one) for one in self.sources],
            "columns": [asdict(one) for one in self.columns],
            "files_refused": [str(one) for one in self.files_refused],
            "refused": [str(one) for one in self.refused],
            "warnings": [str(one) for one in self.warnings],
        }


def try_files(project: Project) -> Trial:
    """Look into the delivered files as a run would, without the project's warehouse. Changes nothing.

    Raises RefusedError where a run would be refused before any row is judged, as for a mapped column that no file has.
    """
    delivered = discover(project.landing, project.sources).delivered
    tried = _last_of_each(delivered)
    if not tried:
        return Trial()
    with tempfile.TemporaryDirectory(prefix="rr-check-") as name:
        scratch = _scratch(project, Path(name))
        cut = write_samples(tried, scratch.landing)
        is_whole = not cut and len(tried) == len(delivered)
        with open_session(scratch, what="rr-pipeline check") as session:
            trial = _try(session, is_whole)
    return replace(trial, warnings=(*trial.warnings, *doubts_of_rhythm(project, delivered)))


def _last_of_each(delivered: Sequence[Delivered]) -> list[Delivered]:
    by_source: dict[str, list[Delivered]] = {}
    for file in delivered:
        by_source.setdefault(file.source.name, []).append(file)
    return [file for files in by_source.values() for file in files[-FILES_TRIED:]]


def _scratch(project: Project, folder: Path) -> Project:
    """The project in a folder of its own. Sums of a manifest hold for whole files only: they are a run's to look at."""
    settings = project.settings.model_copy(update={"paths": Paths()})
    sources = tuple(
        source.model_copy(update={"options": source.options.model_copy(update={"manifest": None})})
        for source in project.sources
    )
    return project.model_copy(update={"folder": folder, "settings": settings, "sources": sources})


def _try(session: Session, is_whole: bool) -> Trial:
    found = Found()
    before = len(session.warnings)
    # Great Expectations judges what a run keeps. A process that ends in the middle of its import is aborted.
    session.goes_by_sql = True
    for step in _READING:
        found = perform(session, step, found)
    refuse_rows(session, quality.load_suites(expectations_folder()))
    if is_whole:
        find_users(session)
        # Of a part of the files no more can be said than that an id was not met so far.
        note_references(session, has_new_files=True)
    sources = _sources(session, found.ingest)
    files_refused = [problem for file in found.ingest.files for problem in file.problems if file.status == "refused"]
    doubtful = [problem for file in found.ingest.files for problem in file.problems if file.status != "refused"]
    return Trial(
        sources,
        tuple(_columns(session, found.ingest)),
        tuple(files_refused),
        tuple(_refusals(session, sources)),
        (*session.warnings[before:], *doubtful, *_history(session), *_overlaps(session)),
        any(_stops(session, one) for one in sources),
        is_whole,
    )


def _sources(session: Session, taken: IngestReport) -> tuple[SourceRead, ...]:
    files = Counter(file.source for file in taken.files)
    make_temp(session.con, "intermediate", "refused_rates", {"run_id": session.run_id, "smallest_judged": 1})
    rows = session.con.execute("select source, row_count, refused_count from refused_rates order by source").fetchall()
    return tuple(SourceRead(source, files[source], read, refused) for source, read, refused in rows)


def _history(session: Session) -> list[Problem]:
    """Warn (HISTORY_AS_LIVE) of items that a run would decide as of their delivery, though they are long there."""
    project = session.project
    live = [source.name for source in project.sources if source.table == "items" and project.decides_live(source)]
    values = {"sources": live, "fewest": _FEWEST_JUDGED, "history_days": HISTORY_DAYS}
    found = []
    for name, items, old, days in ask(session.con, "old_when_delivered", values):
        message = (
            f"{old:,} of {items:,} items were created more than {HISTORY_DAYS} days before their file came, over "
            f"{days} days. They would be decided as if they had come up just then: owners are told of all of them at "
            f"once. If this is history to be worked out as it was, say `decide: created` at the source."
        )
        found.append(Problem("sources.yaml", None, f"sources.{name}.decide", "HISTORY_AS_LIVE", message))
    return found


def _overlaps(session: Session) -> list[Problem]:
    """Warn (ABSENCES_OVERLAP) of absences that overlap by exactly a day, as where an end is the first day back."""
    sources = session.project.sources
    last_days = [one.name for one in sources if one.table == "absences" and one.end_dates == "last_day"]
    found: list[Problem] = []
    if not last_days or not session.scalar(_HAS_ABSENCES):
        return found
    for name, count, file_name, row in ask(session.con, "absences_that_meet", {"sources": last_days}):
        message = (
            f"{count:,} absences in source {name}, this row first, end on the day on which another one of the same "
            "user begins. If an end date is the first day back, say `end_dates: day_after` at the source; otherwise "
            "nothing is to be done."
        )
        found.append(Problem(file_name, row, "end", "ABSENCES_OVERLAP", message))
    return found


def _stops(session: Session, one: SourceRead) -> bool:
    """Whether a run would be refused because of the rows of a source."""
    limit = session.project.settings.limits.max_quarantine_rate
    return one.rows >= SMALLEST_JUDGED and one.refused > limit * one.rows


def _refusals(session: Session, sources: Sequence[SourceRead]) -> list[Problem]:
    """What a run would stop at, and sources of which it would take no row."""
    limit = session.project.settings.limits.max_quarantine_rate
    worst = {row[0]: row for row in ask(session.con, "refused_sources", {"limit": 0})}
    found = []
    for one in sources:
        if one.source in worst and (_stops(session, one) or one.refused == one.rows):
            found.append(rate_problem(session.project.source(one.source), limit, worst[one.source]))
    return found


def _columns(session: Session, taken: IngestReport) -> list[ColumnRead]:
    """Count cell by cell what was delivered and what became of it; a row that a filter leaves out is not looked at."""
    names = {file.file_id: file.file_name for file in taken.files}
    found = []
    for feed in find_feeds(session.con, session.project, taken.new_file_ids):
        source = feed.source
        values = session.con.execute(f"from staged_{source.table} where source = ?", [source.name]).pl()
        there = RawColumns(feed.raw_columns)
        mapped = {name for name, rule in source.mapping.items() if any(map(there.find, rule.columns))}
        staged = {name: _staged_as(name, values.columns) for name in CANONICAL[source.table] if name in mapped}
        named = [name for name, columns in staged.items() if columns]
        cells = session.con.execute(feed.select(named)).pl().select(*_PLACE, *named)
        is_read = [pl.any_horizontal(pl.col(staged[name]).is_not_null()).alias(f"{name} read") for name in named]
        rows = cells.join(values.select(*_PLACE, *is_read), on=_PLACE).sort(_PLACE)
        found += [_count(source.name, name, rows, names) for name in named]
    return found


def _count(source: str, name: str, rows: pl.DataFrame, names: Mapping[int | None, str]) -> ColumnRead:
    filled = rows.filter(pl.col(name).is_not_null())
    unread = filled.filter(~pl.col(f"{name} read"))
    if unread.is_empty():
        return ColumnRead(source, name, filled.height, 0, None, None)
    return ColumnRead(source, name, filled.height, unread.height, names[unread["file_id"][0]], unread["row_number"][0])


def _staged_as(name: str, staged: Collection[str]) -> list[str]:
    """Columns of the staging layer that hold a canonical column: itself, or an instant and a day in its place."""
    return [column for column in (name, f"{name}_at", f"{name}_date") if column in staged]

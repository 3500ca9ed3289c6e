"""The demo project on disk: settings, policies, tokens and the delivered files.

Belongs here: the order of writing, the refusal of folders in use, the tidying up after a failure. Does not belong
here: what is in the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from rr_pipeline.errors import RefusedError
from rr_pipeline.examples.demo import text
from rr_pipeline.examples.demo.arrivals import TWINS, Arrivals, World, make_world
from rr_pipeline.examples.demo.cells import generic_cells
from rr_pipeline.examples.demo.context import context_deliveries
from rr_pipeline.examples.demo.draw import Ints
from rr_pipeline.examples.demo.feeds import FEEDS
from rr_pipeline.examples.demo.people import STANDINGS
from rr_pipeline.examples.demo.places import countries
from rr_pipeline.examples.demo.policies import exceptions_csv, policy_files, template
from rr_pipeline.examples.demo.spoil import SPOILS, spoil_cells
from rr_pipeline.examples.demo.territory import daily_arrivals, pools_of_rows

Progress = Callable[[str, int, int], None]
"""Told (file name, rows written so far, rows in all) after every item file."""

MAX_ITEMS, MAX_DAYS, MAX_SEED = 50_000_000, 3_660, (1 << 63) - 1
_STEMS = {
    "crm_users": "User",
    "crm_accounts": "Account",
    "crm_contacts": "Contact",
    "crm_pipeline": "OpenPipeline",
    "crm_owner_history": "OwnerHistory",
    "crm_tasks": "Task",
    "crm_events": "Event",
    "crm_changes": "RecordHistory",
    "hr_absences": "absences",
}


@dataclass(frozen=True)
class DemoFile:
    """One delivered file: its name in the landing folder, its source, its records (the header not counted)."""

    name: str
    source: str
    row_count: int


@dataclass(frozen=True)
class DemoSummary:
    """What was written. A row counts in one of ``spoilt``, ``duplicates``, ``set_aside`` at most.

    ``spoilt`` holds every kind of ``spoil.SPOILS`` but "none", ``duplicates`` every kind of ``arrivals.TWINS`` but
    "original" and ``set_aside`` every standing of ``people.STANDINGS`` but "fine"; kinds that did not come up are 0.
    """

    folder: Path
    items: int
    seed: int
    days: int
    files: tuple[DemoFile, ...]
    spoilt: Mapping[str, int]
    duplicates: Mapping[str, int]
    set_aside: Mapping[str, int]

    @property
    def item_files(self) -> tuple[DemoFile, ...]:
        """The files whose records are items."""
        names = {feed.name for feed in FEEDS}
        return tuple(file for file in self.files if file.source in names)


def write_demo(folder: Path, items: int, seed: int, days: int, progress: Progress | None = None) -> DemoSummary:
    """Write a demo project of ``items`` item rows over the ``days`` days up to 2026-06-30 into ``folder``.

    The same arguments write the same bytes, on any machine, in any year. Raises RefusedError, with nothing written,
    for arguments out of range and for a folder that is not empty; a failure on the way leaves the folder as it was.
    """
    _check(folder, items, seed, days)
    was_there = folder.exists()
    try:
        return _write(folder, items, seed, days, progress or (lambda name, done, total: None))
    except BaseException:
        for entry in folder.iterdir() if folder.exists() else ():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        if folder.exists() and not was_there:
            folder.rmdir()
        raise


def _check(folder: Path, items: int, seed: int, days: int) -> None:
    for name, value, low, high in (
        ("items", items, 1, MAX_ITEMS),
        ("days", days, 1, MAX_DAYS),
        ("seed", seed, 0, MAX_SEED),
    ):
        if not low <= value <= high:
            raise RefusedError(f"A demo cannot have {name}={value}: give a whole number from {low} to {high}.")
    if folder.exists() and not folder.is_dir():
        raise RefusedError(f"{folder} is a file: name a new or an empty folder for the demo.")
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(
            f"{folder} is not empty: name a new or an empty folder, so that nothing of yours is overwritten."
        )


def _write(folder: Path, items: int, seed: int, days: int, progress: Progress) -> DemoSummary:
    world = make_world(items, seed, days)
    pool_of = pools_of_rows(world)
    landing = folder / "landing"
    landing.mkdir(parents=True)
    files = [*_write_items(landing, world, progress), *_write_context(landing, world, pool_of)]
    _write_settings(folder, world, items, pool_of)
    rows = world.arrivals
    aside = np.where(rows.twin == 0, world.people.standing[rows.person], 0)
    return DemoSummary(
        folder,
        items,
        seed,
        days,
        tuple(sorted(files, key=lambda file: file.name)),
        _tally(SPOILS, rows.spoil),
        _tally(TWINS, rows.twin),
        _tally(STANDINGS, aside),
    )


def _tally(kinds: tuple[str, ...], codes: Ints) -> dict[str, int]:
    """Count every kind but the first, which stands for nothing special."""
    counts = np.bincount(codes, minlength=len(kinds)).tolist()
    return dict(zip(kinds[1:], counts[1:], strict=True))


def _write_items(landing: Path, world: World, progress: Progress) -> Iterator[DemoFile]:
    done = 0
    for source, feed in enumerate(FEEDS):
        headers = [header for header, _ in feed.columns]
        head = None if feed.dialect.is_json else text.header_line(headers, feed.separator, feed.quote_all)
        for delivery in range(world.period.deliveries):
            rows = world.arrivals.in_file(source, delivery)
            if len(rows):
                name = f"{feed.stem}_{world.period.stamp(delivery)}.{feed.suffix}"
                chunks = _item_lines(world, rows, source)
                count = text.write_lines(landing / name, head, chunks, feed.line_end, feed.encoding)
                done += count
                progress(name, done, len(world.arrivals))
                yield DemoFile(name, feed.name, count)


def _item_lines(world: World, rows: Arrivals, source: int) -> Iterator[pl.Series]:
    """Yield the lines of one file in pieces, so that memory does not grow with the file."""
    feed = FEEDS[source]
    for start in range(0, len(rows), text.CHUNK_ROWS):
        part = rows.take(np.arange(start, min(start + text.CHUNK_ROWS, len(rows))))
        yield text.feed_lines(feed, spoil_cells(generic_cells(world, part, source), feed.dialect))


def _write_context(landing: Path, world: World, pool_of: Ints) -> Iterator[DemoFile]:
    """The CRM's own dialect, as its item exports; HR's list is a plain semicolon file."""
    for file in context_deliveries(world, pool_of):
        name = f"{_STEMS[file.source]}_{world.period.stamp(file.delivery)}.csv"
        is_crm = file.source != "hr_absences"
        separator, line_end, encoding = (",", "\r\n", "utf-8-sig") if is_crm else (";", "\n", "utf-8")
        head = text.header_line(file.frame.columns, separator, is_crm)
        lines = text.csv_lines(file.frame, separator, is_crm)
        yield DemoFile(name, file.source, text.write_lines(landing / name, head, [lines], line_end, encoding))


def _write_settings(folder: Path, world: World, items: int, pool_of: Ints) -> None:
    """Settings come last: a folder without project.yaml is not a project, so a half-made one is none."""
    period = world.period
    (folder / "policies").mkdir()
    for name, content in policy_files(period, daily_arrivals(period, pool_of)).items():
        _save(folder / "policies" / name, content)
    _save(folder / "exceptions.csv", exceptions_csv(period))
    words = dict.fromkeys(f"            {country.norwegian}: {country.code}" for country in countries())
    _save(folder / "sources.yaml", template("sources.yaml").substitute(norwegian="\n".join(words)))
    _save(folder / "project.yaml", template("project.yaml").substitute(items=items, seed=world.seed, days=period.days))


def _save(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8", newline="\n")

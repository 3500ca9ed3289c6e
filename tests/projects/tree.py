"""A whole project as plain data, and the way from there to a folder.

Belongs here: what a project is made of, and how its files are written. Does not belong here: where projects come from
(``make_*``), what they mean (``read_*``), and how they are made smaller (``reduce``).

Policies are what a user would write, as nested dicts and lists; rows of feeds are dicts of our column names, with
instants as aware datetimes, days as dates and switches as booleans. So a part that is left out leaves a project.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

Row = Mapping[str, Any]
Tree = Mapping[str, Any]

COLUMNS = {
    "items": "item_id created_at updated_at email other_emails phone full_name country tier source_channel priority "
    "employee_count needed_skills consent_status status account_id contact_id is_converted is_deleted closed_at "
    "owner_id",
    "contacts": "contact_id account_id email owner_id",
    "accounts": "account_id name domain tier owner_id",
    "opportunities": "opportunity_id contact_id account_id owner_id is_open",
    "users": "user_id is_active time_zone manager_id active_from active_until",
    "absences": "user_id start end",
    "activities": "activity_id item_id contact_id user_id kind direction is_automated occurred_at outcome",
    "ownership_history": "object_type item_id owner_id from_at until_at",
}
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("created_at", "updated_at", "closed_at", "occurred_at"), pl.Datetime("us", "UTC")),
    **dict.fromkeys(("is_converted", "is_deleted", "is_open", "is_active", "is_automated"), pl.Boolean),
    "employee_count": pl.Int64,
}


@dataclass(frozen=True)
class Feed:
    """One source: ``times`` says how instants are written; ``is_renamed``: its columns have names of their own."""

    name: str
    table: str
    object_type: str | None = None
    format: str = "csv"
    times: str = "iso"
    delimiter: str = ","
    is_renamed: bool = False
    is_zipped: bool = False

    @property
    def ending(self) -> str:
        return self.format + (".gz" if self.is_zipped and self.format != "parquet" else "")


@dataclass(frozen=True)
class Delivery:
    """Rows that come at one instant, by the name of their feed."""

    at: datetime
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """``tokens``: lines of exceptions.csv, with ``after``: the place of the delivery after which each is written.

    ``decide``: of all sources of items. No dice choose ``delivered`` so far: with ``run_instant: now`` owners are told
    at the end of each run, so what is expected would depend on how deliveries are cut into runs.
    """

    zone: str
    policies: Sequence[Tree]
    feeds: Sequence[Feed]
    deliveries: Sequence[Delivery]
    tokens: Sequence[Tree] = ()
    run_instant: str = "last_record"
    decide: str = "created"

    def feed(self, name: str) -> Feed:
        return next(feed for feed in self.feeds if feed.name == name)


def write_settings(project: Project, folder: Path) -> None:
    """Everything but deliveries and tokens."""
    (folder / "landing").mkdir(parents=True)
    (folder / "policies").mkdir()
    settings = f"name: random\ntime_zone: {project.zone}\nrun_instant: {project.run_instant}\nengine: {{threads: 1}}\n"
    (folder / "project.yaml").write_text(settings)
    sources = {feed.name: _source(feed, project.decide) for feed in project.feeds}
    (folder / "sources.yaml").write_text(json.dumps({"sources": sources}, indent=1))
    for policy in project.policies:
        (folder / "policies" / f"{policy['version']}.yaml").write_text(json.dumps(policy, indent=1))


def _source(feed: Feed, decide: str) -> dict[str, Any]:
    source: dict[str, Any] = {
        "table": feed.table,
        "location": f"{feed.name}_*.{feed.ending}",
        "format": feed.format,
        "delivered_at": f"{feed.name}_%Y%m%dT%H%M%S.{feed.ending}",
        "optional": True,
        "mapping": {name: _header(feed, name) for name in COLUMNS[feed.table].split()},
    }
    if feed.object_type:
        source["object_type"] = feed.object_type
        source["decide"] = decide
    options = {"delimiter": feed.delimiter} if feed.format == "csv" and feed.delimiter != "," else {}
    if feed.times != "iso":
        options |= {"time_zone": "UTC"}
    if "%" in feed.times or feed.times.startswith("epoch"):
        options |= {"time_format": feed.times}
    return {**source, **({"options": options} if options else {})}


def _header(feed: Feed, column: str) -> str:
    return f"Their {column.upper()}" if feed.is_renamed else column


def write_tokens(project: Project, folder: Path, before: int) -> None:
    """The tokens that are written before the delivery of that place, all in one file as an operator keeps it."""
    names = ("token_id", "pool_id", "member_id", "kind", "skill", "from", "expires")
    lines = [",".join(names)]
    lines += [",".join(token.get(name) or "" for name in names) for token in project.tokens if token["after"] < before]
    if len(lines) > 1:
        (folder / "exceptions.csv").write_text("\n".join(lines) + "\n")


def write_deliveries(project: Project, folder: Path, places: Iterable[int]) -> None:
    """The files of the deliveries of these places; of a feed without rows there is none."""
    for delivery in (project.deliveries[place] for place in places):
        for name, rows in delivery.rows.items():
            if rows:
                feed = project.feed(name)
                path = folder / "landing" / f"{name}_{delivery.at:%Y%m%dT%H%M%S}.{feed.ending}"
                _write(path, feed, rows)


def write(project: Project, folder: Path) -> Path:
    """The whole project as a folder, with all that is ever delivered."""
    write_settings(project, folder)
    write_tokens(project, folder, len(project.deliveries))
    write_deliveries(project, folder, range(len(project.deliveries)))
    return folder


def _write(path: Path, feed: Feed, rows: Sequence[Row]) -> None:
    names = COLUMNS[feed.table].split()
    if feed.format == "parquet":
        frame = {_header(feed, name): _series(name, [row.get(name) for row in rows]) for name in names}
        pl.DataFrame(frame).write_parquet(path)
        return
    opened = gzip.open if feed.is_zipped else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        if feed.format == "jsonl":
            for row in rows:
                told = [name for name in names if name in row]
                file.write(json.dumps({_header(feed, name): _json_cell(feed, row[name]) for name in told}) + "\n")
            return
        writer = csv.writer(file, delimiter=feed.delimiter)
        writer.writerow([_header(feed, name) for name in names])
        writer.writerows([[_text(feed, row.get(name)) for name in names] for row in rows])


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    """A column of a Parquet file: typed where every value has the type, text otherwise."""
    kind = _KINDS.get(name, pl.String)
    if kind is not pl.String and not any(isinstance(value, str) for value in values):
        return pl.Series(values, dtype=kind)
    feed = Feed("", "")
    return pl.Series([None if value is None else _text(feed, value) for value in values], dtype=pl.String)


def _json_cell(feed: Feed, value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else _text(feed, value)


def _text(feed: Feed, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _instant(feed, value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _instant(feed: Feed, value: datetime) -> str:
    value = value.astimezone(UTC)
    if feed.times == "epoch_s":
        return str(int(value.timestamp()))
    if "%" in feed.times:
        return value.strftime(feed.times)
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    return text if feed.times == "local" else text + "Z"

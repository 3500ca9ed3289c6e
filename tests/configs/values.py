"""Values for settings, drawn from the types that the models give them: usual ones, bounds, and odd ones.

Belongs here: one value, or one block, of a type. Does not belong here: which settings of a project are changed.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rr_pipeline.config.canonical import CANONICAL
from rr_pipeline.config.hours import HolidayNames, Hours
from rr_pipeline.config.matching import LIST_FIELDS, NUMBER_FIELDS, SWITCH_FIELDS, TIME_FIELDS, WHEN_FIELDS
from rr_pipeline.config.policy import Territory
from rr_pipeline.config.presets import PRESETS
from rr_pipeline.config.service_levels import SlaTarget, Step
from rr_pipeline.config.text_types import ReadBy
from rr_pipeline.config.zones import zone_names

POOLS = ("pool", "other", "Third-1")
SKILLS = ("french", "French", "k-2")
QUEUES = ("review", "Spam_Box")
CALENDARS = ("office", "nights")
USERS = ("a", "b", "c", "A", "d'e\"f", "  ü".strip(), "0")
COLUMNS = (
    "Id", "Created", "Email", "Name", "Country", "id", "_file_id", "_ROW", "_Row", "_FILE_ID", "file_id", "row_number",
    "source", "ingest_batch", "raw_rows", "file_row_number", "filename", 'a"b', "a.b", "a'b", "straße", "STRASSE",
    "İd", "select", "rowid", "x" * 300, "{a}", "100%", "item_id", "created_at", "verdict", "staged", "*", "null",
)  # fmt: skip
PATHS = (
    "data/w.duckdb", "a/b/c/d", "landing", "landing/in", "warehouse.duckdb", "published", "published/w", "backups",
    "project.yaml", "sources.yaml/x", "policies", "exceptions.csv", "runs.log", "runs.log/x", ".rr_pipeline.lock",
    ".rr_spill", ".rr_spill/w.duckdb", ".rr_ingest", ".rr_sums.json", "warehouse.duckdb.wal", "outbox", "simulations",
    "shadows", "outbox_deliveries.jsonl", ".rr_outbox.lock", "marts.duckdb", "raw", "temp.duckdb", "w.csv", "w.parquet",
    "it's.duckdb", 'q".duckdb', "w?.duckdb", "w*[1].duckdb", "ü.duckdb", "W.DUCKDB", "x" * 250, "x" * 256, "deep/" * 40,
    "a b", "%41", "Published", "LANDING", "published.duckdb", "routing.duckdb", "manifest.json", "-x", "w.duckdb/w",
)  # fmt: skip
LOCATIONS = (
    "leads*.csv", "**/*.csv", "*", "leads.csv", "in/*/x.csv", "**", "./leads.csv", "a//b.csv", "[a-z]*.csv", "[", "[!a",
    "?.csv", "leads.csv.gz", ".hidden.csv", "x" * 260, "a'b.csv", "%Y.csv", "manifest.json", "leads_*.parquet",
)  # fmt: skip
PATTERNS = (
    "%Y-%m-%d", "%d.%m.%Y %H:%M", "%Y%m%d", "%m/%d/%y", "%Y-%j", "%d %b %Y", "%A %d %B %Y %I:%M:%S %p", "%Y-%m-%dT%H%z",
    "%%%Y%m%d", "%Y-%m-%d %H:%M:%S.%f", "%y%m%d%H%M%S", "%Y%m%d%j", "%Y%y%m%d", "%a%d%m%Y", "%d%m%Y'\"", "%Y %d %b %m",
    "%Y%m%d %p", "%I%Y%m%d", "%H %I %Y%m%d", "leads_%Y%m%d.csv", "%Y-%m-%d{x}", "ü%Y%m%d", "%B%b%d%Y", "%Y%m%d\\d(",
    "%z%Y%m%d", "%d%d", "%Q", "epoch_s", "epoch_ms",
)  # fmt: skip
TEXTS = (
    "",
    " ",
    "NO",
    "true",
    "1",
    "0",
    "a",
    "x" * 900,
    "'",
    '"',
    "null",
    "NULL",
    "-",
    "é",
    "\\",
    "%",
    "a;b",
    "ß",
    "{}",
)
ODD = (
    None,
    [],
    {},
    "",
    " x",
    "-1",
    "1e18",
    "NaN",
    "true",
    "x" * 1001,
    ["a", "a"],
    {"a": "b"},
    "\u202e",
    "9999-12-31",
    7,
)
MOMENTS = (
    "2026-01-01", "2026-03-02", "2026-03-02T09:05", "2026-03-02T09:05:00.000001Z", "2026-03-03T00:00+14:00",
    "1990-01-01", "2100-01-01", "1990-01-01T00:00:00Z", "2100-01-01T23:59:59.999999Z", "2024-02-29", "2026-12-31",
    "1989-12-31", "2100-01-02", "0001-01-01", "2026-02-30", "1999-12-31T23:59:59+00:00", "2099-12-31",
)  # fmt: skip
DURATIONS = ("1s", "90s", "15m", "4h", "30d", "3650d", "90d", "89d23h59m59s", "1h30m", "0s", "3651d", "999999s")
SIZES = ("1", "1B", "100", "10KB", "1MB", "1.5GiB", "4GB", "1024TB", "1125899906842624", "0", "0.5KiB")
MEMORY = ("1MB", "64MB", "250MB", "1.5GB", "999999GB", "1MiB", "0MB", "100 MB")

BY_READER: Mapping[str, tuple[Any, ...]] = {
    "_inside": PATHS, "_read_moment": MOMENTS, "_read_date": MOMENTS, "_read_size": SIZES, "_text": TEXTS,
    "_read_switch": ("true", "false", "True", "yes"), "_read_share": ("0", "1", "0.5", "0.000001", "1.1"),
    "_read_number": ("0", "5", "-1", "1e3", "0.1", "1000000000000000", "1e16"), "_read_location": LOCATIONS,
    "_read_time_pattern": PATTERNS, "_read_time_format": PATTERNS, "_read_region": ("NO", "US", "XK", "AQ", "no", "ZZ"),
    "_read_delimiter": (",", ";", "tab", "pipe", "-", "'", "\\", ".", ":", "a", "@"), "_read_quote": ('"', "'", ""),
    "_read_encoding": ("utf-8", "utf-16", "cp1252", "latin-1", "utf-16-le", "UTF8", "cp1250", "koi8-r"),
    "_read_holidays": ("NO", "US-CA", "DE-BY", "IL", "HK", "IR", "XX", "UA"),
}  # fmt: skip
BY_NAME: Mapping[str, tuple[Any, ...]] = {
    "pool": POOLS, "catch_all": POOLS, "failover": POOLS, "queue": QUEUES, "queues": QUEUES, "skills": SKILLS,
    "needs": SKILLS, "calendar": CALENDARS, "user": USERS, "users": USERS, "default_owner": (*USERS, "elsewhere"),
    "pools": POOLS, "calendars": CALENDARS, "column": COLUMNS, "columns": COLUMNS, "only_rows": COLUMNS,
    "preset": tuple(sorted(PRESETS)), "version": ("v1", "1", "V1", "2026.1", "x" * 64), "hash_key": ("${RR_KEY}", "x"),
    "manifest": ("sums.json", "x", "a/b.json", "..", "*.json"), "memory_limit": MEMORY, "values": TEXTS,
    "name": ("t", "first_touch", "A-1", "x" * 64), "plus_tag_domains": ("gmail.com", "example.net"),
    "dot_domains": ("gmail.com", "x--y.example"), "sources": ("leads", "more", "select", "x" * 48, "users"),
}  # fmt: skip


def draw(dice: Random, kind: Any, name: str, depth: int = 0) -> Any:
    """A value for a setting of this type and name, as a YAML file would say it."""
    if dice.random() < 0.04:
        return dice.choice(ODD)
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Step:
        return dice.choice(["notify_manager", "reassign", {"queue": dice.choice(QUEUES)}, "queue:review"])
    if kind is Hours:
        return _hours(dice)
    if kind is HolidayNames:
        return [dice.choice(BY_READER["_read_holidays"])]
    if origin is Annotated:
        return _annotated(dice, kind, name, depth)
    if origin in (Union, types.UnionType):
        return draw(dice, next(one for one in arguments if one is not type(None)), name, depth)
    if origin is Literal:
        return dice.choice(arguments)
    if origin is tuple:
        count = dice.choice((0, 1, 1, 2, 3))
        drawn = [draw(dice, arguments[0], name, depth + 1) for _ in range(count)]
        return dice.sample(BY_NAME[name], min(count, len(BY_NAME[name]))) if name in BY_NAME and depth else drawn
    if origin is not None and issubclass(origin, Mapping):
        keys = _keys(dice, name, arguments[0])
        return {key: draw(dice, arguments[1], name, depth + 1) for key in keys}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return block(dice, kind, depth)
    return dice.choice(BY_NAME.get(name, TEXTS))


def block(dice: Random, model: type[BaseModel], depth: int = 0, share: float = 0.3) -> dict[str, Any]:
    """A block of settings of a model: what it needs, and some of the rest."""
    chosen = {}
    for name, field in model.model_fields.items():
        if field.is_required() or dice.random() < share / (1 + depth):
            chosen[field.alias or name] = draw(dice, annotation(field), _asked_as(model, name), depth + 1)
    return chosen


def annotation(field: FieldInfo) -> Any:
    """The type of a field with all that is said of it."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _asked_as(model: type[BaseModel], name: str) -> str:
    return "label" if model in (Territory, SlaTarget) and name == "name" else name


def _annotated(dice: Random, kind: Any, name: str, depth: int) -> Any:
    inner, *metadata = get_args(kind)
    texts = " ".join(type(one).__name__ for one in metadata)
    if "_Week" in texts:
        return _hours(dice)
    for one in metadata:
        if isinstance(one, ReadBy):
            return _read(dice, one, name)
    if get_origin(inner) is not None and "WHEN" not in name and _is_when(inner):
        return _when(dice)
    return draw(dice, inner, name, depth)


def _is_when(kind: Any) -> bool:
    return "Matcher" in str(kind)


def _read(dice: Random, how: ReadBy, name: str) -> Any:
    reader = getattr(how.reader, "__qualname__", "")
    if "minimum" in how.schema and "whole_number" in reader:
        low, high = int(how.schema["minimum"]), int(how.schema["maximum"])
        numbers = (low, high, low + 1, 2, 3, 10, 100, high - 1, low - 1, high + 1)
        return str(dice.choice(numbers))
    if "duration" in reader:
        return dice.choice(DURATIONS)
    if reader == "_read_zone":
        return dice.choice([*sorted(zone_names()), "EST", "europe/oslo"])
    if name in BY_NAME:
        return dice.choice(BY_NAME[name])
    return dice.choice(BY_READER.get(reader, (*TEXTS, "first", "Second_2")))


def _hours(dice: Random) -> Any:
    blocks = (
        "09:00-17:00",
        "00:00-24:00",
        "22:00-06:00 overnight",
        "0:00-0:01",
        "23:59-24:00",
        "12:00-12:00 overnight",
    )
    days = ("mon", "mon-fri", "sun-thu", "sat", "tuesday", "mon-sun", "fri-mon")
    return {dice.choice(days): dice.sample(blocks, dice.choice((0, 1, 1, 2))) for _ in range(dice.choice((0, 1, 1, 2)))}


def _when(dice: Random) -> dict[str, Any]:
    return {field: _matcher(dice, field) for field in dice.sample(sorted(WHEN_FIELDS), dice.choice((0, 1, 1, 2)))}


def _matcher(dice: Random, field: str) -> Any:
    if dice.random() < 0.2:
        return {"is_empty": dice.choice(("true", "false"))}
    if field in NUMBER_FIELDS:
        low = dice.choice(("0", "-5", "1000000000000000", "0.1", "3"))
        return dice.choice(([low], {"min": low}, {"max": low}, {"not": [low]}, {"min": "1", "max": "1"}))
    if field in TIME_FIELDS:
        return {"is_empty": "true"}
    if field in SWITCH_FIELDS:
        return dice.choice((["true"], ["false"], {"not": ["true"]}))
    words = [dice.choice(("NO", "french", "x", "'", "%", "\\", "ﬁ", "İ", "a b", "1", ".*"))]
    return dice.choice((words, {"not": words}, {"starts_with": words}, {"not": words, "starts_with": words}))


def _keys(dice: Random, name: str, kind: Any) -> list[str]:
    if name == "mapping":
        return dice.sample(sorted(CANONICAL["items"]), dice.choice((1, 2, 5)))
    known = BY_NAME.get(name, ("a", "B", "c d"))
    return dice.sample(known, min(len(known), dice.choice((1, 1, 2))))


__all__ = ["LIST_FIELDS", "annotation", "block", "draw"]

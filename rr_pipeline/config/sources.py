"""The settings of sources.yaml: which file feeds which table, how it is written, and which column is what.

Belongs here: models of a feed and of a column rule. Does not belong here: column names
(canonical.py), ready mappings (presets.py) and reading delivered files.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rr_pipeline.config.canonical import ObjectType, Table
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import (
    Plain,
    ReadBy,
    SourceName,
    Switch,
    Text,
    Zone,
    refuse,
    sorted_distinct,
    whole_number,
)

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "iso8859-1", "iso8859-15")

EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
"""Words for times counted from 1970 UTC: microseconds of one step."""

LEAVE_AFTER, MAX_LISTS = 2, 1000
LISTED_TABLES = ("accounts", "contacts", "opportunities", "users", "absences")
"""Tables whose feeds may be full lists: of what is told there, only the latest counts."""

_DIRECTIVES = frozenset("YymdHIMSfpzbBaAj%")
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def _read_delimiter(value: Any) -> str:
    text = _DELIMITERS.get(value, value) if isinstance(value, str) else ""
    if len(text) != 1 or not ("!" <= text <= "~" or text == "\t") or text.isalnum() or text == '"':
        raise refuse("DELIMITER_INVALID", "must be one character such as ',' or ';', or the word tab")
    return str(text)


def _read_quote(value: Any) -> str:
    if value not in ('"', "'", ""):
        raise refuse("QUOTE_INVALID", 'must be \'"\', "\'" or "" for files without quoting')
    return str(value)


def _read_encoding(value: Any) -> str:
    try:
        name = codecs.lookup(value).name if isinstance(value, str) and len(value) < 40 else ""
    except (LookupError, ValueError):
        name = ""
    if name not in ENCODINGS:
        raise refuse("ENCODING_UNKNOWN", f"is not read here; write one of {', '.join(ENCODINGS)}")
    return name


def _read_time_pattern(value: Any) -> str:
    """Return a strptime pattern if every directive is known and a full day can be read by it."""
    if not isinstance(value, str) or not value or len(value) > 200:
        raise refuse("TIME_PATTERN", "must be text such as %d.%m.%Y %H:%M")
    found = re.findall(r"%(.?)", value)
    unknown = next((letter for letter in found if letter not in _DIRECTIVES), None)
    if unknown is not None:
        allowed = " ".join(f"%{letter}" for letter in sorted(_DIRECTIVES - {"%"}))
        raise refuse("TIME_PATTERN", f"'%{unknown}' is not understood; use {allowed}")
    if repeated := next((letter for letter in found if letter != "%" and found.count(letter) > 1), None):
        raise refuse("TIME_PATTERN", f"'%{repeated}' stands in it twice; keep one")
    letters = {{"y": "Y", "b": "m", "B": "m"}.get(letter, letter) for letter in found}
    letters |= {"m", "d"} if "j" in letters else set()
    if missing := [letter for letter in "Ymd" if letter not in letters]:
        raise refuse("TIME_PATTERN", f"lacks {' '.join(f'%{letter}' for letter in missing)}; a full day must be read")
    return value


def _read_time_format(value: Any) -> str:
    """Return a strptime pattern, or the word for a count since 1970."""
    if value in EPOCHS:
        return str(value)
    if isinstance(value, str) and "%" not in value:
        raise refuse("TIME_PATTERN", f"must be a pattern such as %d.%m.%Y %H:%M, or one of {', '.join(EPOCHS)}")
    return _read_time_pattern(value)


def _read_location(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    if not text or len(text) > 500 or text != text.strip() or any(ord(letter) < 32 for letter in text):
        raise refuse("PATH_INVALID", "must be a file pattern below the landing folder, such as leads_*.csv")
    if text.startswith(("/", "~")) or ".." in text.split("/") or "\\" in text or "://" in text or text[1:2] == ":":
        raise refuse("PATH_OUTSIDE", "leads out of the landing folder; write a pattern below it, without '..'")
    return text


def _column_rule(value: Any) -> Any:
    """Turn the short forms (a column, a list of columns, ``column:``) into the full one."""
    if isinstance(value, str):
        return {"columns": [value]}
    if isinstance(value, list | tuple):
        return {"columns": list(value)}
    if isinstance(value, dict) and "column" in value:
        if "columns" in value:
            raise refuse("COLUMN_RULE", "names both 'column' and 'columns'; keep one of them")
        rest = {key: entry for key, entry in value.items() if key != "column"}
        return {**rest, "columns": [value["column"]]}
    return value


def _read_fingerprint(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{12}", value):
        raise refuse("FINGERPRINT_INVALID", "must be the 12 letters and digits by which a message named the list")
    return value


Fingerprint = Annotated[str, ReadBy(_read_fingerprint, {"type": "string", "pattern": "^[0-9a-f]{12}$"})]
TimePattern = Annotated[str, ReadBy(_read_time_pattern)]
TimeFormat = Annotated[str, ReadBy(_read_time_format)]


class ColumnRuleKeys(StrictModel):
    """The full form of a column rule, as an editor is told about it."""

    column: Plain | None = None
    columns: tuple[Plain, ...] | None = None
    combine: Literal["first", "join"] = "first"
    any_of: Switch = False
    value: Text | None = None
    values: Mapping[str, Text] | None = None
    default: Text | None = None


class ColumnRule(StrictModel):
    """How one canonical column is filled from a row.

    ``columns`` in order: the first that is not empty wins (``combine: first``), or all are joined (``combine: join``,
    with ``;`` in columns of several values, else with a blank). Every one must be in the file, unless ``any_of``: then
    those present are used, and none at all gives empty values. ``value`` is a constant instead. ``values`` translates
    (case ignored; blanks, ``-`` and ``_`` alike); a value not listed becomes ``default`` if there is one, else passes
    unchanged; an empty one becomes ``default`` too.
    """

    written_as: ClassVar[type[StrictModel]] = ColumnRuleKeys

    columns: tuple[Plain, ...] = Field((), description="Columns of the file, the first that is not empty is taken.")
    combine: Literal["first", "join"] = Field("first", description="first: one value; join: all of them.")
    any_of: Switch = Field(False, description="Columns may be missing from the file.")
    value: Text | None = Field(None, description="A constant instead of columns.")
    values: Mapping[str, Text] | None = Field(None, description="What the file says: what it means.")
    default: Text | None = Field(None, description="For empty values, and for those that 'values' does not list.")

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        if bool(self.columns) == (self.value is not None):
            raise refuse("COLUMN_RULE", "needs a column, a list of columns, or a constant 'value': just one of these")
        if self.value is not None and (self.values is not None or self.default is not None):
            raise refuse("COLUMN_RULE", "is a constant; 'values' and 'default' do nothing here, remove them")
        if len(set(self.columns)) != len(self.columns):
            raise refuse("COLUMN_RULE", "names a column twice; keep one")
        return self


MappedColumn = Annotated[
    ColumnRule, BeforeValidator(_column_rule, json_schema_input_type=Plain | tuple[Plain, ...] | ColumnRuleKeys)
]


def _some_values(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise refuse("VALUE_MISSING", "lists no value, so that no row would be kept; list values or remove it")
    return values


KeptValues = Annotated[tuple[Text, ...], AfterValidator(_some_values)]


class RowFilter(StrictModel):
    """Keep only rows where a column has one of the values (case ignored; blanks, ``-`` and ``_`` alike; "" is empty).

    ``any_of``: the first of ``columns`` that the file has; with none of them every row is kept.
    """

    columns: tuple[Plain, ...]
    values: tuple[Text, ...]
    any_of: Switch = False


class ReadOptions(StrictModel):
    """How a feed's files are written."""

    delimiter: Annotated[str, ReadBy(_read_delimiter)] = Field(
        ",", description="Between fields of a CSV file; tab, comma, semicolon and pipe may be written as words."
    )
    quote: Annotated[str, ReadBy(_read_quote, {"enum": ['"', "'", ""]})] = '"'
    encoding: Annotated[str, ReadBy(_read_encoding)] = "utf-8"
    time_zone: Zone | None = Field(None, description="Zone of times written without one; unset: such rows are refused.")
    time_format: TimeFormat | None = Field(
        None,
        description="Such as %d.%m.%Y %H:%M; epoch_s or epoch_ms: seconds or milliseconds since 1970; unset: ISO 8601.",
    )
    date_format: TimePattern | None = Field(None, description="Such as %d.%m.%Y; unset: ISO 8601.")
    decimal: Literal[".", ","] = "."
    null_values: tuple[Text, ...] = Field(
        ("", "NULL", "null", "N/A", "n/a", "-"), description="Texts that mean: no value."
    )
    manifest: Plain | None = Field(None, description="File of SHA-256 sums delivered beside the files.")

    @model_validator(mode="after")
    def _consistent(self) -> ReadOptions:
        if self.delimiter == self.quote:
            raise refuse("DELIMITER_INVALID", "is also the quote; they must differ")
        if self.manifest is not None:
            _read_location(self.manifest)
        return self


class SourceSettings(StrictModel):
    """One entry of sources.yaml, as written; the loader makes a Source of it."""

    table: Table | None = Field(None, description="The input table it feeds; may be left out where a preset says it.")
    object_type: ObjectType | None = Field(None, description="What the records are; for table: items only.")
    location: Annotated[str, ReadBy(_read_location)] = Field(
        description="File pattern below the landing folder, such as leads_*.csv."
    )
    format: Literal["csv", "jsonl", "parquet"] = Field("csv", description="csv and jsonl may be packed (.gz).")
    preset: str | None = Field(None, description="A ready mapping such as salesforce.lead; 'mapping' overrides it.")
    delivered_at: TimePattern | None = Field(
        None, description="The file name as a time pattern (UTC), such as leads_%Y%m%d.csv."
    )
    optional: Switch = Field(False, description="No file at all is fine.")
    ids_used_again: Literal["refuse", "new_item"] = Field(
        "refuse", description="Rows with the id of an item of another time and person; for table: items only."
    )
    decide: Literal["delivered", "created"] | None = Field(
        None,
        description="When items are decided: once delivered, or when they were created; for table: items only. "
        "Unset: delivered with run_instant: now, created with last_record.",
    )
    full_list: Switch = Field(
        False, description="Each delivery lists all there is: who or what is not in the latest one is gone."
    )
    leave_after: Annotated[int, whole_number(1, MAX_LISTS)] = Field(
        LEAVE_AFTER, description="Missing from so many full lists in a row a user has left; for table: users only."
    )
    confirmed_lists: Annotated[tuple[Fingerprint, ...], AfterValidator(sorted_distinct)] = Field(
        (), description="Full lists that lost much and are right all the same, as the message named them."
    )
    end_dates: Literal["last_day", "day_after"] = Field(
        "last_day", description="What a bare end date is: the last day away, or the first day back."
    )
    options: ReadOptions = ReadOptions()
    mapping: Mapping[str, MappedColumn] = Field({}, description="Canonical column: column of the file.")
    only_rows: Mapping[Plain, KeptValues] = Field({}, description="Keep rows where a column has one of the values.")


class SourcesFile(StrictModel):
    """sources.yaml."""

    sources: Mapping[SourceName, SourceSettings] = Field({}, description="One entry for each feed.")


class Source(StrictModel):
    """One feed, its preset merged in. ``mapping`` is keyed by canonical column, in canonical order."""

    name: str
    table: Table
    object_type: ObjectType | None
    location: str
    format: Literal["csv", "jsonl", "parquet"]
    delivered_at: str | None
    optional: bool
    ids_used_again: Literal["refuse", "new_item"] = "refuse"
    decide: Literal["delivered", "created"] | None = None
    full_list: bool = False
    leave_after: int = LEAVE_AFTER
    confirmed_lists: tuple[str, ...] = ()
    end_dates: Literal["last_day", "day_after"] = "last_day"
    options: ReadOptions
    mapping: Mapping[str, ColumnRule]
    only_rows: tuple[RowFilter, ...] = ()
    queue_prefix: str = ""

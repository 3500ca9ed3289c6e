"""The header of a file against what its source expects, and what a wrong one most likely means.

Belongs here: names of columns. Does not belong here: reading records. Where a file has no header its first record is
data, so no message quotes a name that is not near one of the mapping.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from rr_pipeline.config import CANONICAL, REQUIRED, ColumnRule, RowFilter, Source
from rr_pipeline.errors import nearest
from rr_pipeline.ingest.report import FileRefusedError

RESERVED = ("_file_id", "_row")
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def mapped_columns(source: Source) -> tuple[str, ...]:
    """Return every column of the file that the source's mapping or row filter names, each once, in mapping order."""
    rules: list[ColumnRule | RowFilter] = [*source.mapping.values(), *source.only_rows]
    return tuple(dict.fromkeys(column for rule in rules for column in rule.columns))


def missing_columns(source: Source, names: Iterable[str]) -> tuple[str, ...]:
    """Return the mapped columns that a file with these names lacks; those of ``any_of`` rules may be missing.

    Upper and lower case make no difference. An ``any_of`` rule of a required column must find one of its columns.
    """
    present = {name.casefold() for name in names}
    missing: list[str] = []
    rules: list[tuple[str | None, ColumnRule | RowFilter]] = [*source.mapping.items()]
    for target, rule in [*rules, *((None, one) for one in source.only_rows)]:
        lacking = [column for column in rule.columns if column.casefold() not in present]
        is_required = target in REQUIRED[source.table]
        if lacking and (not rule.any_of or (is_required and len(lacking) == len(rule.columns))):
            missing.extend(lacking)
    return tuple(dict.fromkeys(missing))


def required_columns(source: Source) -> frozenset[str]:
    """Return the mapped columns of the canonical columns that a record cannot do without."""
    rules = (source.mapping.get(target) for target in REQUIRED[source.table])
    return frozenset(column for rule in rules if rule is not None for column in rule.columns)


def key_place(source: Source, names: Sequence[str]) -> int | None:
    """Return the place of the column that holds the id of the source's records, or None."""
    rule = source.mapping.get(CANONICAL[source.table][0])
    if rule is None or len(rule.columns) != 1:
        return None
    wanted = rule.columns[0].casefold()
    return next((place for place, name in enumerate(names) if name.casefold() == wanted), None)


def check_width(names: Sequence[str], max_columns: int) -> None:
    """Refuse more columns than are allowed: TOO_MANY_COLUMNS."""
    if len(names) > max_columns:
        message = f"has {len(names)} columns; at most {max_columns} are read (limits.max_columns)."
        raise FileRefusedError("TOO_MANY_COLUMNS", message)


def check_names(names: Sequence[str]) -> None:
    """Refuse names that cannot be columns: HEADER_BLANK, HEADER_DUPLICATE, HEADER_RESERVED."""
    places: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        key = name.casefold()
        if not name:
            raise FileRefusedError("HEADER_BLANK", f"column {place} has no name in the header; name it or remove it.")
        if key in RESERVED:
            raise FileRefusedError("HEADER_RESERVED", f"column {place} is named {key}, a name kept for the reader.")
        if key in places:
            message = f"columns {places[key]} and {place} have the same name (case does not count); rename one."
            raise FileRefusedError("HEADER_DUPLICATE", message)
        places[key] = place


def check_columns(source: Source, names: Sequence[str], first_lines: Sequence[str], line: int) -> None:
    """Refuse a header without the mapped columns, saying what is the likely cause.

    ``first_lines``: the first lines from the header's on, which is line ``line`` of the file. Problems:
    FILE_DELIMITER, FILE_PREAMBLE, FILE_HEADER_MISSING, COLUMN_MISSING.
    """
    missing = missing_columns(source, names)
    if not missing:
        return
    options = source.options
    for delimiter, word in _DELIMITERS.items():
        cells = split_record(first_lines[0], delimiter, options.quote) if first_lines else []
        if delimiter != options.delimiter and not missing_columns(source, cells):
            message = f"is delimited by {word}, read with another delimiter. Set options.delimiter: {word}."
            raise FileRefusedError("FILE_DELIMITER", message)
    for place, text in enumerate(first_lines[1:], start=line + 1):
        if not missing_columns(source, split_record(text, options.delimiter, options.quote)):
            message = f"the header is on line {place}, below other lines. Remove the lines above it."
            raise FileRefusedError("FILE_PREAMBLE", message)
    mapped = mapped_columns(source)
    if len(missing) == len(mapped) and not any(nearest(column, names) for column in mapped) and _is_data(names):
        message = "the first line is no header but data. Deliver the file with its header line."
        raise FileRefusedError("FILE_HEADER_MISSING", message)
    raise columns_missing(missing, names)


def columns_missing(missing: Sequence[str], names: Sequence[str]) -> FileRefusedError:
    """Return the refusal of a file without these columns: COLUMN_MISSING."""
    wanted = " ".join(f"'{column}' is missing.{nearest(column, names)}" for column in missing[:10])
    more = f" And {len(missing) - 10} more." if len(missing) > 10 else ""
    message = f"column {wanted}{more} Correct the mapping in sources.yaml or the file."
    return FileRefusedError("COLUMN_MISSING", message, field=missing[0])


def split_header(text: str, delimiter: str, quote: str) -> list[str]:
    """Return the names in a header record, blanks around them removed."""
    return [name.strip(" \t\u00a0\ufeff\r\n") for name in split_record(text, delimiter, quote)]


def split_record(text: str, delimiter: str, quote: str) -> list[str]:
    """Return the cells of one record as Python's csv module reads it."""
    try:
        if not quote:
            return text.strip("\r\n").split(delimiter) if text else []
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote), [])
    except csv.Error:
        return []


def _is_data(names: Sequence[str]) -> bool:
    """Whether cells look like values: an address, a number, a date, or nothing."""
    return any(not name or "@" in name or name[0].isdigit() or name[:1] in "+-" for name in names)

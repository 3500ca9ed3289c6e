"""The header of a file against what its source expects, and what a wrong one most likely means.

Belongs here: names of columns. Does not belong here: reading records. Where a file has no header its first record is
data, and keys of JSON may be data too: a message quotes a name of the file only where the line is a header for certain,
because a mapped column is in it, and the name does not look like a value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from rr_pipeline.config import CANONICAL, REQUIRED, ColumnRule, RowFilter, Source
from rr_pipeline.config.canonical import RESERVED_COLUMNS
from rr_pipeline.errors import Problem, closest, nearest
from rr_pipeline.ingest.results import FileRefusedError
from rr_pipeline.personal import looks_personal

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


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that columns are kept under. Refuses what cannot be one: HEADER_BLANK, HEADER_DUPLICATE."""
    places: dict[str, int] = {}
    kept = tuple(kept_name(name) for name in names)
    for place, name in enumerate(kept, start=1):
        key = name.casefold()
        if not name:
            raise FileRefusedError("HEADER_BLANK", f"column {place} has no name in the header; name it or remove it.")
        if key in places:
            message = f"columns {places[key]} and {place} have the same name (case does not count); rename one."
            raise FileRefusedError("HEADER_DUPLICATE", message)
        places[key] = place
    return kept


def kept_name(name: str) -> str:
    """Return the name that a column is kept under: its own, unless the reader has one like it."""
    return f"{name} (delivered)" if name.casefold() in RESERVED_COLUMNS else name


def renamed(file_name: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield a warning for each column that is kept under another name: HEADER_RESERVED."""
    for name in names:
        if kept_name(name) != name:
            message = f"the reader has a column of this name; this one, which no mapping names, is '{kept_name(name)}'."
            yield Problem(file_name, None, name, "HEADER_RESERVED", message)


def check_columns(source: Source, names: Sequence[str], first_lines: Sequence[str], line: int) -> None:
    """Refuse a header without the mapped columns, saying what is the likely cause.

    ``first_lines``: the first lines from the header's on, which is line ``line`` of the file. Problems:
    FILE_DELIMITER, FILE_PREAMBLE, FILE_NO_HEADER, COLUMN_MISSING.
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
    if not _has_any(mapped, names) and (_is_data(names) or not _is_renamed(mapped, names)):
        message = (
            "the first line is no header: none of the mapped columns is in it. Deliver the file with its header line; "
            "if it has one, under other names, correct the mapping in sources.yaml."
        )
        raise FileRefusedError("FILE_NO_HEADER", message)
    raise columns_missing(source, missing, names)


def columns_missing(source: Source, missing: Sequence[str], names: Sequence[str]) -> FileRefusedError:
    """Return the refusal of a file without these columns: COLUMN_MISSING.

    ``names``: those of the file in its order; none where they are keys of records, of which nothing can be said.
    """
    mapped = mapped_columns(source)
    is_header, taken = _has_any(mapped, names), {column.casefold() for column in mapped}
    free = [name if name.casefold() not in taken else "" for name in names]
    wanted = " ".join(f"'{column}' is missing.{_hint(column, free, is_header)}" for column in missing[:10])
    more = f" And {len(missing) - 10} more." if len(missing) > 10 else ""
    message = f"column {wanted}{more} Correct the mapping in sources.yaml or the file."
    return FileRefusedError("COLUMN_MISSING", message, field=missing[0])


def _has_any(mapped: Iterable[str], names: Iterable[str]) -> bool:
    return not {column.casefold() for column in mapped}.isdisjoint(name.casefold() for name in names)


def _is_renamed(mapped: Sequence[str], names: Sequence[str]) -> bool:
    """Whether most of the mapped columns are there under names much like theirs."""
    return 2 * sum(bool(nearest(column, names)) for column in mapped) > len(mapped)


def _hint(column: str, names: Sequence[str], is_header: bool) -> str:
    """The sentence that points at the column most like the missing one: by name, or by place where it may be data."""
    found = closest(column, [name for name in names if name])
    if found is None:
        return ""
    if is_header and not looks_personal(found):
        return f" Did you mean '{found}'?"
    return f" The name of column {names.index(found) + 1} is much like it."


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
    """Whether cells look like values."""
    return any(looks_personal(name) for name in names)

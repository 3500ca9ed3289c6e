"""A source's mapping as SQL: one SELECT that turns the raw rows of a feed into canonical columns of clean text.

Belongs here: choosing columns, trimming, empty values, translated values, and rewriting declared time formats and
decimal commas into the one dialect that staging reads. Does not belong here: typing and standardising (sql/staging).

User text reaches SQL only as quoted identifiers (column names found in the raw table) and quoted literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rr_pipeline.config.canonical import Kind, key_of, kind_of
from rr_pipeline.config.matching import separated
from rr_pipeline.config.sources import EPOCHS
from rr_pipeline.errors import Problem, RefusedError

if TYPE_CHECKING:
    from rr_pipeline.config.sources import ColumnRule, RowFilter, Source

NESTED_FORMATS = frozenset({"jsonl", "parquet"})
"""Formats whose cells may be lists, as JSON text in the raw layer."""

LIST_KINDS = frozenset({"words", "email"})
"""Kinds of cells with several values: ``combine: join`` puts ``;`` between them, and a space in all others."""

MAX_CELL_BYTES = 10_000
"""Longest cell that staging reads: no name, address or list of a person's addresses comes near. A longer one is taken
for empty, and its row is refused (CELL_TOO_LONG), so that no single cell takes the memory of a run."""

ADDED_COLUMNS = ("file_id", "row_number", "source", "ingest_batch", "source_time_zone", "cell_code")
"""Columns of a mapped row in front of the canonical ones."""


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Quote a text for SQL; None and the empty text become a typed null."""
    if not text:
        return "cast(null as varchar)"
    quoted = text.replace("\x00", "").replace("'", "''")
    return f"'{quoted}'"


def literals(texts: Iterable[str]) -> str:
    """Quote several texts as a list for IN, in a stable order."""
    return ", ".join(literal(text) for text in sorted(set(texts)))


class RawColumns:
    """The columns a raw table has, found by name: exactly, else whatever the case (when only one fits)."""

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = frozenset(names)
        self._folded: dict[str, list[str]] = {}
        for name in names:
            self._folded.setdefault(name.casefold(), []).append(name)

    def find(self, name: str) -> str | None:
        """Return the raw column meant by ``name``, or None."""
        if name in self._exact:
            return name
        alike = self._folded.get(name.casefold(), [])
        return alike[0] if len(alike) == 1 else None


def mapped_select(
    source: Source, columns: Sequence[str], raw_columns: Sequence[str], files: Sequence[tuple[int, int]]
) -> str:
    """Return the SELECT of a source: ADDED_COLUMNS, then each of ``columns`` as clean text or null.

    Grain: one row per raw row of ``files`` that passes the source's row filters. ``files``: (file_id, ingest_batch) of
    all new files of the source, ascending, at least one. A column of the mapping that the raw table lacks raises
    RefusedError (COLUMN_MISSING) unless its rule says ``any_of``.
    """
    found = RawColumns(raw_columns)
    used = _used_columns(source, columns, found)
    inner = [f"tidy({identifier(name)}) as {identifier(name)}" for name in used]
    outer = ",\n    ".join(f"{_mapped_value(source, column, found)} as {identifier(column)}" for column in columns)
    rows = f"from raw.{identifier(source.name)}\n    where _file_id between {files[0][0]} and {files[-1][0]}"
    # Selects of their own: a macro may repeat its argument.
    rows = f"from (select {', '.join(['_file_id', '_row', *_bounded(used, _own_columns(source, found))])} {rows})"
    if source.format in NESTED_FORMATS:
        lists = (f"list_text({identifier(name)}) as {identifier(name)}" for name in used)
        rows = f"from (select {', '.join(['_file_id', '_row', 'cell_code', *lists])} {rows})"
    wheres = "".join(f"\n    and {_filter(rule, found)}" for rule in source.only_rows if _present(rule.columns, found))
    first, last = files[0][0], files[-1][0]
    # A list by file instead of a join: a join would undo the compressed form in which equal texts are read once.
    batches = dict(files)
    batch_list = ", ".join(str(batches.get(file_id, "null")) for file_id in range(first, last + 1))
    return f"""select
    raw_rows._file_id as file_id,
    raw_rows._row as row_number,
    {literal(source.name)} as source,
    cast(list_extract([{batch_list}], raw_rows._file_id - {first - 1}) as bigint) as ingest_batch,
    {literal(source.options.time_zone)} as source_time_zone,
    raw_rows.cell_code,
    {outer}
from (
    select {", ".join(["_file_id", "_row", "cell_code", *inner])}
    {rows}
) as raw_rows
where true{wheres}"""


def _own_columns(source: Source, found: RawColumns) -> set[str]:
    """Raw columns of the row's own id, whose length is judged as that of an id."""
    rule = source.mapping.get(key_of(source.table) or "")
    return set(_present(rule.columns, found)) if rule is not None else set()


def _bounded(names: Sequence[str], unbounded: set[str]) -> Iterator[str]:
    """Yield the cells that may be read, null where one is too long, and ``cell_code``, which says so."""
    too_long = {name: f"strlen({identifier(name)}) > {MAX_CELL_BYTES}" for name in names if name not in unbounded}
    for name in names:
        cell = identifier(name)
        yield f"case when {too_long[name]} then null else {cell} end as {cell}" if name in too_long else cell
    found = f"case when {' or '.join(too_long.values())} then 'CELL_TOO_LONG' end" if too_long else literal(None)
    yield f"{found} as cell_code"


def _used_columns(source: Source, columns: Sequence[str], found: RawColumns) -> list[str]:
    used: dict[str, None] = {}
    problems = []
    for column in columns:
        rule = source.mapping.get(column)
        for name in rule.columns if rule is not None else ():
            actual = found.find(name)
            if actual is not None:
                used[actual] = None
            elif rule is not None and not rule.any_of:
                message = f"the mapping of {column} names column '{name}', which no file of the source has."
                field = f"sources.{source.name}.mapping.{column}"
                problems.append(Problem("sources.yaml", None, field, "COLUMN_MISSING", message))
    if problems:
        raise RefusedError(f"The mapping of source {source.name} does not fit its files.", problems)
    for row_filter in source.only_rows:
        used.update(dict.fromkeys(_present(row_filter.columns, found)[:1]))
    return list(used)


def _present(names: Iterable[str], found: RawColumns) -> list[str]:
    return [actual for name in names if (actual := found.find(name)) is not None]


def _filter(rule: RowFilter, found: RawColumns) -> str:
    column = _present(rule.columns, found)[0]
    words = [value.strip().lower() for value in rule.values]
    cell, keys = f"raw_rows.{identifier(column)}", [key for key in map(separated, words) if key]
    alike = f" or word_key({cell}) in ({literals(keys)})" if keys else ""
    empty = f" or {cell} is null" if "" in words else ""
    return f"(lower({cell}) in ({literals(words)}){alike}{empty})"


def _mapped_value(source: Source, column: str, found: RawColumns) -> str:
    rule = source.mapping.get(column)
    if rule is None:
        constant = source.object_type if column == "object_type" else None
        return literal(constant)
    if rule.value is not None:
        return literal(rule.value.strip())
    cells = [_cell(rule, f"raw_rows.{identifier(name)}", source.options.null_values) for name in
             dict.fromkeys(_present(rule.columns, found))]  # fmt: skip
    kind = kind_of(source.table, column)
    text = _combined(rule, kind, cells)
    if kind == "time":
        text = time_dialect(text, source.options.time_format, source.options.date_format)
    elif kind in ("number", "whole") and source.options.decimal == ",":
        text = f"translate({text}, ',.', '.,')"
    elif kind == "id" and column != key_of(source.table):
        # ``NaN``, ``None`` and their kin are nothing here; in the id of a row itself they are refused.
        text = f"case when is_no_id({text}) then null else {text} end"
    if column == "object_type" and source.object_type is not None:
        text = f"coalesce({text}, {literal(source.object_type)})"
    return text


def _combined(rule: ColumnRule, kind: Kind, cells: list[str]) -> str:
    if not cells:
        text = "cast(null as varchar)"
    elif len(cells) == 1:
        text = cells[0]
    elif rule.combine == "join":
        separator = ";" if kind in LIST_KINDS else " "
        text = f"nullif(concat_ws('{separator}', {', '.join(cells)}), '')"
    else:
        text = f"coalesce({', '.join(cells)})"
    return text if rule.default is None else f"coalesce({text}, {literal(rule.default)})"


def _cell(rule: ColumnRule, column: str, null_values: Sequence[str]) -> str:
    """One cell: translated when ``values`` lists it, null when it says that there is no value, else itself.

    A listed value counts even where ``null_values`` has it too: ``values: {"-": none}`` means what it says.
    """
    # One by one: DuckDB makes a join of a longer IN, for each column.
    empty = " ".join(f"when {literal(word)} then null" for word in _null_words(null_values))
    plain = f"case {column} {empty} else {column} end" if empty else column
    if not rule.values:
        return plain
    words = _folded(rule.values)
    translated = "null" if rule.default is not None else plain
    for compared, meanings in ((f"word_key({column})", _separated(words)), (f"lower({column})", words)):
        listed = " ".join(f"when {literal(word)} then {literal(meaning)}" for word, meaning in meanings.items() if word)
        translated = f"case {compared} {listed} else {translated} end" if listed else translated
    if "" not in words:
        return translated
    return f"case when {column} is null then {literal(words[''])} else {translated} end"


def _folded(values: Mapping[str, str]) -> dict[str, str]:
    """Lower the keys; where two differ by case alone, the first in the mapping is kept."""
    words: dict[str, str] = {}
    for word, meaning in values.items():
        words.setdefault(word.strip().lower(), meaning)
    return words


def _separated(words: Mapping[str, str]) -> dict[str, str]:
    """The same for cells with other blanks, dashes or ``_``; where two keys are alike but for these, the first."""
    keys: dict[str, str] = {}
    for word, meaning in words.items():
        keys.setdefault(separated(word), meaning)
    return keys


def _null_words(null_values: Sequence[str]) -> list[str]:
    """Texts for "no value", in the case given, upper and lower: a person called Null keeps the name."""
    words = {word.strip() for word in null_values}
    return sorted({form for word in words if word for form in (word, word.upper(), word.lower())})


def time_dialect(text: str, time_format: str | None, date_format: str | None) -> str:
    """Return an expression that rewrites times in the declared formats as ISO 8601 text.

    Staging reads ISO 8601 only. Where a format is declared, an ISO text without an offset is not guessed at
    (``%Y-%d-%m`` looks just like it): it gets a leading ``?`` and so ends as TIME_INVALID. ``epoch_s`` and
    ``epoch_ms`` count from 1970 UTC; such a source may still deliver ISO 8601.
    """
    branches = []
    for pattern, iso in ((time_format, "%Y-%m-%dT%H:%M:%S.%f"), (date_format, "%Y-%m-%d")):
        if pattern in EPOCHS:
            micros = f"try_cast(try_cast({text} as decimal(28, 6)) * {EPOCHS[pattern]} as bigint)"
            in_range = f"case when abs({micros}) < 9000000000000000 then {micros} end"
            branches.append(f"strftime(make_timestamp({in_range}), '%Y-%m-%dT%H:%M:%S.%f') || 'Z'")
        elif pattern is not None:
            zone = " || 'Z'" if "%z" in pattern else ""
            # A format with %z gives an instant; the session's zone is UTC, so the cast only drops the type.
            moment = f"cast(try_strptime({text}, {literal(pattern)}) as timestamp)"
            branches.append(f"strftime({moment}, '{iso}'){zone}")
    if not branches:
        return text
    undeclared = _undeclared(text, time_format, date_format)
    other = f"case when strlen({text}) > 10 and has_offset({text}) then {text} {undeclared} end"
    return f"coalesce({', '.join(branches)}, {other})"


def _undeclared(text: str, time_format: str | None, date_format: str | None) -> str:
    """Branches for ISO text without an offset: kept where its own kind has no declared format."""
    kept = ""
    if date_format is None:
        kept += f"when strlen({text}) = 10 then {text} "
    if time_format is None or time_format in EPOCHS:
        kept += f"when strlen({text}) > 10 then {text} "
    return f"{kept}else '?' || {text}"

"""sources.yaml to feeds: presets merged in, columns checked against the canonical tables.

Belongs here: what a feed may say given its table and preset. Does not belong here: how single values are written.
"""

from __future__ import annotations

from dataclasses import dataclass

from rr_pipeline.config.canonical import CANONICAL, REQUIRED, RESERVED_COLUMNS, ObjectType, Table
from rr_pipeline.config.notes import Notes
from rr_pipeline.config.presets import PRESETS, Preset
from rr_pipeline.config.sources import LISTED_TABLES, ColumnRule, RowFilter, Source, SourceSettings, SourcesFile
from rr_pipeline.config.yaml_reader import Path, YamlDocument
from rr_pipeline.core.vocabulary import words
from rr_pipeline.errors import nearest

SOURCES_FILE = "sources.yaml"


def load_sources(notes: Notes) -> tuple[Source, ...]:
    """Return the feeds of sources.yaml, sorted by name; none when there is no such file. Problems go to ``notes``."""
    if not (notes.folder / SOURCES_FILE).exists():
        return ()
    # A feed with a wrong setting is left out: every other feed can be checked without it.
    found = notes.read_model(SOURCES_FILE, SourcesFile, lambda path: path[:2] if len(path) >= 2 else None)
    if found is None:
        return ()
    document, written = found
    checks = [_SourceCheck(notes, document, name, settings) for name, settings in sorted(written.sources.items())]
    return tuple(source for check in checks if (source := check.build()) is not None)


@dataclass
class _SourceCheck:
    notes: Notes
    document: YamlDocument
    name: str
    settings: SourceSettings

    def build(self) -> Source | None:
        before = len(self.notes.problems)
        preset = self._preset()
        table = self.settings.table or (preset.table if preset else None)
        if table is None:
            if self.settings.preset is None:
                self._note("table", "KEY_MISSING", f"is missing; add 'table:' with one of: {', '.join(CANONICAL)}")
            return None
        object_type = self._object_type(table, preset)
        if self.settings.decide is not None and table != "items":
            self._note("decide", "KEY_UNKNOWN", "belongs to table: items only; remove it")
        mapping = self._mapping(table, preset)
        self._check_columns()
        self._check_lists(table)
        if len(self.notes.problems) > before:
            return None
        own = (RowFilter(columns=(column,), values=kept) for column, kept in self.settings.only_rows.items())
        settings = self.settings
        return Source(
            name=self.name,
            table=table,
            object_type=object_type,
            location=settings.location,
            format=settings.format,
            delivered_at=settings.delivered_at,
            optional=settings.optional,
            ids_used_again=settings.ids_used_again,
            decide=settings.decide,
            full_list=settings.full_list,
            leave_after=settings.leave_after,
            confirmed_lists=settings.confirmed_lists,
            end_dates=settings.end_dates,
            options=settings.options,
            mapping=mapping,
            only_rows=(*(preset.only_rows if preset else ()), *own),
            queue_prefix=preset.queue_prefix if preset else "",
        )

    def _note(self, key: str, code: str, message: str, *inner: str) -> None:
        path: Path = ("sources", self.name, key, *inner)
        self.notes.add(self.document, path, code, message)

    def _check_columns(self) -> None:
        named = [(("mapping", target), name) for target, rule in self.settings.mapping.items() for name in rule.columns]
        named += [(("only_rows", name), name) for name in self.settings.only_rows]
        for (key, inner), name in named:
            if name.casefold() in RESERVED_COLUMNS:
                message = f"names column '{name}', a name kept for the reader: rename that column in the file, and here"
                self._note(key, "COLUMN_RESERVED", message, inner)

    def _check_lists(self, table: Table) -> None:
        written = self.settings.model_fields_set
        if self.settings.full_list and table not in LISTED_TABLES:
            message = (
                f"goes with tables {', '.join(LISTED_TABLES)}; rows of {table} stay when they are no longer listed"
            )
            self._note("full_list", "KEY_UNKNOWN", message)
        for key in ("leave_after", "confirmed_lists"):
            if key in written and not self.settings.full_list:
                self._note(key, "KEY_UNKNOWN", "goes with `full_list: true`; add that or remove it")
        if "leave_after" in written and table != "users":
            self._note("leave_after", "KEY_UNKNOWN", "belongs to table: users only; remove it")
        if "end_dates" in written and table != "absences":
            self._note("end_dates", "KEY_UNKNOWN", "belongs to table: absences only; remove it")

    def _preset(self) -> Preset | None:
        wanted = self.settings.preset
        if wanted is None:
            return None
        choices = PRESETS.get(wanted)
        if choices is None:
            hint = nearest(wanted, PRESETS) or f" There are: {', '.join(sorted(PRESETS))}."
            self._note("preset", "PRESET_UNKNOWN", f"is not a preset that exists.{hint}")
            return None
        if self.settings.table is None:
            return next(iter(choices.values()))
        if self.settings.table not in choices:
            message = f"does not feed table {self.settings.table}; it feeds {' or '.join(choices)}"
            self._note("preset", "PRESET_TABLE", message)
        return choices.get(self.settings.table)

    def _object_type(self, table: Table, preset: Preset | None) -> ObjectType | None:
        given = self.settings.object_type
        if table != "items":
            if given is not None:
                self._note("object_type", "KEY_UNKNOWN", "belongs to table: items only; remove it")
            return None
        object_type = given or (preset.object_type if preset else None)
        if object_type is None and (self.settings.preset is None or preset is not None):
            choices = ", ".join(words("object_types"))
            self._note("object_type", "KEY_MISSING", f"is missing; add 'object_type:' with one of: {choices}")
        return object_type

    def _mapping(self, table: Table, preset: Preset | None) -> dict[str, ColumnRule]:
        known = CANONICAL[table]
        for column in self.settings.mapping:
            if column not in known:
                hint = nearest(column, known) or f" It has: {', '.join(known)}."
                self._note("mapping", "COLUMN_UNKNOWN", f"is not a column of {table}.{hint}", column)
        rules = {**(preset.mapping if preset else {}), **self.settings.mapping}
        if self.settings.preset is None or preset is not None:
            for column in REQUIRED[table]:
                if column not in rules:
                    message = f"is needed to read {table}; say which column of the file it is"
                    self._note("mapping", "COLUMN_UNMAPPED", message, column)
        if table == "opportunities" and "is_open" not in rules:
            message = (
                "is not mapped: an opportunity that is not said to be open gives its owner no claim. Say which column "
                'it is, or write `is_open: {value: "true"}` where the feed holds open ones only'
            )
            path: Path = ("sources", self.name, "mapping", "is_open")
            self.notes.add(self.document, path, "COLUMN_UNMAPPED", message, is_warning=True)
        return {column: rules[column] for column in known if column in rules}

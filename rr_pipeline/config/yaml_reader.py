"""A strict reader for configuration: YAML in, plain text out, every value with its line.

Belongs here: what YAML may look like at all (size, depth, keys, anchors, tags) and where each value stands.
Does not belong here: what a value means. Every scalar stays the text its author wrote, so ``NO`` is Norway
and ``17:30`` is a time; the models of the other modules type it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, BinaryIO

import yaml

from rr_pipeline.errors import Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 20

Path = tuple[str | int, ...]
"""Where a value stands: keys of mappings and positions (from 0) in lists."""

# libyaml is some 10 times as fast and gives the same line marks; without it the Python parser does the same job.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_VARIABLE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True)
class YamlDocument:
    """One file as read: ``data`` of dict, list, str and None (nothing written after the colon), and lines from 1."""

    file: str
    data: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int | None:
        """Return the line of the value at ``path``, or of the closest thing around it that exists."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def as_written(self, path: Path) -> Path:
        """Return a path without place 0 wherever one block stands for a list of one."""
        written: Path = ()
        data = self.data
        for part in path:
            if part == 0 and isinstance(data, dict):
                continue
            written = (*written, part)
            data = _inside(data, part)
        return written

    def has(self, path: Path) -> bool:
        """Return whether something is written at ``path``."""
        return path in self.lines


def _inside(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def dotted(path: Path) -> str:
    """Return a path as its reader would say it: ``pools.emea.members[0].weight``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _StopReading(Exception):  # noqa: N818 - it ends one file, it is not an error of the program
    def __init__(self, line: int | None, path: Path, code: str, message: str) -> None:
        self.line, self.path, self.code, self.message = line, path, code, message
        super().__init__(message)


def read_yaml(path: FilePath, file: str) -> tuple[YamlDocument | None, list[Problem]]:
    """Read one configuration file strictly.

    Returns the document and every problem found; the document is None when nothing after the problem could be
    trusted (damaged text, anchors, depth). A repeated key is a problem, but reading goes on with its first value.
    ``file`` is the name used in messages. Raises nothing for bad content; OSError is turned into FILE_UNREADABLE.
    """
    problems: list[Problem] = []
    text = ""
    try:
        text = _read_text(path)
        return _Builder(file, problems).build(text), problems
    except _StopReading as stop:
        problems.append(Problem(file, stop.line, dotted(stop.path) or None, stop.code, stop.message))
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(file, text, error))
    return None, problems


def _read_text(path: FilePath) -> str:
    try:
        with _open_regular(path) as handle:
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _StopReading(
            None, (), "FILE_UNREADABLE", f"cannot be read ({reason}); check the name and rights"
        ) from error
    if len(content) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES} bytes; split it or move data out of the configuration"
        raise _StopReading(None, (), "FILE_TOO_LARGE", message)
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise _StopReading(
            line, (), "FILE_NOT_TEXT", "holds a NUL byte (UTF-16, or not text at all?); save it as UTF-8"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"is not UTF-8 at byte {error.start}; save it as UTF-8"
        raise _StopReading(line, (), "FILE_ENCODING", message) from error


def _open_regular(path: FilePath) -> BinaryIO:
    # Opening a FIFO would wait for ever: look first, and open without blocking.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _StopReading(None, (), "FILE_NOT_REGULAR", "is not an ordinary file; put a text file here")
    return os.fdopen(handle, "rb")


def _syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable as YAML"
    line = mark.line + 1 if mark is not None else None
    lines = text.splitlines()
    if line is not None and line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t"):
        return Problem(file, line, None, "YAML_SYNTAX", "a tab stands where YAML wants blanks; indent with blanks")
    return Problem(file, line, None, "YAML_SYNTAX", f"{said}; check indentation, colons and quotes at this line")


class _Builder:
    """Build plain values from parser events, refusing what strict configuration does without."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, problems
        self.lines: dict[Path, int] = {}

    def build(self, text: str) -> YamlDocument:
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        data: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "a second document starts here ('---'); keep one document in a file"
                    raise _StopReading(_line(event), (), "YAML_SEVERAL_DOCUMENTS", message)
            elif isinstance(event, yaml.NodeEvent):
                data = self._value(event, ())
        self.lines.setdefault((), 1)
        return YamlDocument(self.file, data, self.lines)

    def _value(self, event: Any, path: Path) -> Any:
        self._refuse_extras(event, path)
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            is_empty = event.value == "" and not event.style
            return None if is_empty else str(event.value)
        if len(path) >= MAX_DEPTH:
            message = f"is nested more than {MAX_DEPTH} levels deep; configuration never needs that"
            raise _StopReading(_line(event), path[:3], "YAML_TOO_DEEP", message)
        return self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key in entries:
                self._skip_repeated(key, event, path)
                continue
            self.lines[(*path, key)] = _line(event)
            entries[key] = self._value(next(self.events), (*path, key))
        return entries

    def _key(self, event: Any, path: Path) -> str:
        self._refuse_extras(event, path)
        if not isinstance(event, yaml.ScalarEvent) or event.value == "":
            message = "a key must be plain text; a list, a mapping or nothing cannot be one"
            raise _StopReading(_line(event), path, "YAML_KEY", message)
        if event.value == "<<" and not event.style:
            message = "merge keys ('<<') are not read here; write the settings out"
            raise _StopReading(_line(event), path, "YAML_MERGE", message)
        return str(event.value)

    def _skip_repeated(self, key: str, event: Any, path: Path) -> None:
        first = self.lines[(*path, key)]
        message = f"is given twice (first at line {first}); keep one of them"
        self.problems.append(Problem(self.file, _line(event), dotted((*path, key)), "YAML_REPEATED_KEY", message))
        # The second value is read into nowhere: its lines must not overwrite those of the first.
        shadow = _Builder(self.file, self.problems)
        shadow.events = self.events
        shadow._value(next(self.events), (*path, key))

    def _refuse_extras(self, event: Any, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent):
            message = "aliases ('*name') are not read here; write the value out"
            raise _StopReading(_line(event), path, "YAML_ALIAS", message)
        if event.anchor is not None:
            message = "anchors ('&name') are not read here; remove it and write repeated values out"
            raise _StopReading(_line(event), path, "YAML_ANCHOR", message)
        if event.tag is not None:
            message = "tags ('!name') are not read here; remove it, every value is plain text to the reader"
            raise _StopReading(_line(event), path, "YAML_TAG", message)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def substitute_secrets(
    document: YamlDocument, secrets: frozenset[Path], env: Mapping[str, str]
) -> tuple[dict[Path, str], list[Problem]]:
    """Resolve ``${NAME}`` for the settings declared secret, and refuse it everywhere else.

    Returns the secret values by path (never put back into the document, so no message can show one) and the problems:
    LITERAL_SECRET, ENV_MISSING, ENV_NOT_ALLOWED.
    """
    found: dict[Path, str] = {}
    problems: list[Problem] = []
    for path, text in scalars(document.data):
        if path not in secrets:
            if _VARIABLE.search(text):
                message = "variables ('${NAME}') are read in secret settings only; write the value out"
                problems.append(_at(document, path, "ENV_NOT_ALLOWED", message))
            continue
        variable = re.fullmatch(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", text)
        if variable is None:
            message = f"is a secret and must not stand in a file ({len(text)} characters); write ${{NAME}} and set NAME"
            problems.append(_at(document, path, "LITERAL_SECRET", message))
        elif not env.get(variable[1]):
            message = f"the environment variable {variable[1]} is not set or empty; set it, or remove this setting"
            problems.append(_at(document, path, "ENV_MISSING", message))
        else:
            found[path] = env[variable[1]]
    return found, problems


def scalars(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text value of a document with its path, in the order of the file."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from scalars(value, (*path, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from scalars(value, (*path, position))


def _at(document: YamlDocument, path: Path, code: str, message: str) -> Problem:
    return Problem(document.file, document.line_of(path), dotted(path), code, message)

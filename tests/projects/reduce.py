"""From a large project that fails to a small one that fails in the same way, and how it is shown.

Belongs here: leaving out, part by part. Does not belong here: why a project fails (``runs``). Nothing here knows what a
part means: what is left may be no valid project any more, which then fails in another way, and is not taken.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.projects.tree import Delivery, Project, write

Change = Callable[[Project], "Project | None"]
"""Makes a project smaller; None where the place is no longer there."""

MAY_GO = ("policies", "tokens", "feeds")


def kind_of(trouble: str | None) -> str | None:
    """What two failures of one kind have in common: the exit code and problem codes, or the tables that differ."""
    if trouble is None:
        return None
    codes = sorted(set(re.findall(r"code=([A-Z_]+)", trouble)))
    tables = re.findall(r"^(\w+), row", trouble, flags=re.MULTILINE)
    return " ".join([re.split(r"[,:]| with| by", trouble)[0], *codes, *tables[:1]])


def reduced(project: Project, fails: Callable[[Project], bool], seconds: float = 300) -> Project:
    """A project that still fails, from which little can be left out without its passing, as far as the time goes."""
    end = time.monotonic() + seconds
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for change in changes(project):
            candidate = change(project)
            if time.monotonic() > end:
                return project
            if candidate is not None and candidate != project and fails(candidate):
                project, is_smaller = candidate, True
    return project


def ends_in(project: Project, ends: Sequence[int]) -> list[int]:
    """The same cuts in a project of fewer deliveries."""
    last = len(project.deliveries)
    return [*(end for end in ends if end < last), last]


def changes(project: Project) -> Iterator[Change]:
    """Large parts first. Each is tried on what the ones before have left."""
    for place in reversed(range(len(project.deliveries))):
        yield lambda one, place=place: _without_delivery(one, place)
    for name in [feed.name for feed in project.feeds]:
        yield lambda one, name=name: _without_rows(one, lambda source, _: source == name)
    for place in reversed(range(1, len(project.policies))):
        yield lambda one, place=place: _without_version(one, place)
    items = sorted({row.get("item_id") or "" for one in project.deliveries for row in _all_rows(one)})
    for width in (16, 8, 4, 2, 1):
        for begin in reversed(range(0, len(items), width)):
            some = frozenset(items[begin : begin + width])
            yield lambda one, some=some: _without_rows(one, lambda _, row: row.get("item_id", "") in some)
    for place, delivery in enumerate(project.deliveries):
        for name, rows in delivery.rows.items():
            for number in reversed(range(len(rows))):
                yield lambda one, at=(place, name, number): _without_row(one, at)
    for name in MAY_GO:
        for path in _paths(getattr(project, name)):
            yield lambda one, name=name, path=path: _without_part(one, name, path)
    columns = sorted({name for one in project.deliveries for row in _all_rows(one) for name in row})
    for column in columns:
        yield lambda one, column=column: _without_column(one, column)


def _all_rows(delivery: Delivery) -> Iterator[Any]:
    return (row for rows in delivery.rows.values() for row in rows)


def _without_delivery(project: Project, place: int) -> Project | None:
    if len(project.deliveries) < 2 or place >= len(project.deliveries):
        return None
    tokens = [{**token, "after": token["after"] - (token["after"] >= place)} for token in project.tokens]
    return replace(project, deliveries=_left(project.deliveries, place), tokens=tokens)


def _without_version(project: Project, place: int) -> Project | None:
    return replace(project, policies=_left(project.policies, place)) if place < len(project.policies) else None


def _without_rows(project: Project, goes: Callable[[str, Any], bool]) -> Project:
    def kept(delivery: Delivery) -> Delivery:
        rows = {name: [row for row in some if not goes(name, row)] for name, some in delivery.rows.items()}
        return replace(delivery, rows={name: some for name, some in rows.items() if some})

    return replace(project, deliveries=[kept(one) for one in project.deliveries])


def _without_row(project: Project, at: tuple[int, str, int]) -> Project | None:
    place, name, number = at
    if place >= len(project.deliveries):
        return None
    delivery = project.deliveries[place]
    rows = {feed: _left(some, number) if feed == name else some for feed, some in delivery.rows.items()}
    changed = replace(delivery, rows={feed: some for feed, some in rows.items() if some})
    return replace(project, deliveries=[*project.deliveries[:place], changed, *project.deliveries[place + 1 :]])


def _without_column(project: Project, column: str) -> Project:
    def kept(delivery: Delivery) -> Delivery:
        rows = {
            name: [{cell: value for cell, value in row.items() if cell != column} for row in some]
            for name, some in delivery.rows.items()
        }
        return replace(delivery, rows=rows)

    return replace(project, deliveries=[kept(one) for one in project.deliveries])


def _left(values: Sequence[Any], place: int) -> list[Any]:
    return [*values[:place], *values[place + 1 :]]


Path_ = tuple[Any, ...]


def _paths(value: Any, so_far: Path_ = ()) -> Iterator[Path_]:
    """The ways to all parts of nested dicts and lists, from the end on."""
    parts = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if _is_list(value) else []
    for step, inner in reversed(parts):
        yield (*so_far, step)
        yield from _paths(inner, (*so_far, step))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _without_part(project: Project, name: str, path: Path_) -> Project | None:
    left = _without(getattr(project, name), path)
    return None if left is None else replace(project, **{name: left})


def _without(value: Any, path: Path_) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        if step not in value:
            return None
        if not rest:
            return {key: inner for key, inner in value.items() if key != step}
        inner = _without(value[step], rest)
        return None if inner is None else {**value, step: inner}
    if not _is_list(value) or step >= len(value):
        return None
    if not rest:
        return _left(value, step)
    inner = _without(value[step], rest)
    return None if inner is None else [*value[:step], inner, *value[step + 1 :]]


def shown(project: Project, folder: Path) -> str:
    """The project written into a folder, and its files as text."""
    write(project, folder)
    lines = [f"the smallest project found is in {folder}:"]
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        lines += ["", f"--- {path.relative_to(folder)}"]
        is_text = path.suffix in {".csv", ".jsonl", ".yaml"}
        lines.append(path.read_text(encoding="utf-8") if is_text else f"({path.stat().st_size} bytes)")
    return "\n".join(lines)

"""What is wrong with a flow: the parts of a run as they declare themselves, held against the SQL files.

A fault is a sentence. ``faults`` finds: relations without a file, files that nothing leaves, reading before leaving,
leaving and never reading, headers that say otherwise than their statement, parts that do not say what they read, and
cycles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rr_pipeline.steps.flow import Flow, Relation, select_of, spread
from rr_pipeline.steps.sequence import Part
from rr_pipeline.warehouse.statement_tree import read_trees

STORED = ("view", "macro")
"""Kinds that belong to the warehouse, not to a part of a run."""

_BY = re.compile(r"rows of (?P<table>[\w.<>]+)|key\((?P<column>\w+)\)")


def faults(flow: Flow, parts: Sequence[Part], others: Sequence[Part] = ()) -> list[str]:
    """Every fault, in the order of the parts. ``others``: parts that come only in restatements."""
    return [
        *_unknown(flow, (*parts, *others)),
        *_never_left(flow, (*parts, *others)),
        *too_early(flow, parts),
        *_undeclared(flow, parts),
        *_never_read(flow, (*parts, *others)),
        *_headers(flow),
        *_cycles(flow),
    ]


def _reads(part: Part) -> list[str]:
    return [name for name in spread(part.reads) if not name.endswith("/")]


def _unknown(flow: Flow, parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        for name in (*spread(part.leaves), *_reads(part)):
            if name not in flow.relations:
                yield f"{part.name}: {name} has no file in sql/"
    for one in (*flow.relations.values(), *flow.statements):
        for name in sorted(one.reads - flow.relations.keys()):
            yield f"{one.name}: it reads {name}, which has no file in sql/"
        if one.sql.into and one.sql.into not in flow.relations:
            yield f"{one.name}: it changes {one.sql.into}, which has no file in sql/"
        if one.sql.step and one.sql.step not in {part.name for part in parts}:
            yield f"{one.name}: there is no step {one.sql.step}"


def _never_left(flow: Flow, parts: Sequence[Part]) -> Iterator[str]:
    left = {name for part in parts for name in spread(part.leaves)}
    for one in flow.relations.values():
        if one.sql.kind not in STORED and one.name not in left:
            yield f"{one.name}: it has a file, and no step leaves it"
    for one in flow.statements:
        part = next((part for part in parts if part.name == one.sql.step), None)
        if (
            part is not None
            and one.sql.into
            and not any(one.sql.into in spread(other.leaves) for other in parts if other.name == part.name)
        ):
            yield f"{part.name}: it changes {one.sql.into} ({one.name}), and does not say that it leaves it"


def too_early(flow: Flow, parts: Sequence[Part]) -> Iterator[str]:
    """Tables of this run that are read before any part leaves them."""
    left: set[str] = set()
    for part in parts:
        own = set(spread(part.leaves))
        early = [name for name in _reads(part) if name not in left | own and _is_of_a_run(flow, name)]
        yield from (f"{part.name}: it reads {name} before any step leaves it" for name in early)
        for name in spread(part.leaves):
            reads = flow.relations[name].reads if name in flow.relations else frozenset()
            for read in sorted(reads - left - {name}):
                if _is_of_a_run(flow, read) and read not in early:
                    yield f"{part.name}: {name} reads {read} before any step leaves it"
            left.add(name)


def _is_of_a_run(flow: Flow, name: str) -> bool:
    return name in flow.relations and flow.relations[name].is_of_a_run


def _undeclared(flow: Flow, parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        own, declared = set(spread(part.leaves)), set(_reads(part))
        found = [*(flow.relations[name] for name in spread(part.leaves) if name in flow.relations)]
        found += flow.of_step(part.name)
        if part.name == "invariants":
            found += [one for one in flow.statements if one.sql.kind == "check"]
        read = {name: one.name for one in found for name in sorted(one.reads)}
        for name, by in read.items():
            if name not in own | declared and name in flow.relations:
                yield f"{part.name}: it does not say that it reads {name} ({by} does)"


def _never_read(flow: Flow, parts: Sequence[Part]) -> Iterator[str]:
    read = {name for one in (*flow.relations.values(), *flow.statements) for name in one.reads if name != one.name}
    read |= {name for part in parts for name in _reads(part)}
    for one in flow.relations.values():
        is_ours = one.is_of_a_run or one.name.startswith(("intermediate.", "raw."))
        if is_ours and one.name not in read:
            yield f"{one.name}: it is left and never read"


def _headers(flow: Flow) -> Iterator[str]:
    every = [*flow.relations.values(), *flow.statements]
    for one, tree in zip(every, read_trees([select_of(one.sql) for one in every]), strict=True):
        sql = one.sql
        for name in sorted(tree.tables & set(sql.reads)):
            yield f"{one.name}: its header says that it reads {name}, which its statement says already"
        shown = tree.columns if select_of(sql) else None
        if shown is not None and sql.columns and shown != list(sql.columns):
            yield f"{one.name}: its header has the columns {', '.join(sql.columns)}, its statement {', '.join(shown)}"
        if sql.columns and not sql.columns_as:
            missing = [name for name in sql.key if name not in sql.columns]
            yield from (f"{one.name}: its key {name} is no column of its header" for name in missing)
        yield from _cut_faults(one)


def _cut_faults(one: Relation) -> Iterator[str]:
    if not one.sql.by:
        return
    found = _BY.fullmatch(one.sql.by)
    if found is None:
        yield f"{one.name}: by is written as 'rows of <table>' or 'key(<column>)'"
    elif found["table"] and found["table"] not in one.reads:
        yield f"{one.name}: it may be cut by rows of {found['table']}, which it does not read"


def _cycles(flow: Flow) -> Iterator[str]:
    """Relations of this run that are made of each other, or of themselves."""
    reads = {
        name: sorted(read for read in one.reads if _is_of_a_run(flow, read))
        for name, one in flow.relations.items()
        if one.is_of_a_run
    }
    seen: set[str] = set()
    for start in sorted(reads):
        yield from _ring(reads, start, (), seen)


def _ring(reads: Mapping[str, Iterable[str]], name: str, path: tuple[str, ...], seen: set[str]) -> Iterator[str]:
    if name in path:
        ring = path[path.index(name) :]
        if name == min(ring):
            yield f"{' -> '.join((*ring, name))}: a cycle"
        return
    if name in seen:
        return
    for read in reads.get(name, ()):
        yield from _ring(reads, read, (*path, name), seen)
    seen.add(name)

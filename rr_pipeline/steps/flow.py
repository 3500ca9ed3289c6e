"""The flow of a run: which table is made of which, by which step, and in which order.

Belongs here: the graph, read from the headers and statements of the SQL files by DuckDB's own parser, and from what the
steps declare. Does not belong here: performing anything. No run builds it: tests, `rr-pipeline plan`, the docs and
Dagster's graph do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from rr_pipeline.config import CANONICAL
from rr_pipeline.steps.record_versions import RECORDS
from rr_pipeline.warehouse.sql_files import LENT, SqlFile, layer_files, layers
from rr_pipeline.warehouse.statement_tree import read_trees

OF_A_RUN = frozenset({"temp", "temp view", "generated"})
"""Kinds of relations that are gone after the run, if their names have no schema."""

STATEMENTS = frozenset({"rows", "change", "query", "check"})
"""Kinds of files that leave no relation of their name."""

ASIDE = ("marts.fct_decisions", "marts.fct_items", "marts.fct_sla", "ops.outbox", "ops.policy_versions")
"""Tables of which a restatement keeps the earlier state, for comparison with what comes out."""

_WORDS: Mapping[str, Sequence[Mapping[str, str]]] = {
    "<aside>": [{"aside": name} for name in ASIDE],
    "<record>": [{"record": record, "table": table} for record, table in RECORDS.items()],
    "<table>": [{"table": table} for table in CANONICAL],
}
"""What a word in the name of a file stands for."""


@dataclass(frozen=True)
class Relation:
    """A table, view or statement of ``sql/``, and the names of the relations that its rows are made of."""

    sql: SqlFile
    reads: frozenset[str]

    @property
    def name(self) -> str:
        """Name of the relation; of a statement, that of its file."""
        return self.sql.name

    @property
    def is_of_a_run(self) -> bool:
        """Whether it is gone after the run."""
        return self.sql.kind in OF_A_RUN and "." not in self.name


@dataclass(frozen=True)
class Flow:
    """The relations of ``sql/`` by name, and its statements."""

    relations: Mapping[str, Relation]
    statements: tuple[Relation, ...]

    def of_step(self, step: str) -> list[Relation]:
        """The statements that a step performs beside the tables it leaves."""
        return [one for one in self.statements if one.sql.step == step]

    def sources(self, name: str) -> frozenset[str]:
        """What the rows of a relation are made of: by its own file, and by statements that put rows into it."""
        own = self.relations[name].reads if name in self.relations else frozenset()
        put = (one.reads for one in self.statements if one.sql.into == name)
        return own.union(*put)


@cache
def read_flow() -> Flow:
    """Read the flow of all SQL files but those that compare two published copies, which are no part of a run."""
    return build_flow(file for layer in layers() if layer != "compare" for file in layer_files(layer))


def build_flow(files: Iterable[SqlFile]) -> Flow:
    """Return the flow of these files. Raises ValueError for a statement that DuckDB cannot read."""
    every = [sql for file in files for sql in expand(file)]
    trees = read_trees([select_of(sql) for sql in every])
    found = [Relation(sql, tree.tables - {LENT} | frozenset(sql.reads)) for sql, tree in zip(every, trees, strict=True)]
    relations = {one.name: one for one in found if one.sql.kind not in STATEMENTS}
    return Flow(relations, tuple(one for one in found if one.sql.kind in STATEMENTS))


def made_before(flow: Flow, order: Iterable[str], name: str, ends: frozenset[str]) -> frozenset[str]:
    """Those of ``ends`` that a relation is made of in one run, directly or through relations that are not among them.

    ``order``: relations in the order in which a run leaves or changes them. What is read before the run leaves it is of
    earlier runs, and does not count.
    """
    places: dict[str, list[int]] = {}
    for place, one in enumerate(spread(order)):
        places.setdefault(one, []).append(place)
    found: set[str] = set()
    seen: set[tuple[str, int]] = set()
    waiting = [(name, places[name][-1])]
    while waiting:
        reader, read_at = waiting.pop()
        for one in flow.sources(reader) - {name}:
            before = [place for place in places.get(one, ()) if place < read_at]
            if not before or (one, before[-1]) in seen:
                continue
            seen.add((one, before[-1]))
            if one in ends:
                found.add(one)
            else:
                waiting.append((one, before[-1]))
    return frozenset(found)


def expand(sql: SqlFile) -> Iterator[SqlFile]:
    """Yield a file for each of the relations that one file stands for; of what it reads, ``<table>`` is all tables."""
    said = f"{sql.name} {sql.into} {sql.statement}"
    word = next((word for word in _WORDS if word in said), None)
    if word is not None:
        yield from (sql.of(**words) for words in _WORDS[word])
        return
    yield replace(sql, reads=tuple(spread(sql.reads)))


def spread(relations: Iterable[str]) -> Iterator[str]:
    """Yield the names that names with ``<table>`` and the like stand for."""
    for name in relations:
        word = next((word for word in _WORDS if word in name), None)
        if word is None:
            yield name
        else:
            yield from (name.replace(word, words[word.strip("<>")]) for words in _WORDS[word])


def select_of(sql: SqlFile) -> str:
    """The SELECT of a file; empty where there is none, or where code writes it."""
    if sql.kind == "macro":
        return sql.statement.partition(" as table")[2].strip().removeprefix("(").removesuffix(")")
    is_select = sql.kind not in ("generated", "declared", "change") and not sql.statement.startswith("create ")
    return sql.statement if is_select else ""

"""What a run does: its parts, what each reads and leaves, and which table is made of which.

Belongs here: the flow of a run for people and machines, read from the program alone. Does not belong here: any project,
and what a run has found (``explain``, ``project_state``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rr_pipeline.errors import Problem, RefusedError, nearest
from rr_pipeline.steps.flow import STATEMENTS, Flow, read_flow, spread
from rr_pipeline.steps.sequence import PARTS, Part


@dataclass(frozen=True)
class PlannedTable:
    """A table, view or macro: what it is, what it is made of, and what reads it. ``step`` leaves it first."""

    name: str
    description: str
    grain: str
    key: tuple[str, ...]
    by: str
    step: str
    reads: tuple[str, ...]
    read_by: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The parts of a run in their order, and all its tables by name."""

    parts: tuple[Part, ...]
    tables: Mapping[str, PlannedTable]

    def table(self, name: str) -> PlannedTable:
        """One table. Raises RefusedError (TABLE_UNKNOWN)."""
        if name not in self.tables:
            text = f"no run leaves a table of that name.{nearest(name, self.tables)}"
            raise RefusedError(Problem("-", None, "TABLE", "TABLE_UNKNOWN", text))
        return self.tables[name]

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        steps = [
            {**asdict(part), "reads": [*spread(part.reads)], "leaves": [*spread(part.leaves)]} for part in self.parts
        ]
        return {"steps": steps, "tables": {name: asdict(table) for name, table in sorted(self.tables.items())}}


def read_plan() -> Plan:
    """The plan of every run."""
    flow = read_flow()
    left: dict[str, str] = {}
    for part in PARTS:
        for name in spread(part.leaves):
            left.setdefault(name, part.name)
    readers: dict[str, set[str]] = {}
    for name, read in _edges(flow):
        readers.setdefault(read, set()).add(name)
    tables = {
        name: PlannedTable(
            name,
            one.sql.description,
            one.sql.grain,
            one.sql.key,
            one.sql.by,
            left.get(name, ""),
            tuple(sorted(flow.sources(name) - {name})),
            tuple(sorted(readers.get(name, ()))),
        )
        for name, one in flow.relations.items()
    }
    return Plan(PARTS, tables)


def _edges(flow: Flow) -> Iterator[tuple[str, str]]:
    """What reads what: tables by name, and statements by the table they change, or by their step."""
    for one in (*flow.relations.values(), *flow.statements):
        is_check = one.sql.kind == "check"
        reader = one.name if one.sql.kind not in STATEMENTS else one.sql.into or one.sql.step or one.name
        for name in one.reads:
            if reader != name:
                yield (f"invariant {one.name}" if is_check else reader), name

"""Which columns a column of a table comes from, through the tables of a run that lie between.

Belongs here: following columns over the flow of a run. Does not belong here: one statement alone
(``warehouse.column_lineage``). What code makes (the router's rows, frames lent to a statement) has no origin here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from rr_pipeline.steps.flow import read_flow, select_of
from rr_pipeline.warehouse.column_lineage import Origins, Query, origins_of
from rr_pipeline.warehouse.statement_tree import Tree, read_trees


@cache
def _trees() -> Mapping[str, Tree]:
    relations = read_flow().relations
    return dict(zip(relations, read_trees([select_of(one.sql) for one in relations.values()]), strict=True))


@cache
def columns_of(table: str) -> Query:
    """The columns of a relation with their direct origins; without those where only its header tells of columns."""
    one = read_flow().relations.get(table)
    if one is None:
        return {}
    return origins_of(_trees()[table], _names_of) or {column: frozenset() for column in one.sql.columns}


def _names_of(table: str) -> list[str]:
    one = read_flow().relations.get(table)
    if one is None or one.is_of_a_run:
        return list(columns_of(table))
    # Tables that last may be read, as they were before, by what they are made of; their headers name every column.
    return list(one.sql.columns)


def column_origins(table: str, ends: frozenset[str]) -> Mapping[str, Origins]:
    """By column of a table the columns of ``ends`` that its value is made of; columns without any are left out."""
    own = columns_of(table)
    found = {column: _traced(origins, ends - {table}, frozenset({table})) for column, origins in own.items()}
    return {column: origins for column, origins in found.items() if origins}


def _traced(origins: Origins, ends: frozenset[str], seen: frozenset[str]) -> Origins:
    traced: set[tuple[str, str]] = set()
    for table, column in origins:
        if table in ends:
            traced.add((table, column))
        elif table not in seen:
            traced |= _traced(columns_of(table).get(column, frozenset()), ends, seen | {table})
    return frozenset(traced)

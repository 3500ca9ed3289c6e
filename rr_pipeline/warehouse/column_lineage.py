"""Which columns of which tables a column of a SELECT comes from, as far as the statement alone can tell.

Belongs here: following names through subqueries and common table expressions. Does not belong here: what stands behind
a table. Conditions and joins are no origin: only what the value is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rr_pipeline.warehouse.statement_tree import Node, Tree

Origins = frozenset[tuple[str, str]]
"""(table, column) pairs, tables by name as written."""

Known = Callable[[str], Sequence[str]]
"""Gives the columns of a table; none where they are not known."""

Query = Mapping[str, Origins]
"""The columns of a query, in order, with the origins of each."""


@dataclass(frozen=True)
class _Source:
    """What a FROM clause offers under one name. ``table``: a stored table, whose columns may not be known."""

    alias: str
    columns: Query
    table: str = ""


def origins_of(tree: Tree, known: Known) -> Query:
    """Return the origins of each column of a SELECT; empty where a star hides columns that are not known."""
    return _query(tree.root["statements"][0]["node"], {}, known) if tree.root["statements"] else {}


def _query(node: Node, outer: Mapping[str, Query], known: Known) -> Query:
    ctes = dict(outer)
    for entry in node["cte_map"]["map"]:
        ctes[entry["key"]] = _query(entry["value"]["query"]["node"], ctes, known)
    if node["type"] == "SET_OPERATION_NODE":
        return _union(_query(node["left"], ctes, known), _query(node["right"], ctes, known))
    if node["type"] != "SELECT_NODE":
        return {}
    sources = list(_sources(node["from_table"], ctes, known))
    found: dict[str, Origins] = {}
    for expression in node["select_list"]:
        if expression["class"] == "STAR":
            found |= _star(expression, sources, found, ctes, known)
        else:
            name = expression["alias"] or _last_name(expression) or f"#{len(found) + 1}"
            found[name] = _origins(expression, sources, found, ctes, known)
    return found


def _union(one: Query, other: Query) -> Query:
    """Columns of the first, by place with those of the second."""
    if len(one) != len(other):
        return one or other
    return {name: mine | theirs for (name, mine), theirs in zip(one.items(), other.values(), strict=True)}


def _last_name(expression: Node) -> str:
    return str(expression["column_names"][-1]) if expression["class"] == "COLUMN_REF" else ""


def _sources(node: Node, ctes: Mapping[str, Query], known: Known) -> Iterator[_Source]:
    if node["type"] == "JOIN":
        yield from _sources(node["left"], ctes, known)
        yield from _sources(node["right"], ctes, known)
    elif node["type"] == "SUBQUERY":
        yield _Source(node["alias"], _query(node["subquery"]["node"], ctes, known))
    elif node["type"] == "BASE_TABLE":
        schema, name = node["schema_name"], node["table_name"]
        alias, table = node["alias"] or name, f"{schema}.{name}" if schema else name
        if not schema and name in ctes:
            yield _Source(alias, ctes[name])
        else:
            yield _Source(alias, {column: frozenset({(table, column)}) for column in known(table)}, table)


def _star(
    star: Node, sources: Sequence[_Source], found: Query, ctes: Mapping[str, Query], known: Known
) -> dict[str, Origins]:
    left_out = {one["name"] if isinstance(one, dict) else one for one in star.get("exclude_list") or ()}
    meant = [source for source in sources if star["relation_name"] in ("", source.alias)]
    columns = {name: origins for source in meant for name, origins in source.columns.items() if name not in left_out}
    for entry in star.get("replace_list") or ():
        columns[entry["key"]] = _origins(entry["value"], sources, found, ctes, known)
    return columns


def _origins(
    value: object, sources: Sequence[_Source], found: Query, ctes: Mapping[str, Query], known: Known
) -> Origins:
    """Origins of all columns that an expression names."""
    if isinstance(value, list):
        return frozenset().union(*(_origins(one, sources, found, ctes, known) for one in value))
    if not isinstance(value, dict):
        return frozenset()
    if value.get("class") == "COLUMN_REF":
        return _named(value["column_names"], sources, found)
    if value.get("class") == "SUBQUERY":
        return frozenset().union(*_query(value["subquery"]["node"], ctes, known).values())
    return frozenset().union(*(_origins(one, sources, found, ctes, known) for one in value.values()))


def _named(names: Sequence[str], sources: Sequence[_Source], found: Query) -> Origins:
    *alias, column = names[:2] if len(names) > 1 and names[0] in {one.alias for one in sources} else names[:1]
    meant = [source for source in sources if not alias or source.alias == alias[0]]
    for source in meant:
        if column in source.columns:
            return source.columns[column]
    if not alias and column in found:
        # A name of this very SELECT, given further to the left.
        return found[column]
    unknown = next((source.table for source in meant if source.table and not source.columns), None)
    return frozenset({(unknown, column)}) if unknown else frozenset()

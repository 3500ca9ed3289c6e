"""What a SELECT reads and gives, as DuckDB's own parser sees it.

Belongs here: trees of statements. Does not belong here: what a table means, or whether it is there: nothing is bound.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

Node = dict[str, Any]


@dataclass(frozen=True)
class Tree:
    """The tree of one SELECT. ``tables``: what it reads, by name as written, table functions with a schema included."""

    root: Node
    tables: frozenset[str]

    @property
    def columns(self) -> list[str] | None:
        """Names of its columns, in order; None where they are not all written out."""
        node = self.root["statements"][0]["node"]
        while node["type"] == "SET_OPERATION_NODE":
            node = node["left"]
        return None if node["type"] != "SELECT_NODE" else _column_names(node["select_list"])

    @property
    def variables(self) -> frozenset[str]:
        """The variables it reads with ``getvariable``."""
        return frozenset(
            node["children"][0]["value"]["value"]
            for node in _nodes(self.root)
            if node.get("class") == "FUNCTION" and node["function_name"] == "getvariable"
        )


def read_trees(statements: Sequence[str]) -> list[Tree]:
    """Return the trees of SELECTs, those of empty statements reading nothing. Raises ValueError for what is none."""
    with duckdb.connect(":memory:") as con:
        texts = con.execute("select json_serialize_sql(text) from (select unnest(?) as text)", [list(statements)])
        roots = [json.loads(text) for (text,) in texts.fetchall()]
    return [_tree(statement, root) for statement, root in zip(statements, roots, strict=True)]


def _tree(statement: str, root: Node) -> Tree:
    if not statement:
        return Tree({"statements": []}, frozenset())
    if root["error"] or len(root["statements"]) != 1:
        told = root.get("error_message", "more than one statement")
        raise ValueError(f"{told}: {' '.join(statement.split())[:80]}")
    return Tree(root, frozenset(_tables(root, frozenset())))


def replaced_all(tree: Tree, others: Mapping[str, str]) -> str:
    """Return the statement with every reading of a table in ``others`` turned into one of the table named there.

    Names of the tables to read instead have no schema.
    """
    root = json.loads(json.dumps(tree.root))
    for node, names in _scoped(root, frozenset()):
        if node.get("type") == "BASE_TABLE":
            schema, name = node["schema_name"], node["table_name"]
            other = others.get(f"{schema}.{name}" if schema else name)
            if other is not None and (schema or name not in names):
                node.update(schema_name="", table_name=other, alias=node["alias"] or name)
    with duckdb.connect(":memory:") as con:
        ((text,),) = con.execute("select json_deserialize_sql(?::json)", [json.dumps(root)]).fetchall()
    return str(text)


def _tables(root: Node, names: frozenset[str]) -> Iterator[str]:
    for node, inside in _scoped(root, names):
        if node.get("type") == "BASE_TABLE":
            schema, name = node["schema_name"], node["table_name"]
            if schema or name not in inside:
                yield f"{schema}.{name}" if schema else name
        elif node.get("type") == "TABLE_FUNCTION" and node["function"]["schema"]:
            yield f"{node['function']['schema']}.{node['function']['function_name']}"


def _scoped(value: Any, names: frozenset[str]) -> Iterator[tuple[Node, frozenset[str]]]:
    """Yield every node with the names of the common table expressions that hold in it."""
    if isinstance(value, list):
        for one in value:
            yield from _scoped(one, names)
    if not isinstance(value, dict):
        return
    ctes = value.get("cte_map", {}).get("map", []) if isinstance(value.get("cte_map"), dict) else []
    inside = names
    for entry in ctes:
        # One may read a table of its own name: it is not its own source.
        yield from _scoped(entry["value"], inside)
        inside |= {entry["key"]}
    yield value, inside
    for key, one in value.items():
        if key != "cte_map":
            yield from _scoped(one, inside)


def _nodes(root: Node) -> Iterator[Node]:
    return (node for node, _ in _scoped(root, frozenset()))


def _column_names(expressions: Sequence[Node]) -> list[str] | None:
    names = []
    for one in expressions:
        name = one["alias"] or (one["column_names"][-1] if one["class"] == "COLUMN_REF" else "")
        if not name:
            return None
        names.append(name)
    return names

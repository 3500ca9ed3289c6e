"""What statements of a run really read and leave: a connection that notes them, and how a note is understood.

The flow of a run (``rr_pipeline.steps.flow``) is read from headers and SQL files; generated SQL and statements in code
are only seen when a run performs them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import duckdb

from rr_pipeline.warehouse.statement_tree import read_trees

_MADE = re.compile(
    r"^\s*create\s+(?:or\s+replace\s+)?(?:temp\s+)?(?:table|view)\s+(?:if\s+not\s+exists\s+)?(?P<name>[\w.\"]+)"
    r"(?:\s+as\b)?(?P<rest>.*)$",
    re.DOTALL,
)
_PUT = re.compile(r"^\s*insert\s+into\s+(?P<name>[\w.\"]+)(?:\s*\([^)]*\))?(?:\s+by\s+name)?(?P<rest>.*)$", re.DOTALL)
_CHANGED = re.compile(r"^\s*(?:update|delete\s+from)\s+(?P<name>[\w.\"]+)(?P<rest>.*)$", re.DOTALL)
_ASKED = re.compile(
    r"^\s*(?:describe\s+|set\s+variable\s+\w+\s*=\s*)?(?P<rest>\(?\s*(?:select|with|from)\b.*)$", re.DOTALL
)


_LOOKED = re.compile(r"^select 1 from \S+ limit 0$")
"""Whether a table is there (``table_exists``), which reads nothing of it."""


class Recorder:
    """Stands for a connection; ``statements`` has the text of all that went through it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.statements: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)

    def execute(self, query: str, *values: Any, **named: Any) -> Any:
        """Note and perform."""
        self.statements.append(query)
        return self._con.execute(query, *values, **named)

    def executemany(self, query: str, *values: Any, **named: Any) -> Any:
        """Note and perform."""
        self.statements.append(query)
        return self._con.executemany(query, *values, **named)

    def sql(self, query: str, *values: Any, **named: Any) -> Any:
        """Note and perform."""
        self.statements.append(query)
        return self._con.sql(query, *values, **named)


def understood(statements: Iterable[str], known: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """Return (what it leaves, what it reads) of each statement; of those that only read, the first is empty.

    ``known``: names of all relations. Rows lent under other names are left out.
    """
    selects, found = [], []
    for statement in statements:
        if _LOOKED.match(statement):
            continue
        if match := _MADE.match(statement) or _PUT.match(statement):
            rest = match["rest"].strip()
            is_select = re.match(r"\(*\s*(select|with|from)\b", rest) is not None
            found.append((match["name"], ""))
            selects.append(rest if is_select else "")
        elif match := _CHANGED.match(statement):
            found.append((match["name"], match["rest"]))
            selects.append("")
        elif match := _ASKED.match(statement):
            found.append(("", ""))
            selects.append(match["rest"] if match["rest"][0] != "(" else f"select {match['rest']}")
    trees = read_trees(selects)
    return [
        (_plain(name), frozenset(map(_plain, tree.tables)) & known | _named(rest, known))
        for (name, rest), tree in zip(found, trees, strict=True)
    ]


def _named(text: str, known: frozenset[str]) -> frozenset[str]:
    return frozenset(_plain(word) for word in re.findall(r"[\w.\"]+", text)) & known


def _plain(name: str) -> str:
    name = name.replace('"', "")
    return "raw.<source>" if name.startswith("raw.") else name

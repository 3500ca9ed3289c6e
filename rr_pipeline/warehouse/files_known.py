"""Which delivered files a warehouse, or a copy of it, knows by name, and whether one can be withdrawn.

Belongs here: looking names up. Does not belong here: taking files up (ingest), and what a withdrawal does (steps).
"""

from __future__ import annotations

import duckdb

from rr_pipeline.errors import nearest
from rr_pipeline.warehouse.sql_files import table_exists


def refusal(
    con: duckdb.DuckDBPyConnection, name: str, lists: frozenset[str], *, is_noted: bool = False, run_id: str = ""
) -> tuple[str, str] | None:
    """Return code and words of why a file cannot be withdrawn; None where it can.

    ``lists``: the sources that deliver full lists. ``is_noted``: its withdrawal is on its way already. ``run_id``: the
    run that asks, whose own files are not meant.
    """
    known = _taken_up(con, run_id)
    of_name = [(source, sha, is_gone) for file_name, source, sha, is_gone in known if file_name == name]
    if not of_name:
        hint = nearest(name, sorted({file_name for file_name, *_ in known}))
        text = "no file of that name was taken up. Name it as below landing/, folder and ending included; "
        return "FILE_NOT_DELIVERED", f"{text}ops.ingested_files lists all of them.{hint}"
    counting = [(source, sha) for source, sha, is_gone in of_name if not is_gone]
    if is_noted or not counting:
        return "FILE_WITHDRAWN", "is withdrawn already. Deliver rows that count after all in a file with other bytes."
    if len({sha for _, sha in counting}) > 1:
        text = "different files were delivered under that name, so it does not say which one is wrong. Deliver the"
        return "FILE_DELIVERED_TWICE", f"{text} right rows in a new file instead: newer rows replace older ones."
    if any(source in lists for source, _ in counting):
        return "FILE_IS_LIST", "is a full list, of which the latest counts. Deliver the right list instead."
    return None


def _taken_up(con: duckdb.DuckDBPyConnection, run_id: str) -> list[tuple[str, str, str, bool]]:
    """Name, source and hash of each file that was not refused, and whether it is withdrawn."""
    if not table_exists(con, "ops.ingested_files"):
        return []
    gone = "select file_id from ops.withdrawn_files" if table_exists(con, "ops.withdrawn_files") else "select null"
    rows: list[tuple[str, str, str, bool]] = con.execute(
        f"select file_name, source, sha256, coalesce(file_id in ({gone}), false) from ops.ingested_files "
        "where status <> 'refused' and run_id <> ? order by file_id",
        [run_id],
    ).fetchall()
    return rows

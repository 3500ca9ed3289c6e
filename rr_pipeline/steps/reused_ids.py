"""Ids that come again for somebody else: such a row is refused, or becomes an item of its own, as its source says.

Belongs here: what becomes of those rows. Does not belong here: which rows they are (int_id_conflicts.sql), and rows
that repeat their item (int_arrivals.sql).
"""

from __future__ import annotations

from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, change, insert_rows, make_temp

_MESSAGE = (
    "The id is that of another item: this row was created at another time, for another person. Give every record an id "
    "of its own, or set ids_used_again: new_item of the source."
)


def settle_reused_ids(session: Session) -> None:
    """Refuse rows whose id is somebody else's (ID_CONFLICT), or give them an id of their own; warn of either.

    For runs that take files up: what a restatement recalls was settled when it came.
    """
    con = session.con
    make_temp(con, "intermediate", "int_known_ids")
    make_temp(con, "intermediate", "int_id_suspects")
    if not session.count("select count(*) from int_id_suspects"):
        return
    make_temp(con, "intermediate", "int_id_conflicts")
    told = ask(con, "conflicts_counted")
    if not told:
        return
    renamed = [source.name for source in session.project.sources if source.ids_used_again == "new_item"]
    told_as = {"key": session.project.hash_key, "message": _MESSAGE, "sources": renamed}
    insert_rows(con, "conflicts_quarantined", told_as)
    insert_rows(con, "conflicts_refused", {"sources": renamed})
    change(con, "conflicts_renamed", {"sources": renamed})
    for source, count, (file_name, row) in told:
        done = "became items of their own, their time of creation behind the id" if source in renamed else "are refused"
        text = (
            f"{count} rows of source {source}, this one first, have the id of an item of another time and person: they "
            f"{done} (ids_used_again of the source). Give every record an id of its own."
        )
        session.warnings.append(Problem(file_name, row, "item_id", "ID_CONFLICT", text))


def note_repeated(session: Session) -> None:
    """Append the rows of this run that repeat an item to ops.repeated_rows."""
    if session.count("select count(*) from int_arrivals where role = 'repeated'"):
        insert_rows(session.con, "repeated_rows")

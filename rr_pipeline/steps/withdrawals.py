"""Withdrawals: delivered files that no longer count, from the close on at which a run has noted it.

Belongs here: which files a withdrawal is about. Does not belong here: the row of exceptions.csv (exception_tokens.py),
and what no longer counts with a file (sql: ``ops.withdrawn_files``).

The rows of a withdrawn file count for all deliveries that earlier runs took up, and for none from the noting run on.
Both bounds are stored as numbers of deliveries, so a restatement passes them where the runs did.
"""

from __future__ import annotations

from collections.abc import Iterable

from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.routing.exception_tokens import TOKENS_FILE, WITHDRAW, note_exceptions
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.files_known import refusal
from rr_pipeline.warehouse.sql_files import declare, insert_rows


def note_withdrawals(session: Session) -> None:
    """Note the new rows of exceptions.csv, and the files that withdrawals among them are about.

    Raises RefusedError for a file that cannot be withdrawn.
    """
    declare(session.con, "ops", "withdrawn_files")
    names = [row.file_name or "" for row in note_exceptions(session) if row.kind == WITHDRAW]
    if names:
        _refuse(session, names)
        insert_rows(session.con, "withdrawn_files")


def _refuse(session: Session, names: Iterable[str]) -> None:
    seen: set[str] = set()
    lists = frozenset(source.name for source in session.project.sources if source.full_list)
    for name in names:
        found = refusal(session.con, name, lists, is_noted=name in seen, run_id=session.run_id)
        if found is not None:
            code, text = found
            raise RefusedError(f"{TOKENS_FILE} cannot be used as it is:", [Problem(name, None, "file", code, text)])
        seen.add(name)

"""What a run tells its reader of items after their assignment: touched, in time or not, taken away again."""

from __future__ import annotations

from rr_pipeline.session.results import AfterLine
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask


def after_lines(session: Session) -> tuple[AfterLine, ...]:
    """One line a pool of which this run learnt something, kept items last."""
    rows = ask(session.con, "after_lines")
    return tuple(AfterLine(*row) for row in rows)

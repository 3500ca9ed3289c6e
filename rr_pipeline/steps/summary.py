"""What a run tells its reader: what came in, how it ended, who got what, what was refused, where to look next."""

from __future__ import annotations

from rr_pipeline.core.vocabulary import words
from rr_pipeline.session.results import FeedLine, OwnerLine
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, insert_rows, make_temp

OUTCOMES = words("item_outcomes")
TOP = 12


def count_outcomes(session: Session) -> None:
    """Leave TEMP ``int_file_outcomes``: rows of each new items file by what became of them.

    Grain: (file_id, outcome). Outcomes are those of fct_items, and ``repeated``, ``waiting`` and ``left_out`` (by
    ``only_rows`` of the source; other sources leave out nothing). For the accounting
    per file; rows that waited since an earlier run count for their own file.
    """
    make_temp(session.con, "intermediate", "int_file_outcomes")
    _count_left_out(session)


def _count_left_out(session: Session) -> None:
    filtered = [source.name for source in session.project.sources if source.table == "items" and source.only_rows]
    if filtered:
        insert_rows(session.con, "left_out_rows", {"filtered": filtered})


def feed_lines(session: Session) -> tuple[FeedLine, ...]:
    """One line a source of items with new files in this run."""
    rows = ask(session.con, "feed_lines")
    feeds: dict[str, tuple[int, int, dict[str, int]]] = {}
    for source, files, row_count, outcome, count in rows:
        feeds.setdefault(source, (files, row_count, {}))
        if outcome:
            feeds[source][2][outcome] = count
    return tuple(
        FeedLine(
            source=source,
            files=files,
            rows=row_count,
            outcomes={name: found.get(name, 0) for name in OUTCOMES},
            repeated=found.get("repeated", 0),
            waiting=found.get("waiting", 0),
            left_out=found.get("left_out", 0),
        )
        for source, (files, row_count, found) in feeds.items()
    )


def owner_lines(session: Session) -> tuple[OwnerLine, ...]:
    """What each member got in this run, by pool."""
    rows = ask(session.con, "owner_lines")
    return tuple(OwnerLine(*row) for row in rows)


def follow_up(session: Session) -> dict[str, int]:
    """What happened in this run beyond a turn of the rotation, counted.

    ``events`` taken up, targets ``breached``, and decisions by what they did: ``reassigned``, ``queued``,
    ``failed_over``, ``withdrawn`` (closed while held), ``stayed_with_owner`` (of their person).
    """
    return {str(name): int(count) for name, count in ask(session.con, "follow_up")}


def refused_lines(session: Session) -> tuple[tuple[str, str, int], ...]:
    """(source, code, rows) set aside in this run, by the first rule each row broke; most first."""
    rows = ask(session.con, "refused_lines")
    return tuple((str(source), str(code), int(count)) for source, code, count in rows)


def warning_lines(session: Session) -> tuple[tuple[str, str, int], ...]:
    """(source, code, rows) accepted with a warning in this run; most first."""
    rows = ask(session.con, "warning_lines")
    return tuple((str(source), str(code), int(count)) for source, code, count in rows)

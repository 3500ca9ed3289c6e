"""Feeds that deliver full lists: who and what is missing from the latest, and lists that lost too much to be believed.

Belongs here: which lists are compared, and what is said of one that is refused. Does not belong here: what it means to
be missing (routing/member_availability.py, sql/intermediate).
"""

from __future__ import annotations

from collections.abc import Sequence

from rr_pipeline.config import Source
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, declare, insert_rows, make_temp

MOST_LOST_SHARE, FEWEST_LOST = 0.2, 3
"""A list that lost more than this share of the one before, and at least so many rows, is refused until confirmed."""

_FINGERPRINT = 12


def _lists(session: Session) -> list[Source]:
    return [source for source in session.project.sources if source.full_list]


def _name_rows(session: Session) -> None:
    make_temp(session.con, "intermediate", "int_absence_rows")
    make_temp(session.con, "intermediate", "int_listed_rows")
    declare(session.con, "intermediate", "int_refused_keys")


def shrunk_lists(session: Session, new_file_ids: Sequence[int]) -> dict[tuple[str, str], str]:
    """Return what is wrong with the files of new full lists that lost too much, by source and sum.

    Needs the staged rows of the new files, whatever will be said of them: refused rows count as present.
    """
    found: dict[tuple[str, str], str] = {}
    sources = _lists(session)
    if not sources or not new_file_ids:
        return found
    _name_rows(session)
    for source in sources:
        accepted = None
        for new_at, accepted_at, sums in _new_lists(session, source, new_file_ids):
            accepted = accepted or accepted_at
            lost, before = _lost(session, source, accepted, new_at) if accepted else (0, 0)
            confirmed = any(one[:_FINGERPRINT] in source.confirmed_lists for one in sums)
            if lost < FEWEST_LOST or lost <= before * MOST_LOST_SHARE or confirmed:
                accepted = new_at
                continue
            message = (
                f"lacks {lost} of the {before} that the full list before it named, and so is not believed; that one "
                "still counts. Deliver it again whole. If it is right, write "
                f"`confirmed_lists: [{sums[0][:_FINGERPRINT]}]` at source {source.name} in sources.yaml, and run again."
            )
            found |= {(source.name, one): message for one in sums}
    return found


def _new_lists(session: Session, source: Source, new_file_ids: Sequence[int]) -> list[tuple[object, object, list[str]]]:
    """Return the complete lists of a source that came with these files, in order: the instant by which it goes, that
    of the last list accepted before, and the sums of its files."""
    given = {"source": source.name, "first_new": min(new_file_ids)}
    return [(new_at, before, list(sums)) for new_at, before, sums in ask(session.con, "new_lists", given)]


def _lost(session: Session, source: Source, before: object, now: object) -> tuple[int, int]:
    ((lost, count),) = ask(session.con, "lost_keys", {"source": source.name, "before_at": before, "now_at": now})
    return int(lost), int(count)


def note_refused_keys(session: Session) -> None:
    """Remember whom refused rows of full lists are about, before those rows are deleted."""
    if _lists(session):
        _name_rows(session)
        insert_rows(session.con, "refused_keys")


def make_lists(session: Session) -> None:
    """Leave TEMP ``int_unlisted`` and ``int_listed_stretches``: who and what full lists miss, and when they did not."""
    _name_rows(session)
    for table in ("int_unlisted", "int_listed_stretches"):
        make_temp(session.con, "intermediate", table)

"""Words of status, stage, outcome and consent that no list names: counted, kept to be looked into, and warned of.

Belongs here: which lists there are for a column, and what is said. Does not belong here: what a listed word does
(events.py, rules.py, sql/staging).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rr_pipeline.config.matching import Matcher, fold_start, fold_word
from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.config.service_levels import KNOWN_HELD, KNOWN_OPEN
from rr_pipeline.errors import Problem
from rr_pipeline.routing.policy_conditions import all_whens
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, declare, fill, insert_rows, make_temp

_OPEN = "or in closing.still_open if it means nothing here"
_ADVICE: Mapping[str, str] = {
    "status": f"they close nothing. List each in closing.statuses, {_OPEN}",
    "outcome": f"they close and return nothing. List each in closing.outcomes or returns.outcomes, {_OPEN}",
    "meeting_outcome": "those meetings count as held, and return nothing. List each in touches.not_held or "
    f"returns.outcomes, {_OPEN}",
    "lifecycle_stage": f"no condition on lifecycle_stage has them. List each there, {_OPEN}",
    "consent_status": "they count as denied. List each under mapping.consent_status.values of the source",
}
"""Field -> what follows from a word that no list names, and which setting to write it in."""


def note_unlisted(session: Session, has_new_files: bool) -> None:
    """Count such words of this run's new rows in ``ops.unlisted_words`` and add a warning for each source and field."""
    con = session.con
    declare(con, "staging", "unlisted_words")
    declare(con, "ops", "unlisted_words")
    if not has_new_files:
        return  # a restatement: these rows were counted when they came
    _write_lists(session)
    make_temp(con, "intermediate", "int_unlisted_words")
    if not session.count("select count(*) from int_unlisted_words"):
        return
    for name in ("unlisted_texts", "unlisted_counts"):
        insert_rows(con, name, {"key": session.project.hash_key})
    for field, rows, words, file_name, row, source in ask(con, "unlisted_told"):
        text = (
            f"{rows} rows of source {source}, this one first, have {words} words of {field} that no list names: "
            f"{_ADVICE[field]}. See them in staging.unlisted_words of the warehouse."
        )
        session.warnings.append(Problem(str(file_name), row, str(field), "WORD_UNLISTED", text))


def _write_lists(session: Session) -> None:
    con = session.con
    make_temp(con, "intermediate", "int_listed_words")
    make_temp(con, "intermediate", "int_listed_fields")
    listed = {one for policy in session.project.policies for one in _listed(policy)}
    listed |= {(field, fold_word(word), False) for field in _ADVICE for word in KNOWN_OPEN}
    fill(con, "int_listed_words", sorted(listed))
    # A stage matters only where some condition asks for it.
    asked = {field for policy in session.project.policies for when in all_whens(policy) for field in when}
    fields = sorted(_ADVICE.keys() - ({"lifecycle_stage"} - asked))
    fill(con, "int_listed_fields", [(field,) for field in fields])


def _listed(policy: PolicyVersion) -> Iterator[tuple[str, str, bool]]:
    closing, returned = policy.closing, policy.returns.outcomes
    lists = {
        "status": closing.statuses + closing.still_open,
        "outcome": closing.outcomes + closing.still_open + returned,
        "meeting_outcome": policy.touches.not_held + closing.still_open + returned + KNOWN_HELD,
        "lifecycle_stage": closing.still_open,
    }
    for field, words in lists.items():
        yield from ((field, fold_word(word), False) for word in words)
    for when in all_whens(policy):
        for field in ("status", "lifecycle_stage"):
            if field in when:
                yield from _in_condition(field, when[field])


def _in_condition(field: str, matcher: Matcher) -> Iterator[tuple[str, str, bool]]:
    for word in (matcher.any_of or ()) + (matcher.none_of or ()):
        yield field, fold_word(word), False
    for start in matcher.starts_with or ():
        yield field, fold_start(field, start), True

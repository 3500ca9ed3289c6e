"""Every word that SQL compares or writes is one of the vocabulary, in the group that its column takes words from."""

import re

import pytest

from rr_pipeline.config import CANONICAL
from rr_pipeline.core.limits import WINDOWS
from rr_pipeline.core.model import REASONS
from rr_pipeline.core.vocabulary import VOCABULARY, listed
from rr_pipeline.shipped import sql_folder
from rr_pipeline.warehouse.sql_files import parse_sql

FILES = sorted(path for path in sql_folder().rglob("*.sql") if "macros" not in path.stem)
COLUMNS = {
    "kind": {
        "decision_kinds",
        "event_kinds",
        "breach_kinds",
        "message_kinds",
        "activity_kinds",
        "exception_kinds",
        "absence_kinds",
    },
    "outcome": {"item_outcomes", "breach_outcomes"},
    "outcome_reason": {"outcome_reasons", "causes"},
    "cause": {"causes", "ownership_causes"},
    "next_cause": {"causes", "ownership_causes"},
    "wait_cause": {"causes"},
    "lost_cause": {"causes"},
    "status": {"sla_states", "run_statuses", "file_statuses"},
    "owner_state": {"route_flags"},
    "claim": {"claims"},
    "role": {"row_roles"},
    "reason": {"reasons"},
    "change": {"restated"},
}
"""Columns by what they are called wherever they are, and the groups whose words they hold."""

OWN = {"owner_state": {"active"}, "kind": {"assigned", "clock"}}
"""Words that one file gives such a column for itself alone."""

OTHER = {
    "of SQL": "g infinity null",
    "spans": "hour day week month all total",
    "names of columns and tables": (
        "is_known item items pool quarantine reader source staged_items tied_count time until_at"
    ),
    "keys of JSON": "starts target",
    "of suites": "id_is_its_own warn",
    "counts of the summary": "events failed_over left_out stayed_with_owner weak_keys withdrawn",
    "canonical": " ".join([*CANONICAL, *(name for names in CANONICAL.values() for name in names)]),
    "parts of one statement": (
        "active arrived at charged clock denied free meeting_outcome moved one other outbound owned routed row "
        "somebody unknown"
    ),
}
"""Literals that are no words of the vocabulary."""


def code_of(path):
    """The statement without comments, names of variables and texts in plain words."""
    bare = re.sub(r"--[^\n]*", "", parse_sql(path.read_text(encoding="utf-8"), path.name).statement)
    return re.sub(r"(?:getvariable\('[a-z_]+'\))", "", bare)


def literals(text):
    return set(re.findall(r"(?<![\w'])'([a-z][a-z_]*)'(?!')", text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_literal_is_a_word(path):
    known = {word for group in VOCABULARY.values() for word in group}
    known |= {word for words in OTHER.values() for word in words.split()}
    assert literals(code_of(path)) <= known


def test_columns_are_compared_with_words_of_their_groups():
    pattern = re.compile(r"\b([a-z_]+)\s*(?:=|<>|not in|in|is distinct from)\s*(\([^()]*\)|'[a-z_]+')")
    wrong, seen = set(), set()
    for path in FILES:
        for column, values in pattern.findall(code_of(path)):
            if column in COLUMNS:
                known = {word for group in COLUMNS[column] for word in VOCABULARY[group]} | OWN.get(column, set())
                seen |= literals(values)
                wrong |= {(path.stem, column, word) for word in literals(values) - known}
    assert not wrong
    assert len(seen) > 30


def test_a_misspelt_word_is_found(tmp_path):
    path = tmp_path / "wrong.sql"
    path.write_text(
        "-- wrong: a test.\n-- kind: check\nselect item_seq from marts.fct_items where outcome = 'asigned'\n"
    )
    assert literals(code_of(path)) == {"asigned"}
    assert not any("asigned" in group for group in VOCABULARY.values())


def test_no_word_stands_in_the_list_of_others_as_well():
    words = {word for group in VOCABULARY.values() for word in group}
    assert words & set(OTHER["parts of one statement"].split()) == set()


def test_headers_and_macros_take_their_words_from_there():
    made = parse_sql("-- marts.x: a test: <<event_kinds>>.\n-- kind: macro\nselect [<<event_kinds>>]", "x.sql")
    assert made.description == "a test: give, touch, close, return, decline, withdraw, reopen, qualify or reroute."
    assert (
        made.statement
        == "select ['give', 'touch', 'close', 'return', 'decline', 'withdraw', 'reopen', 'qualify', 'reroute']"
    )
    assert listed("sla_states") == "met, breached or running"
    said = parse_sql("-- marts.x: one is <<clocks: said>>.\n-- kind: check\nselect 1", "x.sql").description
    assert said == "one is calendar (all hours) or working (the owner's working hours only)."


def test_numbers_of_reasons_are_those_that_warehouses_have():
    """They are stored: a reason may only be added at the end. A mask has room for sixteen."""
    assert REASONS[:14] == (
        "not_member", "inactive", "weight_zero", "vacation", "holiday", "off_hours", "skill_missing", "previous_owner",
        "limit_total", "limit_week", "limit_day", "limit_hour", "at_capacity", "skip_token",
    )  # fmt: skip
    assert {window.reason for window in WINDOWS} <= set(REASONS)
    assert len(REASONS) <= 16


def test_kinds_that_give_an_owner_stand_in_one_place():
    """A list of its own would miss the next kind: who has an item by it, would be told of nothing."""
    listing = re.compile(r"'reassign', 'handover'(?!, 'skip'|, 'queue'|\))")
    assert [path.stem for path in FILES if listing.search(path.read_text(encoding="utf-8"))] == []
    assert set(VOCABULARY["turn_kinds"]) < set(VOCABULARY["told_kinds"]) < set(VOCABULARY["owner_kinds"])
    assert set(VOCABULARY["moving_kinds"]) < set(VOCABULARY["told_kinds"])

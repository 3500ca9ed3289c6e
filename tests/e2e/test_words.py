"""Words of status, stage, outcome and consent: written in whatever way they meet their lists, or somebody is told."""

import pytest

from rr_pipeline.config.matching import fold_start, fold_word
from tests.e2e.lives import act, deliver, item, members, project, rows, warehouse
from tests.e2e.projects import run_project

RULES = {
    "qualification": [
        {"name": "no-consent", "when": {"consent_status": ["denied", "withdrawn"]}},
        {"name": "too-early", "when": {"lifecycle_stage": ["not-yet qualified"]}},
        {"name": "partners", "when": {"status": {"starts_with": ["Partner -"]}}},
    ],
    "closing": {"statuses": ["closed_lost"], "outcomes": ["closed lost"], "still_open": ["call back"]},
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project after one run, and the run's report."""
    folder = project(
        tmp_path_factory.mktemp("words") / "project", {"pool": {"members": members(*"ab"), "max_open": 50}}, **RULES
    )
    items = [
        item("new", "09:00", status="New", lifecycle_stage="lead"),
        item("lost", "09:01", status="Closed - Lost"),
        item("odd", "09:02", status="Gone fishing", lifecycle_stage="Warmish"),
        item("odd-too", "09:03", status="gone_fishing"),
        item("early", "09:04", lifecycle_stage="Not yet_Qualified"),
        item("partner", "09:05", status="partner_north"),
        item("back", "09:06", status="Call-back", consent_status="opt-in"),
        item("never", "09:07", consent_status="do_not_contact"),
        item("thanks", "09:08", consent_status="No, thanks"),
        item("gone", "09:09", consent_status="Opted_Out"),
        item("unclear", "09:10", consent_status="perhaps one day"),
    ]
    acts = [
        act("Status-Change", "09:30", "new", "a", outcome="Out of territory"),
        act("stage_change", "09:40", "back", "b", outcome="Closed   Lost"),
        act("status_change", "09:50", "odd", "b", outcome="Asked for a brochure"),
        act("meeting", "09:51", "odd", "b", outcome="Held"),
        act("meeting", "09:52", "odd", "b", outcome="Rained away"),
        act("call", "09:53", "odd", "b", outcome="Rained away"),
    ]
    deliver(folder, "10:00", leads=items, acts=acts)
    return folder, run_project(folder)


def test_returns_and_closings_meet_their_lists(ran):
    folder, _ = ran
    told = warehouse(folder, "select distinct kind from intermediate.int_item_activities order by all")
    assert told == [("close",), ("return",), ("touch",)]
    still_open = rows(folder, "select item_id from ops.router_open inner join marts.fct_items using (item_seq)")
    assert {name for (name,) in still_open} == {"odd", "odd-too"}


def test_conditions_meet_their_words(ran):
    folder, _ = ran
    aside = dict(rows(folder, "select item_id, outcome_reason from marts.fct_items where outcome = 'disqualified'"))
    assert aside == {
        "early": "too-early", "partner": "partners", "never": "no-consent", "thanks": "no-consent",
        "gone": "no-consent", "unclear": "no-consent", "lost": "closed_on_arrival",
    }  # fmt: skip


def test_what_no_list_names_is_counted_and_said_without_the_word(ran):
    folder, report = ran
    counted = rows(folder, "select source, field, row_count, file_name, row_number from ops.unlisted_words")
    leads, acts = "leads_20260302T1000.csv", "acts_20260302T1000.csv"
    assert sorted(counted) == [
        ("acts", "meeting_outcome", 1, acts, 5),
        ("acts", "outcome", 1, acts, 3),
        ("leads", "consent_status", 1, leads, 11),
        ("leads", "lifecycle_stage", 1, leads, 3),
        ("leads", "status", 2, leads, 3),
    ]
    said = [problem for problem in report.warnings if problem.code == "WORD_UNLISTED"]
    assert [(one.file, one.row, one.field) for one in said] == [
        (acts, 5, "meeting_outcome"), (acts, 3, "outcome"), (leads, 11, "consent_status"),
        (leads, 3, "lifecycle_stage"), (leads, 3, "status"),
    ]  # fmt: skip
    assert all("closing.still_open" in one.message or "mapping.consent_status.values" in one.message for one in said)
    text = "\n".join(map(str, said)).lower()
    assert not any(word in text for word in ("fishing", "brochure", "one day", "warmish", "rained"))


def test_the_words_themselves_stay_in_the_warehouse(ran):
    folder, _ = ran
    words = warehouse(folder, "select field, word from staging.unlisted_words order by all")
    assert words == [
        ("consent_status", "perhaps_one_day"), ("lifecycle_stage", "warmish"), ("meeting_outcome", "rained_away"),
        ("outcome", "asked_for_a_brochure"), ("status", "gone_fishing"),
    ]  # fmt: skip
    hashes = "select word_hash from {}.unlisted_words order by all"
    assert warehouse(folder, hashes.format("staging")) == rows(folder, hashes.format("ops"))


def test_words_that_differ_in_separators_alone_are_one():
    forms = ["Out of territory", "out_of_territory", " OUT-OF–TERRITORY ", "out  of\u00a0territory_"]
    assert {fold_word(form) for form in forms} == {"out_of_territory"}
    assert fold_word("-") == ""
    assert fold_start("status", "Closed - ") == "closed_"
    assert fold_start("email", "a-b") == "a-b"

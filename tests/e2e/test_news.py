"""News of items that are known: owners whom a person chose, and items that qualify by a later row."""

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import (
    DAY,
    act,
    clock,
    deliver,
    item,
    live_through,
    members,
    owners,
    project,
    steps,
    told,
    warehouse,
)
from tests.e2e.projects import run_project

SLA = {"first_touch_within": "1h", "on_breach": ["notify_manager", "reassign"]}
INTERVALS = "select owner_id, from_at, until_at, cause from marts.fct_ownership where item_id = '{}' order by from_at"
CLOCKS = (
    "select owner_id, cause, status, applied_at, due_at, first_touch_at, lost_cause, next_owner_id from marts.fct_sla "
    "where item_id = '{}' order by applied_at"
)
BREACHES = "select item_id, member_id, decided_at, is_notified, outcome from marts.fct_breaches order by decided_at"
PEOPLE = ("a", "b", "c", "dan", "mia")
USERS = {"users": [{"user_id": user, "is_active": "true", "manager_id": "mia"} for user in PEOPLE]}
EVENTS = "select kind, user_id, occurred_at, counted_at from marts.fct_item_events order by counted_at"


def owned(name, owner, at="", came="09:00", **more):
    """A newer row of an item that names its owner."""
    return item(name, came, owner_id=owner, updated_at=clock(at).isoformat() if at else "", **more)


def change(name, owner, at):
    return {"object_type": "lead", "item_id": name, "owner_id": owner, "from_at": clock(at).isoformat()}


@pytest.fixture
def lived(tmp_path):
    """A project of one pool after some deliveries, run after each or once for all."""

    def made(*deliveries, users="abc", at_once=False, folder="project", more=None, **settings):
        where = project(tmp_path / folder, {"pool": {"members": members(*users), **settings}}, **(more or {}))
        deliver(where, "08:00", **USERS)
        return live_through(where, deliveries, at_once=at_once)

    return made


TAKEN = [
    ("10:00", {"leads": [item("one", "09:50", updated_at=clock("09:50").isoformat())]}),
    ("10:30", {"leads": [owned("one", "c", "10:10", "09:50")], "acts": [act("call", "10:20", "one", "c")]}),
    ("12:00", {"leads": [item("two", "11:50")]}),
]
BY_HISTORY = [TAKEN[0], ("10:30", {"own": [change("one", "c", "10:10")], "acts": TAKEN[1][1]["acts"]}), TAKEN[2]]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("deliveries", [TAKEN, BY_HISTORY], ids=["row", "history"])
def test_a_person_takes_an_item_over(lived, deliveries, at_once):
    folder = lived(*deliveries, at_once=at_once, sla=SLA)
    assert steps(folder) == ["one assign a at 09:50", "one give c at 10:30 (manual) from a", "two assign b at 11:50"]
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:50", "10:10", "rotation"), ("c", "10:10", None, "manual"),
    ]  # fmt: skip
    assert told(folder, CLOCKS.format("one")) == [
        ("a", "rotation", None, "09:50", "10:50", None, "manual", "c"),
        ("c", "manual", "met", "10:10", "11:10", "10:20", None, None),
    ]
    assert told(folder, BREACHES) == []
    assert told(folder, "select outcome, outcome_reason, owner_id, assigned_at from marts.fct_items limit 1") == [
        ("assigned", "manual", "c", "10:10")
    ]
    events = told(
        folder, "select kind, user_id, occurred_at, counted_at from marts.fct_item_events order by counted_at"
    )
    assert events == [("touch", "c", "10:20", "10:20"), ("give", "c", "10:10", "10:30")]
    (words,) = told(folder, "select in_words from marts.story('one') where step = 'give'")
    assert words[0].startswith("is given to c in place of a by a person")


def test_a_row_without_a_time_counts_from_its_close(lived):
    folder = lived(
        ("10:00", {"leads": [item("one", "09:50")]}), ("10:30", {"leads": [owned("one", "c", came="09:50")]}), sla=SLA
    )
    assert told(folder, INTERVALS.format("one"))[1] == ("c", "10:30", None, "manual")


def test_nothing_is_named_before_the_owner_had_it(lived):
    """A change that is named before the item was decided counts from its decision on."""
    folder = lived(
        ("10:00", {"leads": [item("one", "09:50")]}), ("10:30", {"own": [change("one", "c", "09:10")]}), sla=SLA
    )
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:50", "09:50", "rotation"), ("c", "09:50", None, "manual"),
    ]  # fmt: skip


def test_late_write_back_is_no_news(lived):
    rows = [
        ("11:00", owned("one", "", "10:01")),
        ("12:00", owned("one", "a", "11:30")),
        ("13:00", owned("one", "a", "12:30")),
        ("14:00", owned("one", "b", "13:40")),
        ("15:00", owned("one", "b", "14:40")),
        ("16:00", owned("one", "c", "12:40")),
        ("17:00", owned("one", "a", "16:40")),
        ("18:00", owned("one", "nobody-known", "17:40")),
    ]
    folder = lived(("10:00", {"leads": [item("one", "09:00")]}), *((at, {"leads": [row]}) for at, row in rows))
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:00", "13:40", "rotation"), ("b", "13:40", "16:40", "manual"), ("a", "16:40", None, "manual"),
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [False, True])
def test_a_change_to_nobody_is_noted_only(lived, at_once):
    """The history says that nobody has it any more: it stays with its owner, and who has it next is news."""
    folder = lived(
        ("10:00", {"leads": [item("one", "09:00")]}),
        ("11:00", {"own": [change("one", "", "10:30")]}),
        ("12:00", {"own": [change("one", "b", "11:30")]}),
        at_once=at_once,
    )
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:00", "11:30", "rotation"), ("b", "11:30", None, "manual"),
    ]  # fmt: skip
    noted = "select code, action, failed_count from ops.quality_codes where source = 'own'"
    assert told(folder, noted) == [("OWNER_MISSING", "warn", 1)]
    assert told(folder, "from ops.quarantine") == []


def test_whom_the_router_told_meanwhile_is_no_news(lived):
    """The source shows one owner behind the router; who is named again after that was chosen by a person."""
    sla = {"first_touch_within": "90m", "on_breach": ["reassign"]}
    deliveries = [
        ("10:00", {"leads": [item("one", "09:00")]}),
        ("11:00", {"leads": [item("x", "10:59")]}),
        ("11:10", {"leads": [owned("one", "a", "11:05")]}),
        ("12:00", {"leads": [owned("one", "b", "11:30")]}),
        ("12:10", {"leads": [owned("one", "a", "12:05")]}),
    ]
    for at_once in (False, True):
        folder = lived(*deliveries, sla=sla, at_once=at_once, folder=f"p{at_once}")
        assert steps(folder, "one") == [
            "one assign a at 09:00", "one reassign b at 10:30 (breach) from a",
            "one reassign c at 12:00.1 (breach) from b", "one give a at 12:10 (manual) from c",
        ]  # fmt: skip


def test_a_held_or_queued_item_is_theirs_who_take_it(lived):
    off = {"hours": {"mon-fri": ["20:00-21:00"]}}
    for nobody, more in (
        ({"when_nobody": "hold"}, {}),
        ({"when_nobody": "queue", "queue": "review"}, {"queues": ["review"]}),
    ):
        folder = lived(
            ("10:00", {"leads": [item("one", "09:00")]}),
            ("11:00", {"leads": [owned("one", "b", "10:20")]}),
            ("12:00", {"acts": [act("call", "11:55", "two", "b")]}),
            folder="-".join(more) or "held", more=more, sla={**SLA, "on_breach": ["reassign"]}, **nobody, **off,
        )  # fmt: skip
        assert told(folder, INTERVALS.format("one")) == [("b", "10:20", None, "manual")]
        assert told(folder, BREACHES) == [("one", "b", "11:20", True, "notified")]
        assert told(folder, "select outcome, queue_id from marts.fct_items") == [("assigned", None)]
        assert told(folder, "select ended_by, until_at from marts.fct_waits") == [("give", "11:00")]
        assert warehouse(folder, "select distinct balance from ops.router_state") in ([], [(0,)])


def test_what_the_router_does_not_follow_is_theirs_too(lived):
    same = {"email": "one@person.example"}
    for at_once in (False, True):
        folder = lived(
            ("10:00", {"leads": [item("one", "09:00"), item("two", "09:00", **same)]}),
            ("11:00", {"leads": [owned("one", "dan", "10:20"), owned("two", "c", "10:30", **same)]}),
            at_once=at_once, folder=f"p{at_once}",
        )  # fmt: skip
        assert owners(folder) == {"one": "dan", "two": "c"}
        assert told(folder, "select kind, member_id, previous_member_id from marts.fct_decisions order by 1, 2") == [
            ("assign", "a", None), ("give", "c", None), ("give", "dan", "a"),
        ]  # fmt: skip


def test_the_manager_is_told_and_the_item_stays(lived):
    deliveries = [*TAKEN[:1], ("10:30", {"leads": [owned("one", "c", "10:10", "09:50")]}), *TAKEN[2:]]
    folder = lived(*deliveries, sla={**SLA, "on_breach": ["reassign"]})
    assert told(folder, BREACHES) == [("one", "c", "11:10", True, "notified")]
    assert owners(folder)["one"] == "c"
    folder = lived(*deliveries, sla=SLA, more={"updates": {"manual_targets": "none"}}, folder="none")
    assert told(folder, BREACHES) == []
    assert told(folder, CLOCKS.format("one"))[1][:5] == ("c", "manual", None, "10:10", None)
    folder = lived(*TAKEN, sla=SLA, more={"updates": {"owner_changed": "ignore"}}, folder="ignore")
    assert steps(folder)[1] == "one reassign b at 10:50 (breach) from a"


def test_capacity_goes_with_the_item(lived):
    folder = lived(
        ("10:00", {"leads": [item("one", "09:00"), item("two", "09:01")]}),
        ("11:00", {"leads": [owned("one", "b", "10:20")]}),
        ("12:00", {"leads": [item("three", "11:30")]}),
        users="ab", max_open=1,
    )  # fmt: skip
    assert steps(folder)[2:] == ["one give b at 11:00 (manual) from a", "three assign a at 11:30"]


def test_a_restatement_makes_no_false_news(lived):
    folder = lived(*TAKEN, ("13:00", {"leads": [owned("two", "b", "12:10", "11:50")]}), sla=SLA)
    before = told(folder, "select item_id, owner_id, from_at, until_at, cause from marts.fct_ownership order by all")
    backfill(load_project(folder), DAY.date())
    after = told(folder, "select item_id, owner_id, from_at, until_at, cause from marts.fct_ownership order by all")
    assert after == before


QUALIFICATION = {"qualification": [{"name": "not-yet", "when": {"lifecycle_stage": {"not": ["mql"]}}}]}
ITEMS = (
    "select item_id, outcome, outcome_reason, owner_id, decided_at, duplicate_of from marts.fct_items "
    "where item_seq is not null order by item_seq"
)


def staged(name, stage, at, came="09:00", **more):
    """A row of an item in a stage of its life."""
    return item(name, came, lifecycle_stage=stage, updated_at=clock(at).isoformat(), **more)


@pytest.mark.parametrize("at_once", [False, True])
def test_what_qualifies_later_is_decided_then(lived, at_once):
    folder = lived(
        ("10:00", {"leads": [staged("one", "subscriber", "09:00"), staged("x", "subscriber", "09:00")]}),
        ("1d 10:00", {"leads": [staged("two", "mql", "1d 09:30", "1d 09:30"), staged("x", "lead", "1d 09:00")]}),
        ("2d 10:00", {"leads": [staged("one", "mql", "2d 08:00"), staged("three", "mql", "2d 09:00", "2d 09:00")]}),
        ("3d 10:00", {"leads": [staged("one", "customer", "3d 08:00")]}),
        at_once=at_once, more=QUALIFICATION, sla={"first_touch_within": "1h"},
    )  # fmt: skip
    assert told(folder, ITEMS) == [
        ("one", "assigned", "rotation", "c", "2d 10:00", None),
        ("x", "disqualified", "not-yet", None, "09:00", None),
        ("two", "assigned", "rotation", "a", "1d 09:30", None),
        ("three", "assigned", "rotation", "b", "2d 09:00", None),
    ]
    assert steps(folder, "one")[0] == "one assign c at 2d 10:00"
    assert told(folder, "select applied_at, due_at from marts.fct_sla where item_id = 'one' order by 1")[0] == (
        "2d 10:00", "2d 11:00",
    )  # fmt: skip
    (count,) = told(folder, "select count(*) from ops.repeated_rows")
    assert count == (3,)


@pytest.mark.parametrize("at_once", [False, True])
def test_what_qualifies_later_folds_into_an_item_decided_before(lived, at_once):
    same = {"email": "one@person.example"}
    folder = lived(
        ("10:00", {"leads": [staged("one", "subscriber", "09:00", **same)]}),
        ("1d 10:00", {"leads": [staged("two", "mql", "1d 09:30", "1d 09:30", **same)]}),
        ("2d 10:00", {"leads": [staged("one", "mql", "2d 08:00", **same)]}),
        ("3d 10:00", {"leads": [staged("four", "mql", "3d 08:00", "3d 08:00", **same)]}),
        at_once=at_once, more=QUALIFICATION,
    )  # fmt: skip
    assert [row[:2] + row[5:] for row in told(folder, ITEMS)] == [
        ("one", "duplicate", "two"), ("two", "assigned", None), ("four", "duplicate", "two"),
    ]  # fmt: skip
    assert steps(folder) == ["two assign a at 1d 09:30"]


def test_what_is_to_stay_aside_stays(lived):
    """A row older than one delivered before says nothing; one that was closed meanwhile is open again."""
    folder = lived(
        ("10:00", {"leads": [staged("one", "subscriber", "09:00"), staged("two", "subscriber", "09:00")]}),
        ("11:00", {"leads": [staged("two", "subscriber", "10:30", status="closed")]}),
        ("2d 10:00", {"leads": [staged("one", "mql", "08:00"), staged("two", "mql", "2d 08:00")]}),
        more=QUALIFICATION,
    )
    assert [row[:2] for row in told(folder, ITEMS)] == [("one", "disqualified"), ("two", "assigned")]
    folder = lived(
        ("10:00", {"leads": [staged("one", "subscriber", "09:00")]}),
        ("2d 10:00", {"leads": [staged("one", "mql", "2d 08:00")]}),
        more={**QUALIFICATION, "updates": {"qualifies": "ignore"}}, folder="ignore",
    )  # fmt: skip
    assert told(folder, ITEMS)[0][1] == "disqualified"


def test_a_restatement_decides_again_what_qualified_later(lived):
    folder = lived(
        ("10:00", {"leads": [staged("one", "subscriber", "09:00")]}),
        ("1d 10:00", {"leads": [staged("two", "mql", "1d 09:30", "1d 09:30")]}),
        ("2d 10:00", {"leads": [staged("one", "mql", "2d 08:00")]}),
        more=QUALIFICATION,
    )
    before = told(folder, ITEMS)
    backfill(load_project(folder), DAY.date())
    assert told(folder, ITEMS) == before


LATER = [
    ("10:00", {"leads": [staged("one", "subscriber", "09:00"), staged("two", "mql", "09:00")]}),
    ("1d 10:00", {"leads": [staged("one", "mql", "1d 08:00"), staged("six", "mql", "1d 09:00", "1d 09:00")]}),
    ("2d 10:00", {"leads": [staged("one", "mql", "2d 08:00")]}),
]
QUALIFIED = "select item_id, kind, occurred_at, counted_at from marts.fct_item_events order by all"
STORY = "select step, happened_at, counted_at, in_words from marts.story('{}') order by step_no limit {}"


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("is_live", [False, True])
def test_that_an_item_qualifies_is_told(lived, is_live, at_once):
    """A row of its events from the close on, and a line of its story; why it was decided so late is told rightly."""
    folder = lived(more=QUALIFICATION, sla={"first_touch_within": "1h"})
    if is_live:
        sources = folder / "sources.yaml"
        sources.write_text(sources.read_text().replace("object_type: lead", "object_type: lead\n    decide: delivered"))
    live_through(folder, LATER, at_once=at_once)
    assert told(folder, QUALIFIED) == [("one", "qualify", "1d 08:00", "1d 10:00")]
    assert told(folder, STORY.format("one", 4)) == [
        ("arrived", "09:00", None, "a lead of leads came in, and was set aside by a rule"),
        ("qualify", "1d 08:00", "1d 10:00", "qualifies now by a newer row, and is decided"),
        ("routed", "1d 10:00", None, "goes to the pool pool"),
        ("assign", "1d 10:00", None, told(folder, STORY.format("one", 4))[-1][-1]),
    ]
    late = ("10:00", "a lead of leads came in, known once its delivery had closed")
    at_its_time = (None, "a lead of leads came in")
    assert told(folder, STORY.format("two", 1))[0][2:] == (late if is_live else at_its_time)
    assert told(folder, "select event_count from ops.runs where event_count > 0") == [(1,)]
    before = told(folder, QUALIFIED)
    backfill(load_project(folder), DAY.date())
    assert told(folder, QUALIFIED) == before


def test_that_a_duplicate_qualifies_is_told_by_a_run_without_files(lived):
    """A run that is bounded has read the row; the next one finds nothing but that."""
    same = {"email": "one@person.example"}
    folder = lived(
        ("10:00", {"leads": [staged("one", "subscriber", "09:00", **same)]}),
        ("1d 10:00", {"leads": [staged("two", "mql", "1d 09:30", "1d 09:30", **same)]}),
        more=QUALIFICATION,
    )
    deliver(folder, "2d 10:00", leads=[staged("one", "mql", "2d 08:00", **same)])
    run_project(folder, until=clock("2d 09:00"))
    assert told(folder, QUALIFIED) == []
    run_project(folder)
    assert told(folder, QUALIFIED) == [("one", "qualify", "2d 08:00", "2d 10:00")]
    assert [row[:2] + row[5:] for row in told(folder, ITEMS)] == [
        ("one", "duplicate", "two"), ("two", "assigned", None),
    ]  # fmt: skip
    assert [row[0] for row in told(folder, STORY.format("one", 9))] == ["arrived", "qualify", "duplicate"]


@pytest.mark.parametrize("at_once", [False, True])
def test_what_came_deleted_and_is_restored_is_open_again(lived, at_once):
    folder = lived(
        ("10:00", {"leads": [item("one", "09:00", is_deleted="true", updated_at=clock("09:00").isoformat())]}),
        ("1d 10:00", {"leads": [item("one", "09:00", status="open", updated_at=clock("1d 08:00").isoformat())]}),
        at_once=at_once,
    )  # fmt: skip
    assert told(folder, QUALIFIED) == [
        ("one", "close", "09:00", "09:00.1"), ("one", "reopen", "1d 08:00", "1d 10:00"),
    ]  # fmt: skip
    assert steps(folder, "one") == ["one assign a at 1d 10:00"]
    assert [row[0] for row in told(folder, STORY.format("one", 9))] == [
        "arrived",
        "close",
        "reopen",
        "routed",
        "assign",
    ]

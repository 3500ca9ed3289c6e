"""What others are told of items, and how the story of one is told, from delivered files to the published copy."""

import json
import shutil

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.views.explain import both_texts, explain_item
from tests.e2e.lives import act, clock, deliver, item, members, project
from tests.e2e.projects import rows, run_project

SLA = {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}
TEAM = [
    {"user": "ann", "time_zone": "Europe/Oslo"},
    {"user": "bob", "weight": 2},
    {"user": "cem", "time_zone": "Asia/Tokyo", "limits": {"daily": 1}},
]
OUTBOX = "outbox: {messages: [assignment, breach, crm_owner_update, task]}\n"
MESSAGES = "select * exclude (run_id) from ops.outbox order by created_at, item_seq, kind, message_id"


def users(manager):
    return [{"user_id": name, "is_active": "true", "manager_id": manager} for name in ("ann", "bob", "cem")]


def first(folder):
    leads = [item(name, f"09:0{number}") for number, name in enumerate(("one", "two", "three", "four"), start=1)]
    deliver(folder, "09:35", users=users("mia"), leads=leads, acts=[act("call", "09:20", "two", "ann")])


def second(folder):
    deliver(
        folder, "12:00", users=users("max"), leads=[item("late", "08:00")], acts=[act("call", "09:25", "one", "bob")]
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project of two deliveries, each taken up by a run of its own."""
    path = project(tmp_path_factory.mktemp("messages") / "project", {"emea": {"members": TEAM, "sla": SLA}})
    (path / "project.yaml").open("a").write(OUTBOX)
    first(path)
    run_project(path)
    second(path)
    run_project(path)
    return path


def test_everybody_concerned_is_told(folder):
    found = rows(folder, "select item_id, kind, recipient_id, created_at, due_at from ops.outbox where item_id = 'one'")
    assert sorted(found, key=str) == sorted(
        [
            ("one", "assignment", "bob", clock("09:01"), clock("09:31")),
            ("one", "crm_owner_update", None, clock("09:01"), clock("09:31")),
            ("one", "task", "bob", clock("09:01"), clock("09:31")),
            ("one", "breach", "mia", clock("09:31"), clock("09:31")),
            ("one", "assignment", "ann", clock("09:31"), clock("10:01")),
            ("one", "crm_owner_update", None, clock("09:31"), clock("10:01")),
            ("one", "task", "ann", clock("09:31"), clock("10:01")),
            # The second delivery names another manager: of what came after it.
            ("one", "breach", "max", clock("10:01"), clock("10:01")),
        ],
        key=str,
    )


def test_one_run_leaves_the_same_messages_as_two(folder, tmp_path):
    other = tmp_path / "project"
    shutil.copytree(folder, other)
    for name in ("warehouse.duckdb", "runs.log"):
        (other / name).unlink()
    shutil.rmtree(other / "published")
    run_project(other)
    assert rows(other, MESSAGES) == rows(folder, MESSAGES)
    assert len(rows(other, "select distinct message_id from ops.outbox")) == len(rows(other, "from ops.outbox")) > 20


def test_nothing_is_written_unless_asked_for(tmp_path):
    path = project(tmp_path / "project", {"emea": {"members": members("a")}})
    deliver(path, "10:00", leads=[item("one", "09:01")])
    run_project(path)
    assert rows(path, "from ops.outbox") == []


def test_the_story_is_told_in_the_time_of_whom_it_concerns(folder):
    loaded = load_project(folder)
    (story,) = explain_item(loaded, "one")
    told = [(one.step, one.user_id, both_texts(loaded, one.happened_at, one.time_zone)) for one in story.steps]
    assert told[:7] == [
        ("arrived", None, "Mon 2026-03-02 09:01:00 UTC"),
        ("routed", None, "Mon 2026-03-02 09:01:00 UTC"),
        ("assign", "bob", "Mon 2026-03-02 09:01:00 UTC"),
        ("touch", "bob", "Mon 2026-03-02 09:25:00 UTC"),
        ("breach", "bob", "Mon 2026-03-02 09:31:00 UTC"),
        ("breach", "bob", "Mon 2026-03-02 09:31:00 UTC"),
        ("reassign", "ann", "Mon 2026-03-02 10:31:00 CET (09:31:00 UTC)"),
    ]
    assert story.steps[4].in_words.endswith("(a touch in time became known only later)")
    assert "cem had reached the limit of the day" in story.steps[6].in_words
    assert [len(decision.considered) for decision in story.decisions] == [3, 3]
    assert story.decision(story.steps[2].decision_seq).considered[1].is_winner
    assert json.loads(json.dumps(story.as_json(), default=str))["steps"][2]["due_at"] == str(clock("09:31"))


def test_another_day_elsewhere_is_named():
    class Here:
        class settings:  # noqa: N801
            time_zone = "Asia/Tokyo"

    assert both_texts(Here, clock("20:00")) == "Tue 2026-03-03 05:00:00 JST (Mon 20:00:00 UTC)"

"""What is done about items that wait, and who is told of it, from delivered files to the published copy."""

import json

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.views.explain import explain_item
from tests.e2e.lives import act, clock, deliver, item, live_through, members, project, steps, told
from tests.e2e.projects import rows, run_project

LADDER = [
    {"after": "30m", "do": "alert"},
    {"after": "1h", "do": "raise"},
    {"after": "2h", "drop": ["french", "language-*"]},
    {"after": "4h", "do": "failover", "pool": "general"},
]
AWAY = [{"from": "2026-03-01", "until": "2026-03-20"}]
SKILLS = ["french", "legal", "language-no"]
OUTBOX = "outbox: {messages: [assignment, breach, crm_owner_update, task, held, queued]}\n"
SENT = "select item_id, kind, recipient_id, created_at from ops.outbox order by all"


def users(*names, manager="mia"):
    return [{"user_id": name, "is_active": "true", "manager_id": manager} for name in names]


def pools(**main):
    speaker = {"user": "ann", "skills": ["french"], "vacations": AWAY}
    return {
        "main": {"members": [speaker, *members("bob", "cid")], **main},
        "general": {"members": [{"user": "dan", "skills": ["legal"]}]},
    }


def feed(folder):
    leads = [
        item("fr", "09:00", needed_skills="french"),
        item("both", "09:00", needed_skills="french;legal;language-no"),
    ]
    everybody = [*users("ann", "bob", "cid", "dan"), *users("mia", manager="eva")]
    deliver(folder, "08:00", users=everybody)
    deliver(folder, "09:10", leads=leads)
    deliver(folder, "15:00", leads=[item("later", "15:00")])


def test_a_list_is_gone_through_and_everybody_concerned_is_told(tmp_path):
    folder = project(tmp_path / "project", pools(while_waiting=LADDER), skills=SKILLS)
    (folder / "project.yaml").open("a").write(OUTBOX)
    feed(folder)
    run_project(folder)

    assert steps(folder, "fr") == [
        "fr hold at 09:00 in main",
        "fr alert at 09:30 (waited) in main",
        "fr raise at 10:00 (waited) in main",
        "fr drop at 11:00 (waited) to french, language-* in main",
        "fr assign bob at 11:00 in main",
    ]
    assert steps(folder, "both") == [
        "both hold at 09:00 in main",
        "both alert at 09:30 (waited) in main",
        "both raise at 10:00 (waited) in main",
        "both drop at 11:00 (waited) to french, language-* in main",
        "both failover at 13:00 (hold_expired) to general in main",
        "both assign dan at 13:00 in general",
    ]
    assert [row for row in told(folder, SENT) if row[1] == "held"] == [
        ("both", "held", "mia", "09:30"),
        ("fr", "held", "mia", "09:30"),
    ]
    waits = told(folder, "select item_id, kind, ended_by, from_at, until_at from marts.fct_waits order by all")
    assert waits == [
        ("both", "failover", "assign", "13:00", "13:00"),
        ("both", "hold", "failover", "09:00", "13:00"),
        ("fr", "hold", "assign", "09:00", "11:00"),
    ]
    (story,) = explain_item(load_project(folder), "fr")
    words = [step.in_words for step in story.steps if step.step in {"alert", "raise", "drop"}]
    assert words == [
        "still waits in main: the managers are told",
        "still waits in main: it goes ahead of others from now on",
        "still waits in main: it needs french, language-* no longer",
    ]


def test_runs_between_the_entries_decide_as_one_run(tmp_path):
    whole = project(tmp_path / "whole", pools(while_waiting=LADDER), skills=SKILLS)
    parts = project(tmp_path / "parts", pools(while_waiting=LADDER), skills=SKILLS)
    feed(whole)
    feed(parts)
    later = parts / "landing" / "leads_20260302T1500.csv"
    content = later.read_bytes()
    later.unlink()
    run_project(parts)
    for hour in ("1020", "1130", "1230"):
        deliver(parts, f"{hour[:2]}:{hour[2:]}", leads=[item(f"x{hour}", f"{hour[:2]}:{hour[2:]}")])
        deliver(whole, f"{hour[:2]}:{hour[2:]}", leads=[item(f"x{hour}", f"{hour[:2]}:{hour[2:]}")])
        run_project(parts)
    later.write_bytes(content)
    run_project(parts)
    run_project(whole)

    for name in ("fr", "both"):
        assert steps(parts, name) == steps(whole, name)


def test_the_speaker_away_for_weeks_leaves_the_item_to_anybody(tmp_path):
    plain = [{"after": "4h", "drop": ["french"]}, {"after": "4h", "do": "failover", "pool": "general"}]
    folder = project(
        tmp_path / "project",
        {**pools(while_waiting=plain), "general": {"members": members("bob", "cid")}},
        skills=SKILLS,
    )
    deliver(folder, "08:00", users=users("ann", "bob", "cid"), leads=[])
    deliver(folder, "10:00", leads=[item("one", "09:00", needed_skills="french")])
    deliver(folder, "1d 10:00", leads=[item("two", "1d 09:00")])
    run_project(folder)

    assert steps(folder, "one") == [
        "one hold at 09:00",
        "one drop at 13:00 (waited) to french",
        "one assign bob at 13:00",
    ]


def test_whoever_has_to_hear_of_what_waits_or_is_queued_does(tmp_path):
    office = {"calendar": "office"}
    folder = project(
        tmp_path / "project",
        {
            "main": {**office, "members": members("ann", "bob"), "while_waiting": [{"after": "1h", "do": "alert"}]},
            "late": {
                **office, "members": members("ann", "cid"), "alert_to": "boss",
                "while_waiting": [{"after": "1h", "do": "alert"}, {"after": "2h", "do": "queue", "queue": "unclaimed"}],
            },
            "alone": {**office, "members": members("dan"), "when_nobody": "queue", "queue": "unclaimed"},
        },
        queues=["unclaimed"],
        calendars={"office": {"hours": {"mon-fri": ["08:00-16:00"]}}},
        territories=[
            {"name": "late", "pool": "late", "when": {"city": ["late"]}},
            {"name": "alone", "pool": "alone", "when": {"city": ["alone"]}},
        ],
    )  # fmt: skip
    (folder / "project.yaml").open("a").write(OUTBOX)
    people = [*users("ann", manager="mia"), *users("bob", manager="max"), *users("cid", "dan", "mia", manager="")]
    deliver(folder, "08:00", users=people)
    late = [item("m", "20:00"), item("l", "20:00", city="late"), item("a", "20:00", city="alone")]
    deliver(folder, "20:10", leads=late)
    deliver(folder, "23:00", leads=[item("last", "23:00")])
    run_project(folder)

    assert told(folder, SENT) == [
        ("a", "crm_owner_update", "unclaimed", "20:00"),
        ("a", "queued", None, "20:00"),
        ("l", "crm_owner_update", "unclaimed", "22:00"),
        ("l", "held", "boss", "21:00"),
        ("l", "queued", "boss", "22:00"),
        ("m", "held", "max", "21:00"),
        ("m", "held", "mia", "21:00"),
    ]
    payloads = rows(folder, "select payload from ops.outbox where kind = 'queued' and item_id = 'l'")
    assert {key: json.loads(payloads[0][0])[key] for key in ("kind", "recipient_id", "queue_id", "reason")} == {
        "kind": "queued",
        "recipient_id": "boss",
        "queue_id": "unclaimed",
        "reason": "hold_expired",
    }


def live(folder):
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("last_record", "now") + OUTBOX)
    return folder


def test_live_each_entry_is_taken_at_the_first_close_from_its_instant_on(tmp_path):
    ladder = [LADDER[0], {"after": "2h", "drop": ["french"]}, LADDER[-1]]
    folder = live(project(tmp_path / "project", pools(while_waiting=ladder), skills=SKILLS))
    deliver(folder, "08:00", users=[*users("ann", "bob", "cid", "dan"), *users("mia", manager="eva")])
    leads = [item("fr", "08:40", needed_skills="french"), item("both", "08:50", needed_skills="french;legal")]
    deliver(folder, "09:00", leads=leads)
    run_project(folder, as_of=clock("09:05"))
    for hour in ("10", "11", "12", "13"):
        deliver(folder, f"{hour}:00", acts=[act("call", f"{hour}:00", "nothing", "bob")])
        run_project(folder, as_of=clock(f"{hour}:05"))

    assert steps(folder) == [
        "fr hold at 09:00 in main",
        "both hold at 09:00 in main",
        "fr alert at 10:00 (waited) in main",
        "both alert at 10:00 (waited) in main",
        "fr drop at 11:00 (waited) to french in main",
        "fr assign bob at 11:00 in main",
        "both drop at 11:00 (waited) to french in main",
        "both failover at 13:00 (hold_expired) to general in main",
        "both assign dan at 13:00 in general",
    ]
    held = told(folder, "select item_id, recipient_id, created_at from ops.outbox where kind = 'held' order by all")
    assert held == [("both", "mia", "10:00"), ("fr", "mia", "10:00")]


@pytest.mark.parametrize("at_once", [False, True])
def test_who_is_to_hear_at_once_does(tmp_path, at_once):
    """A wait begins, and the managers are told then: at night in history mode, live in the run that takes it up."""
    pool = {"calendar": "office", "members": members("ann", "bob"), "while_waiting": [{"after": "0m", "do": "alert"}]}
    office = {"office": {"hours": {"mon-fri": ["08:00-16:00"]}}}
    everybody = ("08:00", {"users": [*users("ann", "bob"), *users("mia", manager="")]})
    past = project(tmp_path / "past", {"main": pool}, calendars=office)
    (past / "project.yaml").open("a").write(OUTBOX)
    night = [("20:30", {"leads": [item("one", "20:00")]}), ("22:00", {"leads": [item("two", "21:00")]})]
    live_through(past, [everybody, *night], at_once=at_once)
    assert steps(past) == [
        "one hold at 20:00", "one alert at 20:00 (waited)", "two hold at 21:00", "two alert at 21:00 (waited)",
    ]  # fmt: skip
    assert told(past, SENT) == [("one", "held", "mia", "20:00"), ("two", "held", "mia", "21:00")]
    assert json.loads(rows(past, "select while_waiting from marts.dim_pools")[0][0])[0]["after_seconds"] == 0

    now = live(project(tmp_path / "now", {"main": pool}, calendars=office))
    for at, feeds in [everybody, *night]:
        deliver(now, at, **feeds)
        if not at_once:
            run_project(now, as_of=clock(at))
    run_project(now, as_of=clock("22:05"))
    assert steps(now) == [
        "one hold at 20:30", "one alert at 20:30 (waited)", "two hold at 22:00", "two alert at 22:00 (waited)",
    ]  # fmt: skip


def test_live_a_run_without_files_takes_what_is_due_at_its_own_instant(tmp_path):
    folder = live(project(tmp_path / "project", pools(while_waiting=LADDER), skills=SKILLS))
    deliver(folder, "09:00", leads=[item("fr", "08:40", needed_skills="french")])
    run_project(folder, as_of=clock("09:05"))
    run_project(folder, as_of=clock("09:20"))
    run_project(folder, as_of=clock("09:50"))
    run_project(folder, as_of=clock("10:05"))
    run_project(folder, as_of=clock("11:20"))

    assert steps(folder) == [
        "fr hold at 09:00",
        "fr alert at 09:50 (waited)",
        "fr raise at 10:05 (waited)",
        "fr drop at 11:20 (waited) to french, language-*",
        "fr assign bob at 11:20",
    ]


def test_live_somebody_there_between_two_closes_has_it_before_it_would_go_on(tmp_path):
    later = {"hours": {"mon-fri": ["13:30-17:00"]}}
    ladder = [{"after": "4h", "do": "failover", "pool": "general"}]
    both = {
        "main": {"members": members("ann", **later), "while_waiting": ladder},
        "general": {"members": members("bob")},
    }
    folder = live(project(tmp_path / "project", both))
    deliver(folder, "09:00", leads=[item("one", "08:40")])
    for at in ("09:05", "12:05", "14:05"):
        run_project(folder, as_of=clock(at))

    assert steps(folder) == ["one hold at 09:00", "one assign ann at 13:30"]

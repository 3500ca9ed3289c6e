"""The same deliveries in one run and in many: the same tables, with everything that may happen after an assignment."""

import random
import shutil
from datetime import timedelta

import pytest

from tests.e2e.lives import act, clock, deliver, item, project, warehouse
from tests.e2e.projects import run_project, snapshot

POOLS = {
    "main": {
        "members": [
            {"user": "a", "weight": 3, "skills": ["french"]},
            {"user": "b", "limits": {"daily": 6}},
            {"user": "c", "calendar": "night", "time_zone": "America/New_York"},
        ],
        "calendar": "office", "max_open": 4, "sticky_for": "4h", "declines": True, "redo_on_return": True,
        "charge_back": True, "count_kept": True, "accrue_while": ["skill_missing", "at_capacity"],
        "hold_for": "3h", "then": "failover", "failover": "rest", "activity_delay": "5m",
        "sla": [
            {"name": "fast", "when": {"country": ["FR"]}, "first_touch_within": "20m", "on_breach": ["reassign"]},
            {"first_touch_within": "45m", "clock": "working",
             "on_breach": ["notify_manager", "reassign", {"queue": "review"}]},
        ],
    },
    "rest": {
        "members": [{"user": "d", "max_open": 5}, {"user": "e", "max_open": 2}], "strategy": "least_loaded",
        "capacity_until": "touched", "limits": {"hourly": 2}, "sla": {"first_touch_within": "1h"},
        "when_nobody": "queue", "queue": "review",
    },
    "cases": {"members": [{"user": "a"}, {"user": "d", "max_open": 9}], "limits": {"weekly": 12}},
}  # fmt: skip
MORE = {
    "skills": ["french"],
    "queues": ["review"],
    "calendars": {
        "office": {"hours": {"mon-fri": ["06:00-20:00"]}, "dates": ["2026-03-04"]},
        "night": {"hours": {"mon-fri": ["20:00-04:00 overnight"]}},
    },
    "users": [{"user": "a", "limits": {"daily": 9}, "max_open": 6}],
    "territories": [{"name": "cases", "pool": "cases", "when": {"object_type": ["case"]}}],
    "preferences": [{"name": "norway", "when": {"country": ["NO"]}, "prefer": {"users": ["b"]}}],
}
DELIVERIES = ("09:30", "10:40", "13:00", "13:20", "1d 08:00", "1d 15:00", "3d 09:00")
USERS = "abcdef"


def minutes(text):
    return int((clock(text) - clock("00:00")).total_seconds()) // 60


def moment(minute):
    return f"{minute // 1440}d {minute % 1440 // 60:02}:{minute % 60:02}"


def lead(dice, name, minute):
    person, more = dice.choice([name, name, "p1", "p2", "p3"]), {}
    if dice.random() < 0.2:
        more["contact_id"] = dice.choice(["C1", "C2"])
    if dice.random() < 0.1:
        more["needed_skills"] = "french"
    country, priority = dice.choice(["FR", "NO", "SE"]), str(dice.choice([0, 0, 1]))
    return item(name, moment(minute), email=f"{person}@person.example", country=country, priority=priority, **more)


def happening(dice, names, minute):
    what, by = dice.choice([*names, "never-comes"]), dice.choice(USERS)
    kind = dice.choice(["call", "call", "call", "email", "decline", "decline", "status_change", "status_change"])
    outcome = dice.choice(["spam", "closed", "won", "open"]) if kind == "status_change" else ""
    if kind == "call" and dice.random() < 0.3:
        return act(kind, moment(minute), "", by, contact_id=dice.choice(["C1", "C2"]))
    return act(kind, moment(minute), what, by, outcome=outcome)


def write(folder, seed, deliveries=DELIVERIES, each=12):
    """Deliveries of so many items each, in which things come late, twice, and before what they are about."""
    dice = random.Random(seed)
    project(folder, POOLS, **MORE)
    contacts = [{"contact_id": "C1", "email": "p1@person.example", "owner_id": "b"}, {"contact_id": "C2"}]
    rows, told, before = {}, [], minutes("06:00")
    names = [f"i{n}" for n in range(len(deliveries) * each)]
    for number, at in enumerate(deliveries):
        now, feeds = minutes(at), {"leads": [], "cases": []}
        for name in names[number * each : (number + 1) * each]:
            feed = dice.choice(["leads", "leads", "cases"])
            rows[name] = feed, lead(dice, name, dice.randint(before - 30, now))
            feeds[feed].append(rows[name][1])
        for name in dice.sample(sorted(rows), 4):
            feed, row = rows[name]
            changed = dice.choice([{"is_converted": "true"}, {"status": "Done"}, {"status": "open"}])
            updated = clock(moment(dice.randint(before, now))).isoformat()
            feeds[feed].append({**row, **changed, "updated_at": updated})
        seen = names[: number * each + each * 3 // 2]
        fresh = [happening(dice, seen, dice.randint(max(before - 60, 0), now)) for _ in range(2 * each + 1)]
        feeds["acts"] = {one["activity_id"]: one for one in [*fresh, *dice.sample(told, min(3, len(told)))]}.values()
        told += fresh
        if number == 0:
            feeds["contacts"] = contacts
        if number in {0, 4}:
            homes = {"a": "Europe/Oslo", "d": "Asia/Tokyo"} if number == 0 else {"a": "America/New_York", "e": "UTC"}
            feeds["users"] = [
                {"user_id": user, "is_active": str(user != "b" or number == 0), "time_zone": homes.get(user, "")}
                for user in USERS
            ]
        if number == 2:
            feeds["absences"] = [{"user_id": "e", "start": "2026-03-02T14:00:00Z", "end": "2026-03-03T10:00:00Z"}]
        deliver(folder, at, **feeds)
        before = now
    (folder / "exceptions.csv").write_text(
        "token_id,pool_id,member_id,kind\nt1,main,b,redo\nt2,main,a,skip\nt3,rest,d,skip\nt4,cases,d,redo\n"
    )


TABLES = {
    "marts.fct_decisions": "* exclude (run_id)",
    "marts.fct_items": "* exclude (run_id, file_id)",
    "marts.fct_ownership": "* exclude (run_id)",
    "marts.fct_breaches": "* exclude (run_id)",
    "ops.considered_log": "*",
    "ops.router_holds": "*",
    "ops.router_open": "* exclude (run_id)",
    "ops.router_users": "*",
    "ops.router_grants": "*",
    "ops.router_persons": "* exclude (run_id)",
    "intermediate.int_item_activities": "* exclude (run_id)",
    "intermediate.int_waiting_activities": "*",
}


def answers(folder, *, is_bounded=False):
    """What a project's runs decided. ``is_bounded``: by an ``until``, and so without what owners can know.

    A run that ends between two closes cannot know who still has an item at the next one.
    """
    shown = "columns(lambda name: name not in ('told_at', 'told_us'))" if is_bounded else "*"
    found = {
        name: warehouse(folder, f"select {shown} from (select {columns} from {name}) order by all")
        for name, columns in TABLES.items()
    }
    shares = (
        "select pool_id, member_id, decided_date, sum(columns('_(count|parts)$')) from ops.fair_shares group by all"
    )
    return {**found, "shares": warehouse(folder, f"{shares} order by all")}


def run_in_cuts(whole, folder, cuts, last=7):
    """The same project, run whenever so many deliveries have come; those after the last are still to come."""
    shutil.copytree(whole, folder)
    waiting = folder / "waiting"
    (folder / "landing").rename(waiting)
    (folder / "landing").mkdir()
    for number, at in enumerate(DELIVERIES[:last], start=1):
        for path in waiting.glob(f"*_{clock(at):%Y%m%dT%H%M}.csv"):
            shutil.move(path, folder / "landing" / path.name)
        if number in cuts or number == last:
            run_project(folder)


EACH = range(1, len(DELIVERIES))


@pytest.mark.parametrize(
    ("seed", "cuts"),
    [(1, (2, 5)), *(pytest.param(seed, EACH, marks=pytest.mark.slow) for seed in (1, 2, 3))],
)
def test_one_run_is_many_runs(tmp_path, seed, cuts):
    write(tmp_path / "written", seed)
    shutil.copytree(tmp_path / "written", tmp_path / "whole")
    run_project(tmp_path / "whole")
    expected = answers(tmp_path / "whole")
    kinds = {row[0] for row in warehouse(tmp_path / "whole", "select distinct kind from marts.fct_decisions")}
    assert kinds >= {"assign", "redo", "skip", "hold", "reassign", "failover", "queue", "keep"}
    folder = tmp_path / "cut"
    run_in_cuts(tmp_path / "written", folder, set(cuts))
    found = answers(folder)
    for table in expected:
        assert found[table] == expected[table], table
    before = snapshot(folder / "warehouse.duckdb")
    assert run_project(folder).run_id is None
    assert snapshot(folder / "warehouse.duckdb") == before


@pytest.mark.slow
def test_days_one_by_one_are_one_run(tmp_path):
    """All deliveries lie there from the start, as when a range of days is filled day by day."""
    write(tmp_path / "written", 1)
    shutil.copytree(tmp_path / "written", tmp_path / "whole")
    run_project(tmp_path / "whole")
    for until in ("00:00", "12:00", "1d 00:00", "1d 12:00", "2d 00:00", "3d 00:00"):
        run_project(tmp_path / "written", until=clock(until) - timedelta(microseconds=1))
    run_project(tmp_path / "written")
    expected, found = (answers(tmp_path / name, is_bounded=True) for name in ("whole", "written"))
    for table in expected:
        assert found[table] == expected[table], table


@pytest.mark.slow
def test_a_closing_waits_for_its_day_when_days_are_run_in_arrears(tmp_path):
    """A later delivery tells that a waiting item was closed, and one that comes with it: not before it happened."""
    folder = project(tmp_path / "written", {"main": {"members": [{"user": "a"}], "calendar": "never", "max_open": 9}},
                     calendars={"never": {"hours": {"sun": ["09:00-10:00"]}}},
                     updates={"arrives_closed": "decide"})  # fmt: skip
    deliver(folder, "10:00", leads=[item("x", "09:00"), item("y", "09:10")])
    deliver(folder, "3d 10:00", leads=[
        item("x", "09:00", status="Done", updated_at=clock("1d 03:39").isoformat()),
        item("z", "11:00", closed_at=clock("2d 08:00").isoformat()),
        item("y", "09:10", status="Done", closed_at=clock("3d 12:00").isoformat()),
    ])  # fmt: skip
    shutil.copytree(folder, tmp_path / "whole")
    run_project(tmp_path / "whole")
    expected = answers(tmp_path / "whole", is_bounded=True)
    found = "select item_id, decided_at from marts.fct_decisions where kind = 'withdraw' order by all"
    assert warehouse(tmp_path / "whole", found) == [("x", "1d 03:39"), ("y", "3d 10:00"), ("z", "2d 08:00")]
    for day in range(5):
        run_project(folder, until=clock(f"{day + 1}d 00:00") - timedelta(microseconds=1))
    run_project(folder)
    assert {name: found for name, found in answers(folder, is_bounded=True).items() if found != expected[name]} == {}

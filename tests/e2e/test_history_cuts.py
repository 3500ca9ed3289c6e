"""Recorded owners in one run and in many: the same tables, also where the router takes an item before they get it."""

import random
import shutil
from datetime import timedelta

import pytest
import yaml

from tests.e2e.lives import FEEDS, act, clock, deliver, item, members, project, warehouse
from tests.e2e.projects import rows, run_project
from tests.e2e.test_cuts import TABLES, moment
from tests.effort import IS_LONG

HISTORY = "ownership_history", "object_type item_id owner_id from_at until_at"
DELIVERIES = ("09:30", "13:00", "1d 08:00", "2d 09:00")
ALL = {**TABLES, "marts.fct_sla": "* exclude (run_id)", "marts.fct_waits": "* exclude (run_id)"}
POOL = {
    "members": members("a", "b", "c", "d"), "count_kept": True, "declines": True, "max_open": 7, "sticky_for": "4h",
    "sla": [{"first_touch_within": "45m", "on_breach": ["reassign"]}],
}  # fmt: skip


def minutes(text):
    return int((clock(text) - clock("00:00")).total_seconds()) // 60


def recorded(dice, name, created):
    """Up to four owners from about the creation on, also at instants that no delivery has reached yet."""
    starts = sorted(dice.sample(range(created - 60, created + 1500), dice.choice([0, 1, 2, 3, 4])))
    for start in starts[:1]:
        starts[0] = min(start, created + dice.choice([-30, 0, 10]))
    for start in starts:
        end = moment(start + dice.randint(1, 900)) if dice.random() < 0.5 else None
        yield {
            "object_type": "lead", "item_id": name, "owner_id": dice.choice(["a", "b", "c", "d", "left", "queue"]),
            "from_at": clock(moment(start)).isoformat(), "until_at": clock(end).isoformat() if end else "",
        }  # fmt: skip


def write(folder, seed, each=14):
    dice = random.Random(seed)
    project(folder, {"main": POOL}, ownership={"precedence": ["history", "contact", "survivor"]})
    before, names, late = minutes("08:00"), [], []
    for number, at in enumerate(DELIVERIES):
        now = minutes(at)
        created = {f"i{number}-{n}": dice.randint(before, now) for n in range(each)}
        names += created
        history = late + [row for name, start in created.items() for row in recorded(dice, name, start)]
        dice.shuffle(history)
        late, history = history[: each // 4], history[each // 4 :]
        acts = [
            act(
                dice.choice(["call", "decline", "decline"]), moment(dice.randint(before, now)), dice.choice(names), user
            )
            for user in "abcd"
            for _ in range(each)
        ]
        feeds = {"history": history, "acts": {one["activity_id"]: one for one in acts}.values()}
        if number == 0:
            feeds["users"] = [{"user_id": user, "is_active": str(user != "left")} for user in (*"abcd", "left")]
        if number == 2:
            feeds["users"] = [{"user_id": "d", "is_active": "false"}]
        leads = [
            item(name, moment(start), email=f"{dice.choice([name, 'p1'])}@x.example") for name, start in created.items()
        ]
        deliver(folder, at, leads=leads, **feeds)
        before = now


def answers(folder, *, is_bounded=False):
    """As those of ``test_cuts``: a run that ends between two closes cannot know whom the next one tells."""
    shown = "columns(lambda name: name not in ('told_at', 'told_us'))" if is_bounded else "*"
    return {
        name: warehouse(folder, f"select {shown} from (select {columns} from {name}) order by all")
        for name, columns in ALL.items()
    }


@pytest.fixture(autouse=True)
def history_feed(monkeypatch):
    monkeypatch.setitem(FEEDS, "history", HISTORY)


def test_recorded_owners_in_one_run_are_those_of_many(tmp_path):
    write(tmp_path / "written", 3)
    whole, daily, each = (shutil.copytree(tmp_path / "written", tmp_path / name) for name in ("whole", "daily", "each"))
    run_project(whole)
    causes = dict(warehouse(whole, "select cause, count(*) from marts.fct_ownership group by all"))
    assert set(causes) == {"kept", "manual", "rotation", "reassigned"}
    # Some items were declined before the next recorded owner would have got them, some with nobody in between.
    forestalled = """
        select count(distinct owned.item_seq)
        from marts.fct_ownership as owned
        inner join staging.stg_ownership_history as history using (item_id)
        inner join marts.fct_decisions as moves on moves.item_seq = owned.item_seq and moves.kind = 'reassign'
        where owned.cause = 'kept' and history.from_at > moves.decided_at
    """
    assert warehouse(whole, forestalled)[0][0] > 3
    for until in ("12:00", "18:00", "1d 00:00", "1d 12:00", "2d 06:00") if IS_LONG else ("18:00", "1d 12:00"):
        run_project(daily, until=clock(until) - timedelta(microseconds=1))
    run_project(daily)
    waiting = (each / "landing").rename(each / "waiting")
    (each / "landing").mkdir()
    for number, at in enumerate(DELIVERIES):
        for path in waiting.glob(f"*_{clock(at):%Y%m%dT%H%M}.csv"):
            shutil.move(path, each / "landing" / path.name)
        if IS_LONG or number in (1, len(DELIVERIES) - 1):
            run_project(each)
    for folder in (daily, each):
        # Of an owner kept by the record who lost the item before a close, runs by delivery say that they were told.
        is_bounded = True
        found, wanted = answers(folder, is_bounded=is_bounded), answers(whole, is_bounded=is_bounded)
        for table in wanted:
            assert found[table] == wanted[table], (folder.name, table)


def test_whom_only_a_later_version_names_was_unknown_before(tmp_path):
    """The feed that tells of d comes later, and so does the version that names d: d ties with nobody in any run."""
    later = {"version": "v2", "effective_from": clock("1d 12:00").isoformat(), "catch_all": "main"}
    tied = "select owner_id, tied_owner_count from marts.fct_items"
    found = []
    for name in ("one", "two"):
        folder = project(
            tmp_path / name, {"main": {"members": members("a", "b")}}, ownership={"precedence": ["history"]}
        )
        (folder / "policies" / "v2.yaml").write_text(
            yaml.safe_dump({**later, "pools": {"main": {"members": members("a", "d")}}})
        )
        history = [
            {"object_type": "lead", "item_id": "L", "owner_id": owner, "from_at": clock("09:00").isoformat()}
            for owner in ("d", "b")
        ]
        deliver(folder, "09:30", leads=[item("L", "09:00")], history=history)
        if name == "two":
            run_project(folder)
        deliver(folder, "1d 08:00", users=[{"user_id": user, "is_active": "true"} for user in "abd"])
        run_project(folder)
        found.append(rows(folder, tied))
    assert found == [[("b", 1)], [("b", 1)]]

"""Sources whose items are decided once delivered: when clocks start, and when steps are taken."""

import pytest

from tests.e2e.lives import act, clock, deliver, item, members, project, steps, told
from tests.e2e.projects import run_project

SLA = {"first_touch_within": "5m", "on_breach": ["notify_manager", "reassign"]}
HOUR = {**SLA, "first_touch_within": "1h"}
CLOCKS = (
    "select item_id, owner_id, told_at, due_at, elapsed_seconds, status from marts.fct_sla order by applied_at, item_id"
)


@pytest.fixture
def live(tmp_path):
    """A live project of three members: of runs that take place now, or of one that replays closes."""

    def made(is_now=True, **pool):
        folder = project(tmp_path / "project", {"main": {"members": members("ann", "bob", "cid"), **pool}})
        name, before, after = "sources.yaml", "object_type: lead\n", "object_type: lead\n    decide: delivered\n"
        if is_now:
            name, before, after = "project.yaml", "last_record", "now"
        path = folder / name
        path.write_text(path.read_text().replace(before, after))
        return folder

    return made


def run(folder, at):
    run_project(folder, as_of=clock(at))


LEADS = [item("L1", "08:10"), item("L2", "08:58")]


def test_steps_wait_for_the_delivery_of_activities_and_clocks_for_the_run_that_tells(live):
    folder = live(sla=SLA)
    deliver(folder, "09:00", leads=LEADS)
    run(folder, "09:05")
    deliver(folder, "10:00", acts=[act("call", "09:09", "L2", "bob")])
    run(folder, "10:05")
    deliver(folder, "11:00", acts=[act("call", "10:08", "L1", "cid")])
    run(folder, "11:05")
    assert steps(folder) == [
        "L1 assign ann at 09:00", "L2 assign bob at 09:00", "L1 reassign cid at 10:05 (breach) from ann",
    ]  # fmt: skip
    assert told(folder, CLOCKS) == [
        ("L1", "ann", "09:05", "09:10", None, "breached"), ("L2", "bob", "09:05", "09:10", 240.0, "met"),
        ("L1", "cid", "10:05", "10:10", 180.0, "met"),
    ]  # fmt: skip
    # L1: 50 minutes until its file came, 65 with the first owner, 3 until touched; L2: 2 minutes, then 5 until told, 4.
    parts = ["speed_to_lead", "created_to_known", "known_to_assigned", "assigned_to_told", "told_to_touched"]
    means = ", ".join(f"{part}_mean_seconds" for part in parts)
    measured = told(folder, f"select touched_count, {means} from marts.mart_lead_times where period = 'all'")
    assert measured == [(2, 3870.0, 1560.0, 1950.0, 150.0, 210.0)]


def test_a_replay_tells_at_each_close_and_a_late_touch_stops_a_move(live):
    folder = live(is_now=False, sla=SLA)
    deliver(folder, "09:00", leads=LEADS)
    deliver(folder, "10:00", acts=[act("call", "09:09", "L2", "bob")])
    deliver(folder, "11:00", acts=[act("call", "10:08", "L1", "cid")])
    run_project(folder)
    assert steps(folder)[2:] == ["L1 reassign cid at 10:00 (breach) from ann"]
    assert told(folder, CLOCKS)[:2] == [
        ("L1", "ann", "09:00", "09:05", None, "breached"), ("L2", "bob", "09:00", "09:05", 540.0, "breached"),
    ]  # fmt: skip


def test_after_days_without_a_run_nothing_is_missed_that_nobody_knew(live):
    folder = live(sla=HOUR)
    deliver(folder, "16:00", leads=[item("L0", "15:40")])
    run(folder, "16:05")
    deliver(folder, "1d 10:00", leads=[item("L1", "1d 09:30")])
    deliver(folder, "1d 12:00", acts=[act("call", "1d 11:20", "L0", "ann")])
    deliver(folder, "3d 09:00", leads=[item("L2", "3d 08:50")], acts=[])
    run(folder, "3d 09:05")
    assert [line for line in steps(folder) if "reassign" in line] == []
    assert [row[-1] for row in told(folder, CLOCKS)] == ["breached", "running", "running"]
    assert told(folder, "select item_id, outcome, decided_at from marts.fct_breaches") == [
        ("L0", "notified", "3d 09:05")
    ]


def test_a_touch_before_the_owner_is_told_is_worth_nothing_but_zero_seconds(live):
    folder = live(sla={"first_touch_within": "1h"}, max_open=1, capacity_until="touched")
    early = [act("call", "08:40", "L1", "bob"), act("call", "08:50", "L1", "ann")]
    deliver(folder, "09:00", leads=[item("L1", "08:20"), item("L2", "08:30")], acts=early)
    run(folder, "09:05")
    deliver(folder, "10:00", acts=[act("call", "09:02", "L2", "bob")])
    run(folder, "10:05")
    assert [row[-2:] for row in told(folder, CLOCKS)] == [(0.0, "met"), (0.0, "met")]


def test_the_most_urgent_of_a_delivery_comes_first_and_ids_go_by_their_numbers(live):
    folder = live(limits={"daily": 1})
    leads = [item(name, "08:10") for name in ("a10", "a2", "a02")]
    deliver(folder, "09:00", leads=[*leads[:2], {**leads[2], "email": "x@y.example"},
                                    item("b1", "08:50", priority="urgent")])  # fmt: skip
    run(folder, "09:05")
    assert steps(folder) == [
        "b1 assign ann at 09:00", "a02 assign bob at 09:00", "a2 assign cid at 09:00", "a10 hold at 09:00",
    ]  # fmt: skip

"""`rr-pipeline state`: what it shows is what was decided, by a recount that knows nothing of the router's state."""

import json
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.views.project_state import project_state
from tests.command_line import say
from tests.e2e.lives import clock, deliver, item, members, project, warehouse
from tests.e2e.projects import rows, run_project
from tests.e2e.test_cuts import DELIVERIES, POOLS, run_in_cuts, write

NONE = {"hourly": 0, "daily": 0, "weekly": 0, "total": 0}


def member(state, pool, name):
    (found,) = [one for here in state.pools if here.pool_id == pool for one in here.members if one.member_id == name]
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two members of which one may have three a day; later deliveries move the frontier on to other hours and days."""
    pools = {
        "main": {
            "members": [{"user": "a", "weight": 2}, {"user": "b", "limits": {"daily": 3, "hourly": 2}}],
            "sla": {"first_touch_within": "1h"},
        },
        "night": {"members": members("c", calendar="nights"), "hold_for": "2h", "then": "queue", "queue": "review"},
    }
    more = {
        "queues": ["review"],
        "calendars": {"nights": {"hours": {"mon-fri": ["22:00-23:00"]}}},
        "territories": [{"name": "cases", "pool": "night", "when": {"object_type": ["case"]}}],
    }
    folder = project(tmp_path_factory.mktemp("state") / "project", pools, **more)
    (folder / "exceptions.csv").write_text(
        "token_id,pool_id,member_id,kind,expires\nt1,main,b,redo,\nt2,main,a,skip,2026-03-02T07:00\n"
        "t3,night,c,skip,2026-04-01\n"
    )
    deliver(folder, "09:30", leads=[item(f"x{n}", f"09:{n + 10}") for n in range(6)],
            cases=[item("k1", "09:20"), item("k2", "09:25")])  # fmt: skip
    run_project(folder)
    return folder


def test_windows_balances_holds_clocks_and_tokens_of_a_small_project(small):
    state = project_state(load_project(small))
    assert (state.run_id, state.frontier, state.policy_version, state.runs) == ("run-000001", clock("09:30"), "v1", 1)
    assert [pool.pool_id for pool in state.pools] == ["main", "night"]
    main, night = state.pools
    # The redo goes to b first; then by weight 2 : 1, b's hour being full after its second.
    given = Counter(row[0] for row in rows(small, "select member_id from marts.fct_decisions where member_id <> ''"))
    assert given == {"a": 4, "b": 2}
    assert member(state, "main", "b").given == {"hourly": 2, "daily": 2, "weekly": 2, "total": 2}
    assert member(state, "main", "b").limits == {"hourly": 2, "daily": 3}
    assert member(state, "main", "a").given == {"hourly": 4, "daily": 4, "weekly": 4, "total": 4}
    assert [one.open_count for one in main.members] == [4, 2]
    # A redo is free, then a and b had a turn each, and a alone earned and paid while b's hour was full.
    assert [one.balance_parts for one in main.members] == [232_792_560_000 // 3, -232_792_560_000 // 3]
    assert (main.clock_count, main.next_due) == (6, clock("10:10"))
    assert (main.held_count, main.held_since, main.tokens) == (0, None, ())
    assert (night.held_count, night.held_since, night.hold_ends) == (2, clock("09:20"), clock("11:20"))
    assert member(state, "night", "c").given == NONE
    (token,) = night.tokens
    assert (token["token_id"], token["member_id"], token["kind"]) == ("t3", "c", "skip")


def test_counts_are_of_the_windows_the_frontier_is_in(small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "project")
    expected = {
        "10:00": {"hourly": 0, "daily": 2, "weekly": 2, "total": 2},
        "1d 09:40": {"hourly": 0, "daily": 0, "weekly": 2, "total": 2},
        "6d 23:00": {"hourly": 0, "daily": 0, "weekly": 2, "total": 2},
        "7d 00:00": {"hourly": 0, "daily": 0, "weekly": 0, "total": 2},
    }
    for at, counts in expected.items():
        deliver(folder, at, users=[{"user_id": user, "is_active": "true", "manager_id": f"m{at}"} for user in "abc"])
        run_project(folder)
        state = project_state(load_project(folder))
        assert state.frontier == clock(at)
        assert member(state, "main", "b").given == counts, at
    assert state.pools[1].held_count == 0  # these holds ran out into the queue
    assert state.pools[0].clock_count == 0


def test_the_command_says_the_same_in_words_and_for_machines(small):
    code, out, _ = say("state", "--project", small, "--json")
    assert code == 0
    assert json.loads(out) == project_state(load_project(small)).as_json()
    code, out, _ = say("state", "--project", small)
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "test after run-000001, of 1 runs" in lines
    assert "policy v1 is in force there" in lines
    assert any(line.startswith("b 1 ") and line.endswith("2 of 2 2 of 3 2 2 2") for line in lines)
    assert "2 held, since Mon 2026-03-02 09:20:00 UTC, the next step about one Mon 2026-03-02 11:20:00 UTC" in lines
    assert "6 clocks run, due first Mon 2026-03-02 10:10:00 UTC" in lines
    assert "unused skip of c (t3), until Wed 2026-04-01 00:00:00 UTC" in lines
    assert "a 2 +0.33 4 4 4 4 4" in lines
    assert not any("t1" in line or "t2" in line for line in lines)
    only = json.loads(say("state", "--project", small, "--pool", "night", "--json")[1])
    assert [pool["pool_id"] for pool in only["pools"]] == ["night"]


def test_a_pool_nobody_has_is_named_with_the_nearest(small, tmp_path):
    code, out, err = say("state", "--project", small, "--pool", "nihgt")
    assert (code, out) == (2, "")
    assert "code=POOL_UNKNOWN" in err
    assert "night" in err
    empty = project(tmp_path / "empty", {"main": {"members": members("a")}})
    with pytest.raises(RefusedError, match="code=NOTHING_PUBLISHED"):
        project_state(load_project(empty))


def recount(folder, frontier):
    """What each member was given in the windows of the frontier, from what was decided and what counts as kept."""
    query = """
        select pool_id, member_id, epoch_us(decided_at)
        from marts.fct_decisions
        where kind in ('assign', 'redo', 'reassign', 'handover')
        union all
        select pool_id, member_id, epoch_us(decided_at) from intermediate.int_counted_kept
    """
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    given = [(pool, user, epoch + timedelta(microseconds=at)) for pool, user, at in warehouse(folder, query)]
    found = {}
    for pool, settings in POOLS.items():
        for one in settings["members"]:
            zone = ZoneInfo(one.get("time_zone", "UTC"))
            times = [at for where, user, at in given if (where, user) == (pool, one["user"])]
            today = frontier.astimezone(zone).date()
            monday = today - timedelta(days=today.weekday())
            days = [at.astimezone(zone).date() for at in times]
            hour = frontier.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            found[pool, one["user"]] = {
                "hourly": sum(at >= hour for at in times),
                "daily": sum(day == today for day in days),
                "weekly": sum(day >= monday for day in days),
                "total": len(times),
            }
    return found


def test_the_balances_of_a_day_are_those_of_a_run_up_to_its_end(tmp_path):
    folder = tmp_path / "project"
    write(folder, 1)
    columns = "select pool_id, member_id, balance from"
    stored = f"{columns} ops.router_state where run_id = (select max(run_id) from ops.runs)"
    of_day = f"{columns} marts.mart_balance_daily where local_date = '{{}}'"
    found = {}
    for last, until in (("2026-03-02", clock("1d 00:00") - timedelta(microseconds=1)), ("2026-03-05", None)):
        run_project(folder, until=until)
        found[last] = {row for row in rows(folder, stored) if row[2]}
    for day, balances in found.items():
        assert balances
        assert {row for row in rows(folder, of_day.format(day)) if row[2]} == balances
    sums = "select pool_id, local_date from marts.mart_balance_daily group by all having sum(balance) <> 0"
    assert rows(folder, sums) == []


@pytest.mark.parametrize("last", [pytest.param(2, marks=pytest.mark.slow), 5])
def test_state_is_a_recount_of_what_was_decided(tmp_path, last):
    write(tmp_path / "written", 1)
    folder = tmp_path / "project"
    run_in_cuts(tmp_path / "written", folder, {1}, last=last)
    state = project_state(load_project(folder))
    assert state.frontier >= clock(DELIVERIES[last - 1])
    assert {(pool.pool_id, one.member_id): dict(one.given) for pool in state.pools for one in pool.members} == recount(
        folder, state.frontier
    )
    balances = rows(
        folder, "select pool_id, member_id, sum(credited_parts - charged_parts) from ops.fair_shares group by all"
    )
    told = {(pool.pool_id, one.member_id): one.balance_parts for pool in state.pools for one in pool.members}
    assert {key: parts for key, parts in told.items() if parts} == {(a, b): parts for a, b, parts in balances if parts}
    held = Counter(pool for (pool,) in rows(folder, "select pool_id from marts.fct_items where outcome = 'held'"))
    assert {pool.pool_id: pool.held_count for pool in state.pools if pool.held_count} == held
    used = {token for (token,) in rows(folder, "select token_id from marts.fct_decisions where token_id is not null")}
    unused = {one["token_id"] for pool in state.pools for one in pool.tokens}
    granted = {one for one in unused if one.startswith("returned:")}
    assert unused - granted == {"t1", "t2", "t3", "t4"} - used
    assert not granted & used
    assert isinstance(state.as_json()["frontier"], str)
    assert datetime.fromisoformat(state.as_json()["frontier"]) == state.frontier

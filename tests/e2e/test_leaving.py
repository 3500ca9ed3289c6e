"""Who leaves a pool leaves nothing behind: balances, last turns and tokens, in real runs and across an upgrade."""

import duckdb
import pytest

from tests.e2e.projects import START, lead, policy, rows, run_project, write_leads, write_project

TURN = 232_792_560_000
MEMBERS = [{"user": "ann", "weight": 2}, {"user": "bob"}, {"user": "cid"}]
TOKENS = "token_id,pool_id,member_id,kind\nt1,pool,cid,skip\n"
AT = {"cid leaves": "2026-03-03", "cid is back": "2026-03-04"}
EXPECTED = [(name, "assign") for name in ("ann", "bob", "ann", "ann", "bob", "ann", "cid")]


def leads(folder, day, numbers):
    records = [lead(number, at=START.replace(day=day, minute=number)) for number in numbers]
    write_leads(folder, records, f"leads_202603{day:02}T1200.csv")


def versions(how):
    """cid leaves on Tuesday, by `until` or by a version without him, and is back on Wednesday."""
    first = policy(MEMBERS)
    if how == "until":
        first = policy([*MEMBERS[:2], {"user": "cid", "until": "2026-03-02"}])
    back = {**policy(MEMBERS), "version": "v3", "effective_from": AT["cid is back"]}
    gone = {**policy(MEMBERS[:2]), "version": "v2", "effective_from": AT["cid leaves"]}
    return [first, back] if how == "until" else [first, gone, back]


def begin(folder, how):
    write_project(folder, versions(how))
    (folder / "exceptions.csv").write_text(TOKENS)
    return folder


@pytest.fixture(scope="module", params=[pytest.param("until", marks=pytest.mark.slow), "version"])
def lived(request, tmp_path_factory):
    """Two items on Monday, two on Tuesday, three on Wednesday; a run each day."""
    folder = begin(tmp_path_factory.mktemp("leaving") / "project", request.param)
    for day, numbers in ((2, [1, 2]), (3, [3, 4]), (4, [5, 6, 7])):
        leads(folder, day, numbers)
        run_project(folder)
    return folder


def test_what_a_leaver_is_owed_is_shared_by_weight(lived):
    found = rows(
        lived,
        "select member_id, settled_at::date::varchar, has_left, parts from marts.fct_settlements order by settled_at, "
        "has_left desc, member_id",
    )
    assert found == [
        ("cid", AT["cid leaves"], True, -TURN // 2),
        ("ann", AT["cid leaves"], False, 77_597_520_000),
        ("bob", AT["cid leaves"], False, 38_798_760_000),
    ]
    owners = rows(lived, "select member_id, kind from marts.fct_decisions order by decision_seq")
    assert owners == EXPECTED  # the last one is no skip: the token is void


def test_the_marts_agree_about_balances(lived):
    assert rows(
        lived, "select local_date, sum(balance) from marts.mart_balance_daily group by all having sum(balance) <> 0"
    ) == []  # fmt: skip
    daily = "select balance from marts.mart_balance_daily where member_id = 'cid' order by local_date limit 2"
    assert rows(lived, daily) == [(TURN // 2,), (0,)]
    assert rows(lived, "select settled_turns from marts.mart_fairness where member_id = 'cid' and period = 'all'") == [
        (-0.5,)
    ]
    assert rows(lived, "select distinct rule_version from ops.runs") == [(2,)]


def test_one_run_decides_as_one_a_day(lived, tmp_path):
    how = "until" if (lived / "policies" / "v2.yaml").exists() is False else "version"
    whole = begin(tmp_path / "project", how)
    for day, numbers in ((2, [1, 2]), (3, [3, 4]), (4, [5, 6, 7])):
        leads(whole, day, numbers)
    run_project(whole)
    for table in ("marts.fct_settlements", "marts.fct_decisions", "ops.considered_log"):
        columns = "* exclude (run_id)" if table.startswith("marts") else "*"
        query = f"select {columns} from {table} order by all"
        assert rows(whole, query) == rows(lived, query), table


def test_who_had_left_before_the_upgrade_is_settled_at_the_first_run(tmp_path):
    folder = begin(tmp_path / "project", "version")
    for day, numbers in ((2, [1, 2]), (3, [3])):
        leads(folder, day, numbers)
        run_project(folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        views = "select schema_name || '.' || view_name from duckdb_views() where not internal"
        for (view,) in con.execute(views).fetchall():
            con.execute(f"drop view {view}")
        con.execute(
            "update ops.router_state as state set balance = state.balance - settled.parts "
            "from marts.fct_settlements as settled "
            "where settled.member_id = state.member_id and state.run_id = 'run-000002'"
        )
        con.execute(
            "insert into ops.router_state by name select * replace ('run-000002' as run_id, 3 as next_turn) "
            "from ops.router_state where member_id = 'cid' and run_id = 'run-000001'"
        )
        con.execute("drop table marts.fct_settlements")
        con.execute("alter table ops.fair_shares drop column settled_parts")
        con.execute("alter table ops.runs drop column rule_version")
        con.execute("update ops.layout set layout_version = 7")
    write_leads(folder, [lead(9, at=START.replace(day=3, hour=14))], "leads_20260303T1500.csv")
    run_project(folder)
    settled = rows(
        folder,
        "select member_id, settled_at = frontier_at, parts from marts.fct_settlements, ops.runs "
        "where ops.runs.run_id = 'run-000002'",
    )
    assert sorted(settled) == [
        ("ann", True, 77_597_520_000), ("bob", True, 38_798_760_000), ("cid", True, -TURN // 2),
    ]  # fmt: skip
    state = "select count(*) from ops.router_state where run_id = 'run-000003' and member_id = 'cid' and balance <> 0"
    assert rows(folder, state) == [(0,)]
    assert rows(folder, "select rule_version from ops.runs order by run_id") == [(None,), (None,), (2,)]

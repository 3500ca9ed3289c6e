"""The walk-through of a sales pipeline: what the tables say equals a recount of the delivered CSV files.

On invented deals of the same form, and on the real data set where that is there, whose figures are known.
"""

import csv
import shutil
from collections import Counter

import duckdb
import pytest
import yaml

from rr_pipeline.errors import Exit
from tests.data_sets import FOLDER, ROOT, extra
from tests.e2e.projects import rows, run_project
from tests.walkthroughs.invented import write_deals

CONFIG = ROOT / "docs" / "walkthroughs" / "maven_crm"
FILES = ("sales_pipeline.csv", "accounts.csv", "sales_teams.csv")
REAL = FOLDER / "maven_crm"
IDLE_AGENTS = {"Carl Lin", "Carol Thompson", "Elizabeth Anderson", "Mei-Mei Johns", "Natalya Ivanova"}


@pytest.fixture(scope="module")
def settings():
    return yaml.safe_load((CONFIG / "policies" / "2016.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=[pytest.param(None, id="invented"), extra(REAL, needs="maven_crm", id="real")])
def data(request, tmp_path_factory, settings):
    """The folder of the delivered files."""
    project = yaml.safe_load((CONFIG / "project.yaml").read_text(encoding="utf-8"))
    managers = project["publishing"]["users"]
    return request.param or write_deals(tmp_path_factory.mktemp("deals"), settings, managers)


@pytest.fixture(scope="module")
def read(data):
    def records(name):
        with (data / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return records


@pytest.fixture(scope="module")
def done(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("maven") / "project"
    shutil.copytree(CONFIG, folder)
    (folder / "landing").mkdir()
    for name in FILES:
        shutil.copy(data / name, folder / "landing" / name)
    return folder, run_project(folder)


@pytest.fixture(scope="module")
def folder(done):
    return done[0]


def recounted_pools(read, settings):
    """Pool of each dated deal, from the files and the policy's own lists, without any of our SQL."""
    industries = {row["account"]: row["sector"].replace("technolgy", "technology") for row in read("accounts.csv")}
    known_products = {row["product"] for row in read("products.csv")}
    offices = {name: rule["pool"] for rule in settings["territories"] for name in rule["when"]["account_industry"]}
    pools = {}
    for row in read("sales_pipeline.csv"):
        if row["engage_date"]:
            industry = industries.get(row["account"])
            pools[row["opportunity_id"]] = offices.get(industry, "desk") if row["product"] in known_products else "desk"
    return pools


def test_every_row_ends_in_one_outcome(done, read):
    folder, report = done
    (feed,) = report.feeds
    deals = read("sales_pipeline.csv")
    prospects = sum(not row["engage_date"] for row in deals)
    assert report.exit_code == Exit.DONE
    assert (feed.rows, feed.repeated, feed.waiting) == (len(deals), 0, 0)
    outcomes = {name: count for name, count in feed.outcomes.items() if count}
    assert outcomes == {"assigned": len(deals) - prospects, "quarantined": prospects}
    assert rows(folder, "select outcome, outcome_reason, count(*) from marts.fct_items group by all order by all") == [
        ("assigned", "rotation", len(deals) - prospects),
        ("quarantined", "TIME_MISSING", prospects),
    ]
    assert report.refused == (("opportunities", "TIME_MISSING", prospects),)
    assert report.warning_counts == (("accounts", "COUNTRY_UNKNOWN", 1),)
    ids = [row["opportunity_id"] for row in deals]
    assert sorted(ids) == [item for (item,) in rows(folder, "select item_id from marts.fct_items order by all")]


@pytest.mark.parametrize("data", [extra(REAL, needs="maven_crm", id="real")], indirect=True)
def test_the_known_figures_of_the_data_set(done, data):
    folder, report = done
    assert {name: count for name, count in report.feeds[0].outcomes.items() if count} == {
        "assigned": 8300, "quarantined": 500
    }  # fmt: skip
    pools = rows(folder, "select pool_id, count(*) from marts.fct_items where outcome = 'assigned' group by all")
    assert dict(pools) == {"central": 2002, "desk": 2312, "east": 1948, "west": 2038}
    counts = dict(
        rows(folder, "select owner_id, count(*) from marts.fct_items where outcome = 'assigned' group by all")
    )
    assert (counts["Darcel Schlecht"], counts["Anna Snelling"]) == (364, 182)
    assert len(set(dict(rows(folder, "select member_id, manager_id from marts.dim_members")).values())) == 6
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        stages = dict(con.execute("select deal_stage, count(*) from raw.opportunities group by all").fetchall())
        assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
        blank = "nullif(trim(account), '') is null"
        count = "select count(*) filter ({}), count(*) filter (product = 'GTXPro') from raw.opportunities"
        assert con.execute(count.format(blank)).fetchone() == (1425, 1480)
        assert con.execute("select count(*), count(distinct sector) from raw.accounts").fetchone() == (85, 10)


def test_the_refused_are_the_prospects_without_a_date(folder, read):
    wanted = {row["opportunity_id"] for row in read("sales_pipeline.csv") if not row["engage_date"]}
    refused = rows(folder, "select item_id, owner_id, item_seq from marts.fct_items where outcome = 'quarantined'")
    assert {item for item, _, _ in refused} == wanted
    assert {(owner, sequence) for _, owner, sequence in refused} == {(None, None)}
    noted = rows(folder, "select item_id, code, field from ops.quarantine")
    assert sorted(noted) == sorted((item, "TIME_MISSING", "created_at") for item in wanted)


def test_every_deal_went_to_the_pool_a_recount_gives(folder, read, settings):
    pools = rows(folder, "select item_id, pool_id from marts.fct_items where outcome = 'assigned'")
    assert dict(pools) == recounted_pools(read, settings)
    assert {pool for _, pool in pools} == set(settings["pools"])


def test_each_pool_is_shared_by_weight(folder, settings):
    counted = rows(
        folder, "select pool_id, owner_id, count(*) from marts.fct_items where outcome = 'assigned' group by all"
    )
    weights = {
        (pool, member["user"]): member.get("weight", 1)
        for pool, content in settings["pools"].items()
        for member in content["members"]
    }
    assert {(pool, owner) for pool, owner, _ in counted} == set(weights)
    for pool in settings["pools"]:
        equal = [count for name, owner, count in counted if name == pool and weights[pool, owner] == 1]
        assert max(equal) - min(equal) <= 1, pool
        total = sum(count for name, _, count in counted if name == pool)
        shares = sum(weight for (name, _), weight in weights.items() if name == pool)
        for name, owner, count in counted:
            if name == pool:
                assert abs(count - total * weights[pool, owner] / shares) < 2, (pool, owner)
    ((worst,),) = rows(folder, "select max(abs(deviation_turns)) from marts.mart_fairness where period = 'all'")
    assert worst < 1


def test_who_had_no_deal_is_at_the_desk(folder, read):
    agents = {row["sales_agent"] for row in read("sales_teams.csv")}
    idle = agents - {row["sales_agent"] for row in read("sales_pipeline.csv")}
    assert idle == IDLE_AGENTS
    assert {user for (user,) in rows(folder, "select member_id from marts.dim_members where pool_id = 'desk'")} == idle
    assert {owner for (owner,) in rows(folder, "select owner_id from marts.fct_items where pool_id = 'desk'")} == idle


def test_every_agent_has_the_manager_of_the_file(folder, read):
    managers = {row["sales_agent"]: row["manager"] for row in read("sales_teams.csv")}
    assert dict(rows(folder, "select member_id, manager_id from marts.dim_members")) == managers


def test_the_raw_layer_is_the_file(folder, read):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        stages = dict(con.execute("select deal_stage, count(*) from raw.opportunities group by all").fetchall())
        assert stages == Counter(row["deal_stage"] for row in read("sales_pipeline.csv"))
        columns = [
            name for name, *_ in con.execute("describe raw.opportunities").fetchall() if not name.startswith("_")
        ]
        listed = ", ".join(columns)
        stored = con.execute(f"select {listed} from raw.opportunities order by _row").fetchall()
        sectors = con.execute("select count(*), count(distinct sector) from raw.accounts").fetchone()
    accounts = read("accounts.csv")
    assert sectors == (len(accounts), len({row["sector"] for row in accounts}))
    delivered = [tuple(row[name] or None for name in columns) for row in read("sales_pipeline.csv")]
    assert [tuple(cell or None for cell in row) for row in stored] == delivered


def test_the_first_deal_went_where_nobody_was_owed_anything(folder, read, settings):
    heaviest = max(settings["pools"]["central"]["members"], key=lambda one: one.get("weight", 1))["user"]
    first = "select member_id, balance_before, turn from marts.fct_decisions where pool_id = 'central' order by turn"
    assert rows(folder, f"{first} limit 1") == [(heaviest, 0, 0)]
    delivered = dict(rows(folder, "select item_id, delivered_owner_id from marts.fct_items where outcome = 'assigned'"))
    had = {row["opportunity_id"]: row["sales_agent"] for row in read("sales_pipeline.csv") if row["engage_date"]}
    assert delivered == had

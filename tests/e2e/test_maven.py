"""The walk-through on its real data: what the tables say equals a recount of the delivered CSV files."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import yaml

from rr_pipeline.errors import Exit
from tests.e2e.projects import rows, run_project

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "docs" / "walkthroughs" / "maven_crm"
DATA = ROOT.parent / "shared" / "data" / "maven_crm"
FILES = ("sales_pipeline.csv", "accounts.csv", "sales_teams.csv")
IDLE_AGENTS = {"Carl Lin", "Carol Thompson", "Elizabeth Anderson", "Mei-Mei Johns", "Natalya Ivanova"}

pytestmark = pytest.mark.skipif(
    not all((DATA / name).is_file() for name in FILES), reason="the Maven data set is not on this machine"
)


def read(name):
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maven") / "project"
    shutil.copytree(CONFIG, folder)
    (folder / "landing").mkdir()
    for name in FILES:
        shutil.copy(DATA / name, folder / "landing" / name)
    return folder, run_project(folder)


@pytest.fixture(scope="module")
def folder(done):
    return done[0]


@pytest.fixture(scope="module")
def settings():
    return yaml.safe_load((CONFIG / "policies" / "2016.yaml").read_text(encoding="utf-8"))


def recounted_pools(settings):
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


def test_every_row_ends_in_one_outcome(done):
    folder, report = done
    (feed,) = report.feeds
    assert report.exit_code == Exit.DONE
    assert (feed.rows, feed.repeated, feed.waiting) == (8800, 0, 0)
    assert {name: count for name, count in feed.outcomes.items() if count} == {"assigned": 8300, "quarantined": 500}
    assert rows(folder, "select outcome, outcome_reason, count(*) from marts.fct_items group by all order by all") == [
        ("assigned", "rotation", 8300),
        ("quarantined", "TIME_MISSING", 500),
    ]
    assert report.refused == (("opportunities", "TIME_MISSING", 500),)
    assert report.warning_counts == (("accounts", "COUNTRY_UNKNOWN", 1),)
    ids = [row["opportunity_id"] for row in read("sales_pipeline.csv")]
    assert sorted(ids) == [item for (item,) in rows(folder, "select item_id from marts.fct_items order by all")]


def test_the_refused_are_the_prospects_without_a_date(folder):
    wanted = {row["opportunity_id"] for row in read("sales_pipeline.csv") if not row["engage_date"]}
    refused = rows(folder, "select item_id, owner_id, item_seq from marts.fct_items where outcome = 'quarantined'")
    assert {item for item, _, _ in refused} == wanted
    assert {(owner, sequence) for _, owner, sequence in refused} == {(None, None)}
    noted = rows(folder, "select item_id, code, field from ops.quarantine")
    assert sorted(noted) == sorted((item, "TIME_MISSING", "created_at") for item in wanted)


def test_every_deal_went_to_the_pool_a_recount_gives(folder, settings):
    pools = rows(folder, "select item_id, pool_id from marts.fct_items where outcome = 'assigned'")
    assert dict(pools) == recounted_pools(settings)
    assert Counter(pool for _, pool in pools) == {"central": 2002, "desk": 2312, "east": 1948, "west": 2038}


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
    counts = {owner: count for _, owner, count in counted}
    assert (counts["Darcel Schlecht"], counts["Anna Snelling"]) == (364, 182)
    ((worst,),) = rows(folder, "select max(abs(deviation_turns)) from marts.mart_fairness where period = 'all'")
    assert worst < 1


def test_who_had_no_deal_is_at_the_desk(folder):
    agents = {row["sales_agent"] for row in read("sales_teams.csv")}
    idle = agents - {row["sales_agent"] for row in read("sales_pipeline.csv")}
    assert idle == IDLE_AGENTS
    assert {user for (user,) in rows(folder, "select member_id from marts.dim_members where pool_id = 'desk'")} == idle
    assert {owner for (owner,) in rows(folder, "select owner_id from marts.fct_items where pool_id = 'desk'")} == idle


def test_every_agent_has_the_manager_of_the_file(folder):
    managers = {row["sales_agent"]: row["manager"] for row in read("sales_teams.csv")}
    assert dict(rows(folder, "select member_id, manager_id from marts.dim_members")) == managers
    assert len(set(managers.values())) == 6


def test_the_raw_layer_is_the_file(folder):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        stages = dict(con.execute("select deal_stage, count(*) from raw.opportunities group by all").fetchall())
        assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
        blank = "nullif(trim(account), '') is null"
        count = "select count(*) filter ({}), count(*) filter (product = 'GTXPro') from raw.opportunities"
        assert con.execute(count.format(blank)).fetchone() == (1425, 1480)
        columns = [
            name for name, *_ in con.execute("describe raw.opportunities").fetchall() if not name.startswith("_")
        ]
        listed = ", ".join(columns)
        stored = con.execute(f"select {listed} from raw.opportunities order by _row").fetchall()
        assert con.execute("select count(*), count(distinct sector) from raw.accounts").fetchone() == (85, 10)
    delivered = [tuple(row[name] or None for name in columns) for row in read("sales_pipeline.csv")]
    assert [tuple(cell or None for cell in row) for row in stored] == delivered


def test_the_first_deal_went_where_nobody_was_owed_anything(folder):
    first = "select member_id, balance_before, turn from marts.fct_decisions where pool_id = 'central' order by turn"
    assert rows(folder, f"{first} limit 1") == [("Darcel Schlecht", 0, 0)]
    delivered = dict(rows(folder, "select item_id, delivered_owner_id from marts.fct_items where outcome = 'assigned'"))
    had = {row["opportunity_id"]: row["sales_agent"] for row in read("sales_pipeline.csv") if row["engage_date"]}
    assert delivered == had

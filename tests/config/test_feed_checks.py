"""What policies ask for and no feed delivers is warned of; nothing is refused."""

from rr_pipeline.config import load_project
from tests.e2e.projects import SOURCES_YAML, policy, write_project

HISTORY = """
  history:
    table: ownership_history
    location: history*.csv
    mapping: {object_type: Type, item_id: Item, owner_id: Owner, from_at: From}
"""
DEALS = """
  deals:
    table: opportunities
    location: deals*.csv
    mapping: {owner_id: Owner, account_id: Account}
"""


def warnings(folder, sources, **rules):
    write_project(folder, {**policy([{"user": "a"}]), **rules}, sources=sources)
    return [(one.file, one.field, one.code, one.message) for one in load_project(folder).warnings]


def test_a_claim_that_nothing_feeds(tmp_path):
    ownership = {"precedence": ["history", "contact", "survivor"]}
    found = warnings(tmp_path / "unfed", SOURCES_YAML, ownership=ownership)
    assert [one[:3] for one in found] == [("policies/v1.yaml", "ownership.precedence", "CLAIM_UNFED")] * 2
    assert {word for one in found for word in ("ownership_history", "contacts") if f"table: {word}" in one[3]} == {
        "ownership_history",
        "contacts",
    }
    assert warnings(tmp_path / "fed", SOURCES_YAML + HISTORY, ownership={"precedence": ["history"]}) == []
    assert warnings(tmp_path / "default", SOURCES_YAML, ownership={"keep_inactive": "true"}) == []
    usual = ["opportunity", "contact", "account", "survivor"]
    assert warnings(tmp_path / "usual", SOURCES_YAML, ownership={"precedence": usual}) == []
    ((_, _, code, message),) = warnings(tmp_path / "more", SOURCES_YAML, ownership={"precedence": ["history", *usual]})
    assert (code, "ownership_history" in message) == ("CLAIM_UNFED", True)


def test_an_opportunity_is_open_only_where_somebody_says_so(tmp_path):
    ((file, field, code, message),) = warnings(tmp_path / "unsaid", SOURCES_YAML + DEALS)
    assert (file, field, code) == ("sources.yaml", "sources.deals.mapping.is_open", "COLUMN_UNMAPPED")
    assert 'is_open: {value: "true"}' in message
    said = DEALS.replace("account_id: Account", 'account_id: Account, is_open: {value: "true"}')
    assert warnings(tmp_path / "said", SOURCES_YAML + said) == []


def test_a_limited_pool_of_several_priorities_that_says_nothing_of_those_that_wait(tmp_path):
    def found(name, sources=SOURCES_YAML, **pool):
        write_project(tmp_path / name, policy([{"user": "a"}], **pool), sources=sources)
        return [(one.file, one.field, one.code) for one in load_project(tmp_path / name).warnings]

    starves = [("policies/v1.yaml", "pools.pool", "PRIORITY_STARVES")]
    assert found("daily", limits={"daily": 3}) == starves
    assert found("capacity", max_open=3) == starves
    assert found("told", limits={"daily": 3}, while_waiting=[{"after": "1h", "do": "raise"}]) == []
    bounded = {"hold_for": "1h", "then": "default_owner", "default_owner": "a"}
    assert found("bounded", limits={"daily": 3}, **bounded) == []
    assert found("no-limits") == []
    plain = SOURCES_YAML.replace("      priority: Priority\n", "")
    assert found("no-priorities", plain, limits={"daily": 3}) == []

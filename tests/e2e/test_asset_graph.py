"""Dagster's asset graph: edges are what a table is made of in the same run, no more and no less."""

import dagster as dg
import pytest

from rr_pipeline.orchestration.assets.graph import ROTATION, TERRITORIES
from rr_pipeline.orchestration.assets.routing_run import SPECS

DEPS = {spec.key.to_user_string(): {dep.asset_key.to_user_string() for dep in spec.deps} for spec in SPECS}
LINEAGE = {spec.key.to_user_string(): spec.metadata["dagster/column_lineage"].deps_by_column for spec in SPECS[:-1]}
BY_HAND = {
    "staging/stg_items": {"raw/records"},
    # The first touch of an item decides of its interval; owners' zones come with the users.
    "marts/mart_reassignments": {"marts/fct_sla"},
    "marts/mart_fairness": {"ops/fair_shares", "marts/dim_members"},
    "marts/fct_settlements": {"router/rotation"},
    # Pools are what the config says, and nothing that is delivered.
    "marts/dim_pools": set(),
    "intermediate/identities": {"intermediate/due_items", "staging/stg_items"},
}
"""Read in the SQL files of each."""


@pytest.mark.parametrize("key", BY_HAND)
def test_asset_depends_on_what_it_is_made_of(key):
    assert DEPS[key] == BY_HAND[key]


def test_few_tables_are_made_of_territories_and_rotation_themselves():
    both = {TERRITORIES.to_user_string(), ROTATION.to_user_string()}
    # Whom owners are told of, and what people changed, comes of both.
    assert {key for key, deps in DEPS.items() if both <= deps} == {
        "marts/fct_decisions", "marts/fct_item_events", "marts/fct_items", "marts/fct_ownership", "marts/fct_sla",
        "marts/fct_waits", "ops/outbox", "ops/runs",
    }  # fmt: skip


def test_graph_has_no_cycle_and_every_edge_leads_to_an_asset():
    assert set().union(*DEPS.values()) <= set(DEPS)
    dg.Definitions(
        assets=[dg.AssetSpec(key.split("/"), deps=[dep.split("/") for dep in deps]) for key, deps in DEPS.items()]
    ).resolve_asset_graph()


def test_columns_tell_of_what_they_are_made():
    lineage = LINEAGE["marts/mart_fairness"]
    # deviation_turns is turns less fair share, both summed over days of ops.fair_shares.
    assert {(dep.asset_key.to_user_string(), dep.column_name) for dep in lineage["deviation_turns"]} == {
        ("ops/fair_shares", "turn_count"),
        ("ops/fair_shares", "fair_share_parts"),
    }


def test_column_is_followed_through_tables_that_are_no_assets():
    # fct_items takes the person from int_routing, and the account from int_item_contexts, which is no asset.
    lineage = LINEAGE["marts/fct_items"]
    assert ("intermediate/routing", "person_id") in {
        (dep.asset_key.to_user_string(), dep.column_name) for dep in lineage["person_id"]
    }
    assert {dep.asset_key.to_user_string() for dep in lineage["account_id"]} <= DEPS["marts/fct_items"]


def test_most_columns_of_marts_tell_it():
    told = {key: columns for key, columns in LINEAGE.items() if key.startswith("marts/")}
    assert sum(map(len, told.values())) > 150

"""What a statement reads may be cut as its header says: the parts give the rows that the whole gives.

On the tables of a demo's run that takes everything up, cut at random. A cluster relies on it.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rr_pipeline.config import load_project
from rr_pipeline.examples.demo import write_demo
from rr_pipeline.runs.run import STEPS, perform_all
from rr_pipeline.session.session import open_session
from rr_pipeline.steps.flow import read_flow, select_of
from rr_pipeline.warehouse.sql_files import LENT
from rr_pipeline.warehouse.statement_tree import read_trees
from tests.tools.cuts import differing_rows

GONE = {"int_item_keys", "quarantine", "stored_persons"}
"""Made of tables that are gone when the run is done with them, or that a first run does not make."""

FLOW = read_flow()
EVERY = [one for one in (*FLOW.relations.values(), *FLOW.statements) if one.sql.by and one.name not in GONE]
TREES = {
    one.name: (one.sql.by, tree)
    for one, tree in zip(EVERY, read_trees([select_of(one.sql) for one in EVERY]), strict=True)
    if tree.tables and LENT not in tree.tables and "$" not in select_of(one.sql)
}


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    """A connection inside the run of a demo, after its last step but the proof."""
    folder = tmp_path_factory.mktemp("cuts") / "demo"
    write_demo(folder, 300, 3, 30, lambda *_: None)
    project = load_project(folder)
    with open_session(project) as session:
        perform_all(session, STEPS[:-1])
        yield session.con


def test_many_statements_may_be_cut():
    assert len(TREES) > 50


@pytest.mark.parametrize("name", sorted(TREES))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), parts=st.integers(2, 4))
def test_parts_give_the_rows_of_the_whole(name, con, seed, parts):
    by, tree = TREES[name]
    _, apart = differing_rows(con, tree, by, {}, seed=seed, parts=parts)
    assert apart == 0


WRONG = {
    # Numbered over all of them.
    "int_due_items": "rows of int_arrivals",
    "int_traits": "rows of int_routing",
    # A delivery's frontier comes from those before it.
    "int_batches": "key(ingest_batch)",
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_cut_is_found(name, con):
    relation = FLOW.relations[name]
    assert not relation.sql.by
    (tree,) = read_trees([select_of(relation.sql)])
    assert any(differing_rows(con, tree, WRONG[name], {}, seed=seed, parts=3)[1] for seed in range(3))

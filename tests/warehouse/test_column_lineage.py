"""Where columns of a SELECT come from: given statements -> expected origins, each read off the statement by eye."""

import pytest

from rr_pipeline.warehouse.column_lineage import origins_of
from rr_pipeline.warehouse.statement_tree import read_trees, replaced_all

TABLES = {"items": ["id", "owner", "since"], "marts.owners": ["owner", "name"]}

CASES = {
    "columns as they are": ("select id, owner as who from items", {"id": {"items.id"}, "who": {"items.owner"}}),
    "an expression of several": ("select id || owner as both from items", {"both": {"items.id", "items.owner"}}),
    "a condition is no origin": ("select id from items where owner = 'a'", {"id": {"items.id"}}),
    "a join by names": (
        "select i.id, o.name from items as i inner join marts.owners as o on o.owner = i.owner",
        {"id": {"items.id"}, "name": {"marts.owners.name"}},
    ),
    "a common table expression": (
        "with late as (select id, since + 1 as later from items) select later from late",
        {"later": {"items.since"}},
    ),
    "a star": ("select * from items", {"id": {"items.id"}, "owner": {"items.owner"}, "since": {"items.since"}}),
    "a star without one and with one replaced": (
        "select * exclude (since) replace (upper(owner) as owner) from items",
        {"id": {"items.id"}, "owner": {"items.owner"}},
    ),
    "a union by place": (
        "select id from items union all select name from marts.owners",
        {"id": {"items.id", "marts.owners.name"}},
    ),
    "a name given to the left": ("select id as a, a || '!' as b from items", {"a": {"items.id"}, "b": {"items.id"}}),
    "a subquery as a value": (
        "select (select max(name) from marts.owners) as best from items",
        {"best": {"marts.owners.name"}},
    ),
    "a table whose columns are not known": (
        "select x.a, b from somewhere as x",
        {"a": {"somewhere.a"}, "b": {"somewhere.b"}},
    ),
    "a literal": ("select 1 as one from items", {"one": set()}),
}


def shown(text):
    (tree,) = read_trees([text])
    found = origins_of(tree, lambda table: TABLES.get(table, []))
    return {column: {f"{table}.{name}" for table, name in origins} for column, origins in found.items()}


@pytest.mark.parametrize("name", CASES)
def test_origins_of_columns(name):
    statement, expected = CASES[name]
    assert shown(statement) == expected


def test_statement_reads_other_tables_where_they_are_put_in_place():
    (tree,) = read_trees(["with items as (select * from items) select * from items, marts.owners"])
    text = replaced_all(tree, {"items": "part_of_items", "marts.owners": "part_of_owners"})
    (other,) = read_trees([text])
    assert other.tables == {"part_of_items", "part_of_owners"}


def test_what_is_no_select_is_refused():
    with pytest.raises(ValueError, match="SELECT"):
        read_trees(["delete from items"])

"""A cell too long for anything that belongs in it is not read, and its row is named."""

from __future__ import annotations

import pytest

from rr_pipeline.config import CANONICAL
from rr_pipeline.config.canonical import key_of
from rr_pipeline.staging.mapping_sql import MAX_CELL_BYTES
from rr_pipeline.staging.staging import stage

from .conftest import load_raw, make_project, make_source, open_memory, stage_rows, staged

AT = "2026-03-02T09:00:00Z"
LONG = ";".join(f"person{number}@somewhere.example" for number in range(20_000))


@pytest.mark.parametrize("column", ["email", "other_emails", "needed_skills", "phone", "full_name", "website", "tier"])
def test_one_cell_is_left_out_and_the_rest_goes_on(column):
    rows = [{"item_id": "L1", "created_at": AT, column: LONG}, {"item_id": "L2", "created_at": AT, column: "x"}]
    long, short = stage_rows(rows)
    assert (long["item_id"], long["cell_code"], long[column]) == ("L1", "CELL_TOO_LONG", None)
    assert short["cell_code"] is None


@pytest.mark.parametrize("table", CANONICAL)
def test_every_table_is_bounded(table):
    own = key_of(table)
    whole = {name: None if name == own else "x" * (MAX_CELL_BYTES + 1) for name in CANONICAL[table]}
    (row,) = stage_rows([{**whole, own: "A"} if own else whole], table)
    assert row["cell_code"] == "CELL_TOO_LONG"


def test_lists_of_json_and_joined_columns_are_bounded_too():
    rows = [{"item_id": "L1", "created_at": AT, "email": '["' + LONG.replace(";", '","') + '"]'}]
    (row,) = stage_rows(rows, format="jsonl")
    assert (row["cell_code"], row["email"], row["other_emails"]) == ("CELL_TOO_LONG", None, None)


def test_an_id_keeps_the_code_of_its_own():
    (row,) = stage_rows([{"item_id": LONG, "created_at": AT}])
    assert (row["id_code"], row["cell_code"]) == ("ID_TOO_LONG", None)


def test_many_addresses_cost_their_length_not_its_square():
    cell = "; ".join(f"p{number}@x.example" for number in range(500))
    assert len(cell) < MAX_CELL_BYTES
    con = open_memory()
    source = make_source(columns=("item_id", "created_at", "email"))
    load_raw(con, source.name, [{"item_id": "L1", "created_at": AT, "email": cell}], 1)
    stage(con, make_project(source), [1])
    (row,) = staged(con)
    assert (row["email"], len(row["other_emails"]), row["email_code"]) == ("p0@x.example", 499, "EMAIL_SEVERAL")
    query = "select count(*), sum(length(odd_email_pieces::varchar)) from odd_email_pieces"
    ((pieces, size),) = con.execute(query).fetchall()
    assert pieces == 500
    assert size < 20 * len(cell)

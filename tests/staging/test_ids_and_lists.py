"""Ids that are no ids, and cells of JSON and Parquet that are lists."""

from __future__ import annotations

import json

import pytest

from .conftest import stage_rows

NO_IDS = ["nan", "NaN", "None", "undefined", "(null)", "<NA>", "[null]", "nil", "NaT", "[object Object]", "inf", "--"]
AT = "2026-03-02T09:00:00Z"
OWN = {
    "items": {"item_id": None, "created_at": AT},
    "accounts": {"account_id": None, "name": "A"},
    "contacts": {"contact_id": None, "name": "A"},
    "users": {"user_id": None, "name": "A"},
    "absences": {"user_id": None, "start": "2026-03-02", "end": "2026-03-03"},
    "activities": {"activity_id": None, "occurred_at": AT},
    "ownership_history": {"item_id": None, "object_type": "lead", "owner_id": "u1", "from_at": AT},
}
REFERENCES = {
    "items": ("owner_id", "account_id", "contact_id"),
    "accounts": ("owner_id", "parent_account_id"),
    "contacts": ("account_id", "owner_id"),
    "opportunities": ("opportunity_id", "account_id", "owner_id"),
    "users": ("manager_id",),
    "activities": ("item_id", "contact_id", "account_id", "user_id"),
    "ownership_history": ("owner_id",),
}


@pytest.mark.parametrize("table", OWN)
def test_what_a_program_writes_for_no_id_is_none(table):
    (own,) = (name for name, value in OWN[table].items() if value is None)
    rows = stage_rows([{**OWN[table], own: text} for text in [*NO_IDS, "#REF!", "Nanna", "0", "NA", "null-7"]], table)
    assert [row["id_code"] for row in rows] == ["ID_MISSING"] * len(NO_IDS) + ["ID_MANGLED", None, None, None, None]


@pytest.mark.parametrize("table", REFERENCES)
def test_as_a_reference_it_is_empty(table):
    whole = {name: value or "X1" for name, value in OWN.get(table, {"is_open": "true"}).items()}
    given = [*NO_IDS, "#N/A", "u-17"]
    rows = stage_rows([{**whole, **dict.fromkeys(REFERENCES[table], text)} for text in given], table)
    for column in REFERENCES[table]:
        found = [row[column] for row in rows]
        if column == "opportunity_id":  # one without an id gets one
            found = [None if value.startswith("without id:") else value for value in found]
        assert found == [None] * (len(given) - 1) + ["u-17"], column


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_list_is_its_values(form):
    lists = [["french"], [], ["french", "Dutch"], [None, ""], "french"]
    cells = [value if isinstance(value, str) else json.dumps(value) for value in lists]
    rows = stage_rows(
        [
            {
                "item_id": f"L{place}",
                "created_at": AT,
                "needed_skills": cell,
                "email": '["ada@b.example"]',
                "tier": cell,
            }
            for place, cell in enumerate(cells)
        ],
        format=form,
    )
    assert [row["needed_skills"] for row in rows] == [["french"], None, ["dutch", "french"], None, ["french"]]
    assert [row["tier"] for row in rows] == ["french", None, "french;Dutch", None, "french"]
    assert {(row["email"], row["email_code"]) for row in rows} == {("ada@b.example", None)}


def test_lists_of_lists_and_text_in_brackets_stay_as_they_are():
    cells = ['[["a"]]', '[{"a":1}]', "[broken", "[x]"]
    rows = stage_rows([{"item_id": "L", "created_at": AT, "tier": cell} for cell in cells], format="jsonl")
    assert [row["tier"] for row in rows] == cells
    (csv,) = stage_rows([{"item_id": "L", "created_at": AT, "tier": '["a"]'}])
    assert csv["tier"] == '["a"]'

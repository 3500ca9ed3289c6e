"""Identity keys of staged items."""

from __future__ import annotations

import pytest

from rr_pipeline.staging.staging import stage
from rr_pipeline.steps.identity_keys import identity_keys_sql

from .conftest import load_raw, make_project, make_source, open_memory

ROWS = [
    {"item_id": "1", "email": "Ada@x.no; b@x.no", "phone": "22 33 44 55", "first_name": "Ada", "last_name": "Lovelace"},
    {"item_id": "2", "email": "b@x.no", "phone": "+47 22334455", "full_name": "LOVELACE, Ada"},
    {"item_id": "3", "email": None, "phone": "22 33 44 55", "full_name": "Bob"},
    {"item_id": "4", "email": None, "phone": "22 33 44 55"},
    {"item_id": "5", "email": None, "phone": "1", "full_name": "Ada Lovelace"},
    {"item_id": "6", "email": None, "phone": "22 33 44 55", "last_name": "Zoë"},
]


def keys(*kinds: str) -> list[tuple[int, str]]:
    con = open_memory()
    load_raw(con, "feed", ROWS, 1)
    columns = ("item_id", "email", "phone", "first_name", "last_name", "full_name")
    stage(con, make_project(make_source(columns=columns), phone_region="NO"), [1])
    return con.execute(
        f"select row_number, key_text from ({identity_keys_sql('staged_items', kinds, ('row_number',))}) order by all"
    ).fetchall()


def test_each_address_is_a_key() -> None:
    assert keys("email") == [(1, "email:ada@x.no"), (1, "email:b@x.no"), (2, "email:b@x.no")]


def test_a_number_counts_with_a_name() -> None:
    assert keys("phone_and_name") == [
        (1, "phone_and_name:+4722334455 ada lovelace"),
        (2, "phone_and_name:+4722334455 ada lovelace"),
        (3, "phone_and_name:+4722334455 bob"),
        (6, "phone_and_name:+4722334455 zoe"),
    ]
    assert len(keys("phone_and_name", "email")) == 7


@pytest.mark.parametrize("kinds", [[], ["fax"], ["email", "fax"]])
def test_unknown_keys_are_refused(kinds: list[str]) -> None:
    with pytest.raises(ValueError, match="email, phone_and_name"):
        identity_keys_sql("staged_items", kinds)

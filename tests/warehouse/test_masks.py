"""What of delivered texts is published: ids, declared words and codes as they are, all else as a keyed hash."""

import hashlib
import json

import duckdb
import pytest

from rr_pipeline.personal import hidden, keyed_hash, looks_personal
from rr_pipeline.warehouse import masks as module
from rr_pipeline.warehouse.masks import KINDS, Masks, masked_columns, masked_select
from rr_pipeline.warehouse.sql_files import layer_files, parse_sql

KEY = "a key of ' its own"
MASKS = Masks(
    KEY,
    users=frozenset({"kari@firma.no", "Ola Nordmann"}),
    words={"campaign": frozenset({"spring fair", "o'neil"}), "tier": frozenset()},
    as_delivered=frozenset({"source_channel", "item_id"}),
    countries=frozenset({"NO", "SE"}),
    columns=frozenset({"e-mail", "lead source"}),
    keyed_sources=frozenset({"events"}),
)
IDS = (
    "1", "00042", "4791234567", "00Q5g00000AbCdE", "L-00017", "2026-06-0117", "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "{8A2F-77}", "ticket:17", "a", "ann", "acme_corp", "w1/2", "ABC", "updated", "112-7744-99881", "late-lead",
)  # fmt: skip
NO_IDS = (
    "emil@firma.no", "emil@firma", "<emil>", "+4791234567", "+47 912 34 567", "912 34 567", "555-123-4567", "(555)1234",
    "0171-2345678", "1-555-123-4567", "020.7946.0958", "Emil", "Noriega", "Jean-Luc", "O'Brien", "Emil Noriega", "Namé",
    "Kari Nordmann (kari@firma.no)", "Ødegård", "note, with text", " x", "a\tb", "",
)  # fmt: skip


def shown(kind, values, column="value", masks=MASKS, source="leads"):
    """What is published of the values in a column with that mask."""
    with duckdb.connect() as con, pytest.MonkeyPatch.context() as patch:
        con.execute("attach ':memory:' as warehouse")
        con.execute(f"create table warehouse.main.t (place integer, source varchar, {column} varchar)")
        con.executemany("insert into warehouse.main.t values (?, ?, ?)", [(n, source, v) for n, v in enumerate(values)])
        patch.setattr(module, "masked_columns", lambda: {"main.t": {column: kind}})
        columns = masked_select(con, "main.t", masks)
        rows = con.execute(f"select {column} from (select {columns} from warehouse.main.t) order by place").fetchall()
    return [value for (value,) in rows]


def is_shown(kind, values, **options):
    return [value == given for value, given in zip(shown(kind, values, **options), values, strict=True)]


@pytest.mark.parametrize("kind", ["id", "user"])
def test_ids_are_published_and_what_may_be_a_person_is_not(kind):
    assert shown(kind, IDS) == list(IDS)
    assert shown(kind, NO_IDS) == [hidden(KEY, text) for text in NO_IDS]
    assert shown(kind, [None]) == [None]


def test_users_that_the_project_names_are_published_whatever_their_form():
    assert shown("user", ["kari@firma.no", "Ola Nordmann"]) == ["kari@firma.no", "Ola Nordmann"]
    assert is_shown("id", ["kari@firma.no", "Ola Nordmann"]) == [False, False]


def test_words_are_published_where_they_are_declared_for_their_column():
    assert is_shown("word", ["Spring Fair ", "o'neil", "spring", "emil"], column="campaign") == [
        True,
        True,
        False,
        False,
    ]
    assert is_shown("word", ["spring fair"], column="tier") == [False]
    assert is_shown("word", ["spring fair"], column="product_interest") == [False]


def test_a_column_published_as_delivered_still_shows_no_address_and_no_number():
    texts = (
        "Web",
        "2026-06-15 launch",
        "20260615",
        "Q3/2026 (EMEA)",
        "Emil N., +47 912",
        "x@y",
        "912 34 567",
        "0047912345678",
    )
    assert is_shown("word", texts, column="source_channel") == [True, True, True, True, False, False, False, False]


def test_ids_published_as_delivered_still_show_no_address_and_no_number():
    texts = ("Case 3608", "Acme, Inc.", "emil@firma.no", "+47 912 34 567")
    assert is_shown("id", texts, column="item_id") == [True, True, False, False]
    assert is_shown("id", texts, column="duplicate_of") == [True, True, False, False]
    assert is_shown("id", texts, column="account_id") == [False] * 4


def test_countries_are_published_as_their_codes():
    assert is_shown("country", ["NO", "SE", "XX", "no", "Norway", "Emil"]) == [True, True, False, False, False, False]


def test_names_of_columns_are_published_where_they_cannot_be_values():
    names = ("E-mail", "Lead Source", "Region__c", "Emil", "emil@firma.no", "4791234567", "+47", "")
    assert is_shown("column", names) == [True, True, True, True, False, False, False, False]
    # Records that name their own columns may have a person for a key.
    assert is_shown("column", names, source="events") == [True, True, *[False] * 6]


def test_ids_within_a_message_are_those_of_the_columns():
    masks = Masks(KEY, users=MASKS.users)
    payload = {
        "message_id": "m1", "recipient_id": "kari@firma.no", "item_id": 'emil "the" x@firma.no', "owner_id": "u1",
        "previous_owner_id": "Per Hansen", "reason": "rotation", "due_at": None,
    }  # fmt: skip
    plain = {**payload, "item_id": "L1", "previous_owner_id": None}
    texts = [json.dumps(one, separators=(",", ":")) for one in (payload, plain)]
    masked, same = shown("message", texts, masks=masks)
    expected = {
        **payload, "item_id": hidden(KEY, payload["item_id"]), "previous_owner_id": hidden(KEY, "Per Hansen"),
    }  # fmt: skip
    assert (json.loads(masked), same) == (expected, texts[1])
    assert list(json.loads(masked)) == list(payload)


def test_a_hash_is_keyed_and_that_of_ops_quarantine():
    assert hidden(KEY, "Emil") == "hash:" + hashlib.sha256((KEY + "Emil").encode()).hexdigest()[:16]
    assert keyed_hash(KEY, b"Emil") == hidden(KEY, "Emil").removeprefix("hash:")
    assert shown("id", ["Emil"], masks=Masks("another")) != shown("id", ["Emil"])


def test_other_declarations_and_keys_are_other_masks_and_tell_nothing():
    others = [
        Masks(KEY),
        Masks("k"),
        Masks(KEY, as_delivered=frozenset({"tier"})),
        Masks(KEY, words={"tier": frozenset()}),
    ]
    assert len({one.fingerprint for one in (MASKS, *others)}) == 5
    assert Masks(KEY, users=frozenset("ab")).fingerprint == Masks(KEY, users=frozenset("ba")).fingerprint
    assert KEY not in repr(MASKS)


def test_what_looks_like_a_value_is_no_name_of_a_column():
    assert [looks_personal(text) for text in ("x@y", "+47", "12", "(x)", "", "Name 12345", "Name", "E-mail 1")] == [
        True, True, True, True, True, True, False, False,
    ]  # fmt: skip


def test_masks_of_headers_name_columns_and_kinds_and_no_column_that_tables_change_by():
    for name, columns in masked_columns().items():
        (sql,) = [one for one in layer_files(name.split(".")[0]) if one.name == name]
        assert set(columns) <= set(sql.columns), name
        assert set(columns.values()) <= set(KINDS), name
        assert sql.changes.partition(" by ")[2] not in columns, name
    with pytest.raises(ValueError, match="masks are written"):
        parse_sql("-- marts.x: text\n-- masks: item_id\nselect 1", "x.sql")

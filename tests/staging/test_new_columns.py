"""A canonical column is one entry: what a source delivers arrives, in a new warehouse and in one of before."""

import json
import re

import duckdb
import pytest

from rr_pipeline.config.canonical import CANONICAL, COLUMNS, staged_columns
from rr_pipeline.staging.staging import stage
from rr_pipeline.warehouse.sql_files import read_sql
from tests.e2e.projects import LEAD_COLUMNS, SOURCES_YAML, lead, policy, rows, run_project, write_leads, write_project
from tests.staging.conftest import make_project, open_memory
from tests.tools.changed_modules import run_changed, text_of

CANONICAL_MODULE = "rr_pipeline.config.canonical"
ADDED = {
    "items": [
        'Column("region", "text", "sales region")',
        'Column("grade", "word", "grade of the lead")',
        'Column("seat_count", "whole", "seats asked for")',
        'Column("renews_at", "time", "when the contract ends")',
        'Column("hobbies", "words", "what it likes")',
        'Column("is_partner", "switch", "whether a partner sent it", if_empty=False)',
    ],
    "contacts": ['Column("birthday", "time", "day of birth")', 'Column("child_count", "number", "children")'],
}
MORE = {"region": "Region", "grade": "Grade", "seat_count": "Seats", "renews_at": "Renews", "hobbies": "Hobbies",
        "is_partner": "Partner"}  # fmt: skip
CONTACTS = """
  people:
    table: contacts
    location: people*.csv
    format: csv
    delivered_at: "people_%Y%m%dT%H%M.csv"
    mapping: {contact_id: Id, name: Name, birthday: Born, child_count: Children}
"""
CELLS = {"Region": "Nord", "Grade": "Very-Good", "Seats": "1 200", "Renews": "2026-05-01T10:00:00+02:00",
         "Hobbies": "Chess;Golf", "Partner": "yes"}  # fmt: skip


def with_entries(text):
    """The module of canonical columns with an entry at the end of each table that is to have more."""
    for table, added in ADDED.items():
        end = text.index("\n    ),\n", text.index(f'    "{table}": (\n'))
        text = text[:end] + "".join(f"\n        {entry}," for entry in added) + text[end:]
    return text


def rules():
    """Two pools: very good leads of many seats go to the second."""
    one = policy([{"user": "a"}])
    best = {"name": "best", "when": {"grade": ["very good"], "seat_count": {"min": 1000}}, "pool": "best"}
    return one | {
        "version": "v2",
        "effective_from": "2026-03-02T10:00:00Z",
        "pools": {**one["pools"], "best": {"members": [{"user": "b"}]}},
        "territories": [best],
    }


def deliver(folder, hour):
    """One lead that fills the new columns, one whose cells are none, one without them; two contacts."""
    (folder / "sources.yaml").write_text(
        SOURCES_YAML + "".join(f"      {ours}: {theirs}\n" for ours, theirs in MORE.items()) + CONTACTS
    )
    (folder / "policies" / "v2.yaml").write_text(json.dumps(rules()))
    wrong = {"Seats": "many", "Renews": "soon", "Partner": "perhaps"}
    new = [lead(101, **CELLS), lead(102, **wrong), lead(103)]
    path = folder / "landing" / f"leads_20260302T{hour}.csv"
    columns = (*LEAD_COLUMNS, *MORE.values())
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in new)]
    path.write_text("\n".join(lines) + "\n")
    (folder / "landing" / f"people_20260302T{hour}.csv").write_text(
        "Id,Name,Born,Children\nC1,Ada,1995-12-10T00:00:00Z,2\nC2,Bo,whenever,some\n"
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A project that has run before, and a new one, after a run of the version with more columns."""
    made = tmp_path_factory.mktemp("columns")
    before = write_project(made / "before", policy([{"user": "a"}]))
    write_leads(before, [lead(1), lead(2)], "leads_20260302T0930.csv")
    run_project(before)
    new = write_project(made / "new", policy([{"user": "a"}]))
    for folder in (before, new):
        deliver(folder, "1130")
    run_changed({CANONICAL_MODULE: with_entries(text_of(CANONICAL_MODULE))}, made, before, new)
    return before, new


def inside(folder, query):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(query).fetchall()


@pytest.mark.parametrize("which", [0, 1], ids=["a warehouse of before", "a new one"])
def test_cells_arrive_by_their_kind(folders, which):
    query = """
        select region, grade, seat_count, strftime(renews_at, '%Y-%m-%d %H:%M'), hobbies, is_partner, number_code,
            boolean_code, renews_at_code
        from staging.stg_items where item_id >= 'L00101' order by item_id"""
    assert inside(folders[which], query) == [
        ("Nord", "Very-Good", 1200, "2026-05-01 08:00", ["chess", "golf"], True, None, None, None),
        (None, None, None, None, None, False, "NUMBER_INVALID", "BOOLEAN_INVALID", "TIME_INVALID"),
        (None, None, None, None, None, False, None, None, None),
    ]
    kinds = "select column_type from (describe staging.stg_items) where column_name in ('seat_count', 'renews_at')"
    assert sorted(inside(folders[which], kinds)) == [("BIGINT",), ("TIMESTAMP WITH TIME ZONE",)]
    people = "select contact_id, cast(birthday as date)::varchar, child_count from staging.stg_contacts order by 1"
    assert inside(folders[which], people) == [("C1", "1995-12-10", 2.0), ("C2", None, None)]


@pytest.mark.parametrize("which", [0, 1], ids=["a warehouse of before", "a new one"])
def test_conditions_may_ask_for_it_and_bad_cells_are_counted(folders, which):
    given = "select item_id, owner_id from marts.fct_items where item_id >= 'L00101' order by item_id"
    assert rows(folders[which], given) == [("L00101", "b"), ("L00102", "a"), ("L00103", "a")]
    counted = """
        select suite, code, failed_count from ops.quality_results
        where failed_count > 0 and code in ('NUMBER_INVALID', 'BOOLEAN_INVALID', 'TIME_INVALID') order by all"""
    assert rows(folders[which], counted) == [
        ("staged_contacts", "NUMBER_INVALID", 1),
        ("staged_contacts", "TIME_INVALID", 1),
        ("staged_items", "BOOLEAN_INVALID", 1),
        ("staged_items", "NUMBER_INVALID", 1),
        ("staged_items", "TIME_INVALID", 1),
    ]


def test_a_row_that_does_not_fill_it_keeps_its_hash(folders):
    """Deliveries of before come again without being other rows."""
    hashes = dict(inside(folders[1], "select item_id, row_hash from staging.stg_items"))
    assert hashes["L00103"] == _hash_of_today(folders[0].parent / "again", lead(103))
    assert len(set(hashes.values())) == 3


def _hash_of_today(folder, row):
    write_project(folder, policy([{"user": "a"}]))
    write_leads(folder, [row], "leads_20260302T1130.csv")
    run_project(folder)
    ((found,),) = inside(folder, "select row_hash from staging.stg_items")
    return found


@pytest.mark.parametrize("table", CANONICAL)
def test_headers_name_every_other_column_of_staging(table):
    """A canonical column is told of by its entry, all others by the header of the SQL that makes them."""
    con = open_memory()
    stage(con, make_project(), [])
    made = {name for name, *_ in con.execute(f"describe staging.stg_{table}").fetchall()}
    con.close()
    assert made == {*read_sql("staging", f"staged_{table}").columns, *staged_columns(table), "row_hash"}


@pytest.mark.parametrize("table", CANONICAL)
def test_columns_that_staging_drops_have_names_of_their_own(table):
    """Else a canonical column that is added under such a name would be dropped without a word."""
    known = {"source_time_zone", *CANONICAL[table], *(f"{column.name}_code" for column in COLUMNS[table])}
    statement = read_sql("staging", f"staged_{table}").statement
    dropped = {
        name.strip(' "\n') for names in re.findall(r"exclude \(([^)]*)\)", statement) for name in names.split(",")
    }
    assert all(name.startswith("_") for name in dropped - known)
    assert not [name for name in CANONICAL[table] if name.startswith("_")]

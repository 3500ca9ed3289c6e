"""The staged tables beside the items: given rows -> expected rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rr_pipeline.config import CANONICAL
from rr_pipeline.staging.staging import stage
from rr_pipeline.warehouse.sql_files import read_sql

from .conftest import Row, load_raw, make_project, make_source, open_memory, stage_rows, staged


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def only(row: Row, **expected: Any) -> None:
    assert {name: row[name] for name in expected} == expected


def test_users() -> None:
    rows = [
        {
            "user_id": "u1",
            "is_active": "yes",
            "time_zone": "Europe/Oslo",
            "active_from": "2026-01-01",
            "active_until": "2026-01-31",
        },
        {
            "user_id": "u2",
            "is_active": None,
            "time_zone": "europe/oslo",
            "active_from": "2026-01-01",
            "active_until": None,
        },
        {
            "user_id": "u3",
            "is_active": "no",
            "time_zone": None,
            "active_from": "2026-01-01T00:00:00Z",
            "active_until": "x",
        },
        {
            "user_id": "u4",
            "is_active": "hm",
            "time_zone": "EST",
            "active_from": None,
            "active_until": "2026-01-31T12:00:00Z",
        },
    ]
    first, second, third, fourth = stage_rows(rows, "users", options={"time_zone": "Asia/Tokyo"})
    only(
        first,
        is_active=True,
        active_from=at("2025-12-31T23:00"),
        active_until=at("2026-01-31T23:00"),
        time_zone="Europe/Oslo",
    )
    only(second, is_active=True, active_from=at("2025-12-31T15:00"), time_zone=None, time_zone_code="TIME_ZONE_UNKNOWN")
    only(third, is_active=False, active_from=at("2026-01-01T00:00"), active_until=None, time_code="TIME_INVALID")
    only(fourth, is_active=True, boolean_code="BOOLEAN_INVALID", active_until=at("2026-01-31T12:00"), time_code=None)
    assert stage_rows([rows[1]], "users")[0]["time_code"] == "TIME_ZONE_UNKNOWN"


def test_absences() -> None:
    rows = [
        {"user_id": "u1", "start": "2026-07-01", "end": "2026-07-21", "kind": "Vacation"},
        {"user_id": "u1", "start": "2026-07-01T08:00:00Z", "end": "2026-07-01T12:00:00Z", "kind": None},
        {"user_id": "u1", "start": "2026-07-01 08:00", "end": "2026-07-02", "kind": None},
        {"user_id": "u1", "start": "2026-07-01", "end": None, "kind": None},
        {"user_id": "u1", "start": None, "end": "2026-07-01", "kind": None},
        {"user_id": None, "start": "2026-02-30", "end": "2026-07-01", "kind": None},
    ]
    found = stage_rows(rows, "absences", options={"time_zone": "Europe/Oslo"})
    nothing = {"start_date": None, "end_date": None, "start_at": None, "end_at": None}
    expected = [
        {
            **nothing,
            "start_date": date(2026, 7, 1),
            "end_date": date(2026, 7, 21),
            "kind": "vacation",
            "time_code": None,
        },
        {**nothing, "start_at": at("2026-07-01T08:00"), "end_at": at("2026-07-01T12:00"), "time_code": None},
        {**nothing, "start_at": at("2026-07-01T06:00"), "end_at": at("2026-07-02T22:00"), "time_code": None},
        {**nothing, "start_date": date(2026, 7, 1), "time_code": None},
        {**nothing, "end_at": None, "time_code": "TIME_MISSING"},
        {"start_date": None, "time_code": "TIME_INVALID", "id_code": "ID_MISSING"},
    ]
    for row, wanted in zip(found[:4] + found[5:], expected[:4] + expected[5:], strict=True):
        only(row, **wanted)
    assert found[4]["time_code"] == "TIME_MISSING"
    assert stage_rows([rows[0]], "absences")[0]["time_code"] is None  # bare dates need no zone yet
    assert stage_rows([rows[2]], "absences")[0]["time_code"] == "TIME_ZONE_UNKNOWN"


def test_times_of_members_that_clocks_skip_or_repeat() -> None:
    """A time in a gap is the end of the gap; of two the first begins and the second ends; each with a warning."""
    gap, twice = "2026-03-29 02:30", "2026-10-25 02:30"
    absences = [
        {"user_id": "u1", "start": gap, "end": "2026-03-29 04:00"},
        {"user_id": "u1", "start": "2026-03-29 01:00", "end": gap},
        {"user_id": "u1", "start": twice, "end": twice},
    ]
    found = stage_rows([{**row, "kind": None} for row in absences], "absences", options={"time_zone": "Europe/Oslo"})
    spans = [(row["start_at"], row["end_at"], row["time_warning"], row["time_code"]) for row in found]
    assert spans == [
        (at("2026-03-29T01:00"), at("2026-03-29T02:00"), "TIME_DST_GAP", None),
        (at("2026-03-29T00:00"), at("2026-03-29T01:00"), "TIME_DST_GAP", None),
        (at("2026-10-25T00:30"), at("2026-10-25T01:30"), "TIME_DST_REPEATED", None),
    ]
    users = [
        {"user_id": "u1", "active_from": gap, "active_until": twice, "time_zone": "Europe/Oslo"},
        {"user_id": "u2", "active_from": gap, "active_until": twice, "time_zone": "Asia/Tokyo"},
    ]
    nothing = {"name": None, "email": None, "is_active": None, "manager_id": None}
    found = stage_rows([{**nothing, **row} for row in users], "users")
    spans = [(row["active_from"], row["active_until"], row["time_warning"]) for row in found]
    assert spans[0] == (at("2026-03-29T01:00"), at("2026-10-25T01:30"), "TIME_DST_GAP")
    assert spans[1][2] is None


def test_accounts_and_contacts() -> None:
    accounts = stage_rows(
        [
            {
                "account_id": "a1",
                "name": "Acme A/S",
                "website": "https://www.acme.no",
                "domain": None,
                "country": "Norge",
            },
            {
                "account_id": None,
                "name": "Müller GmbH & Co. KG",
                "website": "x.de",
                "domain": "WWW.mueller.de",
                "country": "?",
            },
        ],
        "accounts",
    )
    only(accounts[0], domain="acme.no", country="NO", id_code=None, company_key="acme")
    only(accounts[1], domain="mueller.de", country="?", country_code="COUNTRY_UNKNOWN", id_code="ID_MISSING")
    assert accounts[1]["company_key"] == "muller"
    contact = stage_rows(
        [{"contact_id": "c1", "email": "Ada@x.no; b@x.no", "phone": "22 33 44 55", "name": "Ada"}],
        "contacts",
        standardise={"phone_region": "NO"},
    )[0]
    only(contact, email="ada@x.no", other_emails=["b@x.no"], phone="+4722334455", email_domain="x.no")


def test_opportunities_without_an_id_get_one_that_lasts() -> None:
    rows = [
        {"account_id": "a1", "contact_id": None, "owner_id": "u1", "is_open": "true", "amount": "10"},
        {"account_id": "a1", "contact_id": None, "owner_id": "u1", "is_open": "false", "amount": "1,000.5"},
        {"account_id": "a2", "contact_id": "c1", "owner_id": "u1", "is_open": None, "amount": "x"},
    ]
    found = stage_rows(rows, "opportunities")
    assert len({row["opportunity_id"] for row in found}) == 3
    assert [(row["is_open"], row["boolean_code"], row["amount"], row["number_code"]) for row in found] == [
        (True, None, 10.0, None),
        (False, None, 1000.5, None),
        (None, "OPEN_UNKNOWN", None, "NUMBER_INVALID"),
    ]
    (unclear,) = stage_rows([{**rows[0], "is_open": "perhaps"}], "opportunities")
    assert (unclear["is_open"], unclear["boolean_code"]) == (None, "BOOLEAN_INVALID")
    turned = stage_rows(rows[::-1], "opportunities")
    assert {row["opportunity_id"] for row in turned} == {row["opportunity_id"] for row in found}
    given = stage_rows([{**rows[0], "opportunity_id": "o1"}], "opportunities", columns=("account_id", "opportunity_id"))
    assert given[0]["opportunity_id"] == "o1"


def test_activities_and_history() -> None:
    activity = stage_rows(
        [
            {
                "activity_id": "t1",
                "kind": "Call",
                "direction": "OUTBOUND",
                "is_automated": None,
                "occurred_at": "2026-01-05 10:00",
            }
        ],
        "activities",
        options={"time_zone": "Europe/Oslo"},
    )[0]
    only(
        activity,
        kind="call",
        direction="outbound",
        is_automated=False,
        occurred_at=at("2026-01-05T09:00"),
        time_code=None,
    )
    rows = [
        {"object_type": "Lead", "item_id": "1", "owner_id": "u1", "from_at": "2026-01-05T10:00:00Z", "until_at": None},
        {
            "object_type": "Thing",
            "item_id": None,
            "owner_id": "u1",
            "from_at": None,
            "until_at": "2026-01-05T10:00:00Z",
        },
    ]
    first, second = stage_rows(rows, "ownership_history")
    only(first, object_type="lead", from_at=at("2026-01-05T10:00"), until_at=None, time_code=None, id_code=None)
    only(second, object_type_code="OBJECT_TYPE_UNKNOWN", time_code="TIME_MISSING", id_code="ID_MISSING")


@pytest.mark.parametrize("table", CANONICAL)
def test_headers_say_what_the_tables_have(table: str) -> None:
    con = open_memory()
    stage(con, make_project(), [])
    types = {name: kind for name, kind, *_ in con.execute(f"describe staged_{table}").fetchall()}
    assert staged(con, table) == []
    assert list(types)[:5] == ["file_id", "row_number", "source", "ingest_batch", "row_hash"]
    assert types["row_hash"] == "UBIGINT"
    header = read_sql("staging", f"staged_{table}")
    assert header.kind == "temp"
    assert header.name == f"staged_{table}"
    assert set(header.columns) <= set(types)
    replaced = {"start": "start_date", "end": "end_date"}
    assert {replaced.get(column, column) for column in CANONICAL[table]} <= set(types)
    assert all(kind == "TIMESTAMP WITH TIME ZONE" for name, kind in types.items() if name.endswith("_at"))
    assert all(kind == "BOOLEAN" for name, kind in types.items() if name.startswith("is_"))
    assert all(
        kind == "VARCHAR"
        for name, kind in types.items()
        if name.endswith(("_code", "_warning", "_id")) and name != "file_id"
    )


def test_several_sources_feed_one_table() -> None:
    con = open_memory()
    load_raw(con, "a", [{"item_id": "1", "created_at": "05.01.2026 10:00"}], 1)
    load_raw(con, "b", [{"item_id": "1", "created_at": "2026-01-05T10:00:00Z"}], 2)
    columns = ("item_id", "created_at")
    oslo = {"time_zone": "Europe/Oslo", "time_format": "%d.%m.%Y %H:%M"}
    project = make_project(
        make_source("a", columns=columns, options=oslo), make_source("b", columns=columns, object_type="case")
    )
    stage(con, project, [1, 2])
    assert [(row["source"], row["object_type"], row["created_at"]) for row in staged(con)] == [
        ("a", "lead", at("2026-01-05T09:00")),
        ("b", "case", at("2026-01-05T10:00")),
    ]

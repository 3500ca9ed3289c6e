"""Lists and exports through the mappings they need: what is known of them must come out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rr_pipeline.config import CANONICAL, ColumnRule
from rr_pipeline.config.presets import PRESETS
from tests.data_sets import FOLDER, SAMPLES, data_set, extra

from .conftest import Row, stage_rows


def read(path: Path) -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def contact_list(file: Path, country: str, postcode: str, region: str) -> list[Row]:
    columns = {
        "first_name": "first_name", "last_name": "last_name", "company": "company_name", "city": "city",
        "postal_code": postcode, "email": "email", "phone": "phone1", "website": "web", "state": region,
    }  # fmt: skip
    mapping = {name: ColumnRule(columns=(column,)) for name, column in columns.items()}
    mapping["country"] = ColumnRule(value=country)
    return stage_rows(read(file), mapping=mapping)


def test_a_list_of_the_united_states() -> None:
    found = contact_list(SAMPLES / "us_list.csv", "us", "zip", "state")
    assert len({row["email"] for row in found}) == len(found) == 16
    assert all(row["email_code"] is None and row["country"] == "US" for row in found)
    lost = {"Portland": "4101", "Newark": "7102", "Boston": "2108", "Burlington": "5401", "Providence": "2903"}
    # Lost their zero on the way, and stay text.
    assert {row["city"]: row["postal_code"] for row in found if len(row["postal_code"]) == 4} == lost
    assert len({row["state"] for row in found}) == 16
    assert [row["city"] for row in found if row["phone_code"] == "PHONE_INVALID"] == ["Providence"]
    assert all((row["phone"] or "+1").startswith("+1") for row in found)
    assert [row["phone"] for row in found if row["city"] in ("Columbus", "Madison")] == ["+16142213101", "+16082551100"]
    assert (found[0]["phone"], found[0]["company"]) == ("+12075550110", "Lindqvist, Greta M")
    assert found[0]["domain"] == "lindqvistgreta.example"
    assert found[3]["company"] == 'Castell "North" Supplies'


def test_a_list_of_the_united_kingdom() -> None:
    found = contact_list(SAMPLES / "uk_list.csv", "uk", "postal", "county")
    assert len({row["email"] for row in found}) == len(found) == 6
    assert {row["country"] for row in found} == {"GB"}
    assert [row["phone"] for row in found] == [
        "+441227462101", "+442920371101", "+441618721101", "+441343542101", "+442871342101", None
    ]  # fmt: skip
    assert [row["phone_code"] for row in found] == [None] * 5 + ["PHONE_INVALID"]
    assert found[0]["domain"] == "thornleypumps.co.uk"


@data_set("messy_lists")
def test_us_list() -> None:
    found = contact_list(FOLDER / "messy_lists/us-500.csv", "us", "zip", "state")
    assert len({row["email"] for row in found}) == 500
    assert all(row["email_code"] is None and row["country"] == "US" for row in found)
    assert sum(len(row["postal_code"]) == 4 for row in found) == 78  # lost their zero on the way, and stay text
    assert len({row["state"] for row in found}) == 47
    assert {row["phone_code"] for row in found} <= {None, "PHONE_INVALID"}
    assert all((row["phone"] or "+1").startswith("+1") for row in found)
    assert found[0]["phone"] == "+15046218927"
    assert found[0]["company"] == "Benton, John B Jr"
    assert found[0]["domain"] == "bentonjohnbjr.com"


@data_set("messy_lists")
def test_uk_list() -> None:
    found = contact_list(FOLDER / "messy_lists/uk-500.csv", "uk", "postal", "county")
    assert len({row["email"] for row in found}) == 500
    assert {row["country"] for row in found} == {"GB"}
    assert found[0]["phone"] == "+441835703597"
    assert sum(row["phone_code"] is None for row in found) > 400


def preset_rows(folder: Path, name: str, preset: str, table: str) -> tuple[list[dict[str, str | None]], list[Row]]:
    chosen = PRESETS[preset][table]
    rows = read(folder / f"{name}.csv")
    fields = {"mapping": chosen.mapping, "object_type": chosen.object_type, "options": {"time_zone": "UTC"}}
    return rows, stage_rows(rows, table, standardise={"phone_region": "US"}, **fields)


REAL = [
    extra(FOLDER / "salesforce_samples" / name, needs=f"salesforce_samples/{name}", id=name)
    for name in ("data_cloud_workshop", "gen_ai_demo")
]


@pytest.mark.parametrize("folder", [pytest.param(SAMPLES / "salesforce", id="invented"), *REAL])
@pytest.mark.parametrize(
    ("name", "preset", "table"),
    [
        ("Lead", "salesforce.lead", "items"),
        ("Contact", "salesforce.contact", "items"),
        ("Contact", "salesforce.contact", "contacts"),
        ("Account", "salesforce.account", "accounts"),
        ("Opportunity", "salesforce.opportunity", "items"),
        ("Opportunity", "salesforce.opportunity", "opportunities"),
        ("Case", "salesforce.case", "items"),
    ],
)
def test_salesforce_exports(folder: Path, name: str, preset: str, table: str) -> None:
    rows, found = preset_rows(folder, name, preset, table)
    assert len(found) == len(rows)
    keys = {"items": "item_id", "contacts": "contact_id", "accounts": "account_id"}
    if table in keys:
        assert [row[keys[table]] for row in found] == [row["Id"] for row in rows]
        assert all(row["id_code"] is None for row in found)
    if table == "items":
        made = [bool(row.get("CreatedDate")) for row in rows]
        assert [row["created_at"] is not None for row in found] == made
        assert all(row["boolean_code"] is None and row["object_type_code"] is None for row in found)
    if "Email" in rows[0] and "email" in CANONICAL[table]:
        assert [row["email"] for row in found] == [(row["Email"] or "").strip().lower() or None for row in rows]
    if table == "opportunities":
        closed = {"true": False, "1": False, "false": True, "0": True, "": None}
        assert [row["is_open"] for row in found] == [closed[(row["IsClosed"] or "").lower()] for row in rows]

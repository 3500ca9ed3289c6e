"""Real lists and exports through real mappings: what is known of them must come out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rr_pipeline.config import CANONICAL, ColumnRule
from rr_pipeline.config.presets import PRESETS

from .conftest import SHARED, Row, stage_rows

DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")


def read(path: Path) -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def contact_list(country: str, postcode: str, region: str) -> list[Row]:
    columns = {
        "first_name": "first_name", "last_name": "last_name", "company": "company_name", "city": "city",
        "postal_code": postcode, "email": "email", "phone": "phone1", "website": "web", "state": region,
    }  # fmt: skip
    mapping = {name: ColumnRule(columns=(column,)) for name, column in columns.items()}
    mapping["country"] = ColumnRule(value=country)
    return stage_rows(read(DATA / f"messy_lists/{country}-500.csv"), mapping=mapping)


def test_us_list() -> None:
    found = contact_list("us", "zip", "state")
    assert len({row["email"] for row in found}) == 500
    assert all(row["email_code"] is None and row["country"] == "US" for row in found)
    assert sum(len(row["postal_code"]) == 4 for row in found) == 78  # lost their zero on the way, and stay text
    assert len({row["state"] for row in found}) == 47
    assert {row["phone_code"] for row in found} <= {None, "PHONE_INVALID"}
    assert all((row["phone"] or "+1").startswith("+1") for row in found)
    assert found[0]["phone"] == "+15046218927"
    assert found[0]["company"] == "Benton, John B Jr"
    assert found[0]["domain"] == "bentonjohnbjr.com"


def test_uk_list() -> None:
    found = contact_list("uk", "postal", "county")
    assert len({row["email"] for row in found}) == 500
    assert {row["country"] for row in found} == {"GB"}
    assert found[0]["phone"] == "+441835703597"
    assert sum(row["phone_code"] is None for row in found) > 400


def preset_rows(folder: str, name: str, preset: str, table: str) -> tuple[list[dict[str, str | None]], list[Row]]:
    chosen = PRESETS[preset][table]
    rows = read(DATA / "salesforce_samples" / folder / f"{name}.csv")
    fields = {"mapping": chosen.mapping, "object_type": chosen.object_type, "options": {"time_zone": "UTC"}}
    return rows, stage_rows(rows, table, standardise={"phone_region": "US"}, **fields)


@pytest.mark.parametrize("folder", ["data_cloud_workshop", "gen_ai_demo"])
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
def test_salesforce_exports(folder: str, name: str, preset: str, table: str) -> None:
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

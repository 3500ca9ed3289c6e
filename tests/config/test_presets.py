"""Presets against the real shapes of exports and connector tables: which columns they find, and where they look."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from rr_pipeline.config import CANONICAL, REQUIRED
from rr_pipeline.config.preset_form import snake
from rr_pipeline.config.presets import PRESETS
from tests.data_sets import FOLDER, extra

SHAPES = yaml.safe_load((Path(__file__).parent / "preset_shapes.yaml").read_text(encoding="utf-8"))
WHOLE = [
    extra(shape, shape["of"], needs=shape["of"], id=f"{shape['preset']}-whole-{shape['of']}")
    for shape in SHAPES
    if "of" in shape
]


@pytest.mark.parametrize(
    ("shape", "file"),
    [*(pytest.param(one, "", id=f"{one['preset']}-{one.get('of', 'export')}") for one in SHAPES), *WHOLE],
)
def test_presets_find_the_columns_of_real_shapes(shape, file):
    header = shape["header"].split(",")
    if file:
        with (FOLDER / file).open(encoding="utf-8-sig", newline="") as handle:
            header = next(csv.reader(handle))
    mapping = PRESETS[shape["preset"]][shape["table"]].mapping
    found = {column: [one for one in rule.columns if one in header] for column, rule in mapping.items()}
    assert {column: found[column] for column in shape["reads"]} == shape["reads"]
    assert all(found[column] or mapping[column].value for column in REQUIRED[shape["table"]])


@pytest.mark.parametrize("name", [name for name in PRESETS if name.endswith("_history")])
def test_histories_keep_changes_of_owner_only(name):
    (preset,) = PRESETS[name].values()
    (kept,) = preset.only_rows
    assert kept.columns == ("Field", "field")
    assert "Owner" in kept.values
    assert kept.any_of
    assert preset.mapping["object_type"].value == name.removeprefix("salesforce.").removesuffix("_history")
    assert preset.mapping["until_at"].values["9999-12-31 23:59:59"] == ""


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fill_canonical_columns_only_and_all_that_are_needed(name):
    for table, preset in PRESETS[name].items():
        assert preset.table == table
        assert (preset.object_type is not None) == (table == "items")
        assert set(preset.mapping) <= set(CANONICAL[table])
        assert set(REQUIRED[table]) <= set(preset.mapping)
        assert all(rule.any_of or rule.value for rule in preset.mapping.values())


def test_every_object_of_both_systems_has_a_preset():
    salesforce = "lead contact account opportunity case task event user lead_history opportunity_history case_history"
    hubspot = "contacts companies deals tickets engagements owners"
    wanted = {f"salesforce.{name}" for name in salesforce.split()} | {f"hubspot.{name}" for name in hubspot.split()}
    assert wanted <= set(PRESETS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("OwnerId", "owner_id"), ("Id", "id"), ("Tier__c", "tier_c"), ("Secondary_Email__c", "secondary_email_c"),
     ("TimeZoneSidKey", "time_zone_sid_key"), ("HasOptedOutOfEmail", "has_opted_out_of_email")],
)  # fmt: skip
def test_names_as_connectors_spell_them(name, expected):
    assert snake(name) == expected


def test_a_closed_deal_is_not_open_and_an_archived_owner_not_active():
    assert PRESETS["salesforce.opportunity"]["opportunities"].mapping["is_open"].values["true"] == "false"
    active = PRESETS["hubspot.owners"]["users"].mapping["is_active"]
    assert (active.values["true"], active.default) == ("false", "true")

"""The suites that travel with the package, and how a wrong one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rr_pipeline.errors import RunError
from rr_pipeline.quality import load_suite, load_suites
from rr_pipeline.quality.gx_engine import _gx_suite
from rr_pipeline.shipped import expectations_folder

TABLES = {"items", "accounts", "contacts", "opportunities", "users", "absences", "activities", "ownership_history"}


def test_every_table_has_its_suite() -> None:
    names = set(load_suites(expectations_folder()))
    assert names >= {f"staged_{table}" for table in TABLES} | {"fct_items", "fct_decisions", "fct_ownership"}


@pytest.mark.parametrize("path", sorted(expectations_folder().glob("*.json")), ids=lambda path: path.stem)
def test_great_expectations_reads_the_file_itself(path: Path) -> None:
    suite = load_suite(path)
    assert len(_gx_suite(suite).expectations) == len(suite.rules)
    assert set(suite.parameters) <= {"min_row_count", "max_quarantine_rate"}
    actions = {rule.action for rule in suite.rules}
    assert not (suite.is_published and "quarantine" in actions), "what is published cannot be set aside any more"


def test_only_what_cannot_be_routed_truthfully_is_set_aside() -> None:
    rules = load_suites(expectations_folder())["staged_items"].rules
    fields = {rule.column for rule in rules if rule.action == "quarantine"}
    assert fields == {"item_id", "object_type", "created_at", "cell_code"}


def changed(path: Path, tmp_path: Path, change: Any) -> Path:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    copy = tmp_path / path.name
    copy.write_text(json.dumps(content), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(name="other"), "name of its file"),
        (lambda c: c["expectations"].pop(0), "floor for the row count"),
        (lambda c: c["expectations"].append(c["expectations"][2]), "named once"),
        (lambda c: c["expectations"][2].update(type="expect_column_values_to_be_nul"), "Did you mean"),
        (lambda c: c["expectations"][2]["kwargs"].update(mostly=0.9), "does not take 'mostly'"),
        (lambda c: c["expectations"][2]["meta"].update(fixs={}), "Did you mean 'fix"),
        (lambda c: c["expectations"][2]["meta"].pop("fix"), r"meta lacks \['fix'\]"),
        (lambda c: c["expectations"][2]["meta"].update(code="no'; --"), "UPPER_SNAKE"),
        (lambda c: c["expectations"][2]["meta"].update(rule="No'; --"), "lower_snake"),
        (lambda c: c["expectations"][2].update(severity="info"), "severity"),
        (lambda c: c["expectations"][1]["kwargs"].update(exact_match=True), "exact_match must be False"),
        (lambda c: c["expectations"][4]["kwargs"].update(value_set=[]), "value_set needs values"),
    ],
)
def test_a_wrong_suite_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    path = expectations_folder() / "staged_items.json"
    with pytest.raises(RunError, match=message):
        load_suite(changed(path, tmp_path, change))


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"broken\.json is not JSON"):
        load_suite(path)

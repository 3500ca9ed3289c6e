"""The plan of a run: what people, machines and docs/architecture.md are told of its steps and tables."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rr_pipeline.cli.main import app
from rr_pipeline.errors import RefusedError
from rr_pipeline.steps.sequence import PARTS
from rr_pipeline.views.plan import read_plan
from rr_pipeline.views.plan_page import BEGIN, END, with_steps

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def shown(*arguments):
    result = CliRunner().invoke(app, ["plan", *arguments])
    assert result.exit_code == 0
    return result.output


def test_steps_are_shown_in_their_order():
    lines = shown().splitlines()
    assert [line for line in lines if line[:3].strip().isdigit()] == [
        f"{number:>2} {part.name}: {part.doing}" for number, part in enumerate(PARTS)
    ]


def test_table_tells_what_it_is_made_of_and_what_reads_it():
    # By hand, from sql/intermediate/int_kept_owners.sql and int_routing.sql, and from the step that makes them.
    table = read_plan().table("int_kept_owners")
    assert table.reads == (
        "int_due_items", "int_owner_claims", "int_precedence", "int_recorded_owners", "int_stand_ins",
    )  # fmt: skip
    assert table.read_by == ("int_reopenings", "int_routing")
    assert table.step == "owners"
    text = shown("int_kept_owners")
    assert "int_owner_claims" in text
    assert "owners" in text


def test_rows_that_a_statement_puts_into_a_table_count():
    # ops.batches is filled from int_batches by sql/changes/batches.sql; its own file only creates it.
    assert read_plan().table("ops.batches").reads == ("int_batches",)


def test_json_has_every_step_and_table():
    content = json.loads(shown("--json"))
    assert [step["name"] for step in content["steps"]] == [part.name for part in PARTS]
    assert content["tables"]["marts.fct_items"]["step"] == "marts"
    assert "staged_items" in content["steps"][2]["leaves"]


def test_unknown_table_is_refused_with_the_one_meant():
    with pytest.raises(RefusedError, match=r"TABLE_UNKNOWN.*int_kept_owners"):
        read_plan().table("int_kept_owner")


def test_page_of_the_architecture_is_not_stale():
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_steps(page), "run: make docs"


def test_page_without_a_place_for_the_steps_is_refused():
    with pytest.raises(ValueError, match="no place"):
        with_steps(f"{END} {BEGIN}")

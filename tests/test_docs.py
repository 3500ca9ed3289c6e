"""What docs/ says is what the code does: every code and setting is named, examples load, links lead somewhere."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.config.canonical import COLUMNS
from rr_pipeline.config.column_list import put_into
from rr_pipeline.config.json_schemas import schemas
from rr_pipeline.config.matching import WHEN_FIELDS
from rr_pipeline.config.presets import PRESETS
from rr_pipeline.config.templates import STARTER
from rr_pipeline.core.model import REASONS
from rr_pipeline.examples.demo import write_demo

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
CODE = re.compile(r"[A-Z]+(_[A-Z]+)+")
NO_CODES = {"O_BINARY", "O_NOFOLLOW", "O_NONBLOCK", "ANALYST_SETTINGS", "BOOLEAN_ONLY", "RESTATE_STEPS"} | {
    # Nodes of a parsed statement.
    "BASE_TABLE", "COLUMN_REF", "SELECT_NODE", "SET_OPERATION_NODE", "TABLE_FUNCTION",
}  # fmt: skip


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def codes_in_python() -> set[str]:
    """UPPER_SNAKE texts of the rooms that find problems, and those inside a ready message."""
    found: set[str] = set()
    # Not those of the core, whose upper-case texts are reasons and outcomes, nor the demo's.
    rooms = [room for room in (TOP / "rr_pipeline").iterdir() if room.name not in ("core", "examples")]
    for room in rooms:
        for path in [room] if room.suffix == ".py" else room.rglob("*.py") if room.is_dir() else []:
            texts = [node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                     if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
            found |= {text for text in texts if CODE.fullmatch(text)}
            found |= {code for text in texts for code in re.findall(r"code=([A-Z_]+):", text)}
    return {code for code in found if not code.endswith(("_ENABLED", "_FOLDER"))} - NO_CODES


def codes_in_sql() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in (TOP / "sql" / "staging").glob("*.sql"))
    return {code for text in texts for code in re.findall(r"'([A-Z]+(?:_[A-Z]+)+)'", text)}


def codes_of_columns() -> set[str]:
    return {column.code for columns in COLUMNS.values() for column in columns if column.code}


def codes_in_suites() -> set[str]:
    found = set()
    for path in (TOP / "expectations").glob("*.json"):
        for rule in json.loads(path.read_text(encoding="utf-8"))["expectations"]:
            found |= {rule["meta"]["code"], *rule["meta"].get("fixes", {})}
    return found


def test_every_problem_code_is_explained():
    known = {match.group() for match in CODE.finditer(page("operating.md"))}
    codes = codes_in_python() | codes_in_sql() | codes_of_columns() | codes_in_suites()
    assert len(codes) > 100
    assert not sorted(codes - known)


def test_no_code_is_explained_that_does_not_exist():
    text = page("operating.md").split("## Problem codes")[1]
    named = {match.group() for match in CODE.finditer(text)}
    assert not sorted(named - codes_in_python() - codes_in_sql() - codes_of_columns() - codes_in_suites())


def settings() -> set[str]:
    """Names of all settings, from the schemas for editors."""
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                found.update(node["properties"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(schemas())
    return found


@pytest.mark.parametrize("name", sorted(settings() | set(PRESETS) | (WHEN_FIELDS - {"priority"})))
def test_every_setting_preset_and_field_is_described(name):
    text = page("configuration.md")
    if name.endswith("_history"):
        name = "lead_history"
    assert re.search(rf"\b{re.escape(name.split('.')[-1])}\b", text)


def test_the_list_of_columns_is_that_of_the_code():
    assert put_into(page("configuration.md")) == page("configuration.md"), "run make docs"


def test_every_reason_this_version_gives_is_described():
    text = page("routing.md")
    later = {"holiday", "off_hours", "previous_owner", "at_capacity"}
    assert not [reason for reason in REASONS if reason not in later and f"`{reason}`" not in text]


def block(text: str, first_line: str) -> str:
    """The indented block of a page that begins with a line."""
    lines = text[text.index(f"    {first_line}") :].splitlines()
    end = next((place for place, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
    return "\n".join(line[4:] for line in lines[:end]) + "\n"


def test_examples_of_configuration_load(tmp_path):
    text = page("configuration.md")
    (tmp_path / "policies").mkdir()
    (tmp_path / "project.yaml").write_text(block(text, "name: acme-routing"))
    (tmp_path / "policies" / "first.yaml").write_text(block(text, 'version: "2026-01"'))
    mapping = block(text, "mapping:")
    feed = "  forms:\n    table: items\n    object_type: lead\n    location: forms*.csv\n"
    created = "      created_at: Created\n"
    (tmp_path / "sources.yaml").write_text(
        block(text, "sources:") + feed + "".join(f"    {line}\n" for line in mapping.splitlines()) + created
    )
    project = load_project(tmp_path, {"RR_HASH_KEY": "0123456789abcdef"})
    assert [source.name for source in project.sources] == ["crm_leads", "crm_users", "forms"]
    assert not project.warnings


def test_example_of_tokens_reads(tmp_path):
    from rr_pipeline.routing.exception_tokens import read_tokens

    text = page("configuration.md")
    (tmp_path / "policies").mkdir()
    (tmp_path / "project.yaml").write_text(STARTER["project.yaml"])
    (tmp_path / "policies" / "first.yaml").write_text(block(text, 'version: "2026-01"'))
    (tmp_path / "exceptions.csv").write_text(block(text, "token_id,pool_id"))
    assert [token.kind for token in read_tokens(load_project(tmp_path, {}))] == ["skip", "redo"]


def test_every_dependency_has_its_reason():
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    text = page("dependencies.md")
    assert not [name for one in wanted if f"`{(name := re.split('[<>=~]', one)[0])}`" not in text]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_page_links_lead_somewhere_and_lines_fit(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (path.parent / target).exists(), target
    for named in re.findall(r"`((?:sql|tests|expectations|rr_pipeline)/[a-z_/.]+\.(?:py|sql|json))`", text):
        assert (TOP / named).exists(), named
    assert all(len(line) <= 120 for line in text.splitlines())


def test_the_item_that_examples_name_is_in_the_demo_of_make_run(tmp_path):
    """README, operating.md and tables.md show `explain` and macros with an id: a reader copies it as it stands."""
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    items, seed, days = (
        int(re.search(rf"^{name} \?= (\d+)$", makefile, re.M)[1]) for name in ("ITEMS", "SEED", "DAYS")
    )
    texts = [(TOP / "README.md").read_text(encoding="utf-8"), page("operating.md"), page("tables.md")]
    named = {name for text in texts for name in re.findall(r"00Q5g\w+", text)}
    write_demo(tmp_path / "demo", items=items, seed=seed, days=days)
    leads = "".join(path.read_text(encoding="utf-8-sig") for path in (tmp_path / "demo" / "landing").glob("Lead_*.csv"))
    assert len(named) == 1
    assert f'\n"{named.pop()}","false",' in leads

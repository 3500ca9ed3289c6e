"""A run's connection inside its open transaction, and small suites made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rr_pipeline.quality import Suite, load_suite
from rr_pipeline.quality.suite_files import SEVERITIES

OPS = """
create schema ops;
create table ops.ingested_files (
    file_id bigint, source varchar, file_name varchar, row_count bigint, run_id varchar
);
create table ops.quarantine (
    run_id varchar, source varchar, file_id bigint, file_name varchar, row_number bigint, item_id varchar,
    suite varchar, rule varchar, code varchar, field varchar, value_length bigint, value_hash varchar, message varchar
);
"""


@pytest.fixture(scope="module", autouse=True)
def _judged(real_expectations: None) -> None:
    """Here Great Expectations is what is tested."""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh database with the ops tables uncommitted: all of a test happens inside one transaction."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("begin")
    connection.execute(OPS)
    yield connection
    connection.close()


def expectation(kind: str, action: str = "quarantine", **more: Any) -> dict[str, Any]:
    """One expectation as the files have it; meta names are taken out of ``more``, the rest are kwargs."""
    meta = {name: more.pop(name) for name in ("rule", "code", "field", "code_from", "fixes") if name in more}
    meta = {
        "rule": kind[7:].lower(),
        "code": "BAD",
        "action": action,
        "description": "Wrong.",
        "fix": "Fix it.",
    } | meta
    return {"type": kind, "kwargs": more, "severity": SEVERITIES[action], "meta": meta}


def suite_content(name: str, *expectations: dict[str, Any], **meta: Any) -> dict[str, Any]:
    """A suite file's content: the floor, then the given expectations."""
    floor = expectation(
        "expect_table_row_count_to_be_between",
        "stop",
        rule="row_count_floor",
        code="ROWS_MISSING",
        min_value={"$PARAMETER": "min_row_count"},
    )
    return {"name": name, "meta": meta, "expectations": [floor, *expectations]}


@pytest.fixture
def make_suite(tmp_path: Path) -> Callable[..., Suite]:
    """make_suite(expectation, ..., key=...) -> a suite named `made`, read from a file."""

    def make(*expectations: dict[str, Any], **meta: Any) -> Suite:
        path = tmp_path / "made.json"
        path.write_text(json.dumps(suite_content("made", *expectations, **meta)), encoding="utf-8")
        return load_suite(path)

    return make


@pytest.fixture
def expect() -> Callable[..., dict[str, Any]]:
    """The function ``expectation``: test files are not packages here and cannot import it."""
    return expectation

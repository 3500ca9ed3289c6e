"""Which package may import what and use which means. docs/architecture.md says it in words; this test keeps it.

The second half plants offenders and looks that each is found: a rule that finds nothing keeps nothing.
"""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.layers import Layer, Rule, cycles, layer_of, offences, read_sources

ROOT = Path(__file__).parent.parent
SOURCES = read_sources(ROOT, "rr_pipeline")
WITH_BENCHMARKS = SOURCES | read_sources(ROOT, "benchmarks")

PURE = frozenset({"clock", "files", "network", "processes", "dynamic imports"})
BELOW = frozenset({"config", "core", "errors", "lock", "pages", "personal", "shipped", "warehouse"})
READING = BELOW | {"ingest", "quality", "staging"}
RUNNING = READING | {"routing", "session", "steps"}
SHELL = RUNNING | {"examples", "idle", "maintenance", "outbox", "publishing", "runs", "streams", "views"}
DAGSTER = frozenset({"definitions", "orchestration"})

LAYERS = {
    "__init__": Layer(frozenset(), frozenset(), PURE),
    "errors": Layer(frozenset(), frozenset(), PURE),
    "pages": Layer(frozenset(), frozenset(), PURE),
    "personal": Layer(frozenset(), frozenset(), PURE),
    "idle": Layer(frozenset(), frozenset(), frozenset({"network", "processes", "dynamic imports"})),
    "lock": Layer(frozenset({"errors"}), frozenset(), PURE - {"files"}),
    "shipped": Layer(frozenset(), frozenset(), PURE - {"files"}),
    "streams": Layer(frozenset({"errors"}), frozenset(), PURE - {"files"}),
    "core": Layer(frozenset({"errors"}), frozenset({"polars", "numpy", "pyarrow", "numba", "llvmlite"}), PURE),
    "config": Layer(
        frozenset({"core", "errors", "pages"}),
        frozenset({"pydantic", "pydantic_core", "yaml", "holidays"}),
        PURE - {"files"},
    ),
    "warehouse": Layer(
        frozenset({"core", "errors", "personal", "shipped"}), None, frozenset({"clock", "network", "processes"})
    ),
    "ingest": Layer(BELOW, None, frozenset({"clock", "network", "processes"})),
    "staging": Layer(BELOW, None, PURE),
    "quality": Layer(BELOW, None, PURE),
    "session": Layer(BELOW, None, PURE),
    "routing": Layer(BELOW | {"session"}, None, PURE),
    "steps": Layer(RUNNING, None, PURE),
    "publishing": Layer(RUNNING, None, PURE),
    "maintenance": Layer(RUNNING | {"publishing"}, None, PURE),
    "runs": Layer(RUNNING | {"idle", "maintenance", "publishing"}, None, PURE),
    "views": Layer(RUNNING, None, PURE),
    "outbox": Layer(frozenset({"config", "errors", "lock", "warehouse"}), None, frozenset({"processes"})),
    "examples": Layer(frozenset({"config", "errors"}), frozenset({"numpy", "polars"}), PURE - {"files"}),
    "watch": Layer(RUNNING | {"outbox", "runs"}, None, PURE - {"clock", "files"}),
    "cli": Layer(SHELL | {"watch"}),
    **{name: Layer(DAGSTER | SHELL - {"examples", "outbox", "streams"}) for name in DAGSTER},
}
DUCKDB = frozenset(
    {"warehouse", "ingest", "staging", "quality", "session", "routing", "steps", "runs", "maintenance", "publishing"}
    | {"views", "outbox"}
)
RULE = Rule(
    layers=LAYERS,
    only_in={
        "duckdb": DUCKDB,
        "great_expectations": frozenset({"quality"}),
        "duckdb_engine": frozenset({"quality"}),
        "sqlalchemy": frozenset({"quality"}),
        "adbc_driver_postgresql": frozenset({"outbox"}),
        "adbc_driver_manager": frozenset({"outbox"}),
        "dagster": DAGSTER,
        "typer": frozenset({"cli"}),
        "rich": frozenset({"cli"}),
        "numba": frozenset({"core", "ingest"}),
        "yaml": frozenset({"config"}),
        "holidays": frozenset({"config"}),
        "watchdog": frozenset({"watch"}),
    },
    # Its import costs seconds, which no command that does without should pay. Only ``gx_engine`` subclasses it.
    in_functions=frozenset({"great_expectations"}),
    exempt={
        # Machine code of the kernels is kept in files, zone data is read from the pinned tzdata package.
        "rr_pipeline/core/kernel/compiler.py": frozenset({"files"}),
        "rr_pipeline/core/calendar/local_time.py": frozenset({"files"}),
        "rr_pipeline/staging/lookups.py": frozenset({"files"}),
        "rr_pipeline/ingest/sums.py": frozenset({"clock"}),
        "rr_pipeline/maintenance/backups.py": frozenset({"files"}),
        "rr_pipeline/runs/compare.py": frozenset({"files"}),
        "rr_pipeline/publishing/parquet.py": frozenset({"files"}),
        "rr_pipeline/session/writable_places.py": frozenset({"files"}),
        "rr_pipeline/publishing/publish.py": frozenset({"files"}),
        "rr_pipeline/steps/refusal.py": frozenset({"files"}),
        "rr_pipeline/maintenance/restore.py": frozenset({"files"}),
        "rr_pipeline/maintenance/exceptions_file.py": frozenset({"files"}),
        "rr_pipeline/runs/run.py": frozenset({"clock"}),
        "rr_pipeline/session/run_log.py": frozenset({"clock", "files"}),
        "rr_pipeline/session/session.py": frozenset({"clock", "files"}),
        "rr_pipeline/runs/shadow.py": frozenset({"files"}),
        "rr_pipeline/runs/trial.py": frozenset({"files"}),
        "rr_pipeline/views/project_state.py": frozenset({"files"}),
        "rr_pipeline/steps/sequence.py": frozenset({"clock"}),
        "rr_pipeline/session/stopping.py": frozenset({"clock", "files"}),
        "rr_pipeline/routing/exception_tokens.py": frozenset({"files"}),
        "rr_pipeline/maintenance/under_lock.py": frozenset({"clock", "files"}),
        "rr_pipeline/maintenance/verify.py": frozenset({"clock", "files"}),
        "rr_pipeline/views/policy_list.py": frozenset({"files"}),
        "rr_pipeline/views/plan_page.py": frozenset({"files"}),
        "rr_pipeline/quality/gx_engine.py": frozenset({"files"}),
        "rr_pipeline/quality/suite_files.py": frozenset({"files"}),
        # It waits on a pipe of this process.
        "rr_pipeline/watch/wake.py": frozenset({"network"}),
    },
)


def found(path: str, text: str) -> list[str]:
    """Offences of one planted module."""
    return offences({path: text}, replace(RULE, exempt={}))


def test_there_are_modules_to_check():
    assert len(SOURCES) > 150
    assert {layer_of(path) for path in SOURCES} == set(LAYERS)


def test_no_module_breaks_the_rule():
    assert offences(SOURCES, RULE) == []


def test_no_modules_import_each_other():
    assert cycles(WITH_BENCHMARKS) == []


PLANTED = {
    "a file opened in core": ("core", "def f(p): return open(p).read()", "files"),
    "a file read by a path": ("core", "def f(p): return p.read_text()", "files"),
    "a file read by polars": ("core", "import polars as pl\ndef f(p): return pl.scan_parquet(p)", "files"),
    "a file read by numpy, imported by name": ("core", "from numpy import fromfile", "files"),
    "a path": ("core", "from pathlib import Path", "files"),
    "a path, imported in a function": ("steps", "def f():\n    import os\n    return os", "files"),
    "a clock": ("core", "from datetime import datetime\nNOW = datetime.now()", "clock"),
    "a clock under another name": ("steps", "import datetime as d\nNOW = d.datetime.now(d.UTC)", "clock"),
    "a clock handed on": ("steps", "from datetime import date\nclock = date.today", "clock"),
    "a timer": ("steps", "from time import perf_counter", "clock"),
    "a socket": ("core", "import socket", "network"),
    "a request": ("steps", "from urllib.request import urlopen", "network"),
    "another database": ("steps", "import sqlite3", "processes"),
    "another database in core": ("core", "import sqlite3", "processes"),
    "another process": ("steps", "import subprocess", "processes"),
    "an import by name": ("core", "def f(): return __import__('os')", "dynamic imports"),
    "an import by importlib": (
        "steps",
        "import importlib\nx = importlib.import_module('duckdb')",
        "dynamic imports",
    ),
    "DuckDB in core": ("core", "import duckdb", "duckdb"),
    "Dagster in the pipeline": ("steps", "def f():\n    import dagster", "dagster"),
    "the pipeline from core": ("core", "from rr_pipeline.runs.run import run", "pipeline"),
    "the command line from the pipeline": ("steps", "from rr_pipeline import cli", "cli"),
    "the screen from the pipeline": ("steps", "from rr_pipeline.cli.screen import console", "cli"),
    "the assets from the warehouse": ("warehouse", "import rr_pipeline.orchestration.assets.common", "orchestration"),
    "messages from the pipeline": ("steps", "from rr_pipeline.outbox.send import send", "outbox"),
    "a layer nobody declared": ("helpers", "X = 1", "in no layer"),
    "Great Expectations at the top": ("quality", "try:\n    import great_expectations\nfinally:\n    pass", "outside"),
    "a relative import": ("core", "from . import fold", "relative"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_offenders_are_found(name):
    layer, text, word = PLANTED[name]
    lines = found(f"rr_pipeline/{layer}/planted.py", text)
    assert len(lines) == 1, lines
    assert word in lines[0]


def test_what_a_module_may_do_is_no_offence():
    text = "import re\nimport numpy as np\nfrom rr_pipeline.errors import Problem\nWORD = re.compile('x')"
    assert found("rr_pipeline/core/planted.py", text) == []


def test_an_exemption_that_nothing_needs_is_found():
    stale = Rule(
        LAYERS,
        RULE.only_in,
        RULE.in_functions,
        {**RULE.exempt, "rr_pipeline/core/kernel/fold.py": frozenset({"clock"})},
    )
    assert offences(SOURCES, stale) == ["rr_pipeline/core/kernel/fold.py: needs no exemption for clock"]


@pytest.mark.parametrize(
    "ring",
    [
        {"a": "import rr_pipeline.x.b", "b": "from rr_pipeline.x.a import f"},
        {"a": "from rr_pipeline.x import b", "b": "def f():\n    from rr_pipeline.x import a"},
        {
            "a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rr_pipeline.x.b import B",
            "b": "from rr_pipeline.x.c import C",
            "c": "from rr_pipeline.x.a import A",
        },
    ],
)
def test_planted_cycles_are_found(ring):
    planted = {f"rr_pipeline/x/{name}.py": text for name, text in ring.items()}
    assert cycles(planted) == [[f"rr_pipeline.x.{name}" for name in ring]]


def test_no_sql_reads_a_clock():
    # A decision that depends on when a replay runs is no decision that can be replayed.
    clock = re.compile(r"\b(now|today|get_current_timestamp)\s*\(|\bcurrent_(timestamp|date|time)\b|\blocaltime", re.I)
    statements = {path.as_posix(): path.read_text(encoding="utf-8") for path in (ROOT / "sql").rglob("*.sql")}
    assert len(statements) > 100
    for path, text in SOURCES.items():
        words = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
        statements[path] = "\n".join(word for word in words if isinstance(word, str))
    assert [path for path, text in statements.items() if clock.search(text)] == []

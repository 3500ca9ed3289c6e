"""Which room may import what. The rule stands in docs/architecture.md; this test keeps it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "rr_pipeline"
STDLIB_AND_OWN = {"rr_pipeline"}

ALLOWED = {
    "core": {"polars", "numpy", "pyarrow", "numba", "llvmlite"},
    "config": {"pydantic", "pydantic_core", "yaml", "holidays"},
}
ONLY_IN = {
    "duckdb": ("warehouse", "ingest", "identity", "quality", "pipeline", "delivery"),
    "great_expectations": ("quality",),
    "duckdb_engine": ("quality",),
    "sqlalchemy": ("quality",),
    "adbc_driver_postgresql": ("delivery",),
    "adbc_driver_manager": ("delivery",),
    "dagster": ("assets", "resources.py", "automation.py", "definitions.py"),
    "typer": (
        "cli.py",
        "cli_history.py",
        "cli_operate.py",
        "cli_options.py",
        "cli_outbox.py",
        "cli_policy.py",
        "cli_publish.py",
    ),
    "rich": (
        "terminal.py",
        "terminal_grid.py",
        "terminal_history.py",
        "terminal_outbox.py",
        "terminal_policy.py",
        "terminal_state.py",
        "terminal_story.py",
    ),
    "numba": ("core", "ingest"),
    "yaml": ("config",),
    "holidays": ("config",),
}
MAY_USE = {
    "core": {"core", "errors"},
    "config": {"config", "errors", "core"},
    "warehouse": {"warehouse", "errors", "shipped", "personal"},
    "ingest": {"ingest", "config", "core", "errors", "warehouse", "shipped", "personal"},
    "identity": {"identity", "config", "core", "errors", "warehouse", "shipped"},
    "quality": {"quality", "config", "errors", "warehouse", "shipped", "personal"},
    "delivery": {"delivery", "config", "errors", "warehouse"},
    "demo": {"demo", "config", "errors"},
}


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    """Dotted names that a module imports, those for the type checker only left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    names = set()
    for node in tree.body if top_level_only else ast.walk(tree):
        if id(node) in checked_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def standard() -> set[str]:
    import sys

    return set(sys.stdlib_module_names)


def test_there_are_modules_to_check():
    assert len(modules()) > 40


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_room_imports_only_what_it_may(path):
    tops = {name.split(".")[0] for name in imports(path)}
    if room(path) in ALLOWED:
        assert tops - standard() - STDLIB_AND_OWN <= ALLOWED[room(path)]
    for library, rooms in ONLY_IN.items():
        assert library not in tops or room(path) in rooms, f"{library} is not for {room(path)}"
    own = {name.split(".")[1] for name in imports(path) if name.startswith("rr_pipeline.")}
    if room(path) in MAY_USE:
        assert own - {"__version__"} <= MAY_USE[room(path)]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_great_expectations_is_imported_in_functions_only(path):
    # Its import costs seconds, which no command that does without should pay.
    if path.name == "gx_context.py":
        return
    assert "great_expectations" not in {name.split(".")[0] for name in imports(path, top_level_only=True)}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_core_reads_no_clock_and_no_file(path):
    if room(path) == "core":
        text = path.read_text(encoding="utf-8")
        assert ".now(" not in text.replace("pools.now", "")
        assert "time.time" not in text

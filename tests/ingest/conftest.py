"""A project with a landing folder, a warehouse in memory, and shorthand to deliver files and ingest them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rr_pipeline.config import Project, ProjectSettings, Source
from rr_pipeline.ingest import Bounds, FileReport, IngestReport, ingest

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING = {"item_id": "Id", "created_at": "Created", "email": "Email"}


def _make_source(name: str = "leads", **settings: Any) -> Source:
    """A source of leads in CSV with the columns Id, Created, Email."""
    defaults: dict[str, Any] = {
        "table": "items",
        "object_type": "lead",
        "location": "*.csv",
        "format": "csv",
        "delivered_at": None,
        "optional": True,
        "options": {},
        "mapping": MAPPING,
    }
    merged = {"name": name, **defaults, **settings}
    rules = merged["mapping"].items()
    merged["mapping"] = {target: {"columns": [rule]} if isinstance(rule, str) else rule for target, rule in rules}
    return Source.model_validate(merged)


@dataclass
class Room:
    """One project and its warehouse. Grain: one a test."""

    folder: Path
    con: duckdb.DuckDBPyConnection
    sources: tuple[Source, ...] = field(default_factory=lambda: (_make_source(),))
    limits: Mapping[str, Any] = field(default_factory=dict)
    runs: int = 0

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    def deliver(self, name: str, content: bytes | str) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def project(self) -> Project:
        settings = ProjectSettings.model_validate({"name": "test", "limits": dict(self.limits)})
        return Project(folder=self.folder, settings=settings, sources=self.sources, policies=())

    def ingest(self, as_of: datetime = AS_OF, bounds: Bounds | None = None) -> IngestReport:
        self.runs += 1
        self.con.execute("begin transaction")
        try:
            report = ingest(self.con, self.project(), as_of, f"run-{self.runs}", bounds=bounds or Bounds())
        except BaseException:
            self.con.execute("rollback")
            raise
        self.con.execute("commit")
        assert sorted(path.name for path in self.folder.iterdir()) in (["landing"], [])
        return report

    def one(self, content: bytes | str, name: str = "a.csv") -> FileReport:
        """Deliver one file, ingest, and return its report."""
        self.deliver(name, content)
        (report,) = self.ingest().files
        return report

    def raw(self, columns: str = "_row, Id, Created, Email", source: str = "leads") -> list[tuple[Any, ...]]:
        return self.con.execute(f'select {columns} from raw."{source}" order by _file_id, _row').fetchall()

    def rejects(self, columns: str = "row_number, code") -> list[tuple[Any, ...]]:
        return self.con.execute(f"select {columns} from ops.quarantine order by file_id, row_number").fetchall()

    def files(self, columns: str) -> list[tuple[Any, ...]]:
        return self.con.execute(
            f"select {columns} from ops.ingested_files order by file_id, source, file_name"
        ).fetchall()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    folder = tmp_path / "project [1]*"  # letters that a glob would take for more than themselves
    (folder / "landing").mkdir(parents=True)
    con = duckdb.connect(":memory:")
    con.execute("set TimeZone = 'UTC'")
    yield Room(folder, con)
    con.close()


def _code_of(report: FileReport) -> str:
    """The code of a refused file."""
    assert report.status == "refused", report
    assert (report.row_count, report.loaded_count, report.rejected_count, report.file_id) == (0, 0, 0, None)
    return report.problems[0].code


@pytest.fixture(scope="session")
def make_source() -> Callable[..., Source]:
    return _make_source


@pytest.fixture(scope="session")
def code_of() -> Callable[[FileReport], str]:
    return _code_of

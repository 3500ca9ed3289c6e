"""From a delivered file to something ready to load: one entry a format.

Belongs here: the choice of reader and what all readers hand over. Does not belong here: parsing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from rr_pipeline.config import Project
from rr_pipeline.config.project import FileLimits
from rr_pipeline.errors import InvariantError, Problem
from rr_pipeline.ingest.csv_reader import CsvFound, CsvScan
from rr_pipeline.ingest.discover import Delivered
from rr_pipeline.ingest.json_lines import JsonFound, JsonScan
from rr_pipeline.ingest.parquet_reader import ParquetFound, copy_parquet, parquet_rows, try_parquet
from rr_pipeline.ingest.parts import Parts
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.stream import Seen, blocks_as_delivered, blocks_as_text

Tell = Callable[[str, int], None]


@dataclass
class Prepared:
    """A file read to its end and judged; nothing of it is in the database yet.

    ``batches`` are the good rows, to be taken once: ``_row``, then columns of text, of which some may lack;
    ``loaded_row_sum`` is the sum of their row numbers.
    """

    seen: Seen
    rejects: Rejects
    batches: Iterator[pa.RecordBatch]
    columns: tuple[str, ...] = ()
    row_count: int = 0
    loaded_count: int = 0
    loaded_row_sum: int = 0
    warnings: list[Problem] = field(default_factory=list)

    def check_conserved(self, file_name: str) -> None:
        """Each of the rows 1..n is loaded or refused, none twice. Raises InvariantError."""
        counts = self.loaded_count + self.rejects.count
        sums = self.loaded_row_sum + self.rejects.row_sum
        if counts != self.row_count or sums != self.row_count * (self.row_count + 1) // 2:
            raise InvariantError(
                Problem(
                    file_name,
                    None,
                    None,
                    "ROWS_LOST",
                    f"{self.row_count} records were read, {self.loaded_count} loaded, {self.rejects.count} refused.",
                )
            )


@dataclass(frozen=True)
class Task:
    """One file to read: a folder of its own for copies, and whom to tell how far reading is (file name, bytes)."""

    delivered: Delivered
    project: Project
    folder: Path
    tell: Tell

    @property
    def limits(self) -> FileLimits:
        """The project's limits for files."""
        return self.project.settings.limits


def prepare(task: Task) -> Prepared:
    """Read one file. Raises FileRefusedError."""
    prepared = _READERS[task.delivered.source.format](task)
    if not prepared.row_count:
        message = "holds no records." if prepared.columns else "is empty."
        prepared.warnings.append(Problem(task.delivered.name, None, None, "FILE_EMPTY", message))
    return prepared


def _csv(task: Task) -> Prepared:
    seen, rejects, parts = Seen(), Rejects(task.project.hash_key), Parts(task.folder / "rows.arrow")
    reader = CsvScan(task.delivered.source, task.delivered.name, task.limits, rejects, parts)
    return _prepared(seen, rejects, reader.run(_text(task, seen)), parts.take())


def _json(task: Task) -> Prepared:
    seen, rejects, parts = Seen(), Rejects(task.project.hash_key), Parts(task.folder / "rows.arrow")
    reader = JsonScan(task.delivered.source, task.delivered.name, task.limits, rejects, parts)
    return _prepared(seen, rejects, reader.run(_text(task, seen)), parts.take())


def _parquet(task: Task) -> Prepared:
    seen, rejects, delivered = Seen(), Rejects(task.project.hash_key), task.delivered
    copy = task.folder / "copy.parquet"
    blocks = blocks_as_delivered(delivered.path, seen, task.limits.max_file_bytes)
    copy_parquet(_told(task, blocks, seen), copy)
    found = try_parquet(delivered.source, delivered.name, task.limits, rejects, copy)
    return _prepared(seen, rejects, found, parquet_rows(copy, found))


_READERS: Mapping[str, Callable[[Task], Prepared]] = {"csv": _csv, "jsonl": _json, "parquet": _parquet}


def _prepared(
    seen: Seen, rejects: Rejects, found: CsvFound | JsonFound | ParquetFound, batches: Iterator[pa.RecordBatch]
) -> Prepared:
    return Prepared(
        seen=seen,
        rejects=rejects,
        batches=batches,
        columns=found.columns,
        row_count=found.row_count,
        loaded_count=found.loaded_count,
        loaded_row_sum=found.loaded_row_sum,
        warnings=found.warnings,
    )


def _text(task: Task, seen: Seen) -> Iterator[bytes]:
    delivered, limit = task.delivered, task.limits.max_file_bytes
    encoding = delivered.source.options.encoding if delivered.source.format == "csv" else "utf-8"
    return _told(task, blocks_as_text(delivered.path, seen, encoding, limit), seen)


def _told(task: Task, blocks: Iterator[bytes], seen: Seen) -> Iterator[bytes]:
    for block in blocks:
        task.tell(task.delivered.name, seen.size_bytes)
        yield block

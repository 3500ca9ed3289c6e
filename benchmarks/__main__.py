"""One million items end to end, next to a floor measured in the same run; one large pool; the kernel and plain Python.

    python -m benchmarks [--items 1000000] [--days 30] [--seed 1] [--keep FOLDER]

The floor is what no pipeline can do without: DuckDB loading the same files into tables, and writing the published
tables out. Every part runs in a process of its own, so that memory is its own.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.processes import PIPELINE, child, out

WARM_UP = (
    "from rr_pipeline.core import person_fold; from rr_pipeline.core.kernel import fold; "
    "from rr_pipeline.ingest import json_scan, scan"
)


FLOOR = """
import csv, time
from pathlib import Path
import duckdb
from rr_pipeline.config import load_project
project = load_project(Path(sys.argv[1]))
scratch = Path(sys.argv[2])
con = duckdb.connect(str(scratch / "floor.duckdb"))
begun = time.perf_counter()
rows = 0
for source in project.sources:
    files = sorted(str(path) for path in project.landing.glob(source.location))
    if not files:
        continue
    if source.format == "csv":
        encoding = "utf-8" if source.options.encoding.startswith("utf-8") else "latin-1"
        with open(files[0], encoding=source.options.encoding, newline="") as file:
            names = next(csv.reader(file, delimiter=source.options.delimiter))
        columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"
        query = f"from read_csv($files, header=true, auto_detect=false, ignore_errors=true, columns={columns}, "
        query += "delim=$delimiter, quote=$quote, encoding=$encoding)"
        given = {"files": files, "delimiter": source.options.delimiter, "quote": source.options.quote,
                 "encoding": encoding}
    else:
        query = "from read_json($files, format='newline_delimited', ignore_errors=true)"
        given = {"files": files}
    con.execute(f'create table "{source.name}" as {query}', given)
    rows += con.execute(f'select count(*) from "{source.name}"').fetchall()[0][0]
loaded = time.perf_counter() - begun
con.execute(f"attach '{project.published / 'routing.duckdb'}' as published (read_only)")
con.execute(f"attach '{scratch / 'out.duckdb'}' as written")
begun = time.perf_counter()
tables = "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
for schema, name in con.execute(tables).fetchall():
    con.execute(f"create schema if not exists written.{schema}")
    con.execute(f"create table written.{schema}.{name} as from published.{schema}.{name}")
con.execute("checkpoint written")
written = time.perf_counter() - begun
result = {"seconds": loaded + written, "loaded": loaded, "written": written, "rows": rows}
"""

DEMO = """
import time
from pathlib import Path
from rr_pipeline.examples.demo import write_demo
begun = time.perf_counter()
write_demo(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
result = {"seconds": time.perf_counter() - begun}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write the project here and leave it")
    parser.add_argument("--no-kernel", action="store_true", help="leave the kernel's own benchmark out")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = wanted.keep or Path(scratch) / "project"
        out.print(f"demo: {wanted.items:,} items over {wanted.days} days, seed {wanted.seed}")
        demo = child(DEMO, str(project), str(wanted.items), str(wanted.seed), str(wanted.days))
        out.print(f"  written in {demo['seconds']:.1f} s, {demo['peak_mb']:,} MB")
        child(f"{WARM_UP}\nresult = {{}}")
        pipeline = child(PIPELINE, str(project))
        floor = child(FLOOR, str(project), scratch)
        show(pipeline, floor)
    from benchmarks import kernel, one_pool, scale

    one_pool.run(wanted.items)
    if not wanted.no_kernel:
        kernel.main()
        scale.main()


def show(pipeline: dict[str, Any], floor: dict[str, Any]) -> None:
    """Print stages, floor and ratio."""
    rows = pipeline["rows"]
    table = Table(title=f"{rows:,} rows of items, {pipeline['decisions']:,} decisions", title_justify="left", box=None)
    for name in ("stage", "seconds", "item rows/s", "share"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    rest = pipeline["seconds"] - sum(pipeline["stages"].values())
    for name, seconds in {**pipeline["stages"], "start, imports": rest}.items():
        share = f"{seconds / pipeline['seconds']:.0%}"
        table.add_row(name, f"{seconds:.2f}", f"{rows / seconds:,.0f}" if seconds else "", share)
    table.add_row("all", f"{pipeline['seconds']:.2f}", f"{rows / pipeline['seconds']:,.0f}", "", style="bold")
    out.print(table)
    out.print(
        f"floor: {floor['loaded']:.2f} s to load {floor['rows']:,} rows + {floor['written']:.2f} s to write the "
        f"published tables = {floor['seconds']:.2f} s"
    )
    out.print(f"peak memory of the floor: {floor['peak_mb']:,} MB")
    ratio = pipeline["seconds"] / floor["seconds"]
    out.print(f"[bold]whole job: {ratio:.1f} x the floor; peak memory {pipeline['peak_mb']:,} MB[/bold]")


if __name__ == "__main__":
    main()

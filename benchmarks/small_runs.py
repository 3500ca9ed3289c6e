"""What a small run costs: one that finds nothing, ten new rows in a new process, and ten more in a warm one.

    python -m benchmarks.small_runs [--items 20000] [--seed 1] [--keep FOLDER]

CPU seconds of whole processes, from ``os.times``: they say more of a machine that others use as well than the clock
does. The kernels are warm: the demo's own first run has compiled them. Imports of Great Expectations, Numba and Polars
are measured in the same process, and given apart. A loop of plain Python beside it says how fast the machine is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks.__main__ import DEMO
from benchmarks.processes import PIPELINE, child, out

TIMES = 5

LOOP = """
import time
begun = time.process_time()
sum(range(10_000_000))
result = {"loop": time.process_time() - begun}
"""

RUNS = """
import os
from pathlib import Path
def cpu():
    return sum(os.times()[:2])
started = cpu()
import polars, numba
from rr_pipeline import quality
quality.preload().join()
imports = cpu() - started
from benchmarks.small_runs import deliver
from rr_pipeline.config import load_project
from rr_pipeline.runs.run import run
def once(number):
    deliver(Path(sys.argv[1]), number)
    begun = cpu()
    done = run(load_project(Path(sys.argv[1])))
    return cpu() - begun, done.seconds
number = int(sys.argv[2])
_, cold_seconds = once(number)
cold = cpu()
warm = [once(number + 1 + turn)[0] for turn in range(int(sys.argv[3]))]
result = {"imports": imports, "cold": cold, "warm": warm, "stages": cold_seconds}
"""

COUNTED = """
import tempfile
from pathlib import Path
from benchmarks.small_runs import deliver
from benchmarks.statements import logged_statements
from rr_pipeline.config import load_project
from rr_pipeline.runs.run import run
deliver(Path(sys.argv[1]), int(sys.argv[2]))
with tempfile.TemporaryDirectory() as folder, logged_statements(Path(folder)) as statements:
    run(load_project(Path(sys.argv[1])))
result = {"statements": len(statements)}
"""


def deliver(project: Path, number: int) -> None:
    """Deliver ten rows of a web form that nobody has seen, as a file of its own; ``number`` tells deliveries apart."""
    forms = sorted((project / "landing").glob("webskjema_*.csv"))
    head, *rows = forms[0].read_bytes().split(b"\n")
    last = datetime.strptime(forms[-1].stem, "webskjema_%Y%m%dT%H%M").replace(tzinfo=UTC)
    at = last + timedelta(minutes=1)
    delimiters = head.count(b";")
    whole = [row for row in rows if row.count(b";") == delimiters and b'"' not in row][:10]
    changed = [_new_row(row.split(b";"), number, place, at) for place, row in enumerate(whole)]
    path = project / "landing" / f"webskjema_{at:%Y%m%dT%H%M}.csv"
    path.write_bytes(b"\n".join([head, *changed]) + b"\n")


def _new_row(cells: list[bytes], number: int, place: int, at: datetime) -> bytes:
    """A row with an id, a name, an address and a time of its own, in the columns in which the demo has them."""
    created = f"{at:%d.%m.%Y %H:%M}".encode()
    own = {
        0: b"9%04d%03d" % (number, place),
        1: b"Newcomer %d" % place,
        3: b"newcomer%d@company-%d-%d.corp" % (place, number, place),
        4: b"",
        5: b"",
        6: b"Company %d %d" % (number, place),
        7: b"",
        len(cells) - 2: created,
        len(cells) - 1: created,
    }
    return b";".join(own.get(column, cell) for column, cell in enumerate(cells))


def idle_seconds(project: Path) -> float:
    """CPU seconds of a run that files alone show to have nothing to do."""
    command = [sys.executable, "-c", "from rr_pipeline.cli import main; main()", "run", "--project", str(project)]
    for _ in range(2):
        # What has just changed could change again: the first that looks later leaves the mark that the others go by.
        subprocess.run(command, check=True, capture_output=True)
    return median(_process_seconds(command) for _ in range(TIMES))


def _process_seconds(command: list[str]) -> float:
    before = os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def run(project: Path, items: int) -> None:
    """Measure on a project that has been run, and print."""
    idle = idle_seconds(project)
    measured = child(RUNS, str(project), "1", str(TIMES))
    counted = child(COUNTED, str(project), str(TIMES + 2))
    table = Table(title=f"small runs on {items:,} items, CPU seconds", title_justify="left", box=None)
    table.add_column("run")
    table.add_column("seconds", justify="right")
    own = measured["cold"] - measured["imports"]
    for name, seconds in (
        ("nothing new, a process of its own", idle),
        ("ten new rows, a process of its own", measured["cold"]),
        ("  of these the imports of Great Expectations, Numba and Polars", measured["imports"]),
        ("  and all the rest", own),
        ("ten new rows, a warm process", median(measured["warm"])),
        ("(adding ten million numbers, plain Python)", child(LOOP)["loop"]),
    ):
        table.add_row(name, f"{seconds:.2f}")
    out.print(table)
    out.print(f"{counted['statements']} SQL statements for ten new rows")


def main() -> None:
    """Make a demo, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write the project here and leave it")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = wanted.keep or Path(scratch) / "project"
        child(DEMO, str(project), str(wanted.items), str(wanted.seed), "30")
        child(PIPELINE, str(project))
        run(project, wanted.items)


if __name__ == "__main__":
    main()

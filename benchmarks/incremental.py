"""What a day's delivery costs on a warehouse that holds years, next to the same delivery on an empty one.

    python -m benchmarks.incremental [--items 1000000] [--new 30000] [--seed 1] [--keep FOLDER]

A demo project of ``--items`` rows is delivered but for its last day and run; then the first ``--new`` rows of that day
are delivered and run, and as many again, which is what is measured: the first run after a bulk load also sets up what
later ones find. The empty project gets the same rows, and the people of all days. Each run is a process of its own.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.__main__ import DEMO, PIPELINE, WARM_UP, child, out

WEEKDAY_SHARE = 1.32
"""Items of a working day of the demo, to those of a day on average."""

PEOPLE = ("User_", "absences_")
STAMP = re.compile(r"_(\d{8}T\d{4})\.")


def stamp(path: Path) -> str:
    """When a demo file is delivered, as its name has it."""
    found = STAMP.search(path.name)
    assert found is not None, path.name
    return found[1]


def take_last_day(project: Path, aside: Path) -> list[Path]:
    """Move the files of the last delivery to ``aside``; return them."""
    files = sorted((project / "landing").iterdir())
    last = max(stamp(path) for path in files)
    aside.mkdir()
    return [Path(shutil.move(path, aside)) for path in files if stamp(path) == last]


def cut(content: bytes, first: float, last: float) -> bytes:
    """The header of a file and a stretch of its records, from one share of it to another."""
    head, _, body = content.partition(b"\n")
    bounds = [_record_end(body, round(len(body) * share)) for share in (first, last)]
    if content.startswith(b"{"):
        return body[bounds[0] : bounds[1]]
    return head + b"\n" + body[bounds[0] : bounds[1]]


def _record_end(body: bytes, place: int) -> int:
    """Where the record ends that is at ``place``: the end of a line outside of quotes."""
    while 0 < place < len(body):
        place = body.find(b"\n", place) + 1 or len(body)
        if body.count(b'"', 0, place) % 2 == 0 or body[:1] == b"{":
            break
    return place


def deliver(day: list[Path], landing: Path, first: float, last: float) -> None:
    """Deliver a stretch of the day's files under names of their own."""
    for path in day:
        named = STAMP.sub(f"_{stamp(path)[:9]}10{round(first * 59):02}.", path.name)
        (landing / named).write_bytes(cut(path.read_bytes(), first, last))


def make_empty(project: Path, empty: Path) -> None:
    """A project of the same settings, and of its deliveries only what tells of people."""
    shutil.copytree(project, empty, ignore=lambda at, names: names if at.endswith("landing") else ())
    people = [path for path in (project / "landing").iterdir() if path.name.startswith(PEOPLE)]
    for path in people:
        shutil.copy2(path, empty / "landing")


def sizes(project: Path) -> dict[str, float]:
    """Megabytes of the warehouse, of the published copy and of what was delivered."""
    landing = sum(path.stat().st_size for path in (project / "landing").iterdir())
    files = {"warehouse": project / "warehouse.duckdb", "published": project / "published" / "routing.duckdb"}
    return {**{name: path.stat().st_size / 1e6 for name, path in files.items()}, "landing": landing / 1e6}


def show(large: dict[str, Any], small: dict[str, Any], items: int) -> None:
    """Print seconds by step of both runs, and the ratio."""
    title = f"{large['rows']:,} new rows on {items:,}; {small['rows']:,} on none"
    table = Table(title=title, title_justify="left", box=None)
    for name in ("step", "on none", f"on {items:,}", "ratio"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for name, seconds in small["stages"].items():
        here = large["stages"].get(name, 0.0)
        table.add_row(name, f"{seconds:.2f}", f"{here:.2f}", f"{here / seconds:.1f}" if seconds > 0.05 else "")
    both = small["seconds"], large["seconds"]
    table.add_row("all", f"{both[0]:.2f}", f"{both[1]:.2f}", f"{both[1] / both[0]:.1f}", style="bold")
    out.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write the projects below this folder and leave them")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.keep or Path(scratch)
        project, empty = folder / "project", folder / "empty"
        days = max(round(wanted.items / wanted.new * WEEKDAY_SHARE), 2)
        out.print(f"demo: {wanted.items:,} items over {days} days, seed {wanted.seed}")
        child(DEMO, str(project), str(wanted.items), str(wanted.seed), str(days))
        day = take_last_day(project, folder / "day")
        make_empty(project, empty)
        share = wanted.new / sum(path.read_bytes().count(b"\n") for path in day)
        child(f"{WARM_UP}\nresult = {{}}")
        before = child(PIPELINE, str(project))
        out.print(f"  all but the last day: {before['rows']:,} rows in {before['seconds']:.1f} s, MB {sizes(project)}")
        deliver(day, project / "landing", 0, share)
        child(PIPELINE, str(project))
        for target in (project, empty):
            deliver(day, target / "landing", share, min(2 * share, 1))
        small = child(PIPELINE, str(empty))
        large = child(PIPELINE, str(project))
        show(large, small, before["rows"])
        out.print(f"MB before none: {sizes(empty)}\nMB after: {sizes(project)}; peak memory {large['peak_mb']:,} MB")


if __name__ == "__main__":
    main()

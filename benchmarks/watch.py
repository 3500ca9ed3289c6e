"""From landing to webhook: a real watch on the demo's history, a small file a second, a receiver that really listens.

    python -m benchmarks.watch [--seconds 20] [--items 20000] [--rows 1] [--seed 1] [--poll] [--keep FOLDER]

The demo is routed, its messages are marked as delivered, and ``rr-pipeline watch`` is started as a process of its own.
Then a file of ``--rows`` new leads is renamed into ``landing/`` each second. Measured by clock, from the rename: when
the watch says that the file is published, and when the receiver has the last message of the file's leads. The records
are of working hours, one minute a file; a lead that nobody can get at that instant leaves no message, and is counted.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.__main__ import DEMO
from benchmarks.processes import PIPELINE, child, out

COMMAND = str(Path(sys.executable).with_name("rr-pipeline"))
FIRST = datetime(2026, 7, 1, 7, 0, tzinfo=UTC)
A_DAY = 480
"""Minutes of a day that files are of, one a minute."""

COUNTRIES = ("Norway", "United Kingdom", "Germany", "Sweden", "United States", "France")


class Receiver:
    """What came, and when: the instant of the last message by item."""

    def __init__(self) -> None:
        self.url = ""
        self.last: dict[str, float] = {}
        self.ids: list[str] = []


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server on this machine that takes every message."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.last[message["item_id"]] = time.monotonic()
            receiver.ids.append(message["message_id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()


class Watching:
    """A watch in a process of its own; ``said``: (instant, line) of all it has said."""

    def __init__(self, project: Path, url: str, is_polling: bool) -> None:
        command = [COMMAND, "watch", "--json", "--project", str(project), "--url", url, *["--poll"] * is_polling]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.said: list[tuple[float, dict[str, Any]]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append((time.monotonic(), json.loads(line)))

    def wait_for(self, event: str, seconds: float) -> None:
        """Wait until it has said so."""
        until = time.monotonic() + seconds
        while not any(line["event"] == event for _, line in self.said):
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the watch did not say '{event}' within {seconds:.0f} s: {self.said}")
            time.sleep(0.05)

    def usage(self) -> tuple[float, float]:
        """CPU seconds so far, and megabytes of memory it has now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="utf-8").split()[1])
        ticks = int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> float:
        """End it; the seconds that took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        if code != 0:
            raise SystemExit(f"the watch ended with {code}")
        return time.monotonic() - begun


def header(project: Path) -> list[str]:
    """Columns of the demo's file of leads."""
    path = max((project / "landing").glob("Lead_*.csv"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def deliver(project: Path, columns: Sequence[str], number: int, rows: int) -> tuple[str, list[str], float]:
    """Rename a file of new leads into the landing folder; its name, the leads' ids, and the instant."""
    at = FIRST + timedelta(days=number // A_DAY, minutes=number % A_DAY)
    ids = [f"00QW{number:06d}{row:04d}" for row in range(rows)]
    stamp = f"{at - timedelta(seconds=30):%Y-%m-%dT%H:%M:%S}.000+0000"
    name = f"Lead_{at:%Y%m%dT%H%M}.csv"
    hidden = project / "landing" / f".{name}.part"
    with hidden.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for place, one in enumerate(ids):
            writer.writerow({
                "Id": one, "IsDeleted": "false", "LastName": f"Watcher{one}", "FirstName": "Wilma",
                "Country": COUNTRIES[(number + place) % len(COUNTRIES)], "Email": f"{one.lower()}@watch.example",
                "HasOptedOutOfEmail": "false", "IsConverted": "false", "Status": "Open - Not Contacted",
                "OwnerId": "queue-inbound", "CreatedDate": stamp, "LastModifiedDate": stamp,
            })  # fmt: skip
    begun = time.monotonic()
    os.rename(hidden, project / "landing" / name)
    return name, ids, begun


def prepare(folder: Path, items: int, seed: int) -> Path:
    """The demo, routed, with nothing left to send."""
    project = folder / "project"
    if (project / "warehouse.duckdb").exists():
        return project
    out.print(f"demo: {items:,} items, seed {seed}")
    child(DEMO, str(project), str(items), str(seed), "30")
    child(PIPELINE, str(project))
    mark = [COMMAND, "outbox", "mark", "--all", "--sink", "webhook", "--project", str(project)]
    subprocess.run(mark, check=True, capture_output=True)
    return project


def measure(project: Path, seconds: int, rows: int, is_polling: bool) -> None:
    """Deliver, wait for the last message, and print."""
    columns, sent = header(project), {}
    before = len(list((project / "landing").glob("Lead_202607*"))) - 1
    with receiving() as receiver:
        watching = Watching(project, receiver.url, is_polling)
        watching.wait_for("started", 120)
        # Warm-up: the first file also pays for imports and for loading machine code.
        name, _, _ = deliver(project, columns, before, rows)
        watching.wait_for("sent", 600)
        cpu, memory = watching.usage()
        begun = time.monotonic()
        for number in range(1, seconds + 1):
            time.sleep(max(0.0, begun + number - time.monotonic()))
            name, ids, at = deliver(project, columns, before + number, rows)
            sent[name] = (ids, at)
        settle(watching, receiver, sent)
        after = watching.usage()
        ended = watching.stop()
    show(watching, receiver, sent)
    runs = sum(line["event"] == "ran" for _, line in watching.said) - 1
    out.print(
        f"{seconds} files in {runs} runs; {(after[0] - cpu) / max(runs, 1):.2f} CPU s a run; memory {memory:,.0f} MB "
        f"warm, {after[1]:,.0f} MB at the end; SIGTERM to exit {ended:.2f} s; load average {os.getloadavg()[0]:.1f}"
    )


def published_at(watching: Watching) -> dict[str, float]:
    """When the watch said that a file is published."""
    return {name: at for at, line in watching.said if line["event"] == "ran" for name in line["files"]}


def settle(watching: Watching, receiver: Receiver, sent: dict[str, Any]) -> None:
    """Wait until every file is published and no message has come for two seconds."""
    until = time.monotonic() + 600
    while sent.keys() - published_at(watching).keys():
        if time.monotonic() > until or watching.process.poll() is not None:
            raise SystemExit("not every file was published")
        time.sleep(0.05)
    while time.monotonic() - max(receiver.last.values(), default=0.0) < 2:
        time.sleep(0.1)


def show(watching: Watching, receiver: Receiver, sent: dict[str, Any]) -> None:
    """Print the percentiles."""
    done = published_at(watching)
    published = sorted(done[name] - at for name, (_, at) in sent.items())
    received = sorted(
        max(receiver.last[one] for one in ids if one in receiver.last) - at
        for ids, at in sent.values()
        if any(one in receiver.last for one in ids)
    )
    table = Table(title="seconds from the rename", title_justify="left", box=None)
    for name in ("until", "files", "P50", "P95", "max"):
        table.add_column(name, justify="left" if name == "until" else "right")
    for name, found in (("published", published), ("webhook has it", received)):
        if found:
            marks = [found[min(len(found) - 1, round(share * (len(found) - 1)))] for share in (0.5, 0.95, 1)]
            table.add_row(name, str(len(found)), *(f"{mark:.3f}" for mark in marks))
    out.print(table)
    twice = len(receiver.ids) - len(set(receiver.ids))
    steps: dict[str, list[float]] = {}
    for _, line in watching.said:
        for name, spent in line.get("seconds_by_step", {}).items():
            steps.setdefault(name, []).append(spent)
    middle = {name: sorted(spent)[len(spent) // 2] for name, spent in steps.items()}
    out.print(f"messages received: {len(receiver.ids):,}, of these twice: {twice}")
    out.print("P50 by step: " + ", ".join(f"{name} {spent:.3f}" for name, spent in middle.items()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, help="files, one a second")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=1, help="new leads a file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--poll", action="store_true", help="let it look at the folder instead of being told")
    parser.add_argument("--keep", type=Path, help="write the project below this folder and leave it; use one that is")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = prepare(wanted.keep or Path(scratch), wanted.items, wanted.seed)
        measure(project, wanted.seconds, wanted.rows, wanted.poll)


if __name__ == "__main__":
    main()

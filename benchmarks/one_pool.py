"""A million leads of one pool whose members have equal weights: every turn is a tie. ``python -m benchmarks.one_pool``.

    python -m benchmarks.one_pool [--items 1000000] [--members 20]

Equal weights are the default, and the case in which a check of winners has most to look at: who of several that stand
equal had the oldest turn.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.processes import PIPELINE, child, out

SETTINGS = {
    "project.yaml": "name: one-pool\ntime_zone: UTC\nrun_instant: last_record\n",
    "sources.yaml": """\
sources:
  leads: {table: items, object_type: lead, location: leads.csv,
          mapping: {item_id: Id, created_at: Created, email: Email}}
""",
}
START = datetime(2026, 1, 1, tzinfo=UTC)


def write_project(folder: Path, item_count: int, member_count: int) -> None:
    """A project of one pool, and one file of leads, each of a person of its own."""
    (folder / "policies").mkdir(parents=True)
    (folder / "landing").mkdir()
    for name, text in SETTINGS.items():
        (folder / name).write_text(text)
    members = ", ".join(f"{{user: user-{number}}}" for number in range(member_count))
    policy = f"version: v1\neffective_from: 2026-01-01\npools: {{all: {{members: [{members}]}}}}\ncatch_all: all\n"
    (folder / "policies" / "v1.yaml").write_text(policy)
    with (folder / "landing" / "leads.csv").open("w") as file:
        file.write("Id,Created,Email\n")
        for number in range(item_count):
            at = START + timedelta(seconds=30 * number)
            file.write(f"L{number:08d},{at.isoformat()},person{number}@firm{number % 9973}.example\n")


def run(item_count: int = 1_000_000, member_count: int = 20) -> None:
    """Write, route and print."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        write_project(project, item_count, member_count)
        done = child(PIPELINE, str(project))
    seconds, proving = done["seconds"], done["stages"]["invariants"]
    out.print(f"one pool of {member_count} with equal weights, {item_count:,} leads: {done['decisions']:,} decisions")
    out.print(
        f"  {seconds:.1f} s in all, {proving:.1f} s of these proving invariants; peak memory {done['peak_mb']:,} MB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--members", type=int, default=20)
    wanted = parser.parse_args()
    run(wanted.items, wanted.members)


if __name__ == "__main__":
    main()

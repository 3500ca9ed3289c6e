"""What Dagster adds to a run: the same small project by the command line's function and as a Dagster job.

    python -m benchmarks.dagster_overhead [items]

Both in one process that has everything imported and compiled, so that only the work itself is compared.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

from rr_pipeline.config import load_project
from rr_pipeline.examples.demo import write_demo
from rr_pipeline.runs.run import run


def main(items: int = 5000) -> None:
    """Print seconds of both, and what lies between them."""
    with tempfile.TemporaryDirectory() as base:
        folders = [Path(base) / name for name in ("warm", "plain", "dagster")]
        write_demo(folders[0], items, 1, 10)
        for folder in folders[1:]:
            shutil.copytree(folders[0], folder)
        run(load_project(folders[0]))
        begun = time.perf_counter()
        frontier = run(load_project(folders[1])).frontier
        plain = time.perf_counter() - begun
        assert frontier is not None
        through = _dagster(folders[2], f"{frontier:%Y-%m-%d}")
    print(f"{items:,} items: {plain:.1f} s by function, {through:.1f} s by Dagster: it adds {through - plain:.1f} s")


def _dagster(folder: Path, day: str) -> float:
    import dagster as dg

    warnings.simplefilter("ignore", dg.BetaWarning)
    os.environ |= {"RR_PROJECT": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1"}
    from rr_pipeline.definitions import build

    job = build(folder).resolve_job_def("rr_pipeline")
    with tempfile.TemporaryDirectory() as home, dg.DagsterInstance.local_temp(home) as instance:
        begun = time.perf_counter()
        result = job.execute_in_process(instance=instance, partition_key=day)
        assert result.success
        return time.perf_counter() - begun


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""Measuring in processes of their own, so that memory is their own.

Belongs here: running a piece of code and reading what it measured. Does not belong here: what is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from rich.console import Console

out = Console(highlight=False)


def child(code: str, *arguments: str) -> dict[str, Any]:
    """Run Python code in a process of its own; its last line of output is JSON, to which peak memory is added."""
    peak = "\nimport resource as _r\npeak_mb = _r.getrusage(_r.RUSAGE_SELF).ru_maxrss // 1024"
    peak += "\nprint(json.dumps({**result, 'peak_mb': peak_mb}))"
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}{peak}", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    content: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return content


PIPELINE = """
import time
from pathlib import Path
begun = time.perf_counter()
from rr_pipeline.config import load_project
from rr_pipeline.runs.run import preload, run
preload()
done = run(load_project(Path(sys.argv[1])))
result = {"seconds": time.perf_counter() - begun, "stages": dict(done.seconds), "decisions": done.decisions,
          "rows": sum(feed.rows for feed in done.feeds)}
"""

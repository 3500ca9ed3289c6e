"""An analyst in a process of its own, who opens a database file for writing as most clients do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_WORK = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
if sys.argv[2]:
    con.execute(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
con.close()
"""
NOTE = "create table notes as select 1 as note"


@contextmanager
def analyst(path: Path, statement: str = NOTE) -> Iterator[subprocess.Popen[bytes]]:
    """Hold the file open for writing for the length of the block, then close it in order."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WORK, str(path), statement], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def killed_analyst(path: Path, statement: str = NOTE) -> None:
    """Open the file for writing, write, and die."""
    with analyst(path, statement) as process:
        process.kill()


def keeping_names() -> Callable[[str, str], str]:
    """Copy files, two names of one file as two names of one file."""
    seen: dict[int, str] = {}

    def copy(source: str, target: str) -> str:
        number = os.stat(source).st_ino
        if number in seen:
            os.link(seen[number], target)
        else:
            seen[number] = shutil.copy2(source, target)
        return target

    return copy

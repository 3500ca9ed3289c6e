"""The command line, called in the tests' own process: a process of its own would import everything again."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout

from rr_pipeline import cli


def say(*arguments: object) -> tuple[int, str, str]:
    """Call a command; returns its exit code and what it said, on stdout and on stderr."""
    before, out, err, code = sys.argv, io.StringIO(), io.StringIO(), 0
    sys.argv = ["rr-pipeline", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return code, out.getvalue(), err.getvalue()

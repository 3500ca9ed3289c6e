"""What several commands of the command line share: options, and printing for machines."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rr_pipeline.errors import visible
from rr_pipeline.streams import unwritten

ProjectOption = Annotated[
    Path, typer.Option("--project", "-p", envvar="RR_PROJECT", help="The project folder.", show_default="this folder")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]


def say(text: str, *, err: bool = False) -> None:
    """Print a line, with control characters shown."""
    print(visible(text), file=sys.stderr if err else sys.stdout)


def print_json(content: object) -> None:
    """Print one JSON document on stdout."""
    say(json.dumps(content, indent=2, ensure_ascii=False, default=str))


_standing: list[str] = []


def stands(what: str) -> None:
    """Note what a command has made final, or may have: whatever goes wrong from here on, nobody is told otherwise."""
    _standing.append(what)


def last_words() -> str:
    """What an error message may truthfully say of what was done, for its end."""
    return _standing[-1] if _standing else "everything was rolled back"


def is_final() -> bool:
    """Whether the command has made something final."""
    return bool(_standing)


def leave(code: int) -> NoReturn:
    """End the process now: whoever said stop need not wait until every library has been taken down."""
    unwritten()
    os._exit(code)


def begin() -> None:
    """Nothing is final yet."""
    _standing.clear()

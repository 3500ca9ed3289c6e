"""``rr-pipeline backfill``, ``simulate`` and ``compare``: deciding the past again, for good or in a shadow."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli_options import JsonOption, ProjectOption, print_json
from rr_pipeline.errors import RefusedError

FromOption = Annotated[str, typer.Option("--from", help="First local day, such as 2026-06-01.")]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Last local day; without it up to the frontier.", show_default=False)
]


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"file=- row=- field={option} code=TIME_INVALID: write a day: 2026-06-01") from None


def backfill(from_day: FromOption, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Decide everything from a day on again, under the policies as they are now, and publish it."""
    from rr_pipeline import terminal, terminal_history
    from rr_pipeline.config import load_project
    from rr_pipeline.pipeline.restate import backfill as restate

    loaded = load_project(project)
    day = _day("--from", from_day)
    with terminal.progress(quiet=as_json) as progress:
        done = restate(loaded, day, progress=progress)
    print_json(done.as_json()) if as_json else terminal_history.show_restatement(loaded, done)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (backfill,):
        app.command()(command)

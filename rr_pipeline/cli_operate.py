"""Commands of whoever keeps a project running: where it stands, backups, restoring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli_options import JsonOption, ProjectOption, print_json


def state(
    project: ProjectOption = Path(),
    pool: Annotated[str | None, typer.Option("--pool", help="Only this pool.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is carried to the next run: balances, windows and limits, holds, clocks, tokens, the frontier."""
    from rr_pipeline import terminal_state
    from rr_pipeline.config import load_project
    from rr_pipeline.pipeline.standing import project_state

    loaded = load_project(project)
    found = project_state(loaded, pool)
    print_json(found.as_json()) if as_json else terminal_state.show_state(loaded, found)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (state,):
        app.command()(command)

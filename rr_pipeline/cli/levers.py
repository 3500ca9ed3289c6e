"""Levers of the operator: the giving of items to a pool or a user stops and starts again, a delivery is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli.options import JsonOption, ProjectOption, print_json, say, stands

TargetArgument = Annotated[str, typer.Argument(help="A pool, or a user of some pool.", metavar="POOL|USER")]
UserOption = Annotated[bool, typer.Option("--user/--pool", help="Which one, where both have that name.")]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="End of the pause: a date or time of the project's zone.", show_default=False),
]


def pause(
    target: TargetArgument,
    until: UntilOption = None,
    is_user: UserOption = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give nothing new to a pool or a user, from the next close on; what they have stays, and items wait."""
    from dataclasses import asdict

    from rr_pipeline.config import load_project
    from rr_pipeline.maintenance import exceptions_file

    done = exceptions_file.pause(load_project(project), target, until, is_user=is_user)
    stands("the pause stands in exceptions.csv")
    ends = f" until {until}" if until else ", until `rr-pipeline resume` ends it"
    text = f"{done.target}: nobody new gets any from the next close on{ends}"
    print_json(asdict(done)) if as_json else say(text)


def resume(
    target: TargetArgument, is_user: UserOption = False, project: ProjectOption = Path(), as_json: JsonOption = False
) -> None:
    """End the pauses of a pool or a user, from the next close on; what waits is offered then."""
    from dataclasses import asdict

    from rr_pipeline.config import load_project
    from rr_pipeline.maintenance import exceptions_file

    done = exceptions_file.resume(load_project(project), target, is_user=is_user)
    stands("the end of the pause stands in exceptions.csv")
    print_json(asdict(done)) if as_json else say(f"{done.target}: its pauses end with the next close")


def withdraw(
    file: Annotated[str, typer.Argument(help="A file that was delivered, as below landing/.", metavar="FILE")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let a wrong delivery no longer count, from the next run on: items that it alone tells of end."""
    from dataclasses import asdict

    from rr_pipeline.config import load_project
    from rr_pipeline.maintenance import exceptions_file

    done = exceptions_file.withdraw(load_project(project), file)
    stands("the withdrawal stands in exceptions.csv")
    text = (
        f"{done.file_name}: it counts no longer from the next run on. Items that no other file tells of end then: "
        "deliver the right file before that run"
    )
    print_json(asdict(done)) if as_json else say(text)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (pause, resume, withdraw):
        app.command()(command)

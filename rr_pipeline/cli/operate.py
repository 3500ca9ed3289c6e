"""Commands of whoever keeps a project running: where it stands, backups, restoring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli.options import JsonOption, ProjectOption, print_json, say, stands
from rr_pipeline.errors import Problem, RefusedError


def state(
    project: ProjectOption = Path(),
    pool: Annotated[str | None, typer.Option("--pool", help="Only this pool.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is carried to the next run: balances, windows and limits, holds, clocks, tokens, the frontier."""
    from rr_pipeline.cli import screen_state
    from rr_pipeline.config import load_project
    from rr_pipeline.views.project_state import project_state

    loaded = load_project(project)
    found = project_state(loaded, pool)
    print_json(found.as_json()) if as_json else screen_state.show_state(loaded, found)


def verify(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Read every table whole, count the invariants again and compare the published copy. Changes nothing."""
    from rr_pipeline.cli import screen
    from rr_pipeline.config import load_project
    from rr_pipeline.maintenance.verify import verify as verify_project

    with screen.progress(quiet=as_json) as progress:
        found = verify_project(load_project(project), progress)
    if as_json:
        print_json(found.as_json())
    else:
        say(f"{found.run_id}: {found.row_count:,} rows in {found.table_count} tables were read, {found.check_count} "
            "invariants hold")  # fmt: skip
        say("\n".join(map(str, found.problems)) or "the published copy shows that run, whole")
    raise typer.Exit(found.exit_code)


def backup(
    project: ProjectOption = Path(),
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write, in place of the project's folder.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a proved copy of the warehouse, between runs; `restore` can put it in the warehouse's place."""
    from rr_pipeline.config import load_project
    from rr_pipeline.maintenance.backups import back_up

    made = back_up(load_project(project), to)
    stands("the backup was made")
    if as_json:
        print_json({**made.as_json(), "path": str(made.path)})
    else:
        say(f"{made.path}: {made.run_id}, {made.row_count:,} rows in {made.table_count} tables, final up to "
                   f"{made.frontier}\nsha256 {made.sha256}")  # fmt: skip


def restore(
    project: ProjectOption = Path(),
    chosen: Annotated[
        Path | None, typer.Option("--from", help="Backup to take.", show_default="the newest whole one")
    ] = None,
    from_landing: Annotated[bool, typer.Option("--from-landing", help="Start again from what landing/ holds.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Even if the warehouse is in order.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of a warehouse that is gone or damaged; what was there is set aside, never deleted."""
    from rr_pipeline.cli import screen_state
    from rr_pipeline.config import load_project
    from rr_pipeline.maintenance.restore import restore as restore_backup
    from rr_pipeline.maintenance.restore import restore_from_landing

    if from_landing and chosen is not None:
        raise RefusedError(Problem("-", None, None, "RESTORE_WHICH", "give --from FILE or --from-landing, not both"))
    loaded = load_project(project)
    stands("nothing was deleted: what stood in the way is beside it, under a name that ends in .aside-1 or later")
    done = restore_from_landing(loaded, force=force) if from_landing else restore_backup(loaded, chosen, force=force)
    print_json(done.as_json()) if as_json else screen_state.show_restored(done)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (state, verify, backup, restore):
        app.command()(command)

"""The command line: thin commands over the functions that Dagster calls as well."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rr_pipeline import __version__
from rr_pipeline.cli import history, levers, operate, outbox, policy, publish, watch
from rr_pipeline.cli.options import (
    JsonOption,
    ProjectOption,
    begin,
    is_final,
    last_words,
    leave,
    print_json,
    say,
    stands,
)  # fmt: skip
from rr_pipeline.errors import Exit, RunError, StoppedError, warn
from rr_pipeline.streams import steady_streams, unwritten

app = typer.Typer(
    name="rr-pipeline",
    help="Round-robin routing for data teams: exact, replayable, explainable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(outbox.app)
app.add_typer(policy.app)
operate.register(app)
levers.register(app)
history.register(app)
app.command()(publish.publish)
app.command()(watch.watch)

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Instant of the run, such as 2026-06-30T18:00:00Z.", show_default=False)
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Decide nothing created after this instant.", show_default=False)
]
AheadOption = Annotated[
    bool, typer.Option("--ahead-of-clock", help="Take --as-of although it lies after the clock and all records.")
]


def _version(wanted: bool) -> None:
    if wanted:
        say(__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Round-robin routing for data teams: exact, replayable, explainable."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to write; must be empty or not exist.")],
    demo: Annotated[bool, typer.Option("--demo", help="Also write believable, messy deliveries.")] = False,
    items: Annotated[int, typer.Option(min=1, max=100_000_000, help="Demo: item rows in all.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Demo: the same seed gives the same bytes.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Demo: days covered.")] = 30,
) -> None:
    """Write a project folder with commented config, and with --demo also data to route."""
    from rr_pipeline.cli import screen

    if demo:
        from rr_pipeline.examples.demo import write_demo

        with screen.progress() as progress:
            summary = write_demo(folder, items, seed, days, progress)
        screen.show_demo(folder, summary)
    else:
        from rr_pipeline.config.templates import write_starter

        write_starter(folder)
        screen.show_starter(folder)


@app.command()
def check(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Validate all config, look into the delivered files, and say what a run would make of them. Changes nothing."""
    from rr_pipeline.cli import screen, screen_trial
    from rr_pipeline.config import load_project
    from rr_pipeline.runs.trial import try_files
    from rr_pipeline.views.preview import preview

    loaded = load_project(project)
    found, tried = preview(loaded), try_files(loaded)
    if as_json:
        print_json({**found.as_json(), "tried": tried.as_json()})
    else:
        screen.show_preview(found)
        screen_trial.show_trial(tried)
    if tried.is_stopped:
        raise typer.Exit(Exit.REFUSED)
    if found.problems or tried.files_refused or tried.refused:
        raise typer.Exit(Exit.DEGRADED)


@app.command()
def run(
    *,
    project: ProjectOption = Path(),
    as_of: AsOfOption = None,
    until: UntilOption = None,
    ahead_of_clock: AheadOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide everything delivered and not yet decided, and publish the tables."""
    if as_of is None and until is None and (quiet := _idle_run(project)) is not None:
        name, report = quiet
        print_json(report) if as_json else say(f"{name}: {report['message']}")
        return
    from rr_pipeline.cli import screen
    from rr_pipeline.config import load_project
    from rr_pipeline.runs.run import run as run_project
    from rr_pipeline.session.instants import read_instant

    instant = read_instant("--as-of", as_of) if as_of is not None else None
    end = read_instant("--until", until) if until is not None else None
    loaded = load_project(project)
    with screen.progress(quiet=as_json) as progress:
        done = run_project(loaded, as_of=instant, until=end, is_ahead_allowed=ahead_of_clock, progress=progress)
    stands(f"{done.run_id} is committed and published" if done.run_id else "nothing was changed")
    print_json(done.as_json()) if as_json else screen.show_run(loaded, done)
    raise typer.Exit(done.exit_code)


def _idle_run(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """A run that files alone show to have nothing to do: its lock, its line in runs.log, and what it reports."""
    from rr_pipeline import idle

    if not (folder / idle.STAMP_FILE).exists():
        return None
    from rr_pipeline.lock import project_lock
    from rr_pipeline.session.run_log import log_run

    clock, what = datetime.now(UTC), "rr-pipeline run"
    with project_lock(folder, what):
        quiet = idle.recall(folder)
        if quiet is not None:
            as_of = quiet[1]["as_of"]
            log_run(folder, clock, what, exit_code=Exit.DONE, as_of=datetime.fromisoformat(as_of) if as_of else None)
    return quiet


@app.command()
def plan(
    table: Annotated[str | None, typer.Argument(help="Show this table alone, such as marts.fct_items.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what every run does: its steps, what each reads and leaves, what a table is made of. Needs no project."""
    from rr_pipeline.cli import screen_plan
    from rr_pipeline.views.plan import read_plan

    found = read_plan()
    if table is not None:
        one = found.table(table)
        print_json(vars(one)) if as_json else screen_plan.show_planned_table(one)
        return
    print_json(found.as_json()) if as_json else screen_plan.show_plan(found)


@app.command()
def explain(
    item: Annotated[str, typer.Argument(help="Id of the item, as in its source.")],
    project: ProjectOption = Path(),
    source: Annotated[str | None, typer.Option(help="Source, where several have the id.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what happened to an item and why: every step in words, and every member considered."""
    from rr_pipeline.cli import screen_story
    from rr_pipeline.config import load_project
    from rr_pipeline.views.explain import explain_item

    loaded = load_project(project)
    stories = explain_item(loaded, item, source)
    print_json([story.as_json() for story in stories]) if as_json else screen_story.show_stories(loaded, stories)


@app.command()
def schemas(folder: Annotated[Path, typer.Argument(help="Folder to write to.")]) -> None:
    """Write JSON Schema files of the config, for editors."""
    from rr_pipeline.config.json_schemas import write_schemas

    for path in write_schemas(folder):
        say(str(path))


def main() -> None:
    """Run a command; errors become messages and exit codes, never a traceback with values in it."""
    steady_streams()
    begin()
    code = _run_app()
    if (reason := unwritten()) is not None:
        # Of what a command made final the exit code tells; of one that only shows something, that it could not.
        warn(f"not all that was to be shown could be written: {reason}; {_what_is_so()}")
        code = Exit.RESOURCES if code == Exit.DONE and not is_final() else code
    sys.exit(code)


def _what_is_so() -> str:
    return last_words() if is_final() else "nothing was changed"


def _run_app() -> int | str | None:
    try:
        app()
    except SystemExit as end:
        return end.code
    except StoppedError as error:
        say(str(error), err=True)
        # All is closed and logged.
        leave(error.exit_code)
    except BaseException as error:
        text, code = _told(error)
        say(text, err=True)
        if code == Exit.INTERNAL and os_debug():
            traceback.print_exc()
        return code
    return Exit.DONE


def _told(error: BaseException) -> tuple[str, Exit]:
    """What to say of an error that ends a command, and the exit code."""
    known = error if isinstance(error, RunError) else _of_the_engine(error)
    if known is not None:
        return f"error: {known}", known.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "stopped; everything not committed was rolled back", Exit.INTERRUPTED
    if isinstance(error, MemoryError):
        return f"error: memory ran out; {last_words()}", Exit.RESOURCES
    if isinstance(error, OSError):
        also = f"; {last_words()}" if is_final() else ""
        return f"error: {error.strerror or type(error).__name__}: {error.filename or ''}{also}", Exit.RESOURCES
    # The text of a library's error may quote a cell: say where it happened, not what it said.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    return f"internal error: {where}; {last_words()}. Set RR_DEBUG=1 to see all of it.", Exit.INTERNAL


def _of_the_engine(error: BaseException) -> RunError | None:
    """Runs tell the warehouse's errors themselves: what comes here is of a command that reads the published copy."""
    if type(error).__module__.partition(".")[0] not in ("duckdb", "_duckdb"):
        return None
    from rr_pipeline.warehouse.analysts import read_error

    return read_error(error)


def os_debug() -> bool:
    """Whether the user asked for tracebacks, which may show values."""
    return os.environ.get("RR_DEBUG") == "1"

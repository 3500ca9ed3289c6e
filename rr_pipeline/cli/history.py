"""``rr-pipeline backfill`` and ``simulate``: deciding the past again, for good or in a shadow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli.options import JsonOption, ProjectOption, print_json, stands
from rr_pipeline.errors import Problem, RefusedError

FromOption = Annotated[str, typer.Option("--from", help="First local day, such as 2026-06-01.")]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Last local day; without it up to the frontier.", show_default=False)
]


def backfill(from_day: FromOption, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Decide everything from a day on again, under the policies as they are now, and publish it."""
    from rr_pipeline.cli import screen, screen_history
    from rr_pipeline.config import load_project
    from rr_pipeline.runs.backfill import backfill as restate
    from rr_pipeline.session.instants import read_day

    day = read_day("--from", from_day)
    loaded = load_project(project)
    with screen.progress(quiet=as_json) as progress:
        done = restate(loaded, day, progress=progress)
    stands(f"{done.run.run_id} is committed and published")
    print_json(done.as_json()) if as_json else screen_history.show_restatement(loaded, done)


def simulate(
    *,
    project: ProjectOption = Path(),
    from_day: Annotated[str | None, typer.Option("--from", help="First local day.", show_default=False)] = None,
    to_day: ToOption = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", help="A policy file, or the id of a version, in force from the first day on."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call the shadow.", show_default=False)] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option("--compare", help="Compare two shadows there are.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide past days again under any policy, apart from everything, and show what would differ."""
    from rr_pipeline.cli import screen, screen_history
    from rr_pipeline.config import load_project
    from rr_pipeline.config.policy_loader import find_policy
    from rr_pipeline.config.zones import load_zone
    from rr_pipeline.runs import shadow
    from rr_pipeline.session.instants import read_day

    loaded = load_project(project)
    if compare is not None:
        found = shadow.compare_shadows(loaded, *compare)
        print_json(found.as_json()) if as_json else screen_history.show_comparison(loaded, found)
        return
    if from_day is None or name is None:
        missing = "--from" if from_day is None else "--name"
        raise RefusedError(Problem("-", None, missing, "OPTION_MISSING", "say --from DAY and --name NAME."))
    first, last = read_day("--from", from_day), read_day("--to", to_day) if to_day else None
    tried = find_policy(loaded.policies, load_zone(loaded.settings.time_zone), policy) if policy else None
    with screen.progress(quiet=as_json) as progress:
        made, _run, found = shadow.simulate(loaded, name, first, last, tried, progress)
    print_json(found.as_json()) if as_json else screen_history.show_shadow(loaded, made, found)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (backfill, simulate):
        app.command()(command)

"""``rr-pipeline policy``: the versions of a project, and what differs between two of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli.options import JsonOption, ProjectOption, print_json

app = typer.Typer(
    name="policy",
    help="Policy versions: which there are, and what differs between two.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("list")
def list_(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show the versions in order, from when on each is in force, and since which run it has taken decisions."""
    from rr_pipeline.cli import screen_policy
    from rr_pipeline.config import load_project
    from rr_pipeline.views.policy_list import list_versions

    loaded = load_project(project)
    versions = list_versions(loaded)
    print_json([one.as_json() for one in versions]) if as_json else screen_policy.show_versions(loaded, versions)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Id of a version, or a policy file.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Id of a version, or a policy file.")],
    *,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say in words what differs from A to B: members, weights, limits, territories, targets, hours, and all else."""
    from rr_pipeline.cli import screen_policy
    from rr_pipeline.config import load_project
    from rr_pipeline.config.policy_diff import compare_policies
    from rr_pipeline.config.policy_loader import find_policy
    from rr_pipeline.config.zones import load_zone

    loaded = load_project(project)
    zone = load_zone(loaded.settings.time_zone)
    old, new = (find_policy(loaded.policies, zone, wanted) for wanted in (before, after))
    changes = compare_policies(old, new)
    if as_json:
        print_json({"before": old.version, "after": new.version, "changes": [one.as_json() for one in changes]})
    else:
        screen_policy.show_changes(old, new, changes)

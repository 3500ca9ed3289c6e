"""The command ``publish``: what is committed, to the published folder or to a database."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from rr_pipeline.cli.options import JsonOption, ProjectOption, print_json, say, stands
from rr_pipeline.errors import Problem, RefusedError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def publish(
    project: ProjectOption = Path(),
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Postgres instead: a URL without password, or '${NAME}'.", show_default=False),
    ] = None,
    to_env: Annotated[
        str | None, typer.Option("--to-env", help="Variable that holds the URL.", show_default=False)
    ] = None,
    schema: Annotated[str, typer.Option("--schema", help="Schema in Postgres.")] = "rr_pipeline",
    whole: Annotated[bool, typer.Option("--whole", help="Make the published copy again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish what is committed: make good a missing or damaged copy, or write the marts to Postgres."""
    from rr_pipeline.cli import screen
    from rr_pipeline.config import load_project

    loaded, url = load_project(project), _url(to, to_env)
    with screen.progress(quiet=as_json) as progress:
        if url is None:
            from rr_pipeline.publishing.publish import publish_project

            done = publish_project(loaded, whole=whole, progress=progress)
        else:
            from rr_pipeline.outbox.postgres import publish_to_postgres
            from rr_pipeline.warehouse.published import PUBLISHED_FILE, published_run

            counts = publish_to_postgres(loaded.published / PUBLISHED_FILE, url, schema, progress)
            done = {"run_id": published_run(loaded.published), "target": schema, "is_new": True, "rows": counts}
    stands(f"{done['run_id']} is published")
    if as_json:
        print_json(done)
        return
    rows = sum(done["rows"].values())
    news = f"{len(done['rows'])} tables, {rows:,} rows" if done["is_new"] else "is whole already: nothing to do"
    say(f"{done['run_id']} in {done['target']}: {news}")


def _url(to: str | None, to_env: str | None) -> str | None:
    """The URL of the database; None for the published folder. Secrets come from the environment only."""
    named = to_env or ((found := _VARIABLE.fullmatch(to)) and found[1] if to else None)
    if named is not None:
        value = os.environ.get(named, "")
        if not value:
            raise RefusedError(
                Problem("-", None, "--to", "ENV_MISSING", f"the variable {named[:80]} is not set; set it to the URL")
            )
        return value
    try:
        has_password = to is not None and (urlsplit(to).password is not None or "password=" in to)
    except ValueError:
        has_password = False
    if has_password:
        raise RefusedError(
            Problem(
                "-",
                None,
                "--to",
                "LITERAL_SECRET",
                "the command line is seen by others on this machine; put the "
                "URL into a variable and give --to-env NAME",
            )
        )
    return to

"""``rr-pipeline watch``: take deliveries up as they land, until told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli.options import ProjectOption, leave, stands
from rr_pipeline.cli.outbox import AttemptsOption, KindOption, SecretOption, TimeoutOption, secret_of
from rr_pipeline.errors import Exit


def watch(
    *,
    project: ProjectOption = Path(),
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at the folder every second, where events are lost.")
    ] = False,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between runs for what only time brings.")] = 60,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Post the outbox there after each run.", envvar="RR_OUTBOX_URL", show_default=False),
    ] = None,
    secret_env: SecretOption = None,
    timeout: TimeoutOption = 10.0,
    max_attempts: AttemptsOption = 5,
    kind: KindOption = None,
    sink: Annotated[str, typer.Option("--sink", help="A name for the receiver.")] = "webhook",
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for all that happens.")] = False,
) -> None:
    """Take deliveries up as they land: decide, publish, send the outbox. Ends with a signal (Ctrl-C, SIGTERM)."""
    from rr_pipeline.cli.screen_watch import show_line, show_text
    from rr_pipeline.outbox.messages import Wanted
    from rr_pipeline.outbox.webhook import Endpoint
    from rr_pipeline.watch import Ways
    from rr_pipeline.watch import watch as watch_project

    endpoint = Endpoint(url, secret_of(secret_env), timeout, max_attempts) if url is not None else None
    ways = Ways(is_polling=poll, every=every, endpoint=endpoint, wanted=Wanted(tuple(kind or ()), sink))
    stands("every run that was told of is committed; whatever else was under way was rolled back")
    watch_project(project, ways, show_line if as_json else show_text)
    leave(Exit.DONE)

"""``rr-pipeline outbox``: the commands that show, write out, send and mark the messages runs have left."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rr_pipeline.cli.options import JsonOption, ProjectOption, print_json, say, stands
from rr_pipeline.errors import Problem, RefusedError

app = typer.Typer(
    name="outbox",
    help="Messages for other systems: assignments, breaches, CRM updates, tasks.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Only this kind, such as assignment or breach. Repeatable."),
]
PendingOption = Annotated[bool, typer.Option("--pending", help="Only what the sink has not got.")]
SecretOption = Annotated[
    str | None,
    typer.Option("--secret-env", help="Environment variable with the key of the signature.", show_default=False),
]
TimeoutOption = Annotated[float, typer.Option(min=0.1, max=600, help="Seconds for one attempt, answer included.")]
AttemptsOption = Annotated[int, typer.Option(min=1, max=20, help="Attempts for one message.")]
SinkOption = Annotated[str | None, typer.Option("--sink", help="A name for the receiver.", show_default="any")]


@app.command("list")
def list_(
    *,
    project: ProjectOption = Path(),
    pending: PendingOption = False,
    kind: KindOption = None,
    sink: SinkOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show messages, the newest first, and how each stands."""
    from rr_pipeline.cli import screen_outbox
    from rr_pipeline.config import load_project
    from rr_pipeline.outbox.messages import Wanted, count_messages, open_messages, read_messages

    loaded = load_project(project)
    wanted = Wanted(tuple(kind or ()), sink, is_pending=pending, with_failed=True)
    with open_messages(loaded) as con:
        count = count_messages(con, wanted)
        messages = list(read_messages(con, wanted, limit=limit, newest=True))
    if as_json:
        print_json({"count": count, "messages": messages})
    else:
        screen_outbox.show_messages(loaded, messages, count)


@app.command()
def export(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; one that is there is replaced.")],
    project: ProjectOption = Path(),
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    pending: PendingOption = False,
    kind: KindOption = None,
    sink: SinkOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write messages to a file. Marks nothing: do that when the file has been taken (outbox mark --from FILE)."""
    from rr_pipeline.config import load_project
    from rr_pipeline.outbox.files import export_messages
    from rr_pipeline.outbox.messages import Wanted

    wanted = Wanted(tuple(kind or ()), sink, is_pending=pending, with_failed=True)
    count = export_messages(load_project(project), form, output, wanted)
    stands(f"{output.name} is written")
    print_json({"count": count, "path": str(output)}) if as_json else say(f"{count:,} messages in {output}")


@app.command()
def mark(
    message_ids: Annotated[list[str] | None, typer.Argument(metavar="MESSAGE_ID...", help="Ids.")] = None,
    *,
    project: ProjectOption = Path(),
    mark_all: Annotated[bool, typer.Option("--all", help="Everything pending.")] = False,
    file: Annotated[Path | None, typer.Option("--from", help="Every message of an exported file.")] = None,
    kind: KindOption = None,
    sink: Annotated[str, typer.Option("--sink", help="A name for the receiver.")] = "manual",
    as_json: JsonOption = False,
) -> None:
    """Note messages as delivered, without sending them."""
    from rr_pipeline.config import load_project
    from rr_pipeline.outbox.files import exported_ids, mark_messages
    from rr_pipeline.outbox.messages import Wanted

    if sum((bool(message_ids), mark_all, file is not None)) != 1:
        raise RefusedError(Problem("-", None, None, "MARK_WHICH", "give message ids, or --from FILE, or --all"))
    wanted_ids = None if mark_all else exported_ids(file) if file is not None else list(message_ids or ())
    loaded = load_project(project)
    count = mark_messages(loaded, wanted_ids, Wanted(tuple(kind or ()), sink))
    print_json({"count": count, "sink": sink}) if as_json else say(f"{count:,} messages marked as delivered to {sink}")


@app.command()
def send(
    *,
    url: Annotated[str, typer.Option("--url", help="Where each message is posted, https:// or http://.")],
    project: ProjectOption = Path(),
    secret_env: SecretOption = None,
    timeout: TimeoutOption = 10.0,
    max_attempts: AttemptsOption = 5,
    kind: KindOption = None,
    sink: Annotated[str, typer.Option("--sink", help="A name for the receiver.")] = "webhook",
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Also what the receiver refused.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Post every message the receiver has not got yet, in order, and note which it took."""
    from rr_pipeline.cli import screen, screen_outbox
    from rr_pipeline.config import load_project
    from rr_pipeline.outbox.messages import Wanted
    from rr_pipeline.outbox.send import send_messages
    from rr_pipeline.outbox.webhook import Endpoint

    endpoint = Endpoint(url, secret_of(secret_env), timeout, max_attempts)
    wanted = Wanted(tuple(kind or ()), sink, with_failed=retry_failed)
    stands("what was delivered is noted")
    with screen.progress(quiet=as_json) as progress:
        done = send_messages(load_project(project), endpoint, wanted, progress=progress)
    print_json(asdict(done)) if as_json else screen_outbox.show_sent(done)
    raise typer.Exit(done.exit_code)


def secret_of(name: str | None) -> bytes | None:
    """The key of the signature that a variable holds. Raises RefusedError (ENV_MISSING)."""
    if name is None:
        return None
    value = os.environ.get(name, "")
    if not value:
        raise RefusedError(
            Problem(
                "-",
                None,
                "--secret-env",
                "ENV_MISSING",
                f"the variable {name[:80]} is not set; set it to the key of the signature",
            )
        )
    return value.encode()

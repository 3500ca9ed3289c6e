"""Reading the messages of the outbox, each with how it stands with a sink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rr_pipeline.config import Project
from rr_pipeline.config.project import MESSAGE_KINDS
from rr_pipeline.errors import Problem, RefusedError, nearest
from rr_pipeline.outbox.journal import read_journal
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.published import PUBLISHED_FILE, refuse_unmasked
from rr_pipeline.warehouse.sql_files import table_exists

if TYPE_CHECKING:
    import duckdb

KINDS = MESSAGE_KINDS
BATCH = 10_000

# Without a sink the best that any sink did counts.
_UNDELIVERABLE = """payload like '{"message_id":"%","kind":"breach","recipient_id":null,"is_undeliverable":true,%'"""
"""SQL of whether nobody is there to be told: how such a message begins, also in copies without a column for it."""

_MESSAGES = f"""
with stands as (
    select
        message_id,
        arg_min(status, list_position(['delivered', 'failed', 'deferred'], status)) as known_state,
        sum(attempt_count)::bigint as attempt_count,
        max(delivered_at) as delivered_at,
    from deliveries
    where $sink is null or sink = $sink
    group by all
)

select
    outbox.* exclude (run_id),
    coalesce(known_state, if(outbox.{_UNDELIVERABLE}, 'undeliverable', 'pending')) as state,
    coalesce(stands.attempt_count, 0) as attempt_count,
    stands.delivered_at,
from ops.outbox as outbox
left join stands using (message_id)
where (len($kinds) = 0 or list_contains($kinds, outbox.kind))
    and (len($states) = 0 or list_contains($states, state))
"""
_NEW = f"""
select outbox.* exclude (run_id)
from ops.outbox as outbox
where run_id > $after_run and (len($kinds) = 0 or list_contains($kinds, kind)) and not ({_UNDELIVERABLE})
"""
_ORDER = "order by created_at, item_seq, kind, message_id"


@dataclass(frozen=True)
class Wanted:
    """Which messages: of some kinds (none named: of all), as they stand with a sink (None: with any).

    ``is_pending``: only those the sink has not got; with ``with_failed`` also those it refused.
    """

    kinds: tuple[str, ...] = ()
    sink: str | None = None
    is_pending: bool = False
    with_failed: bool = False

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise RefusedError(
                    Problem(
                        "-",
                        None,
                        "--kind",
                        "KIND_UNKNOWN",
                        f"'{kind[:40]}' is none of {', '.join(KINDS)}.{nearest(kind, KINDS)}",
                    )
                )

    @property
    def parameters(self) -> dict[str, Any]:
        """Values of the query."""
        states = ["pending", "deferred", *(["failed"] if self.with_failed else [])] if self.is_pending else []
        return {"sink": self.sink, "kinds": list(self.kinds), "states": states}


@contextmanager
def open_messages(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published copy with the journal beside it as ``deliveries``. Raises RefusedError where there is no outbox."""
    # The journal first: what is delivered while the copy is opened is then at worst seen as pending.
    deliveries = read_journal(project.folder)
    refuse_unmasked(project.published)
    with open_analyst(project.published / PUBLISHED_FILE) as con:
        if not table_exists(con, "ops.outbox"):
            raise RefusedError(
                Problem(
                    PUBLISHED_FILE,
                    None,
                    None,
                    "OUTBOX_MISSING",
                    "the published copy was made before there was an outbox. Run `rr-pipeline run` once more.",
                )
            )
        con.register("deliveries", deliveries.to_arrow())
        yield con


def count_messages(con: duckdb.DuckDBPyConnection, wanted: Wanted) -> int:
    """How many messages there are."""
    rows = con.execute(f"select count(*) from ({_MESSAGES})", wanted.parameters).fetchall()
    return int(rows[0][0])


def read_messages(
    con: duckdb.DuckDBPyConnection, wanted: Wanted, *, limit: int | None = None, newest: bool = False
) -> Iterator[dict[str, Any]]:
    """The messages in the order in which things happened; with ``newest`` the last ones first."""
    order = _ORDER.replace(",", " desc,") + " desc" if newest else _ORDER
    query = f"{_MESSAGES} {order}" + (f" limit {int(limit)}" if limit is not None else "")
    result = con.execute(query, wanted.parameters)
    names = [column[0] for column in result.description or []]
    while rows := result.fetchmany(BATCH):
        for row in rows:
            yield dict(zip(names, row, strict=True))


@dataclass(frozen=True)
class Pending:
    """Messages to be sent, in the order in which things happened, as of the run that the published copy shows."""

    run_id: str
    messages: list[dict[str, Any]]


def read_pending(project: Project, wanted: Wanted, after_run: str | None = None) -> Pending:
    """What ``wanted.sink`` has not got; the copy is closed again at the end.

    ``after_run``: only what later runs have left, whatever the journal says of it; that costs what is new, and not what
    is stored. None: everything.
    """
    if after_run is None:
        with open_messages(project) as con:
            return Pending(_shown_run(con), list(read_messages(con, replace(wanted, is_pending=True))))
    refuse_unmasked(project.published)
    with open_analyst(project.published / PUBLISHED_FILE) as con:
        result = con.execute(f"{_NEW} {_ORDER}", {"kinds": list(wanted.kinds), "after_run": after_run})
        names = [column[0] for column in result.description or []]
        messages = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return Pending(_shown_run(con), messages)


def _shown_run(con: duckdb.DuckDBPyConnection) -> str:
    rows = con.execute("select max(run_id) from ops.runs").fetchall()
    return str(rows[0][0])


def refuse_unknown(con: duckdb.DuckDBPyConnection, message_ids: list[str]) -> None:
    """Raise RefusedError when an id is not in the outbox."""
    rows = con.execute(
        "select wanted.place from (select unnest($ids) as id, unnest(range(1, len($ids) + 1)) as place) as wanted "
        "anti join ops.outbox as outbox on outbox.message_id = wanted.id order by all",
        {"ids": message_ids},
    ).fetchall()
    if rows:
        raise RefusedError(
            Problem(
                "-",
                rows[0][0],
                "message_id",
                "MESSAGE_UNKNOWN",
                f"{len(rows)} of {len(message_ids)} ids are not in the outbox; nothing was marked.",
            )
        )

"""What all assets share: the partitions, the writer's pool, and metadata read from the session."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from rr_pipeline.pipeline.session import Session
from rr_pipeline.resources import Days, column_schema

WRITER_POOL = "rr_pipeline_writer"
KINDS = {"duckdb"}
BACKFILL = dg.BackfillPolicy.single_run()
"""A range of days is one run: everything delivered up to its end."""


def days_of(context: dg.AssetExecutionContext) -> Days | None:
    """The partitions of the run; None for a run without."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    keys = context.partition_key_range
    end: datetime = context.partition_time_window.end
    return Days(keys.start, keys.end, end.astimezone(UTC) - timedelta(microseconds=1))


def markdown(session: Session, query: str, parameters: Sequence[object] = ()) -> dg.MarkdownMetadataValue:
    """A small table, for reading in the asset's page."""
    result = session.con.execute(query, list(parameters))
    names = [column[0] for column in result.description or []]
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |" for row in result.fetchall()]
    return dg.MetadataValue.md("\n".join(lines))


def bars(session: Session, query: str, width: int = 40) -> dg.MarkdownMetadataValue:
    """A plot as text: one bar a row of (label, number), for reading in the asset's page."""
    rows: list[tuple[Any, Any]] = session.con.execute(query).fetchall()
    most = max((float(value or 0) for _, value in rows), default=0.0)
    label_width = max((len(str(label)) for label, _ in rows), default=0)
    lines = [
        f"{label!s:<{label_width}} {'█' * round(width * float(value or 0) / most) if most else ''} {value:,}"
        for label, value in rows
    ]
    return dg.MetadataValue.md("```\n" + "\n".join(lines) + "\n```")


def table_metadata(session: Session, table: str, **more: Any) -> dict[str, Any]:
    """Row count and columns of a table of the warehouse, and whatever else is given."""
    return {
        "dagster/row_count": session.count(f"select count(*) from {table}"),
        "dagster/column_schema": column_schema(session, table),
        **more,
    }

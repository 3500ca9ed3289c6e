"""What all assets share: the partitions, what a step tells of its tables, and metadata read from the session."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from rr_pipeline.orchestration.assets.graph import SHOWN, deps_of, lineage_of
from rr_pipeline.orchestration.resources import Days, column_schema
from rr_pipeline.session.session import Session

KINDS = {"duckdb"}
Told = Iterable[dg.MaterializeResult[None] | dg.AssetCheckResult]
"""What a step tells Dagster of its tables and checks; Dagster hears of it once the run is committed."""


def days_of(context: dg.AssetExecutionContext) -> Days | None:
    """The partitions of the run; None for a run without."""
    if not context.has_partition_key and not context.has_partition_key_range:
        return None
    keys = context.partition_key_range
    end: datetime = context.partition_time_window.end
    return Days(keys.start, keys.end, end.astimezone(UTC) - timedelta(microseconds=1))


def table_spec(table: str, group: str, description: str, kinds: set[str] | None = None) -> dg.AssetSpec:
    """The description of one table of the run for the asset graph, with what it is made of."""
    return dg.AssetSpec(
        SHOWN[table],
        deps=deps_of(table),
        group_name=group,
        kinds=kinds or KINDS,
        description=description,
        metadata={"dagster/column_lineage": lineage_of(table)},
    )


def told(session: Session, key: dg.AssetKey, table: str, **more: Any) -> dg.MaterializeResult[None]:
    """One table as it stands: row count, columns, and whatever else is given."""
    columns = column_schema(session, table)
    # A run that found nothing to do, and that no run came before, leaves no tables.
    count = session.count(f"select count(*) from {table}") if columns.columns else 0
    metadata = {"dagster/row_count": count, "dagster/column_schema": columns, **more}
    return dg.MaterializeResult(asset_key=key, metadata=metadata)


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

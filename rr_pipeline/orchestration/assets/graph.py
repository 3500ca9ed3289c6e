"""Which asset is made of which: the edges of the asset graph, from the flow of a run.

Belongs here: what the assets show, by the name of the table of a run, and what they depend on. Does not belong here:
what is told of them.
"""

from collections.abc import Sequence

import dagster as dg

from rr_pipeline.config import CANONICAL
from rr_pipeline.steps.column_flow import column_origins
from rr_pipeline.steps.flow import made_before, read_flow
from rr_pipeline.steps.sequence import PARTS
from rr_pipeline.warehouse.sql_files import layer_files

RAW = dg.AssetKey(["raw", "records"])
STAGED = {table: dg.AssetKey(["staging", f"stg_{table}"]) for table in CANONICAL}
ARRIVALS = dg.AssetKey(["intermediate", "due_items"])
IDENTITIES = dg.AssetKey(["intermediate", "identities"])
OWNERS = dg.AssetKey(["intermediate", "existing_owners"])
TERRITORIES = dg.AssetKey(["intermediate", "routing"])
EVENTS = dg.AssetKey(["intermediate", "item_events"])
ROTATION = dg.AssetKey(["router", "rotation"])
TABLES = {
    sql.name: sql
    for layer in ("marts", "ops")
    for sql in layer_files(layer)
    if sql.kind in ("table", "rebuilt", "view")
}
KEYS = {name: dg.AssetKey(name.split(".")) for name in TABLES}

SHOWN = {
    "raw.<source>": RAW,
    **{f"staged_{table}": key for table, key in STAGED.items()},
    **{f"staging.stg_{table}": key for table, key in STAGED.items()},
    "int_due_items": ARRIVALS,
    "int_identities": IDENTITIES,
    "int_kept_owners": OWNERS,
    "int_routing": TERRITORIES,
    "int_item_events": EVENTS,
    "routed_decisions": ROTATION,
    **KEYS,
}
"""Table of a run -> the asset that shows it."""

TOLD_ELSEWHERE = frozenset({"refused_rows"})
"""Rows of all staged tables, by which everything after them would depend on all of these: their checks tell of it."""


def deps_of(table: str) -> Sequence[dg.AssetKey]:
    """The assets that a table is made of in the same run, directly or through tables that are no assets.

    What it reads of earlier runs is no edge: Dagster would split every backfill of a range of days at it.
    """
    order = [name for part in PARTS for name in part.leaves]
    found = made_before(read_flow(), order, table, frozenset(SHOWN) | TOLD_ELSEWHERE)
    return sorted({SHOWN[name] for name in found - TOLD_ELSEWHERE} - {SHOWN[table]})


def lineage_of(table: str) -> dg.TableColumnLineage:
    """Of which columns of the assets it depends on each column is made, where the SQL files tell it."""
    deps = frozenset(name for name, key in SHOWN.items() if key in deps_of(table))
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(*one) for one in sorted({(SHOWN[name], origin) for name, origin in origins})]
            for column, origins in column_origins(table, deps).items()
        }
    )

"""intermediate -> router: territories choose the pool, the rotation the next fair owner, also when items move on."""

import dagster as dg

from rr_pipeline.assets.common import BACKFILL, KINDS, WRITER_POOL, bars, days_of, markdown, table_metadata
from rr_pipeline.assets.identity import IDENTITIES, OWNERS
from rr_pipeline.assets.ingest import STAGED
from rr_pipeline.resources import RoutingRun

TERRITORIES = dg.AssetKey(["intermediate", "routing"])
EVENTS = dg.AssetKey(["intermediate", "item_events"])
ROTATION = dg.AssetKey(["router", "rotation"])
DAY_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
"""A day begins with the balances, holds and clocks that the day before left."""


@dg.asset(
    key=TERRITORIES,
    deps=[IDENTITIES, OWNERS],
    group_name="territories",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="What is settled before the rotation (duplicate, disqualified, kept), and the pool of everything else.",
)
def routing(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Apply qualification and territories."""
    session = run.step("territories", days_of(context))
    pools = bars(
        session,
        "select coalesce(pool_id, '(' || outcome || ')') as pool, count(*) from int_routing group by all order by all",
    )
    return dg.MaterializeResult(metadata=table_metadata(session, "int_routing", pools=pools))


@dg.asset(
    key=EVENTS,
    deps=[TERRITORIES, STAGED["activities"]],
    group_name="router",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="Touches, closings, returns and declines of items, each from the instant on from which it counts.",
)
def item_events(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Order what happened since."""
    session = run.step("events", days_of(context))
    waiting = markdown(
        session,
        "select waits_for, count(*) as activities from intermediate.int_waiting_activities group by all order by all",
    )
    kinds = markdown(session, "select kind, count(*) as events from int_item_events group by all order by all")
    return dg.MaterializeResult(metadata=table_metadata(session, "int_item_events", kinds=kinds, waiting=waiting))


@dg.asset(
    key=ROTATION,
    deps=[TERRITORIES, EVENTS, dg.AssetDep(ROTATION, partition_mapping=DAY_BEFORE)],
    group_name="router",
    kinds={"polars", "numba"},
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="Weighted rotation with masks for hours, absences, status, skills, limits and capacity; holds, "
    "failovers, queues, targets and reassignments: one compiled fold.",
)
def rotation(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Rotate."""
    session = run.step("router", days_of(context))
    kinds = markdown(
        session, "select pool_id, kind, count(*) as decisions from routed_decisions group by all order by all"
    )
    breaches = markdown(
        session, "select pool_id, kind, outcome, count(*) as items from routed_breaches group by all order by all"
    )
    return dg.MaterializeResult(metadata=table_metadata(session, "routed_decisions", kinds=kinds, breaches=breaches))


ASSETS = [routing, item_events, rotation]

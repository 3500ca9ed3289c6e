"""intermediate -> router: territories choose the pool, the rotation its next fair owner."""

import dagster as dg

from rr_pipeline.assets.common import BACKFILL, KINDS, WRITER_POOL, bars, markdown, table_metadata, until_of
from rr_pipeline.assets.identity import IDENTITIES, OWNERS
from rr_pipeline.resources import RoutingRun

TERRITORIES = dg.AssetKey(["intermediate", "routing"])
ROTATION = dg.AssetKey(["router", "rotation"])


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
    session = run.step("territories", until_of(context))
    pools = bars(
        session,
        "select coalesce(pool_id, '(' || outcome || ')') as pool, count(*) from int_routing group by all order by all",
    )
    return dg.MaterializeResult(metadata=table_metadata(session, "int_routing", pools=pools))


@dg.asset(
    key=ROTATION,
    deps=[TERRITORIES],
    group_name="router",
    kinds={"polars", "numba"},
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="Weighted rotation with masks for limits, vacations, status and skills: one compiled fold.",
)
def rotation(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Rotate."""
    session = run.step("router", until_of(context))
    kinds = markdown(
        session, "select pool_id, kind, count(*) as decisions from routed_decisions group by all order by all"
    )
    return dg.MaterializeResult(metadata=table_metadata(session, "routed_decisions", kinds=kinds))


ASSETS = [routing, rotation]

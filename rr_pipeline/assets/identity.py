"""staging -> intermediate: what is due, in canonical order; whose person each item is; who owns it already."""

import dagster as dg

from rr_pipeline.assets.common import BACKFILL, KINDS, WRITER_POOL, days_of, markdown, table_metadata
from rr_pipeline.assets.ingest import STAGED
from rr_pipeline.resources import RoutingRun

ARRIVALS = dg.AssetKey(["intermediate", "due_items"])
IDENTITIES = dg.AssetKey(["intermediate", "identities"])
OWNERS = dg.AssetKey(["intermediate", "existing_owners"])


@dg.asset(
    key=ARRIVALS,
    deps=list(STAGED.values()),
    group_name="identity",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="The items this run decides, in canonical order: (ingest_batch, created_at, source, item_id).",
)
def due_items(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Order what is due."""
    session = run.step("arrivals", days_of(context))
    roles = markdown(session, "select role, count(*) as rows from int_arrivals group by all order by all")
    return dg.MaterializeResult(metadata=table_metadata(session, "int_due_items", roles=roles))


@dg.asset(
    key=IDENTITIES,
    deps=[ARRIVALS],
    group_name="identity",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="The person of each item by exact keys, and the earlier item it duplicates.",
)
def identities(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Resolve identities."""
    session = run.step("identity", days_of(context))
    duplicates = session.count("select count(*) from int_identities where duplicate_of_seq is not null")
    return dg.MaterializeResult(metadata=table_metadata(session, "int_identities", duplicates=duplicates))


@dg.asset(
    key=OWNERS,
    deps=[IDENTITIES, STAGED["accounts"], STAGED["contacts"], STAGED["opportunities"], STAGED["users"]],
    group_name="identity",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="Owners the items already have, through opportunity, contact or account, and whether they are active.",
)
def existing_owners(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Find existing owners."""
    session = run.step("owners", days_of(context))
    claims = markdown(
        session, "select claim, owner_state, count(*) as items from int_owner_claims group by all order by all"
    )
    return dg.MaterializeResult(metadata=table_metadata(session, "int_kept_owners", claims=claims))


ASSETS = [due_items, identities, existing_owners]

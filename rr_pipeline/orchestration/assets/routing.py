"""intermediate -> router: territories choose the pool, the rotation the next fair owner, also when items move on."""

from rr_pipeline.orchestration.assets.common import Told, bars, markdown, table_spec, told
from rr_pipeline.orchestration.assets.graph import EVENTS, ROTATION, TERRITORIES
from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Found

SPECS = [
    table_spec(
        "int_routing",
        "territories",
        "What is settled before the rotation (duplicate, disqualified, kept), and the pool of everything else.",
    ),
    table_spec(
        "int_item_events",
        "router",
        "Touches, closings, returns and declines of items, each from the instant on from which it counts.",
    ),
    # No dependency on its own day before, though a day begins with the balances, holds and clocks that the day before
    # left: Dagster would split every backfill of a range at it. The state is in the warehouse, and a run takes
    # everything up to its end, whatever days it is asked for.
    table_spec(
        "routed_decisions",
        "router",
        "Weighted rotation with masks for hours, absences, status, skills, limits and capacity; holds, failovers, "
        "queues, targets and reassignments: one compiled fold.",
        {"polars", "numba"},
    ),
]


def tell_territories(session: Session, _found: Found) -> Told:
    """How many items go to which pool."""
    pools = bars(
        session,
        "select coalesce(pool_id, '(' || outcome || ')') as pool, count(*) from int_routing group by all order by all",
    )
    yield told(session, TERRITORIES, "int_routing", pools=pools)


def tell_events(session: Session, _found: Found) -> Told:
    """What happened to items since."""
    waiting = markdown(
        session,
        "select waits_for, count(*) as activities from intermediate.int_waiting_activities group by all order by all",
    )
    kinds = markdown(session, "select kind, count(*) as events from int_item_events group by all order by all")
    yield told(session, EVENTS, "int_item_events", kinds=kinds, waiting=waiting)


def tell_rotation(session: Session, _found: Found) -> Told:
    """What was decided, and which targets were missed."""
    kinds = markdown(
        session, "select pool_id, kind, count(*) as decisions from routed_decisions group by all order by all"
    )
    breaches = markdown(
        session, "select pool_id, kind, outcome, count(*) as items from routed_breaches group by all order by all"
    )
    yield told(session, ROTATION, "routed_decisions", kinds=kinds, breaches=breaches)

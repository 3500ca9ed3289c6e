"""The steps of a run in their order, and how one is performed.

Belongs here: which they are. Does not belong here: what comes before and after them (run.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rr_pipeline.session.session import Session
from rr_pipeline.steps import deliveries, due_items, events, identity, measures, rotation


@dataclass(frozen=True)
class Step:
    """One step of a run: a name, what it does in a few words, and the function that does it."""

    name: str
    doing: str
    perform: Callable[[Session], None]


STEPS = (
    Step("raw", "reading deliveries", deliveries.ingest_deliveries),
    Step("staging", "typing and standardising", deliveries.stage_deliveries),
    Step("quality", "checking expectations", deliveries.validate_deliveries),
    Step("arrivals", "ordering arrivals", due_items.settle_arrivals),
    Step("identity", "resolving identities", identity.resolve_identities),
    Step("owners", "finding existing owners", due_items.settle_owners),
    Step("territories", "applying territories", due_items.settle_territories),
    Step("events", "ordering what happened since", events.settle_events),
    Step("router", "rotating", rotation.rotate),
    Step("marts", "writing marts", measures.write_marts),
    Step("invariants", "proving invariants", measures.check_invariants),
)


def perform(session: Session, step: Step) -> None:
    """Perform one step and note how long it took."""
    session.progress(step.doing, 0, None)
    begun = time.perf_counter()
    try:
        step.perform(session)
    except BaseException as error:
        session.failure = error
        raise
    session.seconds[step.name] = round(time.perf_counter() - begun, 3)

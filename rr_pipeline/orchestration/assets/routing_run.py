"""The one asset function: it performs the steps of a run, commits, and only then tells Dagster of any table.

Belongs here: the order of that, and what selections are taken. Does not belong here: what is told of a table.

A run is one transaction, so it is one function of Dagster's: with one a table, Dagster showed tables green of which
the transaction was rolled back later, and split backfills between them.
"""

from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from itertools import chain

import dagster as dg

from rr_pipeline.errors import Problem
from rr_pipeline.orchestration.assets import identity, ingest, measures, routing
from rr_pipeline.orchestration.assets.common import Told, days_of
from rr_pipeline.orchestration.resources import JOB_NAME, RoutingRun
from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Found

WRITER_POOL = "rr_pipeline_writer"
SPECS = [*ingest.SPECS, *identity.SPECS, *routing.SPECS, *measures.SPECS]
CHECKS = [*ingest.CHECKS, *measures.CHECKS]
ORDER = [*TopologicalSorter({spec.key: [dep.asset_key for dep in spec.deps] for spec in SPECS}).static_order()]
"""The assets, each behind those it is made of."""

TELLERS: dict[str, Callable[[Session, Found], Told]] = {
    "raw": ingest.tell_raw,
    "staging": ingest.tell_staged,
    "quality": ingest.tell_expectations,
    "arrivals": identity.tell_arrivals,
    "owners": identity.tell_owners,
    "events": routing.tell_events,
    "identity": identity.tell_identities,
    "settling": routing.tell_territories,
    "router": routing.tell_rotation,
    "invariants": measures.tell_invariants,
}
"""What each step tells, asked right after it: most of it is of temporary tables."""


@dg.multi_asset(
    name="routing_run",
    specs=SPECS,
    check_specs=CHECKS,
    pool=WRITER_POOL,
    # A range of days is one run: everything delivered up to its end.
    backfill_policy=dg.BackfillPolicy.single_run(),
    # Dagster would answer a part of the assets with words of its own, or in a backfill not at all: see below.
    can_subset=True,
)
def routing_run(
    context: dg.AssetExecutionContext, run: RoutingRun
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Decide everything delivered and not yet decided, in one transaction, and publish it."""
    refuse_part(context, run)
    heard: list[Told] = []
    done, note = run.perform(
        days_of(context),
        context.run.tags,
        context.log,
        after_step=lambda name, session, found: heard.append(
            list(TELLERS[name](session, found)) if name in TELLERS else ()
        ),
        after_commit=lambda session, found: heard.append(list(measures.tell_marts(session, found))),
    )
    told = list(chain(*heard, measures.tell_published(done, note)))
    # Dagster wants the tables first, each behind what it is made of: it takes a blocking check for the verdict on a
    # table it knows of.
    tables = sorted((one for one in told if isinstance(one, dg.MaterializeResult)), key=_place)
    checks = {(one.asset_key, one.check_name): one for one in told if isinstance(one, dg.AssetCheckResult)}
    yield from tables
    for key in context.selected_asset_check_keys:
        yield checks[key.asset_key, key.name]


def _place(one: dg.MaterializeResult[None]) -> int:
    assert one.asset_key is not None
    return ORDER.index(one.asset_key)


def refuse_part(context: dg.AssetExecutionContext, run: RoutingRun) -> None:
    """Raise dagster.Failure (ASSETS_PARTIAL) unless all assets are selected: nothing is opened, nothing written.

    To run the whole all the same would decide leads where somebody only wanted to see files read; to run a part would
    show as done what is not in the warehouse.
    """
    chosen = len(context.selected_asset_keys)
    if chosen < len(SPECS):
        what = f"{chosen} of {len(SPECS)} assets were chosen" if chosen else "checks without their assets were chosen"
        run.refuse(
            Problem(
                "-",
                None,
                "assets",
                "ASSETS_PARTIAL",
                f"{what}. All assets of a run are one transaction, so "
                "nothing was done and nothing was changed. Choose all of them (in the asset graph, choose no asset and "
                f"press 'Materialize all'), or launch the job {JOB_NAME}.",
            )
        )

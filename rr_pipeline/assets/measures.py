"""router -> marts -> published: tables that explain and measure, proved before they are committed."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from rr_pipeline.assets.common import BACKFILL, KINDS, WRITER_POOL, bars, days_of, markdown, table_metadata
from rr_pipeline.assets.routing import ROTATION, TERRITORIES
from rr_pipeline.pipeline.session import Session
from rr_pipeline.resources import RoutingRun
from rr_pipeline.warehouse.sql_files import SqlFile, layer_files

PUBLISHED = dg.AssetKey(["published", "marts_copy"])
TABLES = {
    sql.name: sql
    for layer in ("marts", "ops")
    for sql in layer_files(layer)
    if sql.kind in ("table", "rebuilt", "view")
}
KEYS = {name: dg.AssetKey(name.split(".")) for name in TABLES}
CHECK_FILES = layer_files("checks")
PROVED = KEYS["marts.fct_decisions"]

SUMMARIES = {
    "marts.fct_breaches": "select kind || ': ' || outcome, count(*) from marts.fct_breaches group by all order by all",
    "marts.fct_decisions": "select kind, count(*) from marts.fct_decisions group by all order by all",
    "marts.fct_items": "select outcome, count(*) from marts.fct_items group by all order by all",
    "marts.fct_ownership": "select owner_id, count(*) from marts.fct_ownership group by all order by all limit 60",
}
EXCERPTS = {
    "marts.mart_fairness": "select pool_id, member_id, assigned_count, fair_share_count, deviation_turns "
    "from marts.mart_fairness where period = 'all' order by all limit 80",
    "marts.mart_quality": "select source, suite, rule, action, checked_count, failed_count from marts.mart_quality "
    "where run_id = getvariable('run_id') and failed_count > 0 order by all limit 80",
    "marts.dim_pools": "select pool_id, policy_version, member_count, total_weight, is_catch_all from marts.dim_pools "
    "order by all limit 80",
}


def _spec(sql: SqlFile) -> dg.AssetSpec:
    schema = sql.name.partition(".")[0]
    return dg.AssetSpec(
        KEYS[sql.name],
        deps=[TERRITORIES, ROTATION],
        group_name=schema,
        kinds=KINDS,
        description=f"{sql.description[0].upper()}{sql.description[1:]}\n\nGrain: {sql.grain}.",
    )


def _metadata(session: Session, name: str) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if name in SUMMARIES:
        more["summary"] = bars(session, SUMMARIES[name])
    if name == "marts.fct_breaches":
        # What an alert asks for: see docs/running.md.
        more["breached_in_run"] = session.breach_count
    if name in EXCERPTS:
        more["excerpt"] = markdown(session, EXCERPTS[name])
    return table_metadata(session, name, **more)


@dg.multi_asset(name="marts", specs=[_spec(sql) for sql in TABLES.values()], pool=WRITER_POOL, backfill_policy=BACKFILL)
def marts(context: dg.AssetExecutionContext, run: RoutingRun) -> Iterator[dg.MaterializeResult[None]]:
    """Write the tables that explain and measure."""
    session = run.step("marts", days_of(context))
    for name, key in KEYS.items():
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(session, name))


@dg.multi_asset_check(
    name="invariants",
    specs=[
        dg.AssetCheckSpec(check.name, asset=PROVED, blocking=True, description=check.description)
        for check in CHECK_FILES
    ],
    pool=WRITER_POOL,
)
def invariants(context: dg.AssetCheckExecutionContext, run: RoutingRun) -> Iterator[dg.AssetCheckResult]:
    """Prove the invariants; one that fails fails the step, and everything is rolled back."""
    session = run.step("invariants", None)
    for check in CHECK_FILES:
        yield dg.AssetCheckResult(
            asset_key=PROVED,
            check_name=check.name,
            passed=session.checks[check.name] == 0,
            metadata={"violations": session.checks[check.name]},
        )


@dg.asset(
    key=PUBLISHED,
    deps=list(KEYS.values()),
    group_name="published",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="The run is committed and copied to where analysts read: whole, never locked, without personal data.",
)
def marts_copy(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Commit and publish."""
    done, note = run.publish()
    feeds = "\n".join(
        f"| {f.source} | {f.rows} | " + " | ".join(map(str, f.outcomes.values())) + " |" for f in done.feeds
    )
    names = list(done.feeds[0].outcomes) if done.feeds else []
    head = "| source | rows | " + " | ".join(names) + " |\n|" + " --- |" * (len(names) + 2) + "\n"
    return dg.MaterializeResult(
        metadata={
            "run_id": done.run_id or note or "nothing new: every delivered file has been decided",
            "note": note or "none",
            "status": done.status,
            "outcomes": dg.MetadataValue.md(head + feeds if feeds else done.message or "no new items"),
            "seconds": dg.MetadataValue.json(dict(done.seconds)),
            "path": dg.MetadataValue.path(done.published or ""),
        }
    )


ASSETS = [marts, marts_copy]
CHECKS = [invariants]

"""router -> marts -> published: tables that explain and measure, proved before they are committed."""

from typing import Any

import dagster as dg

from rr_pipeline.orchestration.assets.common import KINDS, Told, bars, markdown, table_spec, told
from rr_pipeline.orchestration.assets.graph import KEYS, TABLES
from rr_pipeline.publishing.project_masks import project_masks
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Found
from rr_pipeline.warehouse.masks import masked_list, set_key
from rr_pipeline.warehouse.sql_files import layer_files

PUBLISHED = dg.AssetKey(["published", "marts_copy"])
CHECK_FILES = layer_files("checks")
PROVED = KEYS["marts.fct_decisions"]

SUMMARIES = {
    "marts.fct_breaches": "select kind || ': ' || outcome, count(*) from marts.fct_breaches group by all order by all",
    "marts.fct_decisions": "select kind, count(*) from marts.fct_decisions group by all order by all",
    "marts.fct_items": "select outcome, count(*) from marts.fct_items group by all order by all",
}
OWNERS = "marts.fct_ownership"
OWNERS_SUMMARY = "select owner_id, count(*) from shown group by all order by all limit 60"
EXCERPTS = {
    "marts.mart_fairness": "select pool_id, member_id, assigned_count, fair_share_count, deviation_turns "
    "from marts.mart_fairness where period = 'all' order by all limit 80",
    "marts.mart_quality": "select source, suite, rule, action, checked_count, failed_count from marts.mart_quality "
    "where run_id = getvariable('run_id') and failed_count > 0 order by all limit 80",
    "marts.dim_pools": "select pool_id, policy_version, member_count, total_weight, is_catch_all from marts.dim_pools "
    "order by all limit 80",
}

SPECS = [
    *(
        table_spec(
            name,
            name.partition(".")[0],
            f"{sql.description[0].upper()}{sql.description[1:]}\n\nGrain: {sql.grain}.",
        )
        for name, sql in TABLES.items()
    ),
    dg.AssetSpec(
        PUBLISHED,
        deps=list(KEYS.values()),
        group_name="published",
        kinds=KINDS,
        description="The run is committed and copied to where analysts read: whole, never locked, no personal data.",
    ),
]
CHECKS = [
    dg.AssetCheckSpec(check.name, asset=PROVED, blocking=True, description=check.description) for check in CHECK_FILES
]


def tell_marts(session: Session, found: Found) -> Told:
    """The tables that explain and measure, as they are committed."""
    is_decided = session.count("select count(*) from duckdb_tables() where schema_name = 'marts'") > 0
    for name, key in KEYS.items():
        more: dict[str, Any] = {}
        if is_decided and name in SUMMARIES:
            more["summary"] = bars(session, SUMMARIES[name])
        if is_decided and name == OWNERS:
            more["summary"] = bars(session, _as_shown(session, name) + OWNERS_SUMMARY)
        if name == "marts.fct_breaches":
            # What an alert asks for: see docs/running.md.
            more["breached_in_run"] = found.rotation.breach_count
        if is_decided and name in EXCERPTS:
            more["excerpt"] = markdown(session, EXCERPTS[name])
        yield told(session, key, name, **more)


def _as_shown(session: Session, name: str) -> str:
    """The table as the relation ``shown``, without texts that may not leave the warehouse: Dagster keeps all of it."""
    masks = project_masks(session.con, session.project)
    set_key(session.con, masks)
    there = [row[0] for row in session.con.execute(f"describe {name}").fetchall()]
    return f"with shown as (select {masked_list(name, there, masks)} from {name}) "


def tell_invariants(session: Session, found: Found) -> Told:
    """That the invariants hold: one that does not has stopped the run before this."""
    for check in CHECK_FILES:
        count = found.checks[check.name]
        yield dg.AssetCheckResult(
            asset_key=PROVED, check_name=check.name, passed=count == 0, metadata={"violations": count}
        )


def tell_published(done: RunReport, note: str) -> Told:
    """What became of every row, and where the copy is."""
    feeds = "\n".join(
        f"| {f.source} | {f.rows} | " + " | ".join(map(str, f.outcomes.values())) + " |" for f in done.feeds
    )
    names = list(done.feeds[0].outcomes) if done.feeds else []
    head = "| source | rows | " + " | ".join(names) + " |\n|" + " --- |" * (len(names) + 2) + "\n"
    yield dg.MaterializeResult(
        asset_key=PUBLISHED,
        metadata={
            "run_id": done.run_id or note or "nothing new: every delivered file has been decided",
            "note": note or "none",
            "status": done.status,
            "outcomes": dg.MetadataValue.md(head + feeds if feeds else done.message or "no new items"),
            "seconds": dg.MetadataValue.json(dict(done.seconds)),
            "path": dg.MetadataValue.path(done.published or ""),
        },
    )

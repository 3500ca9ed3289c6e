"""landing -> raw -> staging -> checked: deliveries are read, typed, and judged by the suites."""

from collections.abc import Iterator

import dagster as dg

from rr_pipeline.assets.common import BACKFILL, KINDS, WRITER_POOL, days_of, markdown, table_metadata
from rr_pipeline.config import CANONICAL
from rr_pipeline.resources import RoutingRun

RAW = dg.AssetKey(["raw", "records"])
STAGED = {table: dg.AssetKey(["staging", f"stg_{table}"]) for table in CANONICAL}


@dg.asset(
    key=RAW,
    group_name="raw",
    kinds=KINDS,
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
    description="Every physical row as delivered, one table a source. The same bytes twice are one delivery.",
)
def raw_records(context: dg.AssetExecutionContext, run: RoutingRun) -> dg.MaterializeResult[None]:
    """Read every new file of the landing folder."""
    session = run.step("raw", days_of(context))
    assert session.ingest is not None
    files = session.ingest.files
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(file.loaded_count for file in files),
            "files": dg.MetadataValue.md(
                "| file | status | rows | set aside |\n| --- | --- | --- | --- |\n"
                + "\n".join(
                    f"| {file.file_name} | {file.status} | {file.row_count} | {file.rejected_count} |" for file in files
                )
            ),
            "refused_files": sum(file.status == "refused" for file in files),
            "problems": dg.MetadataValue.md("\n".join(f"- {p}" for file in files for p in file.problems) or "none"),
        }
    )


@dg.multi_asset(
    name="staged_rows",
    specs=[
        dg.AssetSpec(
            key,
            deps=[RAW],
            group_name="staging",
            kinds=KINDS,
            description=f"The {table} delivered, typed and standardised; refused rows go to ops.quarantine.",
        )
        for table, key in STAGED.items()
    ],
    pool=WRITER_POOL,
    backfill_policy=BACKFILL,
)
def staged_rows(context: dg.AssetExecutionContext, run: RoutingRun) -> Iterator[dg.MaterializeResult[None]]:
    """Type and standardise the new rows."""
    session = run.step("staging", days_of(context))
    for table, key in STAGED.items():
        yield dg.MaterializeResult(asset_key=key, metadata=table_metadata(session, f"staged_{table}"))


@dg.multi_asset_check(
    name="expectations",
    specs=[
        dg.AssetCheckSpec(
            "expectations",
            asset=key,
            blocking=True,
            description=f"Great Expectations suite expectations/staged_{table}.json. Rows that fail are set aside or "
            "counted; a rule about the whole table stops the run.",
        )
        for table, key in STAGED.items()
    ],
    pool=WRITER_POOL,
)
def expectations(context: dg.AssetCheckExecutionContext, run: RoutingRun) -> Iterator[dg.AssetCheckResult]:
    """Run the suites; a rule that stops the run fails the step, and everything is rolled back."""
    session = run.step("quality", None)
    results = {result.table: result for result in session.suites}
    for table, key in STAGED.items():
        result = results.get(f"staged_{table}")
        failed = [rule for rule in result.rules if rule.failed_count] if result else []
        rules = "\n".join(
            f"| {r.rule} | {r.action} | {r.code} | {r.checked_count} | {r.failed_count} |" for r in failed
        )
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name="expectations",
            passed=not failed,
            severity=dg.AssetCheckSeverity.WARN,
            description="no new rows" if result is None else f"{len(failed)} of {len(result.rules)} rules were broken",
            metadata={
                "rows": result.row_count if result else 0,
                "rules_broken": dg.MetadataValue.md(
                    "| rule | action | code | checked | failed |\n| --- | --- | --- | --- | --- |\n" + rules
                    if failed
                    else "none"
                ),
                "quarantined": markdown(
                    session,
                    "select source, code, count(distinct (file_id, row_number)) as rows from ops.quarantine "
                    "where run_id = getvariable('run_id') and suite = ? group by all order by all",
                    [f"staged_{table}"],
                ),
            },
        )


ASSETS = [raw_records, staged_rows]
CHECKS = [expectations]

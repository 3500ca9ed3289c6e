"""landing -> raw -> staging -> checked: deliveries are read, typed, and judged by the suites."""

import dagster as dg

from rr_pipeline.orchestration.assets.common import Told, markdown, table_spec, told
from rr_pipeline.orchestration.assets.graph import RAW, STAGED
from rr_pipeline.quality import SuiteResult
from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Found

SPECS = [
    table_spec(
        "raw.<source>",
        "raw",
        "Every physical row as delivered, one table a source. The same bytes twice are one delivery.",
    ),
    *(
        table_spec(
            f"staged_{table}",
            "staging",
            f"The {table} delivered, typed and standardised; refused rows go to ops.quarantine.",
        )
        for table in STAGED
    ),
]
CHECKS = [
    dg.AssetCheckSpec(
        "expectations",
        asset=key,
        blocking=True,
        description=f"Great Expectations suite expectations/staged_{table}.json. Rows that fail are set aside or "
        "counted; a rule about the whole table stops the run.",
    )
    for table, key in STAGED.items()
]


def tell_raw(session: Session, found: Found) -> Told:
    """What became of every new file of the landing folder."""
    files = found.ingest.files
    lines = [f"| {file.file_name} | {file.status} | {file.row_count} | {file.rejected_count} |" for file in files]
    yield dg.MaterializeResult(
        asset_key=RAW,
        metadata={
            "dagster/row_count": sum(file.loaded_count for file in files),
            "files": dg.MetadataValue.md(
                "| file | status | rows | set aside |\n| --- | --- | --- | --- |\n" + "\n".join(lines)
            ),
            "refused_files": sum(file.status == "refused" for file in files),
            "problems": dg.MetadataValue.md("\n".join(f"- {p}" for file in files for p in file.problems) or "none"),
        },
    )


def tell_staged(session: Session, _found: Found) -> Told:
    """The new rows, typed and standardised."""
    for table, key in STAGED.items():
        yield told(session, key, f"staged_{table}")


def tell_expectations(session: Session, found: Found) -> Told:
    """What the suites found. A rule that stops the run has stopped it before this."""
    results = {result.table: result for result in found.suites}
    for table, key in STAGED.items():
        yield _verdict(session, table, key, results.get(f"staged_{table}"))


def _verdict(session: Session, table: str, key: dg.AssetKey, result: SuiteResult | None) -> dg.AssetCheckResult:
    failed = [rule for rule in result.rules if rule.failed_count] if result else []
    rules = "\n".join(f"| {r.rule} | {r.action} | {r.code} | {r.checked_count} | {r.failed_count} |" for r in failed)
    head = "| rule | action | code | checked | failed |\n| --- | --- | --- | --- | --- |\n"
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="expectations",
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        description="no new rows" if result is None else f"{len(failed)} of {len(result.rules)} rules were broken",
        metadata={
            "rows": result.row_count if result else 0,
            "rules_broken": dg.MetadataValue.md(head + rules if failed else "none"),
            "quarantined": markdown(
                session,
                "select source, code, count(distinct (file_id, row_number)) as rows from ops.quarantine "
                "where run_id = getvariable('run_id') and suite = ? group by all order by all",
                [f"staged_{table}"],
            ),
        },
    )

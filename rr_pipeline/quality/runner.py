"""Running a suite: Great Expectations' verdict and our own count of failing rows, which must agree.

Belongs here: counts per source, the comparison, the results table. Does not belong here: setting rows aside
(``quarantine``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from rr_pipeline.errors import InvariantError, RefusedError, RunError, nearest
from rr_pipeline.quality.gx_engine import preload, verdicts
from rr_pipeline.quality.quarantine import refused_rates
from rr_pipeline.quality.rules_sql import ROW_RULES, TABLE_RULES, columns_of, quoted, quoted_table, resolve, row_sql
from rr_pipeline.quality.suites import Rule, RuleResult, SourceCount, Suite, SuiteResult
from rr_pipeline.warehouse import lacking
from rr_pipeline.warehouse.sql_files import declare, fill

__all__ = ["preload", "record", "run_rates", "run_suite"]


def run_suite(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    table: str,
    parameters: Mapping[str, object],
    *,
    stop: bool = True,
) -> SuiteResult:
    """Run every rule of ``suite`` on ``table`` (a TEMP table, or ``schema.table``), inside the open transaction.

    ``parameters`` must hold all of ``suite.parameters``; of these only ``min_row_count`` has a default, 1: a suite
    passes on an empty table only when told that it may be empty. Rows are counted per source where the table has a
    ``source`` column. With ``stop``, a failed rule of action ``stop`` raises: RefusedError for what was delivered,
    InvariantError for a table of ours. Always raises InvariantError when Great Expectations and the SQL disagree, and
    RunError when a check could not be run at all. Nothing is written.
    """
    parameters = {"min_row_count": 1, **parameters}
    if lacking := [name for name in suite.parameters if parameters.get(name) is None]:
        raise RunError(f"suite {suite.name} needs the parameters {lacking}")
    columns = _columns(con, suite, table)
    row_count, counts = _counts(con, suite, table, parameters, "source" in columns)
    results = []
    for rule in suite.rules:
        if rule.type in TABLE_RULES:
            failed = int(not TABLE_RULES[rule.type](resolve(rule, parameters), row_count, columns))
            counts[rule.rule] = (SourceCount(None, rule.code, row_count, failed),)
        results.append(_result(rule, counts[rule.rule]))
    _judge(con, suite, table, parameters, results)
    done = SuiteResult(suite.name, table, row_count, tuple(results))
    if stop and done.stopping:
        error = InvariantError if suite.is_published else RefusedError
        raise error(f"{table} did not pass {suite.name}; nothing was published.", done.stops)
    return done


def _judge(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    table: str,
    parameters: Mapping[str, object],
    results: Sequence[RuleResult],
) -> None:
    """Have Great Expectations judge the table; raises InvariantError where it and the SQL disagree about a rule."""
    holds = verdicts(con, suite, table, parameters)
    for result in results:
        rule = result.rule
        if result.is_ok != holds[rule]:
            raise InvariantError(
                f"suite {suite.name}, rule {rule}: Great Expectations says it "
                f"{'holds' if holds[rule] else 'fails'}, SQL counts {result.failed_count} failing rows in {table}"
            )


def run_rates(
    con: duckdb.DuckDBPyConnection, suite: Suite, run_id: str, parameters: Mapping[str, object], *, stop: bool = True
) -> SuiteResult:
    """Run the suite about the share of rows refused, over all sources of the run, once every table has been refused.

    Too many refused rows mean a wrong mapping rather than bad rows, and stop the run.
    """
    refused_rates(con, run_id)
    return run_suite(con, suite, "refused_rates", parameters, stop=stop)


def record(con: duckdb.DuckDBPyConnection, results: Iterable[SuiteResult], run_id: str) -> int:
    """Write results into ops.quality_results and ops.quality_codes; returns the number of results written.

    Grain of ops.quality_results: run, source, suite and rule; source is null for a rule about a whole table. Grain of
    ops.quality_codes: the same and code; only what was found, since a rule may stand for several codes.
    """
    for table in ("quality_results", "quality_codes"):
        declare(con, "ops", table)
    totals, codes = [], []
    for result in results:
        for rule in result.rules:
            place = (result.suite, rule.rule)
            for source in dict.fromkeys(count.source for count in rule.counts):
                own = [count for count in rule.counts if count.source == source]
                failed = sum(count.failed_count for count in own)
                totals.append((run_id, source, *place, rule.code, rule.action, own[0].checked_count, failed))
                codes += [
                    (run_id, source, *place, count.code, rule.action, count.failed_count)
                    for count in own
                    if count.failed_count
                ]
    fill(con, "ops.quality_results", totals)
    fill(con, "ops.quality_codes", codes)
    return len(totals)


def _columns(con: duckdb.DuckDBPyConnection, suite: Suite, table: str) -> list[str]:
    """Names of the table's columns. Raises RunError when one that a rule reads is not there."""
    try:
        columns = [row[0] for row in con.execute(f"describe select * from {quoted_table(table)}").fetchall()]
    except duckdb.CatalogException:
        raise RunError(f"suite {suite.name}: there is no table {table}") from None
    for rule in suite.rules:
        if missing := sorted(columns_of(rule) - set(columns)):
            hint = nearest(missing[0], columns)
            raise RunError(f"suite {suite.name}, rule {rule.rule}: {table} has no column {missing[0]!r}.{hint}")
    return columns


def _counts(
    con: duckdb.DuckDBPyConnection, suite: Suite, table: str, parameters: Mapping[str, object], has_source: bool
) -> tuple[int, dict[str, tuple[SourceCount, ...]]]:
    """(row count, {rule: counts per source and code}) of all row rules, in one scan."""
    rules = [rule for rule in suite.rules if rule.type in ROW_RULES]
    inner = [quoted("source") if has_source else "null::varchar as source"]
    outer = ["source", "count(*)"]
    values: list[Any] = []
    for place, rule in enumerate(rules):
        sql = row_sql(rule, parameters)
        failing, codes = f"{sql.failing} as f{place}", "null"
        if rule.code_from:
            failing = f"if({sql.failing}, coalesce({quoted(rule.code_from)}, '{rule.code}'), null) as f{place}"
            codes = f"histogram(f{place})"
        checked = "count(*)" if sql.checked == "true" else f"count_if(c{place})"
        inner.append(f"{sql.checked} as c{place}, {failing}")
        outer.append(f"{checked}, {'count' if rule.code_from else 'count_if'}(f{place}), {codes}")
        values.extend(sql.values)
    flagged = f"select {', '.join(inner)} from {quoted_table(table)}"
    query = f"select {', '.join(outer)} from ({flagged}) group by 1 order by 1"
    try:
        rows = con.execute(query, values).fetchall()
    except duckdb.Error as error:
        if lack := lacking(error, f"suite {suite.name}"):
            raise lack from None
        raise RunError(f"suite {suite.name}: the rules could not be counted on {table}: {_reason(error)}") from None
    found = {rule.rule: tuple(_source_counts(rule, rows, place)) for place, rule in enumerate(rules)}
    return sum(row[1] for row in rows), found


def _source_counts(rule: Rule, rows: Sequence[Any], place: int) -> Iterable[SourceCount]:
    """One entry per source and code found; one entry with no failing row where none failed, also without any row."""
    for row in rows or [(None, 0, *([0, 0, None] * (place + 1)))]:
        checked, failed, codes = row[2 + 3 * place : 5 + 3 * place]
        by_code = codes if codes else {rule.code: failed}
        yield from (SourceCount(row[0], code, checked, count) for code, count in sorted(by_code.items()))


def _result(rule: Rule, counts: tuple[SourceCount, ...]) -> RuleResult:
    checked = {count.source: count.checked_count for count in counts}
    return RuleResult(
        rule=rule.rule,
        type=rule.type,
        column=rule.column,
        code=rule.code,
        action=rule.action,
        description=rule.description,
        fix=rule.fix,
        checked_count=sum(checked.values()),
        failed_count=sum(count.failed_count for count in counts),
        counts=counts,
    )


def _reason(error: duckdb.Error) -> str:
    """What may be said of a DuckDB error: errors about the statement hold names, the others may quote a cell."""
    about_statement = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
    return str(error).splitlines()[0] if isinstance(error, about_statement) else type(error).__name__

"""Setting rows aside: what a rule of action ``quarantine`` refuses is written down, row by row, with its reason.

Belongs here: ops.quarantine rows of the suites, the list of refused rows, the share refused. Does not belong here:
rows the readers refuse before they are tables. No cell value is written: its length and keyed hash stand for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from rr_pipeline.errors import RunError
from rr_pipeline.quality.rules_sql import ROW_RULES, quoted, quoted_table, row_sql
from rr_pipeline.quality.suites import Rule, Suite
from rr_pipeline.warehouse import lacking
from rr_pipeline.warehouse.sql_files import insert_rows, make_temp

# Below this many delivered rows a share says little: one bad row of one must not hold up everything else for ever.
SMALLEST_JUDGED = 100


def refuse(  # noqa: PLR0917 - the order in which a run has them
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    table: str,
    run_id: str,
    parameters: Mapping[str, object],
    hash_key: str,
) -> int:
    """Write the rows of ``table`` that fail a ``quarantine`` rule into ops.quarantine; returns how many rows failed.

    One ops.quarantine row per refused row and failed rule. The TEMP table refused_rows (file_id, row_number, suite,
    rule, code; key file_id, row_number; shared by all tables of the run) gets one row per refused row, with the first
    failing rule in suite order. The rows stay in ``table``: what follows anti-joins refused_rows.

    ``value_length`` (characters) and ``value_hash`` (first 16 hex digits of sha256(hash_key || value)) stand for the
    value in ``<field>_text`` where the table has that column (the text as delivered), else in the field itself; both
    are null where that is null or gone. Raises RunError when the SQL fails, without the cell that made it fail.
    """
    make_temp(con, "intermediate", "refused_rows")
    rules = [rule for rule in suite.rules if rule.action == "quarantine" and rule.type in ROW_RULES]
    if not rules:
        return 0
    try:
        columns = {row[0] for row in con.execute(f"describe select * from {quoted_table(table)}").fetchall()}
        query, values = _hits_sql(suite, table, rules, parameters, columns)
        con.execute(f"create or replace temp table quarantine_hits as {query}", values)
        rows = con.execute("select count(distinct (file_id, row_number)) from quarantine_hits").fetchall()
        count = int(rows[0][0])
        if count:
            said = {"suite": suite.name}
            insert_rows(con, "quarantine", {"run_id": run_id, **said, "hash_key": hash_key, **_texts(rules)})
            insert_rows(con, "refused_rows", said)
        con.execute("drop table quarantine_hits")
    except duckdb.Error as error:
        if lack := lacking(error, f"suite {suite.name}"):
            raise lack from None
        raise RunError(f"suite {suite.name}: rows of {table} could not be refused: {type(error).__name__}") from None
    return count


def _hits_sql(
    suite: Suite, table: str, rules: Sequence[Rule], parameters: Mapping[str, Any], columns: set[str]
) -> tuple[str, list[Any]]:
    """(query, values): one row per row of the table and quarantine rule it fails, in one scan of the table."""
    key = f"{quoted(suite.key)}::varchar" if suite.key else "null::varchar"
    source = quoted("source") if "source" in columns else "null::varchar"
    flags: list[str] = []
    hits: list[str] = []
    values: list[Any] = []
    for place, rule in enumerate(rules):
        sql = row_sql(rule, parameters)
        code = f"coalesce({quoted(rule.code_from)}, '{rule.code}')" if rule.code_from else f"'{rule.code}'"
        flags.append(f"{sql.failing} as rr_f{place}")
        value = _value(rule, columns)
        hits.append(
            f"{{'failed': rr_f{place}, 'place': {place}, 'rule': '{rule.rule}', 'code': {code}, 'value': {value}}}"
        )
        values.extend(sql.values)
    any_failed = " or ".join(f"rr_f{place}" for place in range(len(rules)))
    query = f"""
        with flagged as (select *, {", ".join(flags)} from {quoted_table(table)}),
        opened as (
            select {source} as source, file_id, row_number, {key} as item_id, unnest([{", ".join(hits)}]) as hit
            from flagged
            where {any_failed}
        )
        select source, file_id, row_number, item_id, hit.place, hit.rule, hit.code, hit.value
        from opened
        where hit.failed
    """
    return query, values


def _value(rule: Rule, columns: set[str]) -> str:
    """SQL of the refused value as text: the delivered text where staging kept it."""
    column = rule.column
    for name in (f"{column}_text", column):
        if name in columns:
            return f"{quoted(name)}::varchar"
    return "null::varchar"


def _texts(rules: Sequence[Rule]) -> dict[str, list[Any]]:
    """The columns of ``texts``: one entry per rule with code null, then one per code with a text of its own."""
    entries: list[tuple[int, str | None, Rule, str]] = []
    for place, rule in enumerate(rules):
        entries.append((place, None, rule, f"{rule.description} {rule.fix}"))
        entries.extend((place, code, rule, text) for code, text in rule.fixes.items())
    return {
        "places": [entry[0] for entry in entries],
        "codes": [entry[1] for entry in entries],
        "rules": [entry[2].rule for entry in entries],
        "fields": [entry[2].column for entry in entries],
        "messages": [entry[3] for entry in entries],
    }


def refused_rates(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Create the TEMP table refused_rates: one row per source of the run, readers' rejects included.

    ``refused_share`` (0..1) is null below SMALLEST_JUDGED delivered rows, so that no rule looks at it.
    """
    make_temp(con, "intermediate", "refused_rates", {"run_id": run_id, "smallest_judged": SMALLEST_JUDGED})

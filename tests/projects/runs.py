"""Runs of a project's folder in one piece or in several, and what they have told, next to what was expected.

Belongs here: how a project is run, what is read of its warehouse, and the comparison. Does not belong here: what is
expected (``expected``), which projects there are (``make_project``), and how small they can be (``reduce``).

Not compared with the oracle, for want of a second way there: measures of service levels, ownership over time, tables by
day, the outbox, and reasons of items that the rotation decided. The first three are compared between cuts.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.config import load_project
from rr_pipeline.runs.run import run
from tests.core.oracle_words import Row
from tests.projects.expected import Expected, expected_of
from tests.projects.read_time import us
from tests.projects.tree import Project, write_deliveries, write_settings, write_tokens

Answers = dict[str, list[tuple[Any, ...]]]

DECISIONS = """
select item_seq, pool_id, kind, member_id, decided_at, policy_version, turn, balance_before, balance_after, token_id,
    reasons, balances, cause, previous_member_id, sent_to, target, due_at, open_counts
from marts.fct_decisions inner join ops.considered_log using (decision_seq) order by decision_seq
"""
STANDINGS = """
select item_id, outcome, decided_at, owner_id, pool_id, queue_id, duplicate_of,
    if(outcome in ('duplicate', 'disqualified', 'kept'), outcome_reason, null)
from marts.fct_items where item_seq is not null order by item_seq
"""
BREACHES = """
select item_seq, pool_id, member_id, kind, target, due_at, decided_at, is_notified, outcome, policy_version,
    target_kind, step_no, step, level
from marts.fct_breaches order by all
"""
BALANCES = """
select pool_id, member_id, balance, last_turn, coalesce(open_count, 0) from ops.router_state
where run_id = (select max(run_id) from ops.router_state) and (balance <> 0 or last_turn >= 0 or open_count > 0)
order by all
"""
CUT_TABLES = {
    "marts.fct_decisions": "* exclude (run_id)",
    "marts.fct_items": "* exclude (run_id, file_id)",
    "marts.fct_ownership": "* exclude (run_id)",
    "marts.fct_breaches": "* exclude (run_id)",
    "ops.considered_log": "*",
    "ops.router_holds": "*",
    "ops.router_users": "*",
    "ops.router_grants": "*",
    "ops.router_open": "* exclude (run_id)",
    "ops.router_persons": "* exclude (run_id)",
    "intermediate.int_item_activities": "* exclude (run_id)",
}


def run_cuts(project: Project, folder: Path, ends: Sequence[int]) -> Path:
    """Run the project whenever so many deliveries have come; the last of ``ends`` is all of them."""
    shutil.rmtree(folder, ignore_errors=True)
    write_settings(project, folder)
    begin = 0
    for end in ends:
        write_tokens(project, folder, end)
        write_deliveries(project, folder, range(begin, end))
        as_of = project.deliveries[end - 1].at if project.run_instant == "now" else None
        run(load_project(folder), as_of=as_of)
        begin = end
    return folder


def _rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        found = con.execute(query).fetchall()
    return [tuple(_plain(cell) for cell in row) for row in found]


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return us(cell)
    return tuple(cell) if isinstance(cell, list) else cell


def answers(folder: Path) -> Answers:
    """What the runs of a folder have told."""
    queries = {"items": STANDINGS, "breaches": BREACHES, "balances": BALANCES, "decisions": DECISIONS}
    found = {name: _rows(folder, query) for name, query in queries.items()}
    refused = _rows(folder, "select count(*) from marts.fct_items where outcome = 'quarantined'")
    return {**found, "refused": refused}


def expected_answers(expected: Expected) -> Answers:
    oracle = expected.oracle
    keys = sorted({*oracle.balance, *oracle.last_turn, *((one.pool, one.owner) for one in oracle.open.values())})
    balances = [
        (*key, oracle.balance.get(key, 0), oracle.last_turn.get(key, -1), oracle.open_count(key[1], key[0]))
        for key in keys
    ]
    return {
        "decisions": [_decision(row) for row in oracle.rows],
        "items": [astuple(one) for one in expected.standings],
        "breaches": sorted((astuple(one) for one in oracle.breaches), key=_by_cells),
        "balances": [row for row in balances if row[2:] != (0, -1, 0)],
        "refused": [(expected.items.rows.refused_count,)],
    }


def _decision(row: Row) -> tuple[Any, ...]:
    cells = list(astuple(row))
    del cells[17]  # when the clock began: no table has it
    return tuple(None if place in {10, 11, 17} and not cell else cell for place, cell in enumerate(cells))


def _by_cells(row: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(cell is None, cell) for cell in row]


def differences(told: Answers, wanted: Answers) -> list[str]:
    """The first row of each table that differs, in words; nothing where all agree."""
    found = []
    for name, expected in wanted.items():
        rows = [tuple(None if cell == () else cell for cell in row) for row in told[name]]
        if rows != expected:
            place = next((n for n, pair in enumerate(zip(rows, expected, strict=False)) if pair[0] != pair[1]), None)
            place = min(len(rows), len(expected)) if place is None else place
            pair = [str(table[place]) if place < len(table) else "nothing" for table in (rows, expected)]
            found.append(f"{name}, row {place + 1} of {len(rows)}:\n  told     {pair[0]}\n  expected {pair[1]}")
    return found


def cut_tables(folder: Path, project: Project) -> Mapping[str, list[tuple[Any, ...]]]:
    """What must not depend on how deliveries are cut into runs; with ``run_instant: now`` what is told at one does."""
    told = "columns(c -> c not in ('run_id', 'file_id', 'told_at', 'told_us'))"
    chosen = dict.fromkeys(CUT_TABLES, told) if project.run_instant == "now" else CUT_TABLES
    return {name: _rows(folder, f"select {columns} from {name} order by all") for name, columns in chosen.items()}


def trouble(project: Project, folder: Path, cuts: Sequence[Sequence[int]]) -> str | None:
    """What is wrong with a project run in each of these ways; None where nothing is. The reading's own errors rise."""
    wanted = expected_answers(expected_of(project))
    first: Mapping[str, list[tuple[Any, ...]]] | None = None
    for ends in cuts:
        try:
            run_cuts(project, folder, ends)
        except Exception as error:  # whatever it is, a valid project must not come to it
            code = int(getattr(error, "exit_code", 70))
            return f"exit {code} with runs up to deliveries {list(ends)}: {type(error).__name__}: {error}"
        found = differences(answers(folder), wanted)
        if found:
            return f"not as the oracle, with runs up to deliveries {list(ends)}:\n" + "\n".join(found)
        if len(cuts) > 1:
            tables = cut_tables(folder, project)
            other = [name for name in tables if first is not None and tables[name] != first[name]]
            if other:
                return f"cut by deliveries {list(ends)} other tables than at first: {', '.join(other)}"
            first = first or tables
    return None

"""Service levels: what each owner did in time, what waited without an owner, and the days all that is counted by.

Belongs here: the order in which these tables are made, and how rows of earlier runs are written again at the cost of
what is new. Does not belong here: what a row says (the SQL files), or whose clock it goes by (``working_time``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from rr_pipeline.core.model import Policy
from rr_pipeline.routing.policy_versions import router_policies
from rr_pipeline.routing.user_versions import People, ZoneChanges
from rr_pipeline.session.session import Session
from rr_pipeline.steps.working_time import write_day_stretches, write_local_times
from rr_pipeline.warehouse import one_value
from rr_pipeline.warehouse.definitions import is_defined, rebuild
from rr_pipeline.warehouse.sql_files import ask, ensure_table, make_temp, read_sql, table_exists

SLA_KEYS = ("item_seq", "applied_at", "owner_id")
SLA_CHANGES = (
    "status",
    "resolve_status",
    "is_late_touch",
    "is_declined",
    "lost_cause",
    "next_owner_id",
    "first_touch_at",
    "ended_at",
    "cleared_at",
    "cleared_date",
    "elapsed_seconds",
    "elapsed_working_seconds",
    "speed_to_lead_seconds",
    "speed_to_lead_working_seconds",
)
"""Columns of ``marts.fct_sla`` that later runs may write again: what is learnt of an interval after it began."""

WAIT_KEYS = ("decision_seq",)
WAIT_CHANGES = ("ended_by", "until_at", "until_date")


def write_sla(session: Session, people: People) -> None:
    """Bring ``marts.fct_sla``, ``marts.fct_waits`` and ``marts.dim_days`` up to the run's frontier.

    Needs ``marts.fct_items``, ``fct_decisions``, ``fct_ownership`` and ``fct_breaches``, ``ops.considered_log`` and
    ``intermediate.int_item_activities`` with the rows of this run, and the variables run_id, frontier_at and
    new_frontier_at.
    """
    policies = router_policies(session.project, people)
    write_sla_tables(session.con, policies, people.time_zones, session.project.settings.time_zone)


def write_sla_tables(
    con: duckdb.DuckDBPyConnection,
    policies: Iterable[Policy],
    user_zones: Mapping[str, ZoneChanges],
    business_zone: str,
) -> None:
    """Do what ``write_sla`` says. ``user_zones``: the zones of each user, for owners that no policy version has."""
    con.execute("set variable business_zone = ?", [business_zone])
    if not is_defined(con):
        con.execute(read_sql("marts", "reason_name").statement)
    if not table_exists(con, "marts.fct_sla"):
        con.execute("create or replace temp table int_sla_items (item_seq bigint)")
        _measure(con, (), {}, business_zone)
        ensure_table(con, read_sql("marts", "fct_sla"))
    make_temp(con, "intermediate", "int_sla_items")
    _measure(con, policies, user_zones, business_zone)
    _write(con, "fct_sla", SLA_KEYS, SLA_CHANGES)
    _write_days(con, business_zone)
    ensure_table(con, read_sql("marts", "fct_waits"))
    _write(con, "fct_waits", WAIT_KEYS, WAIT_CHANGES)


def _measure(
    con: duckdb.DuckDBPyConnection,
    policies: Iterable[Policy],
    user_zones: Mapping[str, ZoneChanges],
    business_zone: str,
) -> None:
    """Leave the temporary tables that ``fct_sla`` is made of, for the items in ``int_sla_items``."""
    make_temp(con, "intermediate", "int_told_before")
    make_temp(con, "intermediate", "int_sla_touches")
    make_temp(con, "intermediate", "int_sla_intervals")
    write_local_times(con, policies, user_zones, business_zone)


def _write_days(con: duckdb.DuckDBPyConnection, business_zone: str) -> None:
    ((first, last),) = ask(con, "span_of_days")
    zones = {zone for (zone,) in con.execute("select distinct time_zone from marts.fct_sla").fetchall()}
    is_empty = first is None or last is None
    write_day_stretches(con, [] if is_empty else [*zones, business_zone], first or 0, last or 0)
    rebuild(con, "marts", "dim_days")


def _write(con: duckdb.DuckDBPyConnection, table: str, keys: tuple[str, ...], changes: tuple[str, ...]) -> None:
    """Write the rows the SELECT gives: those of known keys where one of ``changes`` differs, and the new ones."""
    name, select, order = f"marts.{table}", read_sql("marts", table).statement, ", ".join(keys)
    if not one_value(con, f"select exists (from {name})"):
        con.execute(f"insert into {name} by name select * from ({select}) order by {order}")
        return
    con.execute(f"create or replace temp table fresh_rows as {select}")
    known = " and ".join(f"stored.{key} = fresh.{key}" for key in keys)
    settings = ", ".join(f"{column} = fresh.{column}" for column in (*changes, "run_id"))
    differs = " or ".join(f"stored.{column} is distinct from fresh.{column}" for column in changes)
    con.execute(f"update {name} as stored set {settings} from fresh_rows as fresh where {known} and ({differs})")
    new = f"from fresh_rows as fresh anti join {name} as stored on {known}"
    # Nothing may be inserted before much is (see ``create_empty``): a run without new rows inserts none.
    if one_value(con, f"select exists ({new})"):
        con.execute(f"insert into {name} by name select * {new} order by {order}")

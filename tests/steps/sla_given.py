"""A warehouse of a few decisions and activities made by hand, run by run, for the tables of service levels.

Belongs here: what the steps before hand over, as plain rows. Does not belong here: what is expected of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Member, Policy, Pool, Schedule
from rr_pipeline.steps.sla import write_sla_tables
from rr_pipeline.warehouse.sql_files import read_sql

TABLES = {
    "marts.fct_items": ("item_seq bigint, created_at timestamptz, known_at timestamptz, policy_version varchar"),
    "marts.fct_decisions": (
        "decision_id varchar, decision_seq bigint, item_seq bigint, source varchar, item_id varchar, pool_id varchar, "
        "kind varchar, member_id varchar, decided_at timestamptz, told_at timestamptz, policy_version varchar, "
        "cause varchar, previous_member_id varchar, sent_to varchar, target varchar, due_at timestamptz, run_id varchar"
    ),
    "marts.fct_ownership": (
        "item_seq bigint, source varchar, item_id varchar, object_type varchar, owner_id varchar, pool_id varchar, "
        "from_at timestamptz, until_at timestamptz, cause varchar, decision_id varchar, run_id varchar"
    ),
    "marts.fct_breaches": (
        "item_seq bigint, member_id varchar, kind varchar, due_at timestamptz, decided_at timestamptz, run_id varchar, "
        "target_kind varchar"
    ),
    "ops.clocks": "item_seq bigint, applied_at timestamptz, target_kind varchar, target varchar, due_at timestamptz",
    "ops.considered_log": "decision_seq bigint, reasons utinyint[]",
    "ops.runs": "run_id varchar, frontier_at timestamptz",
    "int_feeds": "source varchar, canonical_table varchar, object_type varchar, is_live boolean",
    "int_tellings": "item_seq bigint, decision_seq bigint, told_at timestamptz",
    "int_reopened_at": "item_seq bigint, reopened_at timestamptz, occurred_at timestamptz",
    "intermediate.int_item_activities": (
        "item_seq bigint, kind varchar, user_id varchar, occurred_at timestamptz, at_at timestamptz, run_id varchar"
    ),
}

WEEKDAYS_9_TO_17 = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(5))
HOLIDAY = 20_517  # 2026-03-05, a Thursday
POLICIES = (
    Policy(
        version="v1",
        from_us=FAR_PAST_US,
        until_us=FAR_FUTURE_US,
        pools=(
            Pool("p", (Member("ann"), Member("bob", time_zone="America/New_York"))),
            Pool("q", (Member("cat", time_zone="Pacific/Auckland"), Member("ann", time_zone="Asia/Tokyo"))),
            Pool(
                "hours",
                (
                    Member("kari", time_zone="Europe/Oslo", schedule=Schedule(WEEKDAYS_9_TO_17)),
                    Member("ola", time_zone="Europe/Oslo", schedule=Schedule(None, frozenset({HOLIDAY}))),
                ),
            ),
        ),
    ),
    Policy(
        version="v2",
        from_us=FAR_FUTURE_US - 1,
        until_us=FAR_FUTURE_US,
        pools=(Pool("hours", (Member("kari", time_zone="UTC"),)),),
    ),
)
USER_ZONES = {"zoe": ((FAR_PAST_US, "Europe/Oslo"),), "bob": ((FAR_PAST_US, "UTC"),)}
BUSINESS_ZONE = "UTC"
VIEWS = ("mart_sla_daily", "mart_reassignments", "mart_routing_daily", "mart_backlog_daily")

Rows = Iterable[Mapping[str, Any]]


@dataclass
class News:
    """What one run learns. Rows have the columns of the tables above; what is left out has a likely value."""

    frontier: datetime
    decisions: Rows = ()
    kept: Rows = ()
    activities: Rows = ()
    breaches: Rows = ()


@dataclass
class Warehouse:
    """Takes up news run by run, as the steps before do, and then has the tables under test written."""

    con: duckdb.DuckDBPyConnection
    policies: tuple[Policy, ...] = POLICIES
    business_zone: str = BUSINESS_ZONE
    frontier: datetime | None = None
    run_count: int = 0
    decision_count: int = 0
    items: set[int] = field(default_factory=set)
    fresh: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def run(self, news: News) -> None:
        """One run."""
        self.run_count += 1
        run_id = f"run-{self.run_count:06d}"
        for name, value in {"run_id": run_id, "frontier_at": self.frontier, "new_frontier_at": news.frontier}.items():
            self.con.execute(f"set variable {name} = ?", [value])
        self.fresh = {name: [] for name in TABLES}
        for row in news.decisions:
            self._decide(dict(row))
        for row in news.kept:
            self._item(row)
            self._own(row, row["owner"], "kept", None)
        columns = "item_seq user_id occurred_at at_at"
        activities = [{"counts": row["at"], **row} for row in news.activities]
        self._give("intermediate.int_item_activities", activities, "item user at counts", columns, kind="touch")
        self._give("marts.fct_breaches", news.breaches, "item member due at", "item_seq member_id due_at decided_at",
                   kind="breach")  # fmt: skip
        self.fresh["ops.runs"].append({"frontier_at": news.frontier})
        for table, rows in self.fresh.items():
            self._insert(table, [{"run_id": run_id, **row} for row in rows])
        write_sla_tables(self.con, self.policies, USER_ZONES, self.business_zone)
        self.frontier = news.frontier

    def rows(self, table: str, columns: str = "*") -> list[dict[str, Any]]:
        """Rows of a table or, by its SELECT, of a view, sorted."""
        if table in VIEWS:
            self.con.execute(f"create or replace view marts.{table} as {read_sql('marts', table).statement}")
        result = self.con.execute(f"select {columns} from marts.{table} order by all")
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _decide(self, row: dict[str, Any]) -> None:
        self.decision_count += 1
        self._item(row)
        given = {"pool": "p", "kind": "assign", "version": "v1", **row}
        if given.get("due") is not None:
            given.setdefault("target", "sla")
        decision = {
            "decision_id": f"d{self.decision_count}",
            "decision_seq": self.decision_count,
            "item_seq": given["item"],
            "source": "leads",
            "item_id": f"L{given['item']}",
            "pool_id": given["pool"],
            "kind": given["kind"],
            "member_id": given.get("member"),
            "decided_at": given["at"],
            "policy_version": given["version"],
            "cause": given.get("cause"),
            "sent_to": given.get("sent_to"),
            "target": given.get("target"),
            "due_at": given.get("due"),
        }
        self.fresh["marts.fct_decisions"].append(decision)
        considered = {"decision_seq": self.decision_count, "reasons": given.get("reasons", [0])}
        self.fresh["ops.considered_log"].append(considered)
        if given["kind"] in ("reassign", "queue"):
            self._end(given["item"], given["at"])
        causes = {"assign": "rotation", "redo": "redo", "reassign": "reassigned"}
        if given["kind"] in causes:
            self._own(given, given["member"], causes[given["kind"]], decision["decision_id"])

    def _end(self, item: int, at: datetime) -> None:
        """End the interval of the current owner, if there is one."""
        for row in self.fresh["marts.fct_ownership"]:
            if row["item_seq"] == item and row["until_at"] is None:
                row["until_at"] = at
        ended = "update marts.fct_ownership set until_at = ? where item_seq = ? and until_at is null"
        self.con.execute(ended, [at, item])

    def _own(self, row: Mapping[str, Any], owner: str, cause: str, decision_id: str | None) -> None:
        self.fresh["marts.fct_ownership"].append(
            {
                "item_seq": row["item"],
                "source": "leads",
                "item_id": f"L{row['item']}",
                "owner_id": owner,
                "pool_id": row.get("pool"),
                "from_at": row["at"],
                "until_at": None,
                "cause": cause,
                "decision_id": decision_id,
            }
        )

    def _item(self, row: Mapping[str, Any]) -> None:
        if row["item"] not in self.items:
            self.items.add(row["item"])
            created, version = row.get("created", row["at"]), row.get("version", "v1")
            item = {"item_seq": row["item"], "created_at": created, "policy_version": version}
            self.fresh["marts.fct_items"].append(item)

    def _give(self, table: str, rows: Rows, names: str, columns: str, **more: Any) -> None:
        renamed = [*zip(names.split(), columns.split(), strict=True)]
        for row in rows:
            rest = {name: row[name] for name in row if name not in names.split()}
            self.fresh[table].append({**more, **rest, **{new: row[name] for name, new in renamed if name in row}})

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        known = [column.split()[0] for column in TABLES[table].split(", ")]
        columns = [name for name in known if any(row.get(name) is not None for row in rows)]
        if rows:
            frame = pl.DataFrame({name: [row.get(name) for row in rows] for name in columns}, strict=False)
            self.con.register("rows_frame", frame.to_arrow())
            self.con.execute(f"insert into {table} by name from rows_frame")
            self.con.unregister("rows_frame")

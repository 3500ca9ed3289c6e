"""The measures of service levels counted again from recounted intervals and waits, in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from tests.steps.sla_given import BUSINESS_ZONE
from tests.steps.sla_recount import Recount, day_end, grouped, local_date, nearest_rank, rate, seconds

Row = dict[str, Any]
MEASURES = {
    "speed_to_lead": "speed_to_lead_seconds",
    "speed_to_lead_working": "speed_to_lead_working_seconds",
    "time_to_assign": "time_to_assign_seconds",
    "time_to_assign_working": "time_to_assign_working_seconds",
    "first_response": "elapsed_seconds",
    "first_response_working": "elapsed_working_seconds",
}
BANDS = {"0_5": (-1, 300), "5_15": (300, 900), "15_60": (900, 3600), "60_plus": (3600, 1e18)}


def mart_sla_daily(known: Recount) -> Iterator[Row]:
    days = grouped(known.sla, lambda row: (row["pool_id"], row["owner_id"], row["assigned_date"]))
    for (pool, member, day), rows in days.items():
        counts = {status: sum(row["status"] == status for row in rows) for status in ("met", "breached", "running")}
        result = {
            "pool_id": pool,
            "member_id": member,
            "assigned_date": day,
            "assigned_count": sum(row["cause"] != "kept" for row in rows),
            "kept_count": sum(row["cause"] == "kept" for row in rows),
            **{f"{status}_count": count for status, count in counts.items()},
            "late_touch_count": sum(row["is_late_touch"] for row in rows),
            "sla_compliance_rate": rate(counts["met"], counts["met"] + counts["breached"]),
        }
        for name, column in MEASURES.items():
            values = [row[column] for row in rows if row[column] is not None]
            result[f"{name}_p50_seconds"] = nearest_rank(values, 50)
            result[f"{name}_p95_seconds"] = nearest_rank(values, 95)
            for band, (over, most) in BANDS.items():
                result[f"{name}_{band}_min_count"] = sum(over < value <= most for value in values)
        yield result


def periods_of(day: date) -> dict[str, date | None]:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1), "all": None}


def mart_reassignments(known: Recount) -> Iterator[Row]:
    rows = [
        {**row, "period": period, "period_date": start}
        for row in known.sla
        for period, start in periods_of(row["decided_date"]).items()
    ]
    keys = ("pool_id", "owner_id", "period", "period_date")
    for (pool, member, period, start), own in grouped(rows, lambda row: tuple(row[key] for key in keys)).items():
        given = [row for row in own if row["cause"] != "kept"]
        for cause in ("breach", "decline", "departed", "away", "idle"):
            moved = [row for row in own if row["lost_cause"] == cause and row["next_owner_id"]]
            yield {
                "pool_id": pool,
                "member_id": member,
                "period": period,
                "period_date": start,
                "cause": cause,
                "assigned_count": len(given),
                "reassigned_count": len(moved),
                "reassignment_rate": rate(sum(row["cause"] != "kept" for row in moved), len(given)),
                "late_touch_count": sum(row["is_late_touch"] for row in moved),
                "queued_count": sum(row["lost_cause"] == cause and not row["next_owner_id"] for row in own),
                "declined_count": sum(row["is_declined"] for row in own) if cause == "decline" else 0,
            }


def mart_routing_daily(known: Recount) -> Iterator[Row]:
    taken = {row["item_seq"]: row for row in known.sla if row["cause"] in ("rotation", "redo")}
    nobody = grouped(
        (wait for wait in known.waits if wait["cause"] != "breach"), lambda wait: (wait["item_seq"], wait["pool_id"])
    )
    offered = []
    for (item, pool), waits in nobody.items():
        given_up = [
            wait["until_at"]
            for wait in known.waits
            if wait["item_seq"] == item and wait["ended_by"] in ("withdraw", "close")
        ]
        end = taken[item]["applied_at"] if item in taken else max(given_up, default=known.frontier)
        offered.append(
            {
                "pool_id": pool,
                "offered_date": waits[0]["from_date"],
                "nobody_reason": waits[0]["nobody_reason"],
                "kinds": {wait["kind"] for wait in waits},
                "is_unassigned": item not in taken and not given_up,
                "seconds": seconds(waits[0]["created_at"], end),
            }
        )
    for item, row in taken.items():
        if (item, row["pool_id"]) not in nobody:
            offered.append(
                {
                    "pool_id": row["pool_id"],
                    "offered_date": row["decided_date"],
                    "nobody_reason": None,
                    "kinds": set(),
                    "is_unassigned": False,
                    "seconds": seconds(row["created_at"], row["applied_at"]),
                }
            )
    totals = grouped(offered, lambda row: (row["pool_id"], row["offered_date"]))
    for (pool, day, reason), rows in grouped(
        offered, lambda row: (row["pool_id"], row["offered_date"], row["nobody_reason"])
    ).items():
        values = [row["seconds"] for row in rows]
        yield {
            "pool_id": pool,
            "offered_date": day,
            "nobody_reason": reason,
            "item_count": len(rows),
            "failover_rate": rate(len(rows), len(totals[pool, day])) if reason else None,
            "held_count": sum("hold" in row["kinds"] for row in rows),
            "failed_over_count": sum("failover" in row["kinds"] for row in rows),
            "queued_count": sum("queue" in row["kinds"] for row in rows),
            "unassigned_count": sum(row["is_unassigned"] for row in rows),
            "unassigned_p50_seconds": nearest_rank(values, 50),
            "unassigned_p95_seconds": nearest_rank(values, 95),
        }


def mart_backlog_daily(known: Recount) -> Iterator[Row]:
    waiting = [
        {
            "pool_id": row["pool_id"],
            "member_id": row["owner_id"],
            "zone": row["time_zone"],
            "kind": "backlog",
            "from_at": row["applied_at"],
            "until_at": row["cleared_at"],
        }
        for row in known.sla
        if row["cause"] != "kept"
    ]
    waiting += [
        {**wait, "member_id": None, "zone": BUSINESS_ZONE, "kind": {"hold": "held", "queue": "queued"}[wait["kind"]]}
        for wait in known.waits
        if wait["kind"] != "failover"
    ]
    for (pool, member), rows in grouped(waiting, lambda row: (row["pool_id"], row["member_id"])).items():
        zone = max(rows, key=lambda row: row["from_at"])["zone"]
        day = min(local_date(row["zone"], row["from_at"]) for row in rows)
        while day <= local_date(zone, known.frontier):
            there = [
                row
                for row in rows
                if local_date(row["zone"], row["from_at"]) <= day
                and (row["until_at"] is None or local_date(row["zone"], row["until_at"]) > day)
            ]
            end = min(day_end(zone, day), known.frontier)
            yield {
                "pool_id": pool,
                "member_id": member,
                "local_date": day,
                **{
                    f"{kind}_count": sum(row["kind"] == kind for row in there) for kind in ("backlog", "held", "queued")
                },
                "oldest_age_seconds": seconds(min(row["from_at"] for row in there), end) if there else None,
            }
            day += timedelta(days=1)

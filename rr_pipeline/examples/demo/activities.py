"""What people did with the records: calls, mails, meetings, and changes of status, as three tables of the CRM.

Belongs here: activities and the form in which context files are handed to the writer. Does not belong here: who would
do what and when (``plans``), and who gets what, which only a run decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from rr_pipeline.examples.demo import ids
from rr_pipeline.examples.demo.arrivals import CRM_CASES, CRM_OPPORTUNITIES, World
from rr_pipeline.examples.demo.cells import record_ids
from rr_pipeline.examples.demo.draw import Bools, Draw, Ints
from rr_pipeline.examples.demo.feeds import FEEDS
from rr_pipeline.examples.demo.plans import Calls, Plan, calls_with_target, make_plan, somebody
from rr_pipeline.examples.demo.shifts import MINUTE
from rr_pipeline.examples.demo.team import POOLS, USERS
from rr_pipeline.examples.demo.timing import SECOND, iso_offset

_DECLINING = tuple(POOLS).index("uk_ireland")
_USERS = tuple(user.alias for user in USERS)


@dataclass(frozen=True)
class Delivery:
    """One file: which source, which delivery, its rows as text (columns are headers)."""

    source: str
    delivery: int
    frame: pl.DataFrame


def activity_deliveries(world: World, pool_of: Ints, owner_of_row: Ints) -> Iterator[Delivery]:
    """Yield the files of calls and mails, of meetings, and of changes of status.

    ``pool_of``: see ``context_deliveries``; ``owner_of_row``: see ``make_plan``.
    """
    plan = make_plan(world, pool_of, owner_of_row)
    ids_of = _record_ids(world, plan)
    for source, frame, at in (*_touches(world, plan, ids_of), _changes(world, plan, ids_of)):
        delivery = world.period.file_of(at)
        for part in range(world.period.deliveries):
            chosen = np.flatnonzero((delivery == part) & (at < world.period.end_us))
            if len(chosen):
                yield Delivery(source, part, frame[chosen])


def _record_ids(world: World, plan: Plan) -> pl.Series:
    """Ids of the planned items. Those of other feeds are known in the CRM, too: its integration files them."""
    text = pl.Series([""], dtype=pl.String).new_from_index(0, len(plan.row))
    for source in range(len(FEEDS)):
        mine = np.flatnonzero(plan.source == source)
        text = text.scatter(mine, record_ids(source, world.arrivals.number[plan.row[mine]]))
    return text


def _touches(world: World, plan: Plan, ids_of: pl.Series) -> Iterator[tuple[str, pl.DataFrame, Ints]]:
    draw = Draw(world.seed, "activities")
    soon = calls_with_target(world, plan)
    later = _one_by_one(draw, world, plan)
    item, user, at = (np.concatenate([getattr(soon, name), getattr(later, name)]) for name in ("item", "user", "at_us"))
    count, is_soon = len(item), np.arange(len(item)) < len(soon.item)
    is_meeting = draw.chance(1_800, count) & ~is_soon
    inbound, automated = draw.chance(2_000, count) & ~is_soon, draw.chance(2_000, count) & ~is_soon
    frame = pl.DataFrame(
        {
            "WhoId": ids_of.gather(item),
            "OwnerId": pl.Series(_USERS).gather(user),
            "TaskSubtype": pl.Series(("Call", "Email", "Email")).gather(draw.below(3, count)),
            "CallType": _either(inbound, "Inbound", "Outbound"),
            "Is_Automated__c": _either(automated, "true", "false"),
            "CallDisposition": pl.Series(("Reached", "No answer", "Left message", "")).gather(draw.below(4, count)),
            "CompletedDateTime": iso_offset(at),
        }
    )
    for source, prefix, mask in (("crm_tasks", "00T", ~is_meeting), ("crm_events", "00U", is_meeting)):
        chosen = np.flatnonzero(mask)
        told = frame[chosen].insert_column(0, ids.salesforce_ids(prefix, chosen).alias("Id"))
        yield source, _as_event(told) if prefix == "00U" else told, at[chosen]


def _one_by_one(draw: Draw, world: World, plan: Plan) -> Calls:
    """One call for most of the other items, and for those whose owner is known: minutes to two days later."""
    count = len(plan.row)
    user = somebody(world, plan, "callers")
    wait = np.array([5, 20, 45, 120, 500, 1_500])[draw.below(6, count)] + draw.below(60, count)
    is_known = plan.known_owner >= 0
    chosen = np.flatnonzero(np.where(is_known, draw.chance(8_500, count), ~plan.has_target & draw.chance(6_500, count)))
    at = plan.begins_us[chosen] + wait[chosen] * MINUTE + draw.below(60, len(chosen)) * SECOND
    return Calls(chosen, user[chosen], at)


def _either(mask: Bools, yes: str, no: str) -> pl.Series:
    return pl.Series((no, yes)).gather(mask.astype(np.int64))


def _as_event(tasks: pl.DataFrame) -> pl.DataFrame:
    """Meetings stand in another table of the CRM, with a start instead of a completion."""
    return tasks.rename({"CompletedDateTime": "StartDateTime"}).drop(
        "TaskSubtype", "CallType", "CallDisposition", "Is_Automated__c"
    )


def _changes(world: World, plan: Plan, ids_of: pl.Series) -> tuple[str, pl.DataFrame, Ints]:
    """Status changes: cases closed within days, leads converted, given up or returned as bad, items declined."""
    draw = Draw(world.seed, "changes")
    count = len(plan.row)
    user = somebody(world, plan, "changers")
    is_case, is_deal = plan.source == CRM_CASES, plan.source == CRM_OPPORTUNITIES
    is_lead = ~is_case & ~is_deal
    closed = np.where(is_case, draw.chance(9_400, count), draw.chance(2_200, count))
    returned = is_lead & ~closed & draw.chance(260, count)
    declined = (plan.pool == _DECLINING) & draw.chance(900, count)
    days = np.where(is_case, draw.below(3 * 1_440, count), 1_440 + draw.below(9 * 1_440, count))
    parts = (
        (is_case & closed, "Status", ("Closed", "Closed", "Solved"), 30 + days),
        (is_deal & closed, "StageName", ("Closed Won", "Closed Lost"), 30 + days),
        (is_lead & closed, "Status", ("Converted", "Unqualified"), 30 + days),
        (returned, "Status", ("Spam", "Duplicate", "Out of territory"), 20 + days // 24),
        (declined, "Owner_Response__c", ("Declined",), 3 + draw.below(20, count)),
    )
    frames, instants = [], []
    for mask, field, words, minutes in parts:
        chosen = np.flatnonzero(mask)
        instants.append(plan.begins_us[chosen] + minutes[chosen] * MINUTE)
        frames.append(
            pl.DataFrame(
                {
                    "RecordId": ids_of.gather(chosen),
                    "CreatedById": pl.Series(_USERS).gather(user[chosen]),
                    "Field": pl.Series([field]).new_from_index(0, len(chosen)),
                    "NewValue": pl.Series(words).gather(draw.below(len(words), len(chosen))),
                }
            )
        )
    at = np.concatenate(instants)
    frame = pl.concat(frames).with_columns(CreatedDate=iso_offset(at))
    return "crm_changes", frame.insert_column(0, ids.salesforce_ids("017", np.arange(len(at))).alias("Id")), at

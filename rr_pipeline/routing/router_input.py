"""What the router is handed of a run: the items it decides or has to know of, and what their rules say of each.

Belongs here: which items carry a person, and which kept ones count. Does not belong here: state (``state``), events
(``events``), and the call itself (``rotation``).
"""

from __future__ import annotations

import polars as pl

from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import fill, make_temp


def note_uses(session: Session) -> None:
    """Leave TEMP ``int_policy_uses``: what each version asks the router to know beyond the items it decides.

    Persons are carried if any version needs them: who had an item under one version may be followed under the next.
    """
    con, project = session.con, session.project
    # Also where every type is folded: who asks again long after the earlier item was closed is no duplicate.
    follows = ["survivor" in policy.ownership.precedence for policy in project.policies]
    has_persons = any(follows) or any(pool.sticky_for for policy in project.policies for pool in policy.pools)
    make_temp(con, "intermediate", "int_policy_uses")
    is_fed = any(source.table == "users" for source in project.sources)
    gone = [policy.ownership.owners_gone for policy in project.policies]
    handing = [(is_fed and one.hands_over) or one.idle.do != "keep" for one in gone]
    kept = [
        [pool.pool_id for pool in policy.pools if pool.count_kept or pool.sla or policy.ownership.sla or hands_over]
        for policy, hands_over in zip(project.policies, handing, strict=True)
    ]
    numbers = range(1, len(project.policies) + 1)
    limited = [policy.ownership.survivor_within_limits for policy in project.policies]
    fill(con, "int_policy_uses", zip(numbers, [has_persons] * len(kept), follows, limited, kept, handing, strict=True))


def read_arrivals(session: Session) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items for the router in the order in which they are taken, and the traits their ``traits_id`` stands for.

    Leaves TEMP ``int_router_arrivals``, ``int_held_items`` (item_seq) and ``int_router_persons`` (person): all that
    this run may have to know of.
    """
    con = session.con
    note_uses(session)
    make_temp(con, "intermediate", "int_traits")
    make_temp(con, "intermediate", "int_last_owners")
    make_temp(con, "intermediate", "int_router_arrivals")
    make_temp(con, "intermediate", "int_held_items")
    make_temp(con, "intermediate", "int_router_persons")
    # Of what is decided at one instant deliveries come one after the other, and in each the most urgent first.
    taken = (
        "select * exclude (ingest_batch) from int_router_arrivals order by decided_at, ingest_batch, priority, item_seq"
    )
    arrivals = con.sql(taken).pl()
    return arrivals, con.sql("from int_traits order by traits_id").pl()

"""Items that were set aside and qualify by a newer row: they are decided by that row, at the close of its delivery.

Belongs here: which rows are looked at once more, and what becomes of those that decide nothing. Does not belong here:
the rules themselves (routing/policy_conditions.py).

Such a row stands among the due items under a number below 0 until the rules have been asked; then it has the number of
its item, or is gone. Where the item came in the same run, the row takes the place of the one it came with.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.session.session import Session
from rr_pipeline.steps.news import keep_waiting
from rr_pipeline.warehouse.sql_files import change, declare, fill, insert_rows, make_temp

NUMBERED = (
    "int_due_items", "int_item_contexts", "int_rule_hits", "int_recorded_changes", "int_recorded_stretches",
    "int_recorded_owners", "int_delivered_owners", "int_owner_claims", "int_kept_owners",
)  # fmt: skip
"""What is known of due items by their numbers when the rules have been asked."""


def find_again_rows(session: Session) -> None:
    """Leave TEMP ``int_again_rows``, ``int_again`` without rows, and ``int_update_rules``."""
    con = session.con
    make_temp(con, "intermediate", "int_update_rules")
    changing = changed_routes(session.project.policies)
    rules = [
        (
            number,
            policy.updates.owner_changed == "accept",
            policy.updates.qualifies == "decide",
            policy.updates.reopened.do,
            policy.updates.reopened.within,
            policy.updates.reopened.again.times if policy.updates.reopened.again.do == "notify_manager" else None,
            policy.updates.territory == "reroute",
            number in changing,
        )
        for number, policy in enumerate(session.project.policies, start=1)
    ]
    fill(con, "int_update_rules", rules)
    looks_again = any(
        policy.qualification and policy.updates.qualifies == "decide" for policy in session.project.policies
    )
    looks_reopened = any(policy.updates.reopened.do != "ignore" for policy in session.project.policies)
    looks_rerouted = any(policy.updates.territory == "reroute" for policy in session.project.policies)
    takes_back = any(policy.updates.reroute_within for policy in session.project.policies)
    begins = [session.project.policies[number - 1].effective_from for number in sorted(changing)]
    session.set_variables(
        looks_again=looks_again,
        looks_reopened=looks_reopened,
        looks_rerouted=looks_rerouted,
        takes_back=takes_back,
        is_begun=any(session.frontier is None or begin > session.frontier for begin in begins),
    )
    make_temp(con, "intermediate", "int_again")
    make_temp(con, "intermediate", "int_earlier_items")
    declare(con, "ops", "router_open")
    make_temp(con, "intermediate", "int_again_rows")
    keep_waiting(session, "again", is_again=True)


def changed_routes(policies: Sequence[PolicyVersion]) -> set[int]:
    """Numbers, from 1, of the versions that may send an item elsewhere than the one before, or ask for other skills."""

    def routes(policy: PolicyVersion) -> tuple[object, ...]:
        return policy.catch_all, policy.territories, policy.skills, policy.skill_rules

    pairs = enumerate(pairwise(policies), start=2)
    return {number for number, (before, policy) in pairs if routes(before) != routes(policy)}


def settle_again(session: Session) -> int:
    """Give rows that decide their item again its number; those that do not are no due items any more.

    Return how many items earlier runs had set aside and this one decides.
    """
    con = session.con
    make_temp(con, "intermediate", "int_reopenings")
    make_temp(con, "intermediate", "int_reroutings")
    if not session.count("select count(*) from int_again_rows"):
        return 0
    insert_rows(con, "again")
    for table in NUMBERED:
        con.execute(f"delete from {table} where item_seq in (select item_seq from int_again)")
        con.execute(
            f"update {table} as due set item_seq = again.item_seq from int_again as again "
            "where due.item_seq = again.again_seq"
        )
        con.execute(f"delete from {table} where item_seq < 0")
    return session.count("select count(*) from int_again where item_seq <= getvariable('last_item_seq')")


def make_room(session: Session) -> None:
    """Take the rows of items that are decided again out of marts.fct_items."""
    if session.count("select count(*) from int_again where item_seq <= getvariable('last_item_seq')"):
        change(session.con, "items_again")

"""What arrives closed, converted or deleted: which due items, and a first delivery that is mostly so.

Belongs here: finding and refusing. Does not belong here: what becomes of such an item (sql/intermediate/int_routing).
"""

from __future__ import annotations

from rr_pipeline.config.updates import ARRIVES_CLOSED
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, fill, make_temp

FEW = 20
"""A first delivery of fewer items says nothing of its feed."""


def find_arrived_closed(session: Session) -> None:
    """Leave TEMP ``int_arrived_closed`` (item_seq): due items to set aside because their first row says closed.

    Raises RefusedError (ARRIVED_CLOSED) where that is more than half of a feed's first delivery, and no policy says in
    so many words what is to become of them.
    """
    con = session.con
    make_temp(con, "intermediate", "int_set_aside_versions")
    wanted = [
        number
        for number, policy in enumerate(session.project.policies, start=1)
        if policy.updates.arrives_closed == "set_aside"
    ]
    fill(con, "int_set_aside_versions", [(number,) for number in wanted])
    make_temp(con, "intermediate", "int_arrived_closed")
    if wanted and session.count("select count(*) from int_arrived_closed"):
        _refuse_most(session)


def _refuse_most(session: Session) -> None:
    problems = []
    for source, policy_no, set_aside, arrived in ask(session.con, "first_arrived_closed", {"few": FEW}):
        policy = session.project.policies[policy_no - 1]
        if policy.line_of(ARRIVES_CLOSED) is not None:
            continue
        text = (
            f"{set_aside:,} of {arrived:,} items in the first delivery of source {source} are closed, converted or "
            f"deleted already, and would be set aside. Say that this is right with `updates: {{arrives_closed: "
            f"set_aside}}`, or have them decided as any other with `updates: {{arrives_closed: decide}}`. If they are "
            "open, see closing.statuses and the mapping of closed_at, is_converted and is_deleted."
        )
        problems.append(Problem(policy.file, 1, ARRIVES_CLOSED, "ARRIVED_CLOSED", text))
    if problems:
        raise RefusedError("a first delivery would mostly be set aside; nothing was changed:", problems)

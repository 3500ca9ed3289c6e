"""The owners that items themselves come with: whom they mean, who of them is nobody, and a first delivery of one owner.

Belongs here: finding and refusing. Does not belong here: whose claim counts (sql/intermediate/int_kept_owners).
"""

from __future__ import annotations

from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.session.session import Session
from rr_pipeline.steps.arrived_closed import FEW
from rr_pipeline.warehouse.sql_files import ask, fill, make_temp

_IGNORE, _TRUST = "ownership.ignore_owners", "ownership.trust_owners"


def find_delivered_owners(session: Session) -> None:
    """Leave TEMP ``int_delivered_owners`` (item_seq, owner_id, is_nobody).

    Raises RefusedError (OWNER_OF_MOST) where one owner stands on more than half of a feed's first delivery, and the
    policy says neither that this is nobody nor that it is right.
    """
    con, project = session.con, session.project
    for table in ("int_nobodies", "int_queue_prefixes"):
        make_temp(con, "intermediate", table)
    fill(con, "int_nobodies", _nobodies(session))
    prefixes = [(source.name, source.queue_prefix) for source in project.sources if source.queue_prefix]
    fill(con, "int_queue_prefixes", prefixes)
    make_temp(con, "intermediate", "int_delivered_owners")
    if session.count("select count(*) from int_first_batches"):
        _refuse_one_owner(session)


def _words(texts: tuple[str, ...]) -> set[str]:
    return {text.strip().lower() for text in texts}


def _nobodies(session: Session) -> list[tuple[int, str]]:
    wanted = {
        number: _words((*policy.ownership.ignore_owners, *policy.queues))
        for number, policy in enumerate(session.project.policies, start=1)
    }
    words = sorted(set().union(*wanted.values()))
    ids = ask(session.con, "users_named", {"words": words}) if words else []
    named = [(number, user) for number, mine in wanted.items() for word, user in ids if word in mine]
    return sorted({*((number, word) for number, mine in wanted.items() for word in mine), *named})


def _refuse_one_owner(session: Session) -> None:
    problems = []
    for source, policy_no, owner, of_owner, of_all in ask(session.con, "first_owners", {"few": FEW}):
        policy = session.project.policies[policy_no - 1]
        if "item" not in policy.ownership.precedence or _is_trusted(session, policy, owner):
            continue
        text = (
            f"one owner stands on {of_owner:,} of the {of_all:,} open items in the first delivery of source {source}, "
            f"and would keep them all. If that is an integration user or a queue, name it in {_IGNORE}; if it is "
            f"right, name it in {_TRUST} (by id, name or e-mail). Or leave `item` out of ownership.precedence."
        )
        problems.append(Problem(policy.file, policy.line_of("ownership") or 1, _IGNORE, "OWNER_OF_MOST", text))
    if problems:
        raise RefusedError("a first delivery would mostly stay with one owner; nothing was changed:", problems)


def _is_trusted(session: Session, policy: PolicyVersion, owner: str) -> bool:
    trusted = _words(policy.ownership.trust_owners)
    if not trusted or owner.strip().lower() in trusted:
        return bool(trusted)
    ids = ask(session.con, "users_named", {"words": sorted(trusted)})
    return owner.lower() in {user for _, user in ids}

"""What policies ask for and no feed delivers.

Belongs here: rules between sources.yaml and the policies. Does not belong here: rules inside either of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rr_pipeline.config.canonical import Table
from rr_pipeline.config.policy import Ownership, PolicyVersion
from rr_pipeline.config.pools import Limits
from rr_pipeline.config.sources import Source
from rr_pipeline.errors import Problem

_PRECEDENCE = "ownership.precedence"
_FED_BY: dict[str, Table] = {
    "opportunity": "opportunities",
    "contact": "contacts",
    "account": "accounts",
    "history": "ownership_history",
}


def check_feeds(sources: Sequence[Source], policies: Sequence[PolicyVersion]) -> Iterator[Problem]:
    """Yield what policies ask for that no feed delivers, or get of the feeds without saying what follows.

    A warning CLAIM_UNFED for each claim that a policy asks for while no source feeds the table it is in.
    """
    fed = {source.table for source in sources}
    for version in policies:
        for claim in _asked(version.ownership):
            table = _FED_BY.get(claim)
            if table is not None and table not in fed:
                message = (
                    f"lists {claim}, but no source feeds {table}: this claim will never count. Add a source with "
                    f"`table: {table}` to sources.yaml, or leave {claim} out."
                )
                yield Problem(version.file, version.line_of(_PRECEDENCE), _PRECEDENCE, "CLAIM_UNFED", message)
    if any(source.table == "items" and "priority" in source.mapping for source in sources):
        for version in policies:
            yield from _check_priorities(version)


def _check_priorities(version: PolicyVersion) -> Iterator[Problem]:
    """Yield a warning (PRIORITY_STARVES) for each limited pool where the less urgent may wait for ever."""
    limited = {user.user for user in version.users}
    for pool in version.pools:
        has_limits = pool.max_open is not None or any(
            member.max_open is not None or member.user in limited or pool.limits_of(member) != Limits()
            for member in pool.members
        )
        if has_limits and pool.when_nobody == "hold" and pool.hold_for is None and not pool.while_waiting:
            field = f"pools.{pool.pool_id}"
            message = (
                "has limits and takes items of several priorities: while urgent ones come, others may wait for ever. "
                "Say what is done about them, such as while_waiting: [{after: 1d, do: raise}]."
            )
            yield Problem(version.file, version.line_of(field), field, "PRIORITY_STARVES", message)


def _asked(ownership: Ownership) -> tuple[str, ...]:
    # The default lists what most projects lack. Who keeps all of it has not asked for each; who drops some has.
    usual = [claim for claim in Ownership().precedence if claim != "item"]
    keeps_all = set(usual) <= set(ownership.precedence)
    return tuple(claim for claim in ownership.precedence if not (keeps_all and claim in usual))

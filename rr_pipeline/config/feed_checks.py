"""What policies ask for and no feed delivers.

Belongs here: rules between sources.yaml and the policies. Does not belong here: rules inside either of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rr_pipeline.config.canonical import Table
from rr_pipeline.config.policy import Ownership, PolicyVersion
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
    """Yield a warning (CLAIM_UNFED) for each claim that a policy asks for while no source feeds the table it is in."""
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


def _asked(ownership: Ownership) -> tuple[str, ...]:
    # The default lists what most projects lack. Who keeps all of it has not asked for each; who drops some has.
    usual = Ownership().precedence
    keeps_all = set(usual) <= set(ownership.precedence)
    return tuple(claim for claim in ownership.precedence if not (keeps_all and claim in usual))

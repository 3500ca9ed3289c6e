"""The settings of what is done about items that wait, as written and as in force.

Belongs here: one entry of ``while_waiting``, and the list that a pool's settings come to. Does not belong here: rules
across settings (waiting_checks.py), conversion for the router.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import DurationFromZero, Name, OneOf, ReadBy, refuse, sorted_distinct
from rr_pipeline.core.vocabulary import words

ENDS = ("failover", "queue", "default_owner")
"""What ends a wait."""

_PATTERN = r"[A-Za-z][A-Za-z0-9_-]{0,63}\*?|\*"


def _read_pattern(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(_PATTERN, text):
        message = f"'{text[:64]}' names no skill; write a skill of the list at the top, or how some begin: language-*"
        raise refuse("NAME_INVALID", message)
    return text


Patterns = Annotated[
    tuple[Annotated[str, ReadBy(_read_pattern, {"type": "string", "pattern": f"^({_PATTERN})$"})], ...],
    AfterValidator(sorted_distinct),
]


class WaitEntry(StrictModel):
    """One thing done about items that have waited so long."""

    after: DurationFromZero = Field(description="How long it has waited then, such as 30m; 0m: at once.")
    do: Annotated[str, OneOf(words("wait_steps"))] | None = Field(
        None, description="What is done; not needed where drop names skills."
    )
    drop: Patterns = Field((), description="Skills no longer needed, or how their names begin: language-*.")
    pool: Name | None = Field(None, description="The pool that failover means here; unset: the pool's own failover.")
    queue: Name | None = Field(None, description="The queue that queue means here; unset: the pool's own queue.")

    @property
    def done(self) -> str | None:
        """What is done."""
        return self.do or ("drop" if self.drop else None)


def settled(entries: Sequence[WaitEntry], failover: str | None, queue: str | None, last: str) -> tuple[WaitEntry, ...]:
    """Return a list as it is in force: in order of time, each entry with what it does and where it leads.

    ``failover`` and ``queue``: of the pool; ``last``: the pool that its default owner is.
    """
    found = []
    for entry in sorted(entries, key=lambda one: one.after):
        do, pool, to = entry.done, entry.pool, entry.queue
        if do == "default_owner":
            do, pool = "failover", last
        elif do == "failover":
            pool = pool or failover
        elif do == "queue":
            to = to or queue
        found.append(entry.model_copy(update={"do": do, "pool": pool, "queue": to}))
    return tuple(found)

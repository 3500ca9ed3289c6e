"""Whom a message to somebody's manager goes to: the manager so many levels up, or who is there in their place.

Belongs here: the way up from a user, as known at an instant. Does not belong here: where managers are told (routing),
and messages (sql).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rr_pipeline.core.model import FAR_PAST_US

Told = Sequence[tuple[int, str | None]]
"""(from_us, manager) of one user, ascending; None: no manager is known from then on."""


@dataclass(frozen=True)
class Lines:
    """Who reports to whom over time, and who is there.

    ``is_there`` and ``deputy_of``: of a user at an instant. ``edges``: when these may change for a user.
    """

    managers: Mapping[str, Told]
    is_there: Callable[[str, int], bool]
    deputy_of: Callable[[str, int], str | None]
    edges: Callable[[str], Iterable[int]]

    def above(self, user: str, at_us: int) -> str | None:
        """The manager of a user as told by an instant."""
        told = self.managers.get(user, ())
        place = bisect_right(told, at_us, key=lambda one: one[0])
        return told[place - 1][1] if place else None


def manager_of(lines: Lines, owner: str, level: int, at_us: int) -> str | None:
    """Return the manager ``level`` levels up (1: the owner's own); if not there their deputy, else the next one up who
    is. None where the way up ends before, or comes back to somebody on it.
    """
    way = [owner]
    while (following := lines.above(way[-1], at_us)) is not None and following not in way:
        way.append(following)
        if len(way) <= level:
            continue
        if lines.is_there(following, at_us):
            return following
        deputy = lines.deputy_of(following, at_us) if len(way) == level + 1 else None
        if deputy is not None and deputy != owner and lines.is_there(deputy, at_us):
            return deputy
    return None


def managers_over_time(lines: Lines, owner: str, level: int) -> list[tuple[int, str | None]]:
    """Return (from_us, manager) from ever on, without stretches that say the same."""
    found: list[tuple[int, str | None]] = []
    for at_us in sorted({FAR_PAST_US, *_edges(lines, owner)}):
        name = manager_of(lines, owner, level, at_us)
        if not found or found[-1][1] != name:
            found.append((at_us, name))
    return found


def _edges(lines: Lines, owner: str) -> set[int]:
    """Return every instant at which something may change on any way up from a user."""
    found: set[int] = set()
    seen, rest = {owner}, [owner]
    while rest:
        told = lines.managers.get(rest.pop(), ())
        found |= {from_us for from_us, _ in told}
        for name in sorted({name for _, name in told if name is not None} - seen):
            seen.add(name)
            rest.append(name)
            found |= set(lines.edges(name))
    return found

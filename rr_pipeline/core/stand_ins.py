"""Who stands in for whom: owners who are away for long, and the deputies who have their claims meanwhile.

Belongs here: what follows from absences as they were known, deputies and activity. Does not belong here: where these
are told (routing), and claims themselves (sql).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US

Span = tuple[int, int]


@dataclass(frozen=True)
class Away:
    """An absence, and from when until when it was known. ``deputy``: who stands in by it."""

    from_us: int
    until_us: int
    known: Span = (FAR_PAST_US, FAR_FUTURE_US)
    deputy: str | None = None

    def holds_at(self, at_us: int) -> bool:
        """Whether it is known at an instant, and the user is away then."""
        return self.known[0] <= at_us < self.known[1] and self.from_us <= at_us < self.until_us


@dataclass(frozen=True)
class Presence:
    """What is known of users: absences, stretches of activity, and deputies with the instant from which each counts."""

    away: Mapping[str, Sequence[Away]] = field(default_factory=dict)
    active: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    deputies: Mapping[str, Sequence[tuple[int, str | None]]] = field(default_factory=dict)

    def is_there(self, user: str, at_us: int) -> bool:
        """Whether a user is active and not away, however short."""
        is_active = any(start <= at_us < end for start, end in self.active.get(user, ()))
        return is_active and not any(one.holds_at(at_us) for one in self.away.get(user, ()))

    def deputy_of(self, user: str, at_us: int) -> str | None:
        """The deputy by an absence that holds, else by what was told last of the user."""
        for one in self.away.get(user, ()):
            if one.deputy is not None and one.holds_at(at_us):
                return one.deputy
        told = [deputy for from_us, deputy in self.deputies.get(user, ()) if from_us <= at_us]
        return told[-1] if told else None

    def stand_in(self, user: str, at_us: int) -> str | None:
        """The first along the chain of deputies who is there, each asked once; None: nobody."""
        asked = [user]
        while (deputy := self.deputy_of(asked[-1], at_us)) is not None and deputy not in asked:
            if self.is_there(deputy, at_us):
                return deputy
            asked.append(deputy)
        return None

    def edges(self, user: str) -> set[int]:
        """Instants at which something may change of who stands in for a user."""
        found: set[int] = set()
        seen, rest = {user}, [user]
        while rest:
            name = rest.pop()
            absences = self.away.get(name, ())
            found |= {edge for one in absences for edge in (one.from_us, one.until_us, *one.known)}
            found |= {edge for span in self.active.get(name, ()) for edge in span}
            found |= {from_us for from_us, _ in self.deputies.get(name, ())}
            named = {one.deputy for one in absences} | {deputy for _, deputy in self.deputies.get(name, ())}
            fresh = sorted(name for name in named if name is not None and name not in seen)
            seen |= set(fresh)
            rest += fresh
        return found


def long_stretches(absences: Sequence[Away], over_us: int) -> list[Span]:
    """Return when somebody is away for more than a length, absences that touch or overlap joined, as known at each
    instant. One with an open end counts from its start and that length on.
    """
    found: list[Span] = []
    for since, until in pairwise(sorted({edge for one in absences for edge in one.known})):
        spans = _joined((one.from_us, one.until_us) for one in absences if one.known[0] <= since < one.known[1])
        for start, end in spans:
            begin = start + over_us if end >= FAR_FUTURE_US and start > FAR_PAST_US else start
            if end - start > over_us and max(begin, since) < min(end, until):
                found.append((max(begin, since), min(end, until)))
    return list(_joined(found))


def stand_ins(presence: Presence, over_us: int, has_deputies: bool) -> list[tuple[str, int, int, str | None]]:
    """Return (user, from_us, until_us, stand-in) of all who are away for long; None: nobody stands in.

    ``has_deputies``: whether deputies stand in at all.
    """
    found: list[tuple[str, int, int, str | None]] = []
    for user in sorted(presence.away):
        for start, end in long_stretches(presence.away[user], over_us):
            if not has_deputies:
                found.append((user, start, end, None))
                continue
            cuts = [start, *sorted(edge for edge in presence.edges(user) if start < edge < end), end]
            for begin, stop in pairwise(cuts):
                name = presence.stand_in(user, begin)
                if found and found[-1][0] == user and found[-1][2:] == (begin, name):
                    found[-1] = (user, found[-1][1], stop, name)
                else:
                    found.append((user, begin, stop, name))
    return found


def deputies_between(presence: Presence, begin_us: int, end_us: int) -> list[tuple[str, int, int, str]]:
    """Return (user, from_us, until_us, deputy) of all who have one who is there, whether they themselves are or not."""
    found: list[tuple[str, int, int, str]] = []
    by_absence = {user for user, absences in presence.away.items() if any(one.deputy is not None for one in absences)}
    for user in sorted({*presence.deputies, *by_absence}):
        cuts = [begin_us, *sorted(edge for edge in presence.edges(user) if begin_us < edge < end_us), end_us]
        for begin, stop in pairwise(cuts):
            name = presence.stand_in(user, begin)
            if name is not None and found and found[-1][0] == user and found[-1][2:] == (begin, name):
                found[-1] = (user, found[-1][1], stop, name)
            elif name is not None:
                found.append((user, begin, stop, name))
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found

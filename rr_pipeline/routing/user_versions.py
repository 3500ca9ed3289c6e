"""What is known of users, and from which instant on: versions, stretches of activity, zones.

Belongs here: values and what follows from them alone. Does not belong here: reading them from tables (people.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Absence, Departure, StandIn, StatusChange


@dataclass(frozen=True)
class UserVersion:
    """What one delivery said of a user. Instants in UTC microseconds."""

    user_id: str
    effective_us: int
    is_active: bool
    active_from_us: int
    active_until_us: int
    time_zone: str | None
    manager_id: str | None
    deputy_id: str | None = None


@dataclass(frozen=True)
class Gap:
    """A stretch in which full lists miss a user. ``left_us``: since when the user has left, None: not so far."""

    user_id: str
    from_us: int
    until_us: int
    left_us: int | None = None


@dataclass(frozen=True)
class Work:
    """Time that a user works whatever the week says, and ``known``: from when until when it is told so.

    ``time_zone``: it is one of whole days of this zone, and counts where it is the user's; None: wherever they are.
    """

    from_us: int
    until_us: int
    known: tuple[int, int]
    time_zone: str | None = None


ZoneChanges = tuple[tuple[int, str | None], ...]
"""(from_us, zone) of one user, ascending, since ever; None: no zone is known."""


@dataclass(frozen=True)
class People:
    """Users known by now: when each is active, the zones each had, since when each is known, and the absences.

    ``left``: stretches (user, from_us, until_us) in which a user has left, being gone from the full lists;
    ``departed``: (user, at_us) whenever somebody departs: inactive from then on, or gone from the lists for long;
    ``departures``: those of them, and of users away for long, where a policy hands on what they have.
    ``stand_ins``: who has the claims of users away for long, by the versions in force; ``deputies``: who has what
    users leave idle, where a version says that deputies do.
    """

    intervals: tuple[tuple[str, int, int], ...] = ()
    time_zones: Mapping[str, ZoneChanges] = field(default_factory=dict)
    known_from_us: Mapping[str, int] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    left: tuple[tuple[str, int, int], ...] = ()
    works: Mapping[str, tuple[Work, ...]] = field(default_factory=dict)
    departed: tuple[tuple[str, int], ...] = ()
    departures: tuple[Departure, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    deputies: tuple[StandIn, ...] = ()

    def works_at(self, user: str, zone: str, at_us: int) -> tuple[tuple[int, int], ...]:
        """What is known at an instant of the times that a user in a zone works whatever the week says: joined."""
        known = (one for one in self.works.get(user, ()) if one.known[0] <= at_us < one.known[1])
        return joined((one.from_us, one.until_us) for one in known if one.time_zone in {None, zone})

    def zone_at(self, user: str, at_us: int) -> str | None:
        """The zone the feed had told of by an instant; None where it told of none."""
        zones = [zone for from_us, zone in self.time_zones.get(user, ()) if from_us <= at_us]
        return zones[-1] if zones else None

    @property
    def status_changes(self) -> list[StatusChange]:
        """Activity of every user of the feed as changes: inactive since ever, then each interval."""
        changes = [StatusChange(user, FAR_PAST_US, False) for user in sorted({user for user, _, _ in self.intervals})]
        active = {user for user, _, _ in self.intervals}
        changes += [StatusChange(user, FAR_PAST_US, False) for user in sorted(self.known_from_us) if user not in active]
        for user, from_us, until_us in self.intervals:
            changes.append(StatusChange(user, from_us, True))
            if until_us < FAR_FUTURE_US:
                changes.append(StatusChange(user, until_us, False))
        return changes


def joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return spans in order, those that touch or overlap made one; empty ones are none."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def active_intervals(versions: Iterable[UserVersion]) -> list[tuple[str, int, int]]:
    """Stretches (user, from_us, until_us) in which each user is active; versions sorted by user and effective_us."""
    intervals: list[tuple[str, int, int]] = []
    for user, group in groupby(versions, key=lambda version: version.user_id):
        known = list(group)
        ends = [version.effective_us for version in known[1:]] + [FAR_FUTURE_US]
        for version, end in zip(known, ends, strict=True):
            start, stop = max(version.effective_us, version.active_from_us), min(end, version.active_until_us)
            if not version.is_active or start >= stop:
                continue
            if intervals and intervals[-1][0] == user and intervals[-1][2] == start:
                intervals[-1] = (user, intervals[-1][1], stop)
            else:
                intervals.append((user, start, stop))
    return intervals


def without_gaps(intervals: Iterable[tuple[str, int, int]], gaps: Iterable[Gap]) -> list[tuple[str, int, int]]:
    """Return the stretches of activity without those in which full lists miss the user; gaps of a user do not meet."""
    missed: dict[str, list[Gap]] = {}
    for gap in sorted(gaps, key=lambda one: (one.user_id, one.from_us)):
        missed.setdefault(gap.user_id, []).append(gap)
    found: list[tuple[str, int, int]] = []
    for user, from_us, until_us in intervals:
        start = from_us
        for gap in missed.get(user, ()):
            if start < min(gap.from_us, until_us):
                found.append((user, start, min(gap.from_us, until_us)))
            start = max(start, gap.until_us)
        if start < until_us:
            found.append((user, start, until_us))
    return found


def zone_changes(versions: Iterable[UserVersion]) -> dict[str, ZoneChanges]:
    """The zones each user had, by user; versions sorted by user and effective_us. A zone said again is no change."""
    found: dict[str, ZoneChanges] = {}
    for user, group in groupby(versions, key=lambda version: version.user_id):
        changes: list[tuple[int, str | None]] = [(FAR_PAST_US, None)]
        for version in group:
            if version.time_zone == changes[-1][1]:
                continue
            if version.effective_us == changes[-1][0]:
                changes.pop()
            changes.append((version.effective_us, version.time_zone))
        if changes != [(FAR_PAST_US, None)]:
            found[user] = tuple(changes)
    return found

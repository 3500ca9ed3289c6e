"""Owners who go, or do nothing, in the plain second router: what they have is offered to the others.

Belongs here: who goes when, and in which order what they leave is looked at. Does not belong here: the offer itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rr_pipeline.core.model import Departure, Policy
from tests.core.oracle_turns import Turns
from tests.core.oracle_words import Open


@dataclass
class Gone(Turns):
    left: list[tuple[tuple[int, int], int, int, Departure]] = field(default_factory=list)
    """In order: rank, item, the how manieth who goes, and who."""
    gone_count: int = 0

    def take_goer(self, t: int) -> bool:
        """Put what somebody has who goes at t in line. False when nobody is left who goes."""
        goers = sorted(self.world.departures, key=lambda one: (one.at_us, one.user_id, one.cause))
        if self.gone_count == len(goers) or goers[self.gone_count].at_us > t:
            return False
        goer = goers[self.gone_count]
        self.gone_count += 1
        those = [one for one in self.open.values() if one.owner == goer.user_id]
        those = [one for one in those if one.touched is None or not goer.spares_touched]
        self.left += [(one.rank, one.arrival.item, self.gone_count, goer) for one in those]
        self.left.sort(key=lambda entry: entry[:3])
        return True

    def hand_over(self, one: Open, t: int, cause: str) -> bool:
        """Offer it to all who have not had it; that is no move, so it may be done as often as it happens."""
        is_given = self.turn(one.arrival, self.pool_at(one.pool, t), t, losing=one, cause=cause)[0]
        self.passed.pop(one.arrival.item, None)
        return is_given

    def idle_at(self, one: Open, policy: Policy) -> int | None:
        """When it is idle: so long after its owner was told of it (in the past: got it), or last touched it."""
        if policy.idle is None or one.is_given:
            return None
        start = one.told if self.is_live(one.arrival) else one.since
        return max(start, start if one.acted is None else one.acted) + policy.idle.after_us

    def deputy_at(self, user: str, t: int) -> str | None:
        those = [one for one in self.world.deputies if one.user_id == user and one.from_us <= t < one.until_us]
        return those[0].deputy if those else None

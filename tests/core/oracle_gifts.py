"""What persons do with items in the plain second router: somebody is given an item outside it.

Belongs here: whether what is delivered is news, and what follows. Does not belong here: what the router decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rr_pipeline.core.model import Member, Pool
from tests.core.oracle_gone import Gone
from tests.core.oracle_words import Arrival, Event, Open


@dataclass
class Gifts(Gone):
    gifts: set[tuple[int, int]] = field(default_factory=set)
    """When which item was given to somebody by a person."""

    def take_gift(self, event: Event, t: int) -> None:
        """The delivered owner of an item, one other than the owner delivered before."""
        assert event.member is not None
        one = self.open.get(event.item)
        hold = next((hold for hold in self.held if hold.arrival.item == event.item), None)
        if one is not None:
            owners = [*zip(one.previous, one.previous_since, strict=True), (one.owner, one.since)]
            if self.was_told(owners, None, event, t):
                return
            if one.owner == event.member:
                one.given, one.is_idle = one.since if one.given is None else one.given, False
                for clock in one.clocks.values():
                    clock.waits.clear()
                return
            del self.open[event.item]
            new = Open(one.arrival, one.pool, event.member, max(one.since, min(event.occurred, t)))
            self.leave_trail(one, new)
            new.reassign_count = one.reassign_count
            self.pass_to(new, one.owner, t)
        elif hold is not None:
            if self.was_told([*zip(hold.previous, hold.previous_since, strict=True)], hold.since, event, t):
                return
            self.held.remove(hold)
            self.passed.pop(event.item, None)
            new = Open(hold.arrival, hold.pool, event.member, max(hold.since, min(event.occurred, t)))
            new.previous, new.previous_since = hold.previous, hold.previous_since
            self.pass_to(new, None, t)
        elif event.pool is not None and not self.is_theirs_again(event, t):
            since = min(event.occurred, t)
            self.pass_to(Open(Arrival(event.item, event.pool, since), event.pool, event.member, since), None, t)

    def is_theirs_again(self, event: Event, t: int) -> bool:
        """The item is open again at this instant, and who is named had it last: that is nothing new."""
        again = [one for one in self.world.arrivals if one.reopens in {1, 2} and one.time == t]
        comes = [one for one in again if one.item == event.item]
        return bool(comes) and event.member == self.had.get(event.item, comes[0].last_owner)

    def was_told(self, owners: list[tuple[str, int]], until: int | None, event: Event, t: int) -> bool:
        """Whether the router told that owner before, and after the owner delivered before was its owner.

        ``owners``: since when; nobody has the item any more from ``until`` on.
        """
        ends = [*[since for _, since in owners[1:]], *[until for _ in owners[:1]]]
        names = [name for name, _ in owners]
        first = 0 if event.before not in names else len(names) - names[::-1].index(event.before)
        for (name, since), end in [*zip(owners, ends, strict=True)][first:]:
            told = self.world.told or min(close for close in [*self.world.closes, self.world.until] if close >= since)
            if self.world.told_anew is not None and not any(
                (one.item, one.member) == (event.item, name) for one in self.world.tellings
            ):
                told = self.world.told_anew
            if name == event.member and told < t and (end is None or told < end):
                return True
        return False

    def pass_to(self, new: Open, previous: str | None, t: int) -> None:
        """The item is that person's: no turn, no limit; the clock starts when it became theirs."""
        policy, pool = self.policy_at(t), self.pool_at(new.pool, t)
        new.given, new.told = t, new.since
        self.open[new.arrival.item] = new
        self.gifts.add((t, new.arrival.item))
        members = [member for one in policy.pools for member in one.members if member.member_id == new.owner]
        if new.arrival.person is not None and members:
            self.persons[new.arrival.person] = (new.owner, t)
        if pool.times_given:
            self.start_clock(new, pool.targets, self.home(pool, members, new.owner, t))
        seen = self.nobody_seen(new.pool, t)
        more = {
            "previous": previous,
            "target": new.target,
            "due": new.due,
            "since": new.since,
        }
        self.note(seen, new.arrival, "give", t, member=new.owner, cause="manual", **more)

    def stand_in(self, one: Open, deputy: str, t: int, cause: str) -> None:
        """The deputy has it: no turn, no limit and no move; it is open with them, and their clock starts."""
        policy, pool = self.policy_at(t), self.pool_at(one.pool, t)
        new = Open(one.arrival, one.pool, deputy, t, told=self.told_of(one.arrival.item, deputy, t))
        new.reassign_count = one.reassign_count
        self.leave_trail(one, new)
        self.open[one.arrival.item] = new
        members = [member for pool in policy.pools for member in pool.members if member.member_id == deputy]
        if one.arrival.person is not None and members:
            self.persons[one.arrival.person] = (deputy, t)
        self.start_clock(new, pool.targets, self.home(pool, members, deputy, t), one)
        for event in [event for event in self.heard if (event.at, event.item, event.kind) == (t, event.item, "touch")]:
            if event.item == one.arrival.item:
                self.touch(new, event, pool)
        more = {"previous": one.owner, "target": new.target, "due": new.due}
        self.note(self.nobody_seen(new.pool, t), new.arrival, "stand_in", t, member=deputy, cause=cause, **more)

    def home(self, pool: Pool, members: list[Member], owner: str, t: int) -> Member:
        """The owner as the pool has or last had them, else as another pool has them."""
        pools = [one for policy in self.world.policies if policy.from_us <= t for one in policy.pools]
        own = [member for one in pools if one.pool_id == pool.pool_id for member in one.members]
        return ([member for member in own if member.member_id == owner][-1:] or members or [Member(owner)])[0]

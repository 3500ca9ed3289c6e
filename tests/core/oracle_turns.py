"""One turn of a pool in the plain second router: to whom an item goes, and what that costs.

Belongs here: tokens spent, charges, what is remembered of an item that somebody has, and decision rows. Does not
belong here: when an item is offered (``oracle``), and who could take it (``oracle_books``).
"""

from __future__ import annotations

from collections.abc import Sequence

from rr_pipeline.core.model import UNIT, Member, Policy, Pool, Step, Target, Token
from tests.core.oracle_books import codes
from tests.core.oracle_leaving import Leaving
from tests.core.oracle_time import HOUR_US, working_back, working_due
from tests.core.oracle_words import Arrival, Clock, Event, Open, Row, Seen

GONE = ("departed", "away", "idle")
"""Why an item goes on because of who has it: that is no move."""


class Turns(Leaving):
    def turn(
        self,
        arrival: Arrival,
        pool: Pool,
        t: int,
        losing: Open | None = None,
        cause: str | None = None,
        had: tuple[str, ...] = (),
    ) -> tuple[bool, Seen, bool]:
        """Offer the item until somebody has it or nobody is left: (is given, the last look, somebody passed)."""
        is_passed = False
        previous = (*losing.previous, losing.owner) if losing else had
        while True:
            seen = self.look(pool, arrival, t, previous)
            if not seen.eligible:
                return False, seen, is_passed
            redo = self.find_token("redo", pool, arrival, t, seen.eligible)
            seen.is_offered = redo is None
            winner = redo.member_id if redo else self.winner(seen)
            others = len(seen.eligible) > 1
            skip = None if redo or not others else self.find_token("skip", pool, arrival, t, [winner])
            if skip is None:
                self.give(arrival, seen, winner, redo, t, losing, cause)
                if losing is None and arrival.item in self.open:
                    self.open[arrival.item].previous = had
                return True, seen, is_passed
            is_passed = True
            self.spent.add(skip.token_id)
            turn, _ = self.charge(seen, winner, t)
            self.note(seen, arrival, "skip", t, member=winner, turn=turn, token=skip.token_id)
            hour_end = (t // HOUR_US + 1) * HOUR_US
            self.passed.setdefault(arrival.item, []).append((winner, hour_end))

    def give(
        self,
        arrival: Arrival,
        seen: Seen,
        winner: str,
        redo: Token | None,
        t: int,
        losing: Open | None,
        cause: str | None,
    ) -> None:
        pool, policy = seen.pool, self.policy_at(t)
        turn, charged = None, 0
        is_there = losing is not None and (pool.pool_id, losing.owner) in self.present and losing.pool == pool.pool_id
        if redo is None and losing is not None and is_there and pool.charge_back:
            turn, charged = self.charge_back(pool, losing, winner, t)
        elif redo is None or pool.charge_redo:
            turn, charged = self.charge(seen, winner, t)
        if redo is not None:
            self.spend(redo)
        self.given.append((pool.pool_id, winner, t))
        self.share(pool, winner, t, 1, 0, 0, 0, 0)
        if arrival.person is not None:
            self.persons[arrival.person] = (winner, t)
        new = Open(arrival, pool.pool_id, winner, t, charged=charged, told=self.told_of(arrival.item, winner, t))
        if losing is not None:
            self.leave_trail(losing, new)
            new.reassign_count = losing.reassign_count + (0 if cause in GONE else 1)
            del self.open[arrival.item]
        waited = [hold for hold in self.held if hold.arrival.item == arrival.item]
        if losing is None and waited:  # it was somebody's before
            new.previous, new.previous_since = waited[0].previous, waited[0].previous_since
        owner = next(member for member in pool.members if member.member_id == winner)
        self.start_clock(new, pool.targets, owner, losing)
        if losing is not None or follows(policy, pool) or arrival.item in self.named:
            self.open[arrival.item] = new
        if arrival.time < t or arrival.reopens:
            self.hear(new, pool, t)
        kind = "redo" if redo else "assign"
        if losing is not None:
            kind = "handover" if cause in GONE else "reassign"
        token, loser = redo.token_id if redo else None, losing.owner if losing else None
        more = {"cause": cause, "previous": loser, "target": new.target, "due": new.due}
        self.note(seen, arrival, kind, t, member=winner, turn=turn, token=token, **more)

    def hear(self, new: Open, pool: Pool, t: int) -> None:
        """Touches that were told of at this very instant, before the item was its owner's."""
        for event in [one for one in self.heard if (one.at, one.item, one.kind) == (t, new.arrival.item, "touch")]:
            self.touch(new, event, pool)

    def leave_trail(self, losing: Open, new: Open) -> None:
        new.previous = (*losing.previous, losing.owner)
        new.previous_since = (*losing.previous_since, losing.since)

    @property
    def named(self) -> set[int]:
        """Items that a person may give to somebody, or that come again: they are followed in every pool."""
        given = {event.item for event in self.world.events if event.kind == "give"}
        return given | {arrival.item for arrival in self.world.arrivals if arrival.reopens in {1, 2}}

    def touch(self, one: Open, event: Event, pool: Pool) -> None:
        """A touch by who has the item, since it was created or moved; also one told of when they got it.

        Later ones than the first say only that it is not idle, also where a version that lets touches free capacity
        begins between them.
        """
        is_first = one.touched is None or event.occurred < one.touched
        created = one.arrival.time if one.arrival.created is None else one.arrival.created
        since = one.since if one.previous or (one.given or 0) >= one.since else created
        if one.owner != event.member or event.occurred < since:
            return
        if one.acted is None or event.occurred > one.acted:
            one.acted, one.is_idle = event.occurred, False
        if is_first:
            one.touched = event.occurred
            if "first_touch" in one.clocks:
                one.clocks["first_touch"].waits.clear()
            one.is_released |= pool.capacity_until == "touched"

    def spend(self, token: Token) -> None:
        if token in self.granted:
            self.granted.remove(token)
        else:
            self.spent.add(token.token_id)

    def start_clock(self, new: Open, targets: Sequence[Target], owner: Member, losing: Open | None = None) -> None:
        """Of each kind the first target that applies counts; one that counts from the item's creation goes on."""
        for target in targets:
            if target.kind not in new.clocks and (target.is_default or target.name in new.arrival.targets):
                due = counted(target, owner, self.starts_at(target, new), target.within_us)
                new.clocks[target.kind] = Clock(target, due, ladder(target))
                before = losing.clocks.get(target.kind) if losing else None
                if before is not None and target.starts == "created" and before.target == target:
                    new.clocks[target.kind] = Clock(target, before.due, before.steps, before.place)
        for clock in new.clocks.values():
            plan(clock, new, owner)

    def is_live(self, arrival: Arrival) -> bool:
        return self.world.waits_at_closes if arrival.at_closes is None else arrival.at_closes

    def told_of(self, item: int, member: str, t: int) -> int:
        """When owners are told of what is decided at t: at the end, else at the next close; or as they were before."""
        usual = self.world.told
        if usual is None:
            usual = min((close for close in (*self.world.closes, self.world.until) if close >= t), default=t)
        if self.world.told_anew is None:
            return usual
        before = [one for one in self.world.tellings if (one.item, one.member) == (item, member)]
        for one in before:
            if one.since == t:
                return usual if one.told is None else one.told
        told = [one.told for one in before if one.told is not None]
        return min((one for one in told if one >= t), default=t) if told else self.world.told_anew

    def starts_at(self, target: Target, new: Open) -> int:
        starts = target.starts or ("told" if self.is_live(new.arrival) else "assigned")
        created = new.arrival.time if new.arrival.created is None else new.arrival.created
        return {"told": new.told, "assigned": new.since, "created": created}[starts]

    def charge(self, seen: Seen, winner: str, t: int) -> tuple[int, int]:
        """Give the credits and take the price: (turn number, price)."""
        pool, stand = seen.pool, seen.stand
        total = sum(member.weight for member in seen.accruing)
        fair = {member.member_id: member.weight * UNIT // total for member in seen.accruing}
        absent = [member for member in seen.accruing if member.member_id not in seen.eligible]
        inside = sum(fair[name] for name in seen.eligible)
        outside = sum(fair[member.member_id] for member in absent)
        room = stand[winner] + fair[winner] - inside + pool.debt_limit * UNIT
        credits = dict(fair)
        if room - outside < 0:
            shared = sum(member.weight for member in absent)
            for member in absent:
                credits[member.member_id] = member.weight * max(0, room) // shared
        price = sum(credits.values())
        self.share(pool, winner, t, 0, 1, 0, 0, price)
        for name, credit in credits.items():
            self.share(pool, name, t, 0, 0, fair[name], credit, 0)
            self.balance[pool.pool_id, name] = self.balance.get((pool.pool_id, name), 0) + credit
        self.balance[pool.pool_id, winner] -= price
        return self.take_turn(pool, winner), price

    def charge_back(self, pool: Pool, losing: Open, winner: str, t: int) -> tuple[int, int]:
        """Move the turn from the owner who loses the item to the winner: (turn number, parts moved)."""
        loser, stand = (pool.pool_id, losing.owner), self.balance.get((pool.pool_id, winner), 0)
        amount = max(0, min(losing.charged, stand + pool.debt_limit * UNIT))
        self.balance[loser] = self.balance.get(loser, 0) + amount
        self.balance[pool.pool_id, winner] = stand - amount
        self.share(pool, losing.owner, t, 0, -1, 0, 0, -amount)
        self.share(pool, winner, t, 0, 1, 0, 0, amount)
        return self.take_turn(pool, winner), amount

    def take_turn(self, pool: Pool, winner: str) -> int:
        turn = self.next_turn.get(pool.pool_id, 0)
        self.last_turn[pool.pool_id, winner] = turn
        self.next_turn[pool.pool_id] = turn + 1
        return turn

    def nobody_seen(self, pool_name: str, t: int) -> Seen:
        return Seen(self.pool_at(pool_name, t), self.policy_at(t).version, {}, {}, {})

    def note(
        self,
        seen: Seen,
        arrival: Arrival,
        kind: str,
        t: int,
        *,
        member: str | None = None,
        turn: int | None = None,
        token: str | None = None,
        **more: str | int | None,
    ) -> None:
        pool = seen.pool.pool_id
        if member is not None and kind != "skip":
            self.had[arrival.item] = member
            self.queued.discard(arrival.item)
        if kind == "queue":
            self.queued.add(arrival.item)
        before = after = None
        if member in seen.stand:
            before, after = seen.stand[member], self.balance.get((pool, member), 0)
        opens = tuple(seen.opens.values()) if seen.pool.strategy == "least_loaded" else ()
        considered = codes(seen), tuple(seen.stand.values())
        what = arrival.item, pool, kind, member, t, seen.version, turn, before, after, token
        self.rows.append(Row(*what, *considered, **more, open_counts=opens))

    def owner_of(self, one: Open, t: int) -> Member:
        """The owner with the hours they have, or had when they were last in the pool."""
        place = self.world.policies.index(self.policy_at(t))
        for policy in reversed(self.world.policies[: place + 1]):
            for pool in policy.pools:
                for member in pool.members:
                    if (pool.pool_id, member.member_id) == (one.pool, one.owner):
                        return member
        elsewhere = [member for pool in self.policy_at(t).pools for member in pool.members]
        return next((member for member in elsewhere if member.member_id == one.owner), Member(one.owner))

    def keep(self, arrival: Arrival, user: str, t: int, is_survivor: bool = False) -> None:
        """An item stays with whom it belongs to: counted where its pool says so, timed by the targets of kept ones."""
        self.had[arrival.item] = user
        policy, pool = self.policy_at(t), self.pool_at(arrival.pool, t)
        everybody = {member.member_id for one in policy.pools for member in one.members}
        if arrival.person is not None and user in everybody:
            self.persons[arrival.person] = (user, t)
        is_member = user in {member.member_id for member in pool.members}
        is_counted = (pool.count_kept or (is_survivor and pool.limits_survivors)) and is_member
        if is_counted:
            self.given.append((pool.pool_id, user, t))
        new = Open(arrival, pool.pool_id, user, t, is_released=not is_counted, told=self.told_of(arrival.item, user, t))
        if arrival.reopens:
            self.hear(new, pool, t)
        if arrival.is_given:  # it came so
            new.given = t - 1
        is_known = is_member or not is_survivor
        if is_known and (pool.times_given or not arrival.is_given):
            self.start_clock(new, policy.kept_targets or pool.targets, self.owner_of(new, t))
        if (is_counted and follows(policy, pool)) or new.clocks or (arrival.is_followed and is_known):
            self.open[arrival.item] = new


def counted(target: Target, owner: Member, origin: int, length: int) -> int | None:
    """The instant that lies so long after another one in the target's clock, or before it."""
    if target.clock == "calendar" or length == 0:
        return origin + length
    return working_due(owner, origin, length) if length >= 0 else working_back(owner, origin, -length)


def ladder(target: Target) -> list[Step]:
    """The steps as they come; where none comes at the due instant, it is noted that the target was missed."""
    missed = [] if any(step.at_us == 0 for step in target.steps) else [Step("")]
    return sorted([*target.steps, *missed], key=lambda step: step.at_us)


def plan(clock: Clock, one: Open, owner: Member) -> None:
    """Set when the next step of a ladder comes."""
    clock.at = None
    if clock.due is not None and clock.place < len(clock.steps):
        at = counted(clock.target, owner, clock.due, clock.steps[clock.place].at_us)
        clock.at = at if at is None or at > one.since else one.since + 1


def follows(policy: Policy, pool: Pool) -> bool:
    """Whether the router keeps the items of a pool in mind after it gave them away."""
    names = {member.member_id for member in pool.members}
    is_bounded = any(member.max_open >= 0 for member in pool.members)
    is_bounded |= any(user.max_open >= 0 for user in policy.users if user.user_id in names)
    says_so = pool.redo_on_return or pool.declines or pool.strategy == "least_loaded"
    says_so = says_so or pool.reroute_within_us > 0
    return policy.hands_over or policy.idle is not None or bool(pool.targets) or is_bounded or says_so

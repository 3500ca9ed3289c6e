"""A second router, slow and plain, written from the routing rule and from nothing else: lists, dicts, whole numbers.

Belongs here: what the rule says, in the most literal form. Does not belong here: anything of the kernel but the words
of the model. At every instant at which anything could change it offers every held item to everybody, and starts again
from the top after everything it did; what it knows of the past is recounted from logs (``oracle_books``); local times
come from ``zoneinfo`` one instant at a time (``oracle_time``).

Where the rule leaves a choice, this is how it is read:

1. Eligibility at t is that of the instant t in every step of t, events included: intervals hold from their start on.
   An hour of a limit is one of the member's clock; where that is turned back, the last hour it had shown goes on.
2. Who passes an item by a skip token leaves it to somebody else who could take it, at once and in that pool.
3. Held items that all pass get another ``hold`` row, whatever the pool now does with new ones; ``since`` and the list
   of what is done meanwhile stay. An entry that changes nothing leaves no row: skills the item does not need, a pool
   that is no more. What waits in a pool that is over goes on at once, as the version in force says.
4. A step comes at the first instant at which its own + the delay in force has been reached, just after it where that is
   a close; its own instant lies ``at`` from the due instant in the owner's hours as they are when the step before it is
   taken, but not before the owner got the item. The first touch is the earliest of those told of by then.
5. Each step taken is a row, and one where it begins to wait. A ladder without a step at the due instant has a row that
   says so. A step that finds the bound of reassignments reached is over, and the manager is notified. A decline writes
   a row only if the item stays; then the manager is notified, target and due are those of the owner's first touch.
6. While a reassignment is decided, the item still counts as open with the owner who is to lose it.
7. A skip row within a reassignment is charged as ever, with charge_back too; it has neither cause nor previous owner.
8. Reassigned with charge_back: the turn number moves on even if nothing can be moved. From an owner who is no member
   of the pool any more nothing moves: the reassignment costs an ordinary turn.
9. ``member of a pool`` means on its roster, also outside ``from`` and ``until``.
10. Returning an item does not depend on who says so; a held item that is returned is withdrawn.
11. Only ``keep`` and ``withdraw`` consider nobody. The codes say of every other row who would earn, also where nobody
    was charged, and who came first where that was asked: not where a redo was used, nor of a queue step, which
    considers as a reassignment does.
12. Less working time than a target asks for in 400 days: the row names the target and has no due.
13. A limit across pools counts all that was given, also before the user had one. The day on which something was given
    is the date where the member, or the user, was then; today is the date where they are now.
14. Open are items that are followed; pools that do not follow, and items from before they did, count nothing.
15. ``redo_on_return``, ``capacity_until``, ``declines``, ``count_kept``, ``max_reassignments`` are those in force then.
16. A ``keep`` row stands in the pool the item came to.
17. A membership ends before anything else of its instant. Void are the tokens that could have been used by then, and
    redos granted; who is no member is granted none.
18. Of one who gets an item from a person and is in no pool all time is working time; who is in another pool has the
    hours of the first pool that has it. What a person gave away is declined as ever: then the router has it again.
19. Of a pool that is gone open items go on as in one without members, targets or settings. Items that wait there, or
    come there, are refused, and so are not asked of the oracle.
20. An item is idle by the rule of the version in force then, also where that begins later. It is looked at after the
    steps of its targets. A deputy is asked once, when it comes to be idle; then it waits for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rr_pipeline.core.model import EVENT_KINDS, FAR_PAST_US, TARGET_KINDS, Member, Pool, Step, Token, WaitStep
from tests.core.oracle_gifts import Gifts
from tests.core.oracle_leaving import is_gone
from tests.core.oracle_time import EPOCH, HOUR_US, Edges, local_time, week_of
from tests.core.oracle_turns import plan
from tests.core.oracle_words import Arrival, Breach, Clock, Event, Hold, Open, Row, Seen, World

__all__ = [
    "EPOCH",
    "HOUR_US",
    "Arrival",
    "Breach",
    "Event",
    "Oracle",
    "Row",
    "World",
    "local_time",
    "week_of",
]


@dataclass
class Oracle(Gifts):
    arrivals: list[Arrival] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    is_late: bool = False

    def run(self) -> list[Row]:
        world = self.world
        self.arrivals = list(world.arrivals)
        kinds = EVENT_KINDS.index
        events = [event for event in world.events if event.at <= world.until]
        self.events = sorted(events, key=lambda one: (one.at, kinds(one.kind), one.item))
        edges = Edges(world)
        t = self.next_instant(FAR_PAST_US, edges)
        while t is not None and t <= world.until:
            self.settle(t)
            for hold in self.held:
                if self.pool_at(hold.pool, t).is_over:
                    self.begin_list(hold, t)
            while self.take_one_thing(t):
                pass
            t = self.next_instant(t, edges)
        self.is_late = self.world.told is not None
        while self.is_late and self.take_one_thing(self.world.until):
            pass
        return self.rows

    def next_instant(self, t: int, edges: Edges) -> int | None:
        """The next instant after t at which anything could happen."""
        found = [arrival.time for arrival in self.arrivals[:1]] + [event.at for event in self.events[:1]]
        found += [policy.from_us for policy in self.world.policies]
        members = [one for policy in self.world.policies for pool in policy.pools for one in pool.members]
        found += [
            end for one in members for end in (one.from_us, one.until_us, *(edge for span in one.gone for edge in span))
        ]
        clocks = [(one, clock) for one in self.open.values() for clock in one.clocks.values()]
        for one, clock in clocks:
            if clock.at is not None and not self.is_met(one, clock):
                delays = {self.pool_at(one.pool, policy.from_us).activity_delay_us for policy in self.world.policies}
                found += [clock.at + delay for delay in delays]
        for policy in self.world.policies:
            idle = [(one, self.idle_at(one, policy)) for one in self.open.values()]
            for one, at in [(one, at) for one, at in idle if at is not None]:
                pools = [self.pool_at(one.pool, other.from_us) for other in self.world.policies]
                found += [at + pool.activity_delay_us for pool in pools]
        found += [one.at_us for one in self.world.departures]
        found += [close + 1 for close in self.world.closes]
        found += [close for close, _ in self.world.step_closes]
        found += [end for pause in self.world.pauses for end in (pause.from_us, pause.until_us)]
        found += [hold.due for hold in self.held if hold.due is not None]
        found += [*self.world.closes, self.world.until]
        found += [event.at + 1 for event in self.world.events if event.kind == "give"]
        is_waited = any(clock.waits for _, clock in clocks) or any(one.is_idle for one in self.open.values())
        edge = edges.after(t) if self.held or is_waited else None
        found += [] if edge is None else [edge]
        return min((one for one in found if one > t), default=None)

    def take_one_thing(self, t: int) -> bool:
        """Take the first thing that is due at t, in the order of the rule. False when nothing is left."""
        return (
            self.take_event(t)
            or self.take_goer(t)
            or self.take_left_or_step(t)
            or self.take_held(t)
            or self.take_entry(t)
            or self.take_arrival(t)
        )

    # Events

    def take_event(self, t: int) -> bool:
        if not self.events or self.events[0].at > t:
            return False
        event = self.events.pop(0)
        self.heard.append(event)
        one = self.open.get(event.item)
        if event.kind == "give":
            self.take_gift(event, t)
            return True
        if event.kind == "reroute":
            self.leave_for_elsewhere(event, t)
            return True
        if event.kind in {"close", "return"}:
            self.queued.discard(event.item)
            for hold in [hold for hold in self.held if hold.arrival.item == event.item]:
                self.leave(hold)
                self.note(self.nobody_seen(hold.pool, t), hold.arrival, "withdraw", t, cause="closed")
        if one is None:
            return True
        pool = self.pool_at(one.pool, t)
        if event.kind == "touch":
            self.touch(one, event, pool)
        elif event.kind == "decline":
            if pool.declines and one.owner == event.member:
                self.decline(one, pool, t)
        else:
            del self.open[event.item]
            if event.kind == "return" and pool.redo_on_return and (one.pool, one.owner) in self.present:
                self.granted.append(Token(f"returned:{event.item}", one.pool, one.owner, "redo", from_us=t))
        return True

    def leave_for_elsewhere(self, event: Event, t: int) -> None:
        """What waits belongs elsewhere; what somebody has stays theirs, unless it is fresh and untouched."""
        one = self.open.get(event.item)
        if one is not None and one.touched is None and one.given is None:
            within = self.pool_at(one.pool, t).reroute_within_us
            if within and t - one.since <= within:
                del self.open[event.item]
                self.moving[event.item] = one.owner
        for hold in [hold for hold in self.held if hold.arrival.item == event.item]:
            self.leave(hold)
            self.moving[event.item] = None
        if event.item in self.queued:
            self.queued.remove(event.item)
            self.moving[event.item] = None

    def decline(self, one: Open, pool: Pool, t: int) -> None:
        is_bounded = one.reassign_count >= pool.max_reassignments
        if is_bounded or not self.reassign(one, pool, t, "decline"):
            self.breach(one, t, kind="decline", is_notified=True, outcome="stayed")

    def breach(
        self,
        one: Open,
        t: int,
        kind: str,
        outcome: str,
        is_notified: bool = False,
        clock: Clock | None = None,
        place: int = 0,
    ) -> None:
        version, item = self.policy_at(t).version, one.arrival.item
        named = clock or one.clocks.get("first_touch")
        target, due = (named.target.name, named.due) if named else (None, None)
        step = clock.steps[place] if clock else None
        measure = named.target.kind if named else None
        what: tuple[int | str | None, ...] = (measure, None, None, None)
        if step is not None:
            what = measure, place + 1, step.do or None, step.level if step.do == "notify_manager" else None
        self.breaches.append(
            Breach(item, one.pool, one.owner, kind, target, due, t, is_notified, outcome, version, *what)
        )

    def take_left_or_step(self, t: int) -> bool:
        """What those leave who go stands in one order with steps; of one item it goes first."""
        if self.take_step(t, self.left[0][0] if self.left else None):
            return True
        if not self.left:
            return False
        _, item, _, goer = self.left.pop(0)
        one = self.open.get(item)
        if one is None or one.owner != goer.user_id:
            return True
        if goer.queue is not None:
            self.queue(one, self.pool_at(one.pool, t), goer.queue, t, goer.cause)
        elif goer.deputy is not None:
            self.stand_in(one, goer.deputy, t, goer.cause)
        elif not self.hand_over(one, t, goer.cause) and goer.cause == "departed":
            self.wait_again(one, t)
        return True

    def wait_again(self, one: Open, t: int) -> None:
        """Nobody could take what a departed owner had: it waits in its pool, if that has members."""
        if not self.pool_at(one.pool, t).members:
            return
        self.park(one, t, "departed")

    def park(self, one: Open, t: int, cause: str) -> Hold:
        """What somebody had waits in its pool in place of being theirs."""
        seen = self.look(self.pool_at(one.pool, t), one.arrival, t, (*one.previous, one.owner))
        del self.open[one.arrival.item]
        self.note(seen, one.arrival, "hold", t, cause=cause, previous=one.owner)
        hold = Hold(one.arrival, one.pool, t, "", (), previous=(*one.previous, one.owner))
        hold.previous_since, hold.reassign_count = (*one.previous_since, one.since), one.reassign_count
        self.begin_list(hold, t)
        self.held.append(hold)
        return hold

    # Targets

    def take_step(self, t: int, before: tuple[int, int] | None) -> bool:
        """Take the first step that is due, by (priority, arrival), kind of target and place in the ladder.

        ``before``: only of items that come before this rank.
        """
        found: list[tuple[tuple[int, int], int, int, Open, Clock | None, bool]] = []
        for one in [one for one in self.open.values() if before is None or one.rank < before]:
            if self.is_idle_due(one, t):
                found.append((one.rank, len(TARGET_KINDS), 0, one, None, one.is_idle))
            for number, kind in enumerate(TARGET_KINDS):
                clock = one.clocks.get(kind)
                if clock is not None and not self.is_met(one, clock):
                    waits = [place for place in clock.waits if self.is_looked_at(one, clock, place, t)]
                    found += [(one.rank, number, place, one, clock, True) for place in waits]
                    if self.is_past(clock.at, one, t):
                        found.append((one.rank, number, clock.place, one, clock, False))
        for _, _, place, one, clock, waits in sorted(found, key=lambda row: row[:3]):
            if clock is None:
                if self.end_idling(one, t) or not waits:
                    return True
            elif waits:
                clock.looked[place] = t
                if self.move(one, clock, place, t):
                    return True
            else:
                self.climb(one, clock, t)
                return True
        return False

    def is_idle_due(self, one: Open, t: int) -> bool:
        """Whether an idle item goes on, or one that waits for somebody is looked at."""
        live = self.is_live(one.arrival)
        if one.is_idle:
            is_asked = self.policy_at(t).idle is not None and not one.is_given
            return is_asked and (not live or (t in self.step_closes() and one.idle_looked < t))
        is_close = t in self.world.closes or t == self.world.until
        policy = self.policy_at(t - 1 if is_close and not live else t)
        return self.is_past(self.idle_at(one, policy), one, t)

    def end_idling(self, one: Open, t: int) -> bool:
        """Its owner has done nothing for long: to a queue, to a deputy, or to another; else it waits for another."""
        rule, pool = self.policy_at(t).idle, self.pool_at(one.pool, t)
        assert rule is not None
        deputy = self.deputy_at(one.owner, t) if rule.do == "deputy" and not one.is_idle else None
        if rule.do == "queue":
            self.queue(one, pool, rule.queue or "", t, "idle")
        elif deputy is not None:
            self.stand_in(one, deputy, t, "idle")
        elif not self.hand_over(one, t, "idle"):
            one.is_idle, one.idle_looked = True, t
            return False
        return True

    def is_met(self, one: Open, clock: Clock) -> bool:
        return clock.target.kind == "first_touch" and one.touched is not None and one.touched <= (clock.due or 0)

    def is_past(self, at: int | None, one: Open, t: int) -> bool:
        """Whether a step may be taken at t: not at the very close at which it falls due; of a live item see below."""
        if (t, one.arrival.item) in self.gifts:  # it was given away at this very instant
            return False
        if self.is_live(one.arrival):
            return at is not None and self.is_close_of(at + self.pool_at(one.pool, t).activity_delay_us, one, t)
        before = t - 1 if t in self.world.closes or t == self.world.until else t
        return at is not None and at + self.pool_at(one.pool, before).activity_delay_us <= before

    def step_closes(self) -> dict[int, int]:
        """Closes at which steps of live items may be taken now: where owners are told at the end, only there."""
        return dict(self.world.step_closes) if self.world.told is None or self.is_late else {}

    def is_close_of(self, own: int, one: Open, t: int) -> bool:
        """Whether t is a close at which all activities up to a step's own instant are known, or it has waited long."""
        known = self.step_closes().get(t)
        if known is None or t <= one.told or t < own:
            return False
        return known >= own or t >= own + self.pool_at(one.pool, t).activity_wait_us

    def is_looked_at(self, one: Open, clock: Clock, place: int, t: int) -> bool:
        """Whether a step that waits for somebody is looked at: of a live item once at each close."""
        return not self.is_live(one.arrival) or (t in self.step_closes() and clock.looked.get(place, -1) < t)

    def climb(self, one: Open, clock: Clock, t: int) -> None:
        """Take the next step of a ladder, if nothing stops it."""
        place, at = clock.place, clock.at
        assert at is not None
        clock.place += 1
        plan(clock, one, self.owner_of(one, t))
        step, pool = clock.steps[place], self.pool_at(one.pool, t)
        touched = one.touched if clock.target.kind == "first_touch" else None
        kind = kind_of(step)
        told = {"": "stayed", "notify_manager": "notified", "remind": "reminded", "alternate_channel": "told"}
        if step.do in told:
            is_late = step.do == "remind" and at < (clock.due or 0) < t
            if step.do == "" or (not is_late and (touched is None or touched > at)):
                self.breach(one, t, kind, told[step.do], step.do == "notify_manager", clock, place)
        elif touched is not None:
            at_due = [one.do for one in clock.steps if one.at_us == 0]
            if (
                step.at_us == 0
                and step is next(one for one in clock.steps if one.at_us == 0)
                and not told.keys() & at_due
            ):
                self.breach(one, t, kind, "stayed", False, clock, place)
        elif one.is_given:
            if all(other.do != "notify_manager" for other in clock.steps):
                self.breach(one, t, kind, "notified", True, clock, place)
        elif step.do == "queue":
            self.breach(one, t, kind, "queued", False, clock, place)
            self.queue(one, pool, step.to or "", t)
        elif one.reassign_count >= pool.max_reassignments:
            self.breach(one, t, kind, "stayed", True, clock, place)
        elif step.do == "return":
            if pool.members:
                self.breach(one, t, kind, "returned", False, clock, place)
                hold = self.park(one, t, "breach")
                hold.reassign_count, hold.is_returned = hold.reassign_count + 1, True
            else:
                self.breach(one, t, kind, "stayed", True, clock, place)
        elif not self.move(one, clock, place, t):
            clock.waits.append(place)
            clock.looked[place] = t
            self.breach(one, t, kind, "waits", False, clock, place)

    def move(self, one: Open, clock: Clock, place: int, t: int) -> bool:
        """Give the item to somebody else; False where nobody can take it."""
        step = clock.steps[place]
        pool = self.pool_at(one.pool if step.do == "reassign" else step.to or "", t)
        if not self.reassign(one, pool, t, "breach"):
            return False
        self.breach(one, t, "later" if place in clock.waits else kind_of(step), "reassigned", False, clock, place)
        return True

    def queue(self, one: Open, pool: Pool, name: str, t: int, cause: str = "breach") -> None:
        seen = self.look(pool, one.arrival, t, (*one.previous, one.owner))
        del self.open[one.arrival.item]
        self.note(seen, one.arrival, "queue", t, cause=cause, sent_to=name, previous=one.owner)

    def reassign(self, one: Open, pool: Pool, t: int, cause: str) -> bool:
        is_given = self.turn(one.arrival, pool, t, losing=one, cause=cause)[0]
        self.passed.pop(one.arrival.item, None)
        return is_given

    # Held items

    def take_held(self, t: int) -> bool:
        return any(self.offer_held(hold, t) for hold in sorted(self.held, key=lambda one: one.rank))

    def offer_held(self, hold: Hold, t: int) -> bool:
        pool = self.pool_at(hold.pool, t)
        is_given, seen, is_passed = self.turn(hold.arrival, pool, t, had=self.kept_from(hold, pool, t))
        if is_given and hold.arrival.item in self.open:
            new = self.open[hold.arrival.item]
            new.previous, new.previous_since = hold.previous, hold.previous_since
            new.reassign_count = hold.reassign_count
        if is_given:
            self.leave(hold)
        elif is_passed:
            self.note(seen, hold.arrival, "hold", t)
        return is_given

    def kept_from(self, hold: Hold, pool: Pool, t: int) -> Sequence[str]:
        """Who had the item and does not get it again. What was sent back, and all of its pool who are there, with a
        weight and its skills, have had, may be had by all again.
        """
        those = [one for one in pool.members if one.weight > 0 and one.from_us <= t < one.until_us]
        those = [one for one in those if not is_gone(one, t) and self.is_active(one, t) and not self.is_away(one, t)]
        those = [one for one in those if set(hold.arrival.needs) <= one.skills]
        return () if hold.is_returned and all(one.member_id in hold.previous for one in those) else hold.previous

    # What is done about items that wait

    def begin_list(self, hold: Hold, t: int) -> None:
        hold.version, hold.entries, hold.done = self.policy_at(t).version, list_of(self.pool_at(hold.pool, t)), 0

    def is_entry_due(self, hold: Hold, t: int) -> bool:
        """At its instant; where that is asked for only at a close, the first one from then on."""
        if hold.due is None or hold.due > t:
            return False
        if hold.entries[hold.done].do in {"failover", "queue"} and self.is_paused(t, hold.pool):
            return False
        closes = {*self.world.closes, self.world.until}
        asked = hold.arrival.at_closes
        is_only_then = self.world.waits_at_closes if asked is None else asked
        return not is_only_then or self.is_at_close(hold, t, closes)

    def is_at_close(self, hold: Hold, t: int, closes: set[int]) -> bool:
        """Whether there was a close since its instant at which nothing kept it back."""
        ends = hold.entries[hold.done].do in {"failover", "queue"}
        since = [close for close in closes if hold.due is not None and hold.due <= close <= t]
        return any(not (ends and self.is_paused(close, hold.pool)) for close in since)

    def take_entry(self, t: int) -> bool:
        due = [hold for hold in self.held if self.is_entry_due(hold, t)]
        if not due:
            return False
        hold = min(due, key=lambda one: one.rank)
        entry, instant = hold.entries[hold.done], hold.due
        hold.done += 1
        pool, item = self.pool_at(hold.pool, t), hold.arrival
        if entry.do == "alert":
            self.note(self.nobody_seen(hold.pool, t), item, "alert", t, cause="waited", due=instant)
        elif entry.do == "raise":
            hold.arrival = replace(item, priority=item.priority - 1)
            self.note(self.nobody_seen(hold.pool, t), item, "raise", t, cause="waited", due=instant)
        elif entry.do == "drop":
            left = tuple(skill for skill in item.needs if not is_meant(skill, entry.drop))
            if left != item.needs:
                dropped = ", ".join(entry.drop)
                self.note(self.nobody_seen(hold.pool, t), item, "drop", t, cause="waited", due=instant, sent_to=dropped)
                hold.arrival = replace(item, needs=left)
                self.offer_held(hold, t)
        elif entry.do == "queue" or entry.to in {one.pool_id for one in self.policy_at(t).pools}:
            self.held.remove(hold)
            seen = self.look(pool, item, t, self.kept_from(hold, pool, t))
            self.send_on(item, seen, t, entry.do, "hold_expired", entry.to)
        return True

    def leave(self, hold: Hold) -> None:
        self.held.remove(hold)
        self.passed.pop(hold.arrival.item, None)

    # Arrivals

    def take_arrival(self, t: int) -> bool:
        if not self.arrivals or self.arrivals[0].time > t:
            return False
        arrival = self.arrivals.pop(0)
        if arrival.reopens == 3:
            if arrival.item in self.moving:
                seen, loser = self.nobody_seen(arrival.pool, t), self.moving.pop(arrival.item)
                self.note(seen, arrival, "reroute", t, cause="elsewhere", previous=loser)
                self.offer(arrival, arrival.pool, t)
            return True
        if arrival.reopens:
            self.open_again(arrival, t)
            return True
        survivor = self.survivor(arrival, t)
        if arrival.kept_by is not None:
            self.keep(arrival, arrival.kept_by, t)
        elif survivor is not None:
            self.note(self.nobody_seen(arrival.pool, t), arrival, "keep", t, member=survivor)
            self.keep(arrival, survivor, t, is_survivor=True)
        else:
            self.offer(arrival, arrival.pool, t)
        return True

    def open_again(self, arrival: Arrival, t: int) -> None:
        """An item was closed and comes again: its last owner has it, if there; else it is offered as a new one."""
        assert all(hold.arrival.item != arrival.item for hold in self.held)
        if arrival.item in self.open:
            assert (t, arrival.item) in self.gifts  # a person gave it to somebody at this very instant
            return
        owner = arrival.kept_by
        if arrival.reopens == 1:
            last = self.had.get(arrival.item, arrival.last_owner)
            members = [one for pool in self.policy_at(t).pools for one in pool.members if one.member_id == last]
            owner = last if (self.is_there(members[0], t) if members else last == arrival.kept_by) else None
        if owner is None:
            self.offer(arrival, arrival.pool, t)
        else:
            self.note(self.nobody_seen(arrival.pool, t), arrival, "keep", t, member=owner)
            self.keep(arrival, owner, t)

    def is_there(self, member: Member, t: int) -> bool:
        """Active, of the pool then, and not away: whether it is working time does not matter."""
        is_of_it = member.from_us <= t < member.until_us and not is_gone(member, t)
        absences = [(one.from_us, one.until_us) for one in self.world.absences if one.member_id == member.member_id]
        vacations = [(one.from_us, one.until_us) for one in member.vacations]
        is_away = any(begin <= t < end for begin, end in [*absences, *vacations])
        return is_of_it and self.is_active(member, t) and not is_away

    def survivor(self, arrival: Arrival, t: int) -> str | None:
        """Who has the claim of the person's last owner, if the item follows them, they are there in their first pool,
        and within limits where these count."""
        if not arrival.follows_survivor or arrival.person not in self.persons:
            return None
        owner: str | None
        owner, _ = self.persons[arrival.person]
        for one in self.world.stand_ins:
            if one.user_id == self.persons[arrival.person][0] and one.from_us <= t < one.until_us:
                owner = one.deputy
        members = [member for pool in self.policy_at(t).pools for member in pool.members if member.member_id == owner]
        is_there = members and members[0].from_us <= t < members[0].until_us and self.is_active(members[0], t)
        is_there = is_there and not is_gone(members[0], t)
        pool = self.pool_at(arrival.pool, t)
        return owner if is_there and not (pool.limits_survivors and self.is_full(pool, owner, t)) else None

    def offer(self, arrival: Arrival, pool_name: str, t: int) -> None:
        """Offer an item that is new in the pool."""
        pool = self.pool_at(pool_name, t)
        is_given, seen, _ = self.turn(arrival, pool, t)
        if is_given:
            self.passed.pop(arrival.item, None)
        elif pool.when_nobody == "hold" or self.is_paused(t, pool_name):
            hold = Hold(arrival, pool_name, t, "", ())
            self.begin_list(hold, t)
            self.held.append(hold)
            self.note(seen, arrival, "hold", t)
        else:
            self.send_on(arrival, seen, t, pool.when_nobody, "nobody")

    def send_on(self, arrival: Arrival, seen: Seen, t: int, kind: str, cause: str, target: str | None = None) -> None:
        pool = seen.pool
        target = target or (pool.failover if kind == "failover" else pool.queue)
        assert target is not None
        self.note(seen, arrival, kind, t, cause=cause, sent_to=target)
        if kind == "failover":
            self.offer(arrival, target, t)
        else:
            self.passed.pop(arrival.item, None)


def list_of(pool: Pool) -> tuple[WaitStep, ...]:
    """What a pool does about items that wait; a hold with an end is a list of one entry."""
    if pool.when_nobody != "hold":  # an item waits here only because the pool is paused
        return (WaitStep(0, pool.when_nobody, to=pool.failover if pool.when_nobody == "failover" else pool.queue),)
    if pool.then is None:
        return pool.while_waiting
    length = 0 if pool.is_over else pool.hold_for_us
    assert length is not None
    return (WaitStep(length, pool.then, to=pool.failover if pool.then == "failover" else pool.queue),)


def is_meant(skill: str, names: Sequence[str]) -> bool:
    """Whether a skill is one of these; a star stands for whatever follows."""
    return any(skill == name or (name.endswith("*") and skill.startswith(name[:-1])) for name in names)


def kind_of(step: Step) -> str:
    return "breach" if step.at_us == 0 else "later" if step.at_us > 0 else "ahead"

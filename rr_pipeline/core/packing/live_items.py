"""Items that a version in force keeps track of, held and open ones, as arrays that last from call to call.

Belongs here: room for items, the queues, timers and indices over them, and reading back who waits and what is open.
Does not belong here: how they move (``holds``, ``open_items``), or the names of things (``item_state``, ``opened``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel.codes import FAR_PAST, MOST_HOPS, NEVER, STEP_FAILOVER, TO_QUEUE
from rr_pipeline.core.kernel.hash_tables import table_over, table_twice
from rr_pipeline.core.kernel.item_records import (
    FIRST_TOUCH,
    MOST_STEPS,
    RESOLVE,
    TIMERS_IN_ROW,
    Arrival,
    EarlierOwner,
    Group,
    Hold,
    LaterTimers,
    OpenItem,
    Pass,
    Person,
    Place,
    Progress,
    Timer,
    Waiter,
)
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.kernel.step_closes import closes_of
from rr_pipeline.core.kernel.timers import CLOCK_SHIFT, EXPIRY, IDLE, IDLE_STEP, ITEM_SHIFT, PRIORITY_SHIFT
from rr_pipeline.core.kernel.trees import tree_over
from rr_pipeline.core.packing import growing
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.groups import GroupBook, Items
from rr_pipeline.core.packing.growing import Tables, enlarged, with_room
from rr_pipeline.core.packing.wait_times import stations, wait_instants
from rr_pipeline.errors import InvariantError

Int64s = npt.NDArray[np.int64]

_HOURS = 16_384  # nearly two years; a timer beyond them goes to the heap at once


def _none() -> Int64s:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Held:
    """Held items (``time``: since when), the instant of what is done about them next, which entry that is (a row of
    ``State.waits``), the end of its list, who passed them (item, user, until when), and the trail of those who had
    them (-1: nobody), how often it went from an owner, and whether a step sent it back.

    ``earlier``: what the trails point into, where that is not that of the open items.
    """

    items: Items = field(default_factory=Items)
    expires: Int64s = field(default_factory=_none)
    following: Int64s = field(default_factory=_none)
    end: Int64s = field(default_factory=_none)
    passed_item: Int64s = field(default_factory=_none)
    passed_user: Int64s = field(default_factory=_none)
    passed_until: Int64s = field(default_factory=_none)
    trail: Int64s = field(default_factory=_none)
    reassigned: Int64s = field(default_factory=_none)
    returned: Int64s = field(default_factory=_none)
    earlier: npt.NDArray[EarlierOwner] = field(default_factory=lambda: table_of(EarlierOwner, 0))


@dataclass
class Opened:
    """Open items (``time``: since when), their rows, and the trail these point into."""

    items: Items = field(default_factory=Items)
    rows: npt.NDArray[OpenItem] = field(default_factory=lambda: table_of(OpenItem, 0))
    trail: npt.NDArray[EarlierOwner] = field(default_factory=lambda: table_of(EarlierOwner, 0))


class Tracked:
    """What waits and what is open in a version. Built again when items of a new group come."""

    tables: Tables

    def __init__(  # noqa: PLR0917 - what a version starts with
        self,
        epoch: Epoch,
        book: GroupBook,
        held: Held,
        opened: Opened,
        persons: tuple[npt.NDArray[Person], int],
        skip_count: int,
        has_events: bool,
        closes: tuple[Int64s, Int64s],
        step_closes: tuple[Int64s, Int64s],
        progress: Progress,
    ) -> None:
        """``persons``: the last owner of each, and how many more will come. ``skip_count``: skip tokens; each is noted
        as a pass in every pool in which its item waits. ``closes``: as of ``State`` and, where entries for items that
        wait are at closes only, theirs; ``step_closes``: as of ``State``. ``progress``: how far the tables are in use,
        here and in the kernel.
        """
        self._epoch, self._book, self._skip_count, self._has_events = epoch, book, skip_count, has_events
        (self.closes, self.wait_closes), self.step_closes, self._progress = closes, step_closes, progress
        self._are_late = False
        known, more = persons
        self._persons = table_over(known, max(growing.ROOM, more))
        progress.persons, progress.is_indexed = known.size, has_events
        self._learn(held.items, opened.items)
        self._build(held, opened, growing.ROOM)

    def load(self, fresh: Items, gifts: Items) -> tuple[npt.NDArray[Arrival], Int64s]:
        """Make ``tables`` ready for these arrivals; return them as the kernel does, and each gift's group."""
        numbers = self._book.numbers(fresh.pool, fresh.traits, fresh.priority)
        given = self._book.numbers(gifts.pool, gifts.traits, gifts.priority)
        if numbers is None or given is None:
            held, opened = self.held(), self.opened()
            self._learn(fresh, gifts)
            self._build(held, opened, max(growing.ROOM, held.items.item.size + opened.items.item.size))
            numbers = self._book.numbers(fresh.pool, fresh.traits, fresh.priority)
            given = self._book.numbers(gifts.pool, gifts.traits, gifts.priority)
        assert numbers is not None
        assert given is not None
        arrivals = table_of(Arrival, numbers.size)
        arrivals["at_us"], arrivals["item_seq"], arrivals["group"] = fresh.time, fresh.item, numbers
        arrivals["person"], arrivals["kept_by"], arrivals["is_named"] = fresh.person, fresh.kept, fresh.named
        arrivals["kept_slot"] = self._epoch.numbering.slots_of(fresh.pool, fresh.kept)
        if fresh.followed.size:
            arrivals["is_followed"], arrivals["is_given"] = fresh.followed, fresh.given
        arrivals["reopens"] = fresh.reopens if fresh.reopens.size else 0
        arrivals["created_us"] = fresh.created if fresh.created.size else fresh.time
        arrivals["at_closes"] = fresh.at_closes if fresh.at_closes.size else self._progress.waits_at_closes
        return arrivals, given

    def lay_steps(self, step_closes: tuple[Int64s, Int64s]) -> None:
        """Let steps be taken now that these closes, which have passed, allow. Nothing else changes."""
        self.step_closes, self._are_late = step_closes, True
        held, opened = self.held(), self.opened()
        self._build(held, opened, max(growing.ROOM, held.items.item.size + opened.items.item.size))

    def lay_ahead(self) -> None:
        """Lay out the groups to which items that wait now may go on by their lists. Holds and timers move."""
        held, opened = self.held(), self.opened()
        self._learn(*stations(held.items, held.following, held.end, self._epoch.waits.table, self._book))
        self._build(held, opened, max(growing.ROOM, held.items.item.size + opened.items.item.size))

    def check(self) -> None:
        """Raise InvariantError where the kernel went beyond a table."""
        if self._progress.passes > self.tables.passes.size:
            raise InvariantError("more was noted of skip tokens than there is room for; nothing of this run was kept")

    def grow(self) -> None:
        """Make room where there is none left. Nothing changes its place."""
        self.check()
        now, tables = self._progress, self.tables
        if 2 * now.persons >= tables.persons.size:
            tables.persons = self._persons = table_twice(tables.persons)
        before = tables.open_items, tables.holds
        if now.open_items.free < 0:
            tables.open_items = enlarged(tables.open_items, now.open_items.used)
        if now.holds.free < 0:
            tables.holds = enlarged(tables.holds, now.holds.used)
        if now.later.free < 0:
            tables.later = enlarged(tables.later, now.later.used, 2)
        tables.trail = enlarged(tables.trail, now.trail)
        tables.waiters = enlarged(tables.waiters, now.waiters)
        tables.timers = enlarged(tables.timers, now.timers, TIMERS_IN_ROW * now.later.used + 2)
        if self._has_events and (tables.open_items is not before[0] or tables.holds is not before[1]):
            tables.places = self._index(tables.open_items, tables.holds)

    def persons(self) -> npt.NDArray[Person]:
        """Return who owned the last item of each person known by now, by person."""
        known = self.tables.persons[self.tables.persons["person"] >= 0]
        return known.take(_ascending(known["person"]))

    def held(self) -> Held:
        """Return the items that wait now, by arrival, with the passes that may still matter."""
        every = self.tables.holds[: self._progress.holds.used]
        table = every[every["waits"] != 0]
        table = table[np.argsort(table["item_seq"], kind="stable")]
        items = self._items(table["item_seq"], table["group"], table["since_us"], table["person"])
        items.at_closes, items.created = table["at_closes"].copy(), table["created_us"].copy()
        items.named = table["is_named"].copy()
        passed = self.tables.passes[: self._progress.passes]
        whole = every[passed["hold"]]
        passed = passed[(whole["waits"] != 0) & (passed["until_us"] == whole["passed_until_us"])]
        whose = every["item_seq"][passed["hold"]]
        waits = table["expires_us"].copy(), table["next_wait"].copy(), table["end_wait"].copy()
        more = (table[name].copy() for name in ("trail", "reassigned", "is_returned"))
        return Held(items, *waits, whose, passed["user"].copy(), passed["until_us"].copy(), *more)

    def opened(self) -> Opened:
        """Return the items that are open now, by arrival."""
        rows = self.tables.open_items[: self._progress.open_items.used]
        rows = rows[rows["is_live"] != 0]
        rows = rows[np.argsort(rows["item_seq"], kind="stable")]
        items = self._items(rows["item_seq"], rows["group"], rows["since_us"], rows["person"])
        return Opened(items, rows, self.tables.trail[: self._progress.trail].copy())

    def _items(self, item: Int64s, number: Int64s, time: Int64s, person: Int64s) -> Items:
        group = self._book.table[number]
        return Items(
            item=item.copy(),
            pool=group["pool"].copy(),
            traits=group["needs"].copy(),
            priority=self._book.priorities[group["priority"]] if item.size else _none(),
            time=time.copy(),
            person=person.copy(),
        )

    def _learn(self, *several: Items) -> None:
        self._book.learn(
            np.concatenate([items.pool for items in several]),
            np.concatenate([items.traits for items in several]),
            np.concatenate([items.priority for items in several]),
        )

    def _build(self, held: Held, opened: Opened, more: int) -> None:
        """Lay out held and open items, with room for ``more`` of each, and the groups they and later ones stand in."""
        groups, pools, now = self._book.table, self._epoch.pools, self._progress
        ends = np.searchsorted(groups["pool"], np.arange(pools.size + 1))
        pools["first_group"], pools["end_group"] = ends[:-1], ends[1:]
        holds, passes = self._lay_holds(held, opened.trail.size if held.earlier.size else 0, more)
        open_items = self._lay_opens(opened, more)
        timers = self._lay_timers(open_items[: now.open_items.used], holds[: now.holds.used])
        now.timers, now.later.used = timers.size, 0
        now.open_items.free, now.holds.free, now.later.free = -1, -1, -1
        trail = _joined(opened.trail, held.earlier)
        now.trail = trail.size
        waiters = self._lay_waiters(open_items[: now.open_items.used])
        now.waiters = waiters.size
        self.tables = Tables(
            awake=tree_over(np.full(max(1, groups.size), NEVER)),
            holds=holds,
            passes=passes,
            open_items=open_items,
            trail=with_room(trail, more),
            places=self._index(open_items, holds) if self._has_events else table_over(table_of(Place, 0), 0),
            timers=with_room(timers, 2 * more + now.open_items.used + now.holds.used),
            waiters=with_room(waiters, growing.ROOM),
            later=table_of(LaterTimers, growing.ROOM),
            hours=np.full(_HOURS, -1, dtype=np.int64),
            persons=self._persons,
        )

    def _lay_holds(self, held: Held, first_earlier: int, more: int) -> tuple[npt.NDArray[Hold], npt.NDArray[Pass]]:
        pools, items = self._epoch.pools, held.items
        pools["held"] = np.bincount(items.pool, minlength=pools.size)
        group = self._book.numbers(items.pool, items.traits, items.priority)
        assert group is not None
        count = items.item.size
        holds = table_of(Hold, count + more)
        own = holds[:count]
        own["item_seq"], own["since_us"], own["group"] = items.item, items.time, group
        own["waits"], own["following"], own["before"] = 1, -1, -1
        own["passed_until_us"], own["expires_us"], own["person"] = FAR_PAST, held.expires, items.person
        own["next_wait"], own["end_wait"], own["at_closes"] = held.following, held.end, items.at_closes
        own["trail"] = np.where(held.trail >= 0, held.trail + first_earlier, -1)
        own["reassigned"], own["is_returned"] = held.reassigned, held.returned
        own["is_named"] = items.named if items.named.size else 0
        own["created_us"] = items.created
        _link(holds, self._book.table, np.argsort(group, kind="stable"))
        noted = held.passed_item.size
        # Who passed an item is noted again in every pool in which it waits on its way along a chain of failovers.
        passes = table_of(Pass, (noted + self._skip_count) * (MOST_HOPS + 1))
        place = np.searchsorted(items.item, held.passed_item)
        known = passes[:noted]
        known["hold"], known["user"], known["until_us"] = place, held.passed_user, held.passed_until
        np.maximum.at(holds["passed_until_us"], place, held.passed_until)
        self._progress.holds.used, self._progress.passes = count, noted
        return holds, passes

    def _lay_opens(self, opened: Opened, more: int) -> npt.NDArray[OpenItem]:
        items = opened.items
        group = self._book.numbers(items.pool, items.traits, items.priority)
        assert group is not None
        open_items = with_room(opened.rows, more)
        open_items["group"][: group.size] = group
        self._progress.open_items.used = group.size
        return open_items

    def _lay_timers(self, opens: npt.NDArray[OpenItem], holds: npt.NDArray[Hold]) -> npt.NDArray[Timer]:
        """Return all timers that still mean something, in order, which makes them a heap."""
        group, start = self._book.table, max(self._epoch.start_us, int(self._progress.now_us))
        clocks = opens["clocks"]
        is_running = (clocks["target"] >= 0) & (clocks["step_us"] < NEVER)
        is_running[:, FIRST_TOUCH] &= opens["touched_us"] > clocks["due_us"][:, FIRST_TOUCH]
        rows, kinds = np.nonzero(is_running)
        owned, running = group[opens["group"][rows]], clocks[rows, kinds]
        fires = self._fires(opens[rows], running["step_us"], start)
        key = (owned["priority"] << PRIORITY_SHIFT) | (opens["item_seq"][rows] << ITEM_SHIFT)
        key |= (kinds << CLOCK_SHIFT) | running["step"]
        several = [(rows, key, fires), self._waiting_steps(opens, start), self._idle_timers(opens, start)]
        rows, key, fires = (np.concatenate(parts) for parts in zip(*several, strict=True))
        instants = wait_instants(holds, group["pool"][holds["group"]], self._epoch, self.wait_closes)
        bounded = np.flatnonzero(instants < NEVER)
        waits = group["priority"][holds["group"][bounded]]
        ends = np.maximum(instants[bounded], start)
        timers = table_of(Timer, rows.size + bounded.size)
        timers["due_us"], timers["row"] = np.concatenate([fires, ends]), np.concatenate([rows, bounded])
        timers["key"] = np.concatenate(
            [key, EXPIRY | (waits << PRIORITY_SHIFT) | (holds["item_seq"][bounded] << ITEM_SHIFT)]
        )
        return timers[np.lexsort((timers["key"], timers["due_us"]))]

    def _fires(self, opens: npt.NDArray[OpenItem], own: Int64s, start: int) -> Int64s:
        """Return when a step of each of these open items is taken whose own instant is in ``own``."""
        pools = self._epoch.pools[self._book.table["pool"][opens["group"]]]
        own = own + pools["delay_us"]
        fires = np.maximum(own, start)
        fires += np.isin(fires, self.closes)  # as in ``touches.after_close``
        told = np.maximum(opens["told_us"], opens["given_us"])
        # A close that passed before this version was in force takes no step, whatever delay it says; late steps are of
        # closes that have passed.
        since = told if self._are_late else np.maximum(told, start - 1)
        at_close = np.maximum(closes_of(*self.step_closes, own, since, pools["wait_us"]), start)
        return np.where(opens["at_closes"] != 0, at_close, fires)

    def _idle_timers(self, opens: npt.NDArray[OpenItem], start: int) -> tuple[Int64s, Int64s, Int64s]:
        """Return when which open items are idle: their rows, keys, and instants. Of those that are and wait for
        somebody live ones are looked at with the next close, others when somebody may be there.
        """
        opens["idle_us"] = NEVER
        after, is_asked = int(self._progress.idle_after_us), opens["is_given"] == 0
        rows = np.flatnonzero(is_asked) if after < NEVER else _none()
        if rows.size == 0:
            return rows, rows, rows
        own = np.where(opens["at_closes"] != 0, opens["told_us"], opens["since_us"])[rows]
        own = np.maximum(own, opens["acted_us"][rows]) + after
        closes = self.step_closes[0]
        place = int(np.searchsorted(closes, start))
        following = closes[place] if place < closes.size else NEVER
        # What waited for somebody may go to a queue now.
        looked = np.where(
            opens["at_closes"][rows] != 0, following, start if self._progress.idle_goes == TO_QUEUE else NEVER
        )
        fires = np.where(opens["is_idle"][rows] != 0, looked, self._fires(opens[rows], own, start))
        rows, fires = rows[fires < NEVER], fires[fires < NEVER]
        opens["idle_us"][rows] = fires
        priority = self._book.table["priority"][opens["group"][rows]]
        return rows, (priority << PRIORITY_SHIFT) | (opens["item_seq"][rows] << ITEM_SHIFT) | IDLE, fires

    def _waiting_steps(self, opens: npt.NDArray[OpenItem], start: int) -> tuple[Int64s, Int64s, Int64s]:
        """Return the steps of live items that wait for somebody: their rows, keys, and the next close."""
        closes = self.step_closes[0]
        place = int(np.searchsorted(closes, start))
        clocks = opens["clocks"]
        bits = clocks["waits"][:, :, None] >> np.arange(MOST_STEPS) & (clocks["target"][:, :, None] >= 0)
        bits &= (opens["at_closes"] != 0)[:, None, None] & (place < closes.size)
        rows, kinds, places = np.nonzero(bits & 1)
        priority = self._book.table["priority"][opens["group"][rows]]
        key = (priority << PRIORITY_SHIFT) | (opens["item_seq"][rows] << ITEM_SHIFT) | (kinds << CLOCK_SHIFT) | places
        return rows, key, np.full(rows.size, closes[place] if place < closes.size else NEVER)

    def _lay_waiters(self, opens: npt.NDArray[OpenItem]) -> npt.NDArray[Waiter]:
        """Return the steps of open items that wait for somebody, and note how many do in each pool."""
        clocks, group, targets = opens["clocks"], self._book.table, self._epoch.targets
        bits = clocks["waits"][:, :, None] >> np.arange(MOST_STEPS) & (clocks["target"][:, :, None] >= 0)
        rows, kinds, places = np.nonzero(bits & 1)
        steps = targets["steps"][clocks["target"][rows, kinds], places]
        own = group["pool"][opens["group"][rows]]
        waiters = table_of(Waiter, rows.size)
        waiters["row"], waiters["clock"], waiters["step"] = rows, kinds, places
        waiters["item_seq"] = opens["item_seq"][rows]
        is_sent = (steps["kind"] == STEP_FAILOVER) & (steps["place"] >= 0)
        waiters["pool"] = np.where(is_sent, steps["place"], own)
        idle = np.flatnonzero(opens["is_idle"])
        if idle.size:
            waiters = with_room(waiters, idle.size)
            own = waiters[rows.size :]
            own["row"], own["item_seq"], own["clock"], own["step"] = idle, opens["item_seq"][idle], RESOLVE, IDLE_STEP
            own["pool"] = group["pool"][opens["group"][idle]]
        self._epoch.pools["waiters"] = np.bincount(waiters["pool"], minlength=self._epoch.pools.size)
        return waiters

    def _index(self, opens: npt.NDArray[OpenItem], holds: npt.NDArray[Hold]) -> npt.NDArray[Place]:
        """Return the index over what is live, with room for all rows that are free."""
        owned = np.flatnonzero(opens["is_live"][: self._progress.open_items.used])
        waits = np.flatnonzero(holds["waits"][: self._progress.holds.used])
        rows = table_of(Place, owned.size + waits.size)
        rows["item_seq"] = np.concatenate([opens["item_seq"][owned], holds["item_seq"][waits]])
        rows["row"] = np.concatenate([2 * owned, 2 * waits + 1])
        return table_over(rows, opens.size + holds.size - rows.size)


def _joined(trail: npt.NDArray[EarlierOwner], more: npt.NDArray[EarlierOwner]) -> npt.NDArray[EarlierOwner]:
    """Return one trail behind another: its rows point to others of its own."""
    table = with_room(trail, more.size)
    table[trail.size :] = more
    table["following"][trail.size :] = np.where(more["following"] >= 0, more["following"] + trail.size, -1)
    return table


def _ascending(numbers: Int64s) -> Int64s:
    """Return the order that sorts distinct numbers, 0 and up. Dense ones are put in their places at once."""
    end = int(numbers.max(initial=-1)) + 1
    if end > 8 * numbers.size:
        return np.argsort(numbers)
    place = np.full(end, -1, dtype=np.int64)
    place[numbers] = np.arange(numbers.size)
    return place[place >= 0]


def _link(holds: npt.NDArray[Hold], groups: npt.NDArray[Group], order: Int64s) -> None:
    """Chain the holds of each group; ``order``: holds by (group, arrival)."""
    if order.size == 0:
        return
    group = holds["group"][order]
    follows = group[1:] == group[:-1]
    holds["following"][order[:-1][follows]] = order[1:][follows]
    holds["before"][order[1:][follows]] = order[:-1][follows]
    first, last = np.append(True, ~follows), np.append(~follows, True)
    groups["head"][group[first]] = order[first]
    groups["tail"][group[last]] = order[last]

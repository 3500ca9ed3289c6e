"""Items that a version in force keeps track of, held and open ones, as arrays that last from call to call.

Belongs here: room for items, the queues, timers and indices over them, and reading back who waits and what is open.
Does not belong here: how they move (``holds``, ``open_items``), or the names of things (``item_state``, ``opened``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Arrivals, Follow, Groups, Holds, lined_up
from rr_pipeline.core.kernel.hash_tables import table_over, table_twice
from rr_pipeline.core.kernel.holds import PRIORITY_SHIFT
from rr_pipeline.core.kernel.timers import EXPIRY
from rr_pipeline.core.kernel.trees import tree_over
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.groups import GroupBook, Items
from rr_pipeline.errors import InvariantError

Int64s = npt.NDArray[np.int64]

_ROOM = 1024
_HOURS = 16_384  # nearly two years; a timer beyond them goes to the heap at once


def _none() -> Int64s:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Held:
    """Held items (``time``: since when), when they run out, and who passed them: item, user, until when."""

    items: Items = field(default_factory=Items)
    expires: Int64s = field(default_factory=_none)
    passed_item: Int64s = field(default_factory=_none)
    passed_user: Int64s = field(default_factory=_none)
    passed_until: Int64s = field(default_factory=_none)


@dataclass
class Opened:
    """Open items (``time``: since when), their rows of ``arrays.Follow.opens``, and the trail these point into."""

    items: Items = field(default_factory=Items)
    rows: Int64s = field(default_factory=lambda: np.zeros((0, c.OPEN_COLUMNS), dtype=np.int64))
    trail: Int64s = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))


class Tracked:
    """What waits and what is open in a version. Built again when items of a new group come."""

    groups: Groups
    holds: Holds
    follow: Follow

    def __init__(  # noqa: PLR0917 - what a version starts with
        self,
        epoch: Epoch,
        book: GroupBook,
        held: Held,
        opened: Opened,
        persons: tuple[Int64s, int],
        skip_count: int,
        has_events: bool,
        closes: Int64s,
    ) -> None:
        """``persons``: rows (person, user, since), and how many more will come. ``skip_count``: skip tokens; each is
        noted as a pass in every pool in which its item waits. ``closes``: ascending.
        """
        self._epoch, self._book, self._skip_count, self._has_events = epoch, book, skip_count, has_events
        self._closes = closes
        known, more = persons
        self._persons = table_over(known, max(_ROOM, more))
        self._person_count = known.shape[0]
        self._learn(held.items, opened.items)
        self._build(held, opened, _ROOM)

    def load(self, fresh: Items, events: Int64s, control: Int64s) -> tuple[Groups, Holds, Follow, Arrivals]:
        """Return what the kernel works on with these arrivals and events. Sets the marks of ``control``."""
        numbers = self._book.numbers(fresh.pool, fresh.traits, fresh.priority)
        if numbers is None:
            held, opened = self.held(), self.opened()
            self._learn(fresh)
            self._build(held, opened, max(_ROOM, held.items.item.size + opened.items.item.size))
            numbers = self._book.numbers(fresh.pool, fresh.traits, fresh.priority)
        assert numbers is not None
        self.follow = self.follow._replace(events=events)
        arrivals = Arrivals(np.column_stack([fresh.time, fresh.item, numbers, fresh.person, fresh.kept]))
        control[[c.C_ARRIVAL, c.C_EVENT]] = 0
        self._mark(control)
        return self.groups, self.holds, self.follow, arrivals

    def keep(self, control: Int64s) -> None:
        """Note how far the kernel has filled the arrays. Raises InvariantError where it went beyond one."""
        if control[c.C_PASSED] > self.holds.passed.shape[0]:
            raise InvariantError("more was noted of skip tokens than there is room for; nothing of this run was kept")
        self._held_rows, self._noted = int(control[c.C_HOLDS]), int(control[c.C_PASSED])
        self._open_rows, self._trail_rows = int(control[c.C_OPENS]), int(control[c.C_TRAIL])
        self._timers, self._person_count = int(control[c.C_TIMERS]), int(control[c.C_PERSONS])
        self._later = int(control[c.C_LATER])
        self._free = control[[c.C_FREE_OPEN, c.C_FREE_HOLD, c.C_FREE_LATER]]

    def grow(self, control: Int64s) -> tuple[Groups, Holds, Follow]:
        """Make room where there is none left. Nothing changes its place."""
        self.keep(control)
        if 2 * self._person_count >= self._persons.shape[0]:
            self._persons = table_twice(self._persons)
            self.follow = self.follow._replace(persons=self._persons)
        follow, is_used_up = self.follow, self._free < 0
        opens = _enlarged(follow.opens, self._open_rows) if is_used_up[0] else follow.opens
        holds = _enlarged(self.holds.table, self._held_rows) if is_used_up[1] else self.holds.table
        later = _enlarged(follow.later, self._later, 1) if is_used_up[2] else follow.later
        is_larger = holds is not self.holds.table or opens is not follow.opens
        self.holds = Holds(holds, self.holds.passed)
        self.follow = follow._replace(
            opens=opens,
            trail=_enlarged(follow.trail, self._trail_rows),
            timers=_enlarged(follow.timers, self._timers, c.TIMERS_IN_ROW * self._later + 1),
            later=later,
            places=self._index(opens) if self._has_events and is_larger else follow.places,
        )
        return self.groups, self.holds, self.follow

    def _mark(self, control: Int64s) -> None:
        control[[c.C_HOLDS, c.C_PASSED, c.C_OPENS, c.C_TRAIL]] = (
            self._held_rows, self._noted, self._open_rows, self._trail_rows,
        )  # fmt: skip
        control[[c.C_TIMERS, c.C_PERSONS, c.C_INDEXED]] = self._timers, self._person_count, self._has_events
        control[c.C_LATER], control[[c.C_FREE_OPEN, c.C_FREE_HOLD, c.C_FREE_LATER]] = self._later, self._free

    def persons(self) -> Int64s:
        """Return the rows (person, user, since) known by now, by person."""
        rows = np.flatnonzero(self._persons[:, c.PE_KEY] >= 0)
        return self._persons.take(rows[_ascending(self._persons[rows, c.PE_KEY])], axis=0)

    def held(self) -> Held:
        """Return the items that wait now, by arrival, with the passes that may still matter."""
        table = self.holds.table[: self._held_rows]
        table = table[table[:, c.H_WAITS] != 0]
        table = table[np.argsort(table[:, c.H_ITEM], kind="stable")]
        items = self._items(table[:, c.H_ITEM], table[:, c.H_GROUP], table[:, c.H_SINCE], table[:, c.H_PERSON])
        passed = self.holds.passed[: self._noted]
        whole = self.holds.table[passed[:, c.P_HOLD]]
        passed = passed[(whole[:, c.H_WAITS] != 0) & (passed[:, c.P_UNTIL] == whole[:, c.H_PASSED_UNTIL])]
        whose = self.holds.table[passed[:, c.P_HOLD], c.H_ITEM]
        return Held(items, table[:, c.H_EXPIRES].copy(), whose, passed[:, c.P_USER].copy(), passed[:, c.P_UNTIL].copy())

    def opened(self) -> Opened:
        """Return the items that are open now, by arrival."""
        rows = self.follow.opens[: self._open_rows]
        rows = rows[rows[:, c.N_LIVE] != 0]
        rows = rows[np.argsort(rows[:, c.N_ITEM], kind="stable")]
        items = self._items(rows[:, c.N_ITEM], rows[:, c.N_GROUP], rows[:, c.N_SINCE], rows[:, c.N_PERSON])
        return Opened(items, rows, self.follow.trail[: self._trail_rows].copy())

    def _items(self, item: Int64s, number: Int64s, time: Int64s, person: Int64s) -> Items:
        group = self.groups.table[number]
        return Items(
            item=item.copy(),
            pool=group[:, c.G_POOL].copy(),
            traits=group[:, c.G_NEEDS].copy(),
            priority=self._book.priorities[group[:, c.G_PRIORITY]] if item.size else _none(),
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
        book, pools = self._book, self._epoch.pools.table
        table = book.table.copy()
        awake = tree_over(np.full(max(1, table.shape[0]), c.NEVER))
        self.groups = Groups(table, book.fits, awake)
        ends = np.searchsorted(table[:, c.G_POOL], np.arange(pools.shape[0] + 1))
        pools[:, c.GROUP], pools[:, c.GROUP_END] = ends[:-1], ends[1:]
        self._lay_holds(held, more)
        opens = self._lay_opens(opened, more)
        timers = self._lay_timers(opens[: self._open_rows])
        room = np.zeros((timers.shape[0] + 2 * more + self._open_rows + self._held_rows, 3), dtype=np.int64)
        room[: timers.shape[0]] = timers
        self._timers, self._later, self._free = timers.shape[0], 0, np.full(3, -1)
        trail = np.zeros((opened.trail.shape[0] + more, 2), dtype=np.int64)
        trail[: opened.trail.shape[0]] = opened.trail
        self._trail_rows = opened.trail.shape[0]
        self.follow = Follow(
            opens=opens,
            trail=trail,
            places=self._index(opens) if self._has_events else np.full((2, 2), -1, dtype=np.int64),
            timers=room,
            later=lined_up(_ROOM, c.LATER_COLUMNS),
            hours=np.full(_HOURS, -1, dtype=np.int64),
            users=self._epoch.users,
            targets=self._epoch.targets,
            persons=self._persons,
            events=np.zeros((0, 5), dtype=np.int64) if not hasattr(self, "follow") else self.follow.events,
            closes=self._closes,
        )

    def _lay_holds(self, held: Held, more: int) -> None:
        pools, items, table = self._epoch.pools.table, held.items, self.groups.table
        pools[:, c.HELD] = np.bincount(items.pool, minlength=pools.shape[0])
        group = self._book.numbers(items.pool, items.traits, items.priority)
        assert group is not None
        count = items.item.size
        holds = np.zeros((count + more, c.HOLD_COLUMNS), dtype=np.int64)
        holds[:count, c.H_ITEM], holds[:count, c.H_SINCE], holds[:count, c.H_GROUP] = items.item, items.time, group
        holds[:count, c.H_WAITS], holds[:count, c.H_NEXT], holds[:count, c.H_BEFORE] = 1, -1, -1
        holds[:count, c.H_PASSED_UNTIL] = c.FAR_PAST
        holds[:count, c.H_EXPIRES], holds[:count, c.H_PERSON] = held.expires, items.person
        _link(holds, table, np.argsort(group, kind="stable"))
        noted = held.passed_item.size
        # Who passed an item is noted again in every pool in which it waits on its way along a chain of failovers.
        passed = np.zeros(((noted + self._skip_count) * (c.MOST_HOPS + 1), 3), dtype=np.int64)
        place = np.searchsorted(items.item, held.passed_item)
        passed[:noted] = np.column_stack([place, held.passed_user, held.passed_until])
        np.maximum.at(holds[:, c.H_PASSED_UNTIL], place, held.passed_until)
        self.holds = Holds(holds, passed)
        self._held_rows, self._noted = count, noted

    def _lay_opens(self, opened: Opened, more: int) -> Int64s:
        items = opened.items
        group = self._book.numbers(items.pool, items.traits, items.priority)
        assert group is not None
        count = items.item.size
        opens = lined_up(count + more, c.OPEN_COLUMNS)
        opens[:count] = opened.rows
        opens[:count, c.N_GROUP] = group
        self._open_rows = count
        return opens

    def _lay_timers(self, opens: Int64s) -> Int64s:
        """Return all timers that still mean something, in order, which makes them a heap."""
        group, pools, start = self.groups.table, self._epoch.pools.table, self._epoch.start_us
        is_running = (opens[:, c.N_BREACHED] == 0) & (opens[:, c.N_DUE] < c.NEVER)
        is_running &= opens[:, c.N_TOUCHED] > opens[:, c.N_DUE]
        rows = np.flatnonzero(is_running)
        owned = group[opens[rows, c.N_GROUP]]
        fires = np.maximum(opens[rows, c.N_DUE] + pools[owned[:, c.G_POOL], c.DELAY], start)
        fires += np.isin(fires, self._closes)  # as in ``open_items.after_close``
        key = (owned[:, c.G_PRIORITY] << PRIORITY_SHIFT) | opens[rows, c.N_ITEM]
        holds = self.holds.table[: self._held_rows]
        bounded = np.flatnonzero(holds[:, c.H_EXPIRES] < c.NEVER)
        waits = group[holds[bounded, c.H_GROUP], c.G_PRIORITY]
        ends = np.maximum(holds[bounded, c.H_EXPIRES], start)
        timers = np.column_stack(
            [
                np.concatenate([fires, ends]),
                np.concatenate([key, EXPIRY | (waits << PRIORITY_SHIFT) | holds[bounded, c.H_ITEM]]),
                np.concatenate([rows, bounded]),
            ]
        )
        return timers[np.lexsort((timers[:, 1], timers[:, 0]))]

    def _index(self, opens: Int64s) -> Int64s:
        """Return the index over what is live, with room for all rows that are free."""
        holds = self.holds.table
        owned = np.flatnonzero(opens[: self._open_rows, c.N_LIVE])
        waits = np.flatnonzero(holds[: self._held_rows, c.H_WAITS])
        items = np.concatenate([opens[owned, c.N_ITEM], holds[waits, c.H_ITEM]])
        rows = np.column_stack([items, np.concatenate([2 * owned, 2 * waits + 1])])
        return table_over(rows, opens.shape[0] + holds.shape[0] - rows.shape[0])


def _enlarged(table: Int64s, used: int, more: int = 0) -> Int64s:
    """Return the table, of twice the length if hardly any of its rows is free beside ``more`` of them."""
    if used + more + _ROOM // 8 < table.shape[0]:
        return table
    larger = lined_up(2 * max(table.shape[0], used + more) + _ROOM, table.shape[1])
    larger[:used] = table[:used]
    return larger


def _ascending(numbers: Int64s) -> Int64s:
    """Return the order that sorts distinct numbers, 0 and up. Dense ones are put in their places at once."""
    end = int(numbers.max(initial=-1)) + 1
    if end > 8 * numbers.size:
        return np.argsort(numbers)
    place = np.full(end, -1, dtype=np.int64)
    place[numbers] = np.arange(numbers.size)
    return place[place >= 0]


def _link(holds: Int64s, groups: Int64s, order: Int64s) -> None:
    """Chain the holds of each group; ``order``: holds by (group, arrival)."""
    if order.size == 0:
        return
    group = holds[order, c.H_GROUP]
    follows = group[1:] == group[:-1]
    holds[order[:-1][follows], c.H_NEXT] = order[1:][follows]
    holds[order[1:][follows], c.H_BEFORE] = order[:-1][follows]
    first, last = np.append(True, ~follows), np.append(~follows, True)
    groups[group[first], c.HEAD] = order[first]
    groups[group[last], c.TAIL] = order[last]

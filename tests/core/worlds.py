"""Random small worlds for the router, each of a few features or of all.

Belongs here: how worlds come about. Does not belong here: their way into frames (``world_frames``), the parts they are
made of (``world_parts``), and what is expected of them (``oracle``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from rr_pipeline.core.model import FAR_FUTURE_US, Absence, Departure, Pause, Policy, Pool, StandIn, StatusChange, Token
from tests.core.oracle_words import Arrival, Event, Telling, World
from tests.core.world_dice import Dice, drawn, split
from tests.core.world_frames import DAY_ZONE, frame_of, route_world, rows_of
from tests.core.world_parts import (
    DAY_US,
    FEATURES,
    HOUR_US,
    MINUTE_US,
    NAMES,
    SKILLS,
    STARTS,
    WITHIN,
    ZONES,
    Setting,
    changed_pool,
    idle_of,
    interval,
    moved,
    pool_of,
    skills_of,
    users_of,
)

__all__ = ["DAY_US", "DAY_ZONE", "STARTS", "ZONES", "frame_of", "route_world", "rows_of", "worlds"]

STEPS = (0, 1, MINUTE_US, MINUTE_US, 20 * MINUTE_US, HOUR_US, 5 * HOUR_US, DAY_US)
GAPS = (0, 1, MINUTE_US, 30 * MINUTE_US, HOUR_US, 3 * HOUR_US + 7, 11 * HOUR_US, DAY_US)
AGO = (0, 0, 1, 0, MINUTE_US, 0, 30 * MINUTE_US, 3 * HOUR_US + 7)
SPANS = (0, 1, MINUTE_US, HOUR_US, 3 * HOUR_US + 7, 11 * HOUR_US, DAY_US, 2 * DAY_US)
PRIORITIES = (0, 0, 0, -1, 2)
TARGETS = ((), (), ("slow",), ("fast",), ("slow", "fast"))

ARRIVAL = (len(STEPS), 3 * 7 * 5, 5 * 6 * 4 * 9)
EVENT = (40, len(GAPS) * 6, 4 * 8)


@st.composite
def worlds(draw: st.DrawFn, max_items: int = 30, features: Iterable[str] = FEATURES) -> World:
    """A world of some of these features; without any it is plain rotation."""
    return world_of(drawn(draw), max_items, features)


def world_of(dice: Dice, max_items: int = 30, features: Iterable[str] = FEATURES) -> World:
    """The world that the dice show."""
    setting = Setting(dice, _chosen(dice, tuple(features)))
    versions = _versions(dice, setting)
    first = versions[0].pools
    size = dice.pick(1, max_items // 3, max_items // 2)
    arrivals = _arrivals_of(dice.rolls(size, max_items, *ARRIVAL), setting, first)
    if not any(one.hands_over or one.idle for one in versions):
        arrivals = [replace(one, is_followed=False) for one in arrivals]
    closes, are_asked = dice.rarely(3), False
    if setting.has("chains") and dice.rarely(3):
        are_asked = dice.rarely(2)
        if not are_asked:
            arrivals = [replace(one, at_closes=place % 2 == 0) for place, one in enumerate(arrivals)]
    until = arrivals[-1].time + dice.pick(*SPANS) + dice.pick(*SPANS)
    step_closes, told = (
        _step_closes(dice, setting, until) if setting.has("sla", "idle") and dice.rarely(3) else ([], None)
    )
    if step_closes:
        which = dice.pick(1, 1, 2)
        arrivals = [
            replace(one, at_closes=place % which == 0, created=one.time - AGO[dice.below(len(AGO))])
            for place, one in enumerate(arrivals)
        ]
    events: list[Event] = []
    with_events = ("sla", "capacity", "users", "declines", "returns", "chains", "gone", "gifts", "idle")
    if setting.has(*with_events, "reopens", "reroutes"):
        rolls = dice.rolls(dice.pick(0, 3, len(arrivals)), 2 * max_items, *EVENT)
        events = _while_open(event for roll in rolls for event in _events_of(roll, setting, arrivals, first))
    if setting.has("reopens"):
        arrivals = _reopened(dice, setting, arrivals, events, first, until)
    if setting.has("reroutes"):
        arrivals = _rerouted(dice, setting, arrivals, events, first, until)
    return World(
        versions,
        arrivals,
        until,
        [
            Absence(dice.pick(*NAMES), *interval(dice, setting.start))
            for _ in range(0 if setting.is_quiet else dice.pick(0, 0, 1, 2))
        ],
        _status_changes(dice, setting),
        _tokens(dice, setting, first, arrivals, events),
        sorted((event for event in events if event.at <= until), key=lambda event: event.at),
        _closes(dice, setting, until) if closes else [],
        are_asked,
        _pauses(dice, setting, first),
        _departures(dice, setting),
        step_closes,
        told,
        _stand_ins(dice, setting),
        _deputies(dice, setting),
        *_told_before(dice, setting, arrivals, told),
    )


def _reopened(
    dice: Dice,
    setting: Setting,
    arrivals: Sequence[Arrival],
    events: Sequence[Event],
    pools: Sequence[Pool],
    until: int,
) -> list[Arrival]:
    """Arrivals with items among them that were closed and are open again, some of them in another pool."""
    found: dict[int, Arrival] = {}
    own = {one.item: one for one in arrivals}
    for event in events:
        gap, how, pool, name = dice.each(len(GAPS), 6, 4, len(NAMES))
        at = event.at + GAPS[gap]
        if event.kind not in {"close", "return"} or event.item not in own or at > until:
            continue
        # It is open again only where it was closed for good by then.
        others = [one for one in events if one.item == event.item and one.kind in {"close", "return"}]
        if how == 0 or any(one.at > event.at for one in others) or event.at <= own[event.item].time:
            continue
        where = own[event.item].pool if pool else dice.pick(*pools).pool_id
        kept_by = NAMES[name] if how < 3 else None
        more = {"reopens": 2 if how == 2 else 1, "last_owner": None, "kept_by": kept_by, "follows_survivor": False}
        created = None if own[event.item].created is None else at - AGO[gap]
        found[event.item] = replace(own[event.item], time=at, pool=where, person=None, created=created, **more)
    several = [*arrivals, *found.values()]
    order = {one.item: place for place, one in enumerate(arrivals)}
    return sorted(several, key=lambda one: (one.time, one.reopens > 0, order[one.item]))


def _rerouted(
    dice: Dice,
    setting: Setting,
    arrivals: Sequence[Arrival],
    events: list[Event],
    pools: Sequence[Pool],
    until: int,
) -> list[Arrival]:
    """Arrivals with items among them that belong elsewhere from some instant on; ``events`` get the news of it."""
    found: dict[tuple[int, int], Arrival] = {}
    for one in arrivals:
        for _ in range(dice.pick(0, 1, 2)):
            gap, needs, pool = dice.each(len(GAPS), 4, len(pools))
            at = one.time + 1 + GAPS[gap]
            if at <= until and not one.reopens and one.kept_by is None:
                more = {"needs": skills_of(needs) if setting.is_skilled else (), "follows_survivor": False}
                found[one.item, at] = replace(one, time=at, pool=pools[pool].pool_id, reopens=3, **more)
    events += [Event(at, item, "reroute", None, at) for item, at in found]
    order = {one.item: place for place, one in enumerate(arrivals)}
    return sorted([*arrivals, *found.values()], key=lambda one: (one.time, one.reopens > 0, order[one.item]))


def _departures(dice: Dice, setting: Setting) -> list[Departure]:
    """Whoever goes, or is away for long; status changes and absences need not say the same."""
    if not setting.has("gone"):
        return []
    whose = [dice.each(len(NAMES), len(SPANS), len(SPANS), 3, 5) for _ in range(dice.pick(1, 2, 4))]
    found = [
        Departure(
            NAMES[name],
            setting.start + SPANS[one] + SPANS[two],
            ("departed", "departed", "away")[how],
            how == 2,
            NAMES[(name + 1 + two) % len(NAMES)] if to == 3 and (1 + two) % len(NAMES) else None,
            "gone" if to == 4 else None,
        )
        for name, one, two, how, to in whose
    ]
    return list(dict.fromkeys(found))


def _stand_ins(dice: Dice, setting: Setting) -> list[StandIn]:
    """Whose claims by a person's last item are somebody else's, or nobody's, one stretch each."""
    if not setting.has("persons"):
        return []
    found = []
    for place, name in enumerate(NAMES[: dice.pick(0, 0, 1, 3)]):
        begin, length, to = dice.each(len(SPANS), len(SPANS), 4)
        from_us = setting.start + SPANS[begin]
        deputy = NAMES[(place + to) % len(NAMES)] if to else None
        found.append(StandIn(name, from_us, from_us + 1 + SPANS[length], deputy))
    return found


def _deputies(dice: Dice, setting: Setting) -> list[StandIn]:
    """Who would have what a user leaves idle, one stretch each."""
    found: dict[str, StandIn] = {}
    for _ in range(dice.pick(0, 2, 4) if setting.has("idle") else 0):
        name, other = dice.each(len(NAMES), len(NAMES) - 1)
        begin, end = interval(dice, setting.start)
        if begin < end:
            found[NAMES[name]] = StandIn(NAMES[name], begin, end, NAMES[(name + 1 + other) % len(NAMES)])
    return [found[name] for name in sorted(found)]


def _step_closes(dice: Dice, setting: Setting, until: int) -> tuple[list[tuple[int, int]], int | None]:
    """Closes of live worlds, with what is known of activities at each: one at the end, or several on the way."""
    if dice.rarely(3):
        return [(until, until - AGO[dice.below(len(AGO))])], until
    found, at, known = [], setting.start, setting.start - DAY_US
    for gap in [GAPS[dice.below(len(GAPS))] for _ in range(dice.pick(2, 5, 9))]:
        at += gap + 1
        known = max(known, at - AGO[dice.below(len(AGO))] - dice.pick(0, 0, HOUR_US))
        found.append((at, known))
    return [close for close in found if close[0] <= until] or [(until, until)], None


def _pauses(dice: Dice, setting: Setting, pools: Sequence[Pool]) -> list[Pause]:
    """Of a pool, of somebody everywhere, or of somebody in one pool; some without an end."""
    found = []
    for _ in range(dice.pick(0, 0, 1, 2) if setting.has("chains", "hours", "sla") else 0):
        what, pool, name, endless = dice.each(3, len(pools), len(NAMES), 4)
        begin, end = interval(dice, setting.start)
        where = None if what == 1 else pools[pool].pool_id
        end = FAR_FUTURE_US if endless == 3 else end
        found.append(Pause(where, None if what == 0 else NAMES[name], begin, end))
    return found


def _closes(dice: Dice, setting: Setting, until: int) -> list[int]:
    """Instants at which deliveries ended."""
    every = dice.pick(HOUR_US, MINUTE_US * 7, 3 * HOUR_US + 7, DAY_US)
    start = setting.start + dice.pick(0, 1, 30 * MINUTE_US)
    return list(range(start, min(until, start + 60 * every), every))


def _chosen(dice: Dice, allowed: Sequence[str]) -> frozenset[str]:
    """None, one to three, a half, or all of the features."""
    if not allowed:
        return frozenset()
    how = dice.below(8)
    if how == 7:
        return frozenset(allowed)
    if how == 6:
        return dice.subset(allowed)
    often = [name for name in ("sla", "sla", "capacity", "declines") if name in allowed]
    return frozenset(dice.pick(*often, *allowed) for _ in range((0, 1, 2, 2, 3, 3)[how]))


def _versions(dice: Dice, setting: Setting) -> list[Policy]:
    start = setting.start
    names = ("p", "q", "r") if setting.has("chains") else dice.pick(("p",), ("p",), ("p", "q"))
    if setting.has("users") and len(names) == 1:
        names = ("p", "q")
    pools = tuple(pool_of(dice, setting, name, names[place + 1 :]) for place, name in enumerate(names))
    hands_over = setting.has("gone")
    gone = hands_over, (), ("gone",)
    versions = [Policy("v0", start - 40 * DAY_US, start + 400 * DAY_US, pools, users_of(dice, setting), *gone)]
    versions[0] = replace(versions[0], idle=idle_of(dice, setting))
    for number in range(1, dice.pick(1, 1, 1, 2, 3)):
        before = versions[-1]
        at = max(before.from_us + 1, start + dice.pick(*SPANS) + dice.pick(*SPANS))
        versions[-1] = replace(before, until_us=at)
        if dice.rarely(3):
            setting.zones = {name: dice.pick(zone, *ZONES) for name, zone in setting.zones.items()}
            versions.append(moved(before, setting.zones, at, start + 400 * DAY_US))
            continue
        newer = tuple(changed_pool(dice, setting, pool, names[place + 1 :]) for place, pool in enumerate(before.pools))
        users = users_of(dice, setting) if setting.has("users") and dice.rarely(2) else before.users
        idle = idle_of(dice, setting) if setting.has("idle") and dice.rarely(2) else before.idle
        versions.append(Policy(f"v{number}", at, start + 400 * DAY_US, newer, users, *gone, idle))
    return versions


def _arrivals_of(rolls: Sequence[Sequence[int]], setting: Setting, pools: Sequence[Pool]) -> list[Arrival]:
    found, time = [], setting.start
    for number, (step, what, taste) in enumerate(rolls):
        time += STEPS[step // 2 if setting.is_crowded else step]
        pool, needs, priority = split(what, 3, 7, 5)
        person, owner, wish, target = split(taste, 4, 9, 6, 5)
        more: dict[str, object] = {}
        if setting.has("wishes"):
            more["wishes"] = skills_of(max(0, wish - 2))
            more["prefers"] = ((), (NAMES[number % 5],), (), NAMES[1:3], (), ())[wish]
        if setting.has("sla"):
            more["targets"] = TARGETS[target]
        if setting.has("persons"):
            more["person"] = (1, 2, 3, None)[person]
            more["follows_survivor"] = owner in {2, 3}
            more["kept_by"] = {4: NAMES[number % 5], 5: NAMES[0]}.get(owner)
            more["is_followed"] = setting.has("gone", "idle") and target != 0
            more["is_given"] = more["kept_by"] is not None and wish % 2 == 0
        name = pools[pool % len(pools)].pool_id
        needed = skills_of(max(0, needs - 3)) if setting.is_skilled else ()
        found.append(Arrival(2 * number + 1, name, time, needed, PRIORITIES[priority], **more))
    return found


def _events_of(
    roll: Sequence[int], setting: Setting, arrivals: Sequence[Arrival], pools: Sequence[Pool]
) -> list[Event]:
    """Something that happens to one item, or, by every member at once, to it or to one that never came."""
    which, when, what = roll
    gap, who = split(when, len(GAPS), 6)
    kind, ago = split(what, 4, 8)
    kinds = ["touch", "close", "touch", "close"]
    if setting.has("declines"):
        kinds = ["decline", "decline", "touch", "close"]
    if setting.has("returns"):
        kinds = [*kinds[:2], "return", "close"]
    if setting.has("gifts"):
        kinds = ["give", *kinds[1:]]
    arrival = arrivals[which % len(arrivals)]
    item = arrival.item if which else 2
    is_gift = kinds[kind] == "give"
    at = arrival.time + GAPS[gap] + is_gift
    pool = next(pool for pool in pools if pool.pool_id == arrival.pool)
    items = [item]
    if who == 5:  # the one before it too, and sooner in the list than in the order of the rule
        items.append(max(1, item - 2))
    roster = [member.member_id for member in pool.members]
    names = [*roster, *(name for name in NAMES if name not in roster)]
    those = roster if who > 2 else names[who : who + 1]
    more = {"before": (None, *NAMES)[when % 6], "pool": arrival.pool if which % 2 else None} if is_gift else {}
    return [
        Event(at, number, kinds[kind], name if kind < 3 else None, at - AGO[ago], **more)
        for number in items
        for name in those
    ]


def _while_open(events: Iterable[Event]) -> list[Event]:
    """Events without gifts of what ended before: nobody is handed what was closed or returned."""
    told = list(events)
    ends: dict[int, int] = {}
    for event in told:
        if event.kind in {"close", "return"}:
            ends[event.item] = min(event.at, ends.get(event.item, event.at))
    return [event for event in told if event.kind != "give" or event.at <= ends.get(event.item, event.at)]


def _status_changes(dice: Dice, setting: Setting) -> list[StatusChange]:
    found = []
    may_change = setting.has("persons") or not setting.is_quiet
    for _ in range(dice.pick(0, 0, 1, 3) if may_change else 0):
        name, span, state = dice.each(len(NAMES), len(SPANS), 2)
        found.append(StatusChange(NAMES[name], setting.start + SPANS[span], bool(state)))
    return found


def _tokens(
    dice: Dice, setting: Setting, pools: Sequence[Pool], arrivals: Sequence[Arrival], events: Sequence[Event]
) -> list[Token]:
    found = []
    counts = (2, 0, 4, 8) if setting.has("sla", "declines", "returns") else (0, 0, 2, 4, 8)
    for number in range(dice.pick(*counts)):
        pool, name, kind, skill, begin, end = dice.each(len(pools), len(NAMES), 2, 5, 6, len(SPANS) + 1)
        start = setting.start + (0, -DAY_US, 1, HOUR_US, DAY_US, DAY_US)[begin]
        if events and begin > 1:  # not used up by the first item, but at hand when something happens
            start = events[number % len(events)].at
        elif setting.has("sla") and begin > 1:
            start = arrivals[number % len(arrivals)].time + dice.pick(*WITHIN)
        expires = (None, *(setting.start + HOUR_US + span for span in SPANS))[end]
        what = pools[pool].pool_id, NAMES[name], ("skip", "redo")[kind], (None, None, None, *SKILLS)[skill]
        found.append(Token(f"t{number}", *what, start, expires))
    return found


def _told_before(
    dice: Dice, setting: Setting, arrivals: Sequence[Arrival], told: int | None
) -> tuple[list[Telling], int | None]:
    """Whom earlier runs told of some items, where owners are told at the end; and when others are told."""
    if told is None or not dice.rarely(2):
        return [], None
    tellings: dict[tuple[int, str, int | None], Telling] = {}
    for one in arrivals:
        for _ in range(dice.pick(0, 0, 1, 2)):
            key = one.item, dice.pick(*NAMES), dice.pick(None, one.time, one.time, one.time + AGO[-1])
            tellings[key] = Telling(*key, dice.pick(None, one.time, told, told - AGO[-1], one.time + 1))
    return list(tellings.values()), told + dice.pick(0, 1, AGO[-1])

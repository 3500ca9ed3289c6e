"""What the decisions of one run say by themselves, replayed row by row.

Belongs here: recounts from decisions, those considered, breaches, and the events that were handed over. Does not belong
here: comparisons between runs (``test_router_properties``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from hypothesis import assume, given

from rr_pipeline.core.model import ACCRUES, CAME_FIRST, UNIT, Limits, Member, Policy, Pool
from tests.core.oracle import Breach, Event, Oracle, Row, World, local_time, week_of
from tests.core.oracle_books import Gift
from tests.core.oracle_time import hour_start
from tests.core.oracle_words import Settled
from tests.core.test_router_properties import SOME
from tests.core.world_frames import breaches_of, route_world, rows_of
from tests.core.world_parts import FEATURES
from tests.core.worlds import worlds

TAKEN = {"reassign", "handover"}
GIVEN = {"assign", "redo", *TAKEN}


def decide(world: World) -> tuple[list[Row], list[Breach]]:
    routed = route_world(world)
    return rows_of(routed), breaches_of(routed)


def pool_of(world: World, row: Row) -> tuple[Policy, Pool]:
    policy = next(policy for policy in world.policies if policy.from_us <= row.time < policy.until_us)
    assert policy.version == row.version
    return policy, next(pool for pool in policy.pools if pool.pool_id == row.pool)


def winners(world: World, rows: Sequence[Row]) -> Iterator[tuple[int, Row, Policy, Pool, Member]]:
    for place, row in enumerate(rows):
        if row.kind in GIVEN:
            policy, pool = pool_of(world, row)
            yield place, row, policy, pool, next(one for one in pool.members if one.member_id == row.member)


@SOME
@given(worlds())
def test_nobody_is_given_what_they_may_not_have(world: World) -> None:
    rows, _ = decide(world)
    nothing_yet = Oracle(world)
    arrivals = {arrival.item: arrival for arrival in world.arrivals}
    owners: dict[int, list[str]] = {}
    # What a step sends back, or is routed again, may come to who has had it.
    again = {row.item for row in rows if row.kind == "reroute" or (row.kind == "hold" and row.cause == "breach")}
    for _, row, _, pool, member in winners(world, rows):
        assert nothing_yet.reasons(pool, member, arrivals[row.item], row.time) == []
        had = owners.setdefault(row.item, [])
        assert member.member_id not in had or row.item in again
        assert row.previous == (had[-1] if row.kind in TAKEN and had else row.previous)
        had.append(member.member_id)


@SOME
@given(worlds())
def test_limits_are_never_exceeded_by_a_recount(world: World) -> None:
    rows, _ = decide(world)
    for place, row, policy, pool, member in winners(world, rows):
        given_so_far = [one for one in rows[: place + 1] if one.kind in GIVEN and one.member == row.member]
        kept = [(time, name) for time, name in kept_times(world, rows, str(row.member)) if time < row.time]
        mine = [one.time for one in given_so_far if one.pool == row.pool]
        mine += [time for time, name in kept if name == row.pool]
        gifts = [(time, zone_at(world, row, time)) for time in mine]
        is_within(member.limits, gifts, (row.time, member.time_zone), pool.week_start, member.from_us)
        for user in policy.users:
            if user.user_id == row.member:
                times = [one.time for one in given_so_far] + [time for time, _ in kept]
                gifts = [(time, Oracle(world).user_zone(user.user_id, time)) for time in times]
                is_within(user.limits, gifts, (row.time, user.time_zone), user.week_start, 0)


def zone_at(world: World, row: Row, time: int) -> str:
    """Where the member lived when its pool gave it something."""
    pool = Oracle(world).pool_at(row.pool, time)
    return next(member.time_zone for member in pool.members if member.member_id == row.member)


def kept_times(world: World, rows: Sequence[Row], name: str) -> Iterator[tuple[int, str]]:
    """When the member kept items that count, and in which pool."""
    keeps = {row.item: row.member for row in rows if row.kind == "keep"}
    for one in world.arrivals:
        if (one.kept_by or keeps.get(one.item)) == name:
            policy = next(policy for policy in world.policies if policy.from_us <= one.time < policy.until_us)
            pool = next(pool for pool in policy.pools if pool.pool_id == one.pool)
            counts = pool.count_kept or (one.item in keeps and not one.reopens and pool.limits_survivors)
            if counts and name in {member.member_id for member in pool.members}:
                yield one.time, pool.pool_id


def is_within(limits: Limits, gifts: Sequence[Gift], now: Gift, week_start: int, since: int) -> None:
    (t, zone), times = now, [time for time, _ in gifts]
    today = local_time(zone, t).date()
    days = [local_time(zone, time).date() for time, zone in gifts]
    weeks = [week_of(day, week_start) for day in days]
    hours = [hour_start(zone, time) for time, zone in gifts]
    assert limits.hourly < 0 or hours.count(hour_start(zone, t)) <= limits.hourly
    assert limits.daily < 0 or days.count(today) <= limits.daily
    assert limits.weekly < 0 or weeks.count(week_of(today, week_start)) <= limits.weekly
    assert limits.total < 0 or sum(time >= since for time in times) <= limits.total


@SOME
@given(worlds())
def test_nobody_has_more_open_items_than_they_may(world: World) -> None:
    """Counted are the items that nothing can have released yet, so that the count is never too high."""
    rows, _ = decide(world)
    for place, row, policy, _, member in winners(world, rows):
        mine = {}
        for one in rows[: place + 1]:
            if one.kind in {*GIVEN, "queue", "hold", "give", "stand_in"}:
                mine[one.item] = one
        released = {event.item for event in world.events if event.at <= row.time and event.kind != "decline"}
        mine = {item: one for item, one in mine.items() if one.member == row.member and item not in released}
        bounds = [user.max_open for user in policy.users if user.user_id == row.member]
        if follows_all_along(world):
            assert member.max_open < 0 or sum(one.pool == row.pool for one in mine.values()) <= member.max_open
            assert all(bound < 0 or len(mine) <= bound for bound in bounds)


def follows_all_along(world: World) -> bool:
    """Whether all pools of all versions follow their items, so that each given item counts as open."""
    return all(
        pool.declines or pool.targets or pool.redo_on_return or pool.strategy == "least_loaded"
        for policy in world.policies
        for pool in policy.pools
    )


@SOME
@given(worlds())
def test_those_considered_prove_winners_and_balances(world: World) -> None:
    routed = route_world(world)
    stand: dict[tuple[str, str], int] = {}
    last_turn: dict[tuple[str, str], int] = {}
    charged: dict[int, int] = {}
    settled = [Settled(*one) for one in routed.settlements.rows()]
    for number, row in enumerate(rows_of(routed), start=1):
        _, pool = pool_of(world, row)
        while settled and settled[0].next_row <= number:
            one = settled.pop(0)
            stand[one.pool, one.member] = stand.get((one.pool, one.member), 0) + one.parts
            if one.has_left:
                last_turn.pop((one.pool, one.member), None)
        if row.kind in {"keep", "withdraw", "alert", "raise", "drop", "give", "stand_in", "reroute"}:
            assert (row.reasons, row.balances) == ((), ())
            continue
        names = [member.member_id for member in pool.members]
        assert row.balances == tuple(stand.get((row.pool, name), 0) for name in names)
        if row.kind in {*GIVEN, "skip"}:
            if row.kind == "skip" or row.token is None:
                assert row.member == winner_by(row, pool, last_turn)
            moved = ledger_of(row, pool, charged, is_there(world, row, pool))
            for name, parts in moved.items():
                stand[row.pool, name] = stand.get((row.pool, name), 0) + parts
            if row.turn is not None:
                last_turn[row.pool, str(row.member)] = row.turn
            assert row.before == row.balances[names.index(str(row.member))]
            assert row.after == stand.get((row.pool, str(row.member)), 0)
        else:
            assert row.cause in {"breach", "departed", "away", "idle"} or not any(
                code in {0, CAME_FIRST} for code in row.reasons
            )
    for name in {pool for pool, _ in stand}:
        assert sum(parts for (pool, _), parts in stand.items() if pool == name) == 0


def earners(row: Row, pool: Pool) -> list[Member]:
    codes = zip(pool.members, row.reasons, strict=True)
    return [member for member, code in codes if code in {0, CAME_FIRST} or code & ACCRUES]


def winner_by(row: Row, pool: Pool, last_turn: dict[tuple[str, str], int]) -> str:
    total = sum(member.weight for member in earners(row, pool))
    first = CAME_FIRST if CAME_FIRST in row.reasons else 0
    keys = []
    for place, member in enumerate(pool.members):
        if row.reasons[place] == first:
            load = Fraction(row.open_counts[place], max(member.max_open, 0) or 1) if row.open_counts else 0
            standing = row.balances[place] + member.weight * UNIT // total
            keys.append((load, -standing, last_turn.get((row.pool, member.member_id), -1), place))
    return pool.members[min(keys)[-1]].member_id


def is_there(world: World, row: Row, pool: Pool) -> bool:
    """Whether who lost the item is a member of the pool then."""
    those = [one for one in pool.members if one.member_id == row.previous]
    return any(one.from_us <= row.time < one.until_us for one in those)


def ledger_of(row: Row, pool: Pool, charged: dict[int, int], is_loser_there: bool) -> dict[str, int]:
    """What the row adds to the balance of each member; notes what the item cost its owner."""
    if row.turn is None:
        charged[row.item] = 0
        return {}
    names = [member.member_id for member in pool.members]
    balance = row.balances[names.index(str(row.member))]
    room = balance + pool.debt_limit * UNIT
    if row.kind in TAKEN and pool.charge_back and row.token is None and is_loser_there:
        amount = max(0, min(charged.get(row.item, 0), room))
        charged[row.item] = amount
        return {str(row.previous): amount, str(row.member): -amount}
    those = earners(row, pool)
    total = sum(member.weight for member in those)
    credits = {member.member_id: member.weight * UNIT // total for member in those}
    absent = {name for name, code in zip(names, row.reasons, strict=True) if code not in {0, CAME_FIRST}} & {*credits}
    room += credits[str(row.member)] - sum(parts for name, parts in credits.items() if name not in absent)
    if room < sum(credits[name] for name in absent):
        weights = {member.member_id: member.weight for member in those if member.member_id in absent}
        credits |= {name: weight * max(0, room) // sum(weights.values()) for name, weight in weights.items()}
    price = sum(credits.values())
    if row.kind != "skip":
        charged[row.item] = price
    credits[str(row.member)] -= price
    return credits


@SOME
@given(worlds(features=[name for name in FEATURES if name != "idle"]))
def test_a_target_is_missed_exactly_when_no_touch_came_in_time(world: World) -> None:
    # A clock that counts from the creation may be over before somebody has the item.
    targets = [one for policy in world.policies for pool in policy.pools for one in pool.targets]
    assume(all(one.starts != "created" for one in targets))
    # Of what is sent back an owner may have several clocks, which rows of breaches do not tell apart.
    assume(all(step.do != "return" for one in targets for step in one.steps))
    rows, breaches = decide(world)
    at_due = [one for one in breaches if one.kind == "breach" and one.target_kind == "first_touch"]
    assert len(at_due) == len({(one.item, one.member, one.time, one.step_no) for one in at_due})
    # Whoever keeps an item from before it came has a clock too, though no row of the router gave it to them.
    kept = {(one.item, one.kept_by) for one in world.arrivals}
    # Steps of a live item are taken at closes, which only the oracle follows.
    live = {one.item for one in world.arrivals if world.waits_at_closes or one.at_closes}
    counted = [one for one in at_due if one.item not in live and (one.item, one.member) not in kept]
    missed = {(one.item, one.member, one.time) for one in counted}
    expected = set()
    for place, row in enumerate(rows):
        if row.item in live or row.kind in {"skip", "alert", "raise", "drop"}:
            continue  # whoever passes an item by a token may get it later, and what waits is nobody's
        delays = {
            pool.activity_delay_us for policy in world.policies for pool in policy.pools if pool.pool_id == row.pool
        }
        if row.due is None or len(delays) > 1:
            missed = {one for one in missed if one[:2] != (row.item, row.member)}
            continue
        fires = max(row.due, row.time + 1) + min(delays)  # no step comes with the decision itself
        fires += fires in world.closes  # what a close tells comes first
        mine = [event for event in world.events if event.item == row.item and row.time <= event.at <= fires]
        # At the instant of the decision only touches count, of items that were known before.
        known = {one.item for one in world.arrivals if one.time < row.time}
        mine = [one for one in mine if one.at > row.time or (one.kind == "touch" and row.item in known)]
        # Whatever is decided of the item before then ends this clock; what its own breach brings does not.
        later = [one for one in rows[place + 1 :] if one.item == row.item and one.cause is not None]
        left = [one.time for one in later if one.cause != "breach" or one.time < fires]
        left += [event.at for event in mine if event.kind in {"close", "return"}]
        if fires < world.until and not any(time <= fires for time in left) and not is_met(mine, row):
            expected.add((row.item, row.member, fires))
    assert missed == expected


def is_met(events: Sequence[Event], row: Row) -> bool:
    touches = [one for one in events if one.kind == "touch" and one.member == row.member and one.occurred >= row.time]
    return row.due is not None and any(one.occurred <= row.due for one in touches)

"""The state that the kernel hands on, against the books of the plain second router.

Belongs here: what the frames of the state must say. Does not belong here: decisions (``test_router_oracle``). Windows
are compared by recounting what was given in the window that the state names, and by looking for the last one given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from rr_pipeline.core.frames import RouterState
from tests.core.oracle import Oracle
from tests.core.oracle_books import Gift
from tests.core.oracle_time import hour_start, local_time, week_of
from tests.core.oracle_words import Clock

_HOLD_COLUMNS = (
    *("item_seq", "pool_id", "priority", "since_us", "expires_us", "person"),
    *("wait_version", "wait_entry", "at_closes"),
)
Counts = Mapping[str, int | None]


def differences(state: RouterState, oracle: Oracle) -> list[str]:
    """Everything in which the state differs from the books, in words; nothing where they agree."""
    until = oracle.world.until
    found: list[str] = []

    def compare(what: str, told: object, expected: object) -> None:
        if told != expected:
            found.append(f"{what}: {told} instead of {expected}")

    members = {(row["pool_id"], row["member_id"]): row for row in state.members.iter_rows(named=True)}
    keys = sorted({*members, *oracle.balance, *oracle.last_turn, *(one[:2] for one in oracle.given)})
    for key in keys:
        row = members.get(key, {"balance": 0, "last_turn": -1, "open_count": 0})
        compare(f"balance of {key}", row["balance"], oracle.balance.get(key, 0))
        compare(f"last turn of {key}", row["last_turn"], oracle.last_turn.get(key, -1))
        compare(f"open count of {key}", row["open_count"] or 0, oracle.open_count(key[1], key[0]))
    turns = {name: turn for name, turn in state.pools.rows() if turn}
    compare("next turns", turns, oracle.next_turn)
    compare("tokens", set(state.tokens["token_id"]), oracle.spent)
    compare("holds", holds_of(state.holds, until), expected_holds(oracle))
    compare("open", open_of(state.open), expected_open(oracle))
    grants = state.grants.sort("position").select("grant_id", "pool_id", "member_id", "from_us").rows()
    granted = [(one.token_id, one.pool_id, one.member_id, one.from_us) for one in oracle.granted]
    compare("grants", grants, granted)
    compare("persons", {row[0]: row[1:] for row in state.persons.rows()}, oracle.persons)
    compare("frontier", state.frontier_us, until)
    return [*found, *member_windows(members, oracle), *user_windows(state.users, oracle)]


def texts(values: list[str] | tuple[str, ...] | None) -> list[str]:
    return sorted(set(values or ()))


def holds_of(frame: pl.DataFrame, until: int) -> list[tuple[object, ...]]:
    """Who passed an item is left out once it could be offered to them again."""
    rows = []
    for row in frame.sort("item_seq").iter_rows(named=True):
        is_passed = row["skipped_until_us"] is not None and row["skipped_until_us"] > until
        skipped = (texts(row["skipped"]), row["skipped_until_us"]) if is_passed else ([], None)
        lists = [texts(row[name]) for name in ("needs", "wishes", "prefers", "targets")]
        plain = [row[name] for name in _HOLD_COLUMNS]
        rows.append((*plain, *lists, *skipped, list(row["previous"] or ()), list(row["previous_us"] or ())))
    return rows


def expected_holds(oracle: Oracle) -> list[tuple[object, ...]]:
    rows = []
    for hold in sorted(oracle.held, key=lambda one: one.arrival.item):
        item = hold.arrival
        passed = [one for one in oracle.passed.get(item.item, []) if one[1] > oracle.world.until]
        skipped = (texts([name for name, _ in passed]), passed[0][1]) if passed else ([], None)
        lists = [texts(values) for values in (item.needs, item.wishes, item.prefers, item.targets)]
        place = (None, None) if hold.due is None else (hold.version, hold.done)
        place += (oracle.world.waits_at_closes if item.at_closes is None else item.at_closes,)
        rows.append(
            (
                item.item,
                hold.pool,
                item.priority,
                hold.since,
                hold.due,
                item.person,
                *place,
                *lists,
                *skipped,
                [*hold.previous],
                [*hold.previous_since],
            )
        )
    return rows


def open_of(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    rows = []
    for row in frame.sort("item_seq").iter_rows(named=True):
        lists = [texts(row[name]) for name in ("needs", "wishes", "prefers", "targets")]
        names = ("item_seq", "pool_id", "member_id", "since_us", "due_us", "target", "touched_us")
        names += ("acted_us", "is_idle", "is_breached")
        names += ("step", "step_us", "waits", "resolve_due_us", "resolve_target", "resolve_step", "resolve_step_us")
        names += ("resolve_waits", "told_us", "at_closes")
        names += ("is_released", "reassign_count", "charged", "priority", "person", "given_us")
        earlier = list(row["previous"] or ()), list(row["previous_us"] or ())
        rows.append((*(row[name] for name in names), *earlier, *lists))
    return rows


def progress(clock: Clock | None) -> tuple[int, int | None, int]:
    """The next step, its instant, and the steps that wait as bits."""
    return (clock.place, clock.at, sum(1 << place for place in clock.waits)) if clock else (0, None, 0)


def expected_open(oracle: Oracle) -> list[tuple[object, ...]]:
    rows = []
    for number, one in sorted(oracle.open.items()):
        item = one.arrival
        lists = [texts(values) for values in (item.needs, item.wishes, item.prefers, item.targets)]
        clock = (
            one.due,
            one.target,
            one.touched,
            one.acted,
            one.is_idle,
            one.is_breached,
            *progress(one.clocks.get("first_touch")),
        )
        resolve = one.clocks.get("resolve")
        clock += (resolve.due, resolve.target.name) if resolve else (None, None)
        clock += (*progress(resolve), one.told, oracle.is_live(item), one.is_released)
        counts = (one.reassign_count, one.charged, item.priority, item.person, one.given)
        earlier = list(one.previous), list(one.previous_since)
        rows.append((number, one.pool, one.owner, one.since, *clock, *counts, *earlier, *lists))
    return rows


def member_windows(members: Mapping[tuple[str, str], Counts], oracle: Oracle) -> list[str]:
    found = []
    for policy in oracle.world.policies:
        for pool in policy.pools:
            for member in pool.members:
                key = (pool.pool_id, member.member_id)
                gifts = oracle.given_to(member.member_id, pool.pool_id)
                if key in members:
                    found += windows(str(key), members[key], gifts)
                elif gifts:
                    found.append(f"{key}: no row, though items were given")
    return sorted(set(found))


def user_windows(frame: pl.DataFrame, oracle: Oracle) -> list[str]:
    users = {row["user_id"]: row for row in frame.iter_rows(named=True)}
    found = []
    for policy in oracle.world.policies:
        for user in policy.users:
            gifts = oracle.given_to(user.user_id)
            if user.user_id in users:
                found += windows(user.user_id, users[user.user_id], gifts)
            elif gifts and policy == oracle.policy_at(oracle.world.until):
                found.append(f"{user.user_id}: no row, though limits hold over all pools")
    return sorted(set(found))


def windows(whose: str, row: Counts, gifts: list[Gift]) -> list[str]:
    """The windows of a row that do not hold what was given in them, or do not know the last one given."""
    week_start = (row["week_window"] + 3) % 7
    days, times = [local_time(zone, time).date() for time, zone in gifts], [time for time, _ in gifts]
    places = {
        "hour": [hour_start(zone, time) for time, zone in gifts],
        "day": [number_of(day) for day in days],
        "week": [number_of(week_of(day, week_start)) for day in days],
    }
    found = []
    for name, numbers in places.items():
        kinds = [name] if name == "hour" else [name, f"previous_{name}"]
        for kind in kinds:
            window, count = row[f"{kind}_window"], row[f"{kind}_count"]
            if count and count != numbers.count(window):
                found.append(f"{whose}: {count} in {kind} {window} instead of {numbers.count(window)}")
        if numbers and numbers[-1] not in [row[f"{kind}_window"] for kind in kinds if row[f"{kind}_count"]]:
            found.append(f"{whose}: nothing in {name} {numbers[-1]}")
    since = row["total_window"]
    total = sum(since is None or time >= since for time in times)
    if (row["total_count"] or 0) != total:
        found.append(f"{whose}: {row['total_count']} in all since {since} instead of {total}")
    return found


def number_of(day: date) -> int:
    return (day - date(1970, 1, 1)).days

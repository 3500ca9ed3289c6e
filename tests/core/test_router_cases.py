"""Cases of the router worth a name: tokens, holds, versions, frames, and everything it refuses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from rr_pipeline.core.checks import state_is_consistent
from rr_pipeline.core.frames import CONSIDERED, DECISIONS, ROSTERS, Routed, RoutedChunk, RouterState
from rr_pipeline.core.model import UNIT, Limits, Member, Policy, Pool, Token, Vacation
from rr_pipeline.core.packing import output
from rr_pipeline.core.router import route, route_into
from rr_pipeline.errors import InvariantError, RefusedError
from tests.core.oracle import EPOCH, HOUR_US, Arrival, Oracle, World
from tests.core.worlds import DAY_US, STARTS, frame_of, rows_of

START = STARTS["UTC"][1]
NAMES = ("ann", "bob", "cem")


def pool_of(*members: Member, **settings: object) -> Pool:
    return replace(Pool("p", members or tuple(Member(name) for name in NAMES)), **settings)


def policy_of(*pools: Pool, start: int = START, end: int = START + 1000 * DAY_US, version: str = "v") -> Policy:
    return Policy(version, start, end, pools)


def items(count: int, step: int = 1, **columns: object) -> list[Arrival]:
    return [Arrival(n + 1, "p", START + n * step, **columns) for n in range(count)]


def go(
    pools: Pool | Sequence[Policy],
    arrivals: Sequence[Arrival],
    tokens: Sequence[Token] = (),
    state: RouterState | None = None,
    until: int | None = None,
) -> Routed:
    policies = [policy_of(pools)] if isinstance(pools, Pool) else pools
    end = until if until is not None else max([START, *(one.time for one in arrivals)])
    return route(frame_of(arrivals), policies, [], [], tokens, state or RouterState(), end)


def told(routed: Routed) -> list[tuple[int, str, str | None]]:
    return [(row.item, row.kind, row.member) for row in rows_of(routed)]


def test_nothing_in_nothing_out() -> None:
    routed = go(pool_of(), [])
    assert routed.decisions.schema == DECISIONS
    assert routed.considered.schema == CONSIDERED
    assert routed.rosters.schema == ROSTERS
    assert routed.state.frontier_us == START


def test_redo_waits_for_its_holder_and_moves_no_balance() -> None:
    away = Member("bob", vacations=(Vacation(START, START + 2),))
    routed = go(pool_of(Member("ann"), away), items(4), [Token("r", "p", "bob", "redo")])
    assert told(routed) == [(1, "assign", "ann"), (2, "assign", "ann"), (3, "redo", "bob"), (4, "assign", "bob")]
    redo = rows_of(routed)[2]
    assert (redo.turn, redo.before, redo.after, redo.token) == (None, 0, 0, "r")
    assert routed.state.tokens["token_id"].to_list() == ["r"]


def test_charged_redo_takes_a_turn() -> None:
    routed = go(pool_of(charge_redo=True), items(1), [Token("r", "p", "cem", "redo")])
    row = rows_of(routed)[0]
    assert (row.kind, row.member, row.turn, row.after) == ("redo", "cem", 0, UNIT // 3 - UNIT)


def test_tokens_of_a_skill_wait_for_it_and_expire() -> None:
    pool = pool_of(*(Member(name, 1, frozenset({"french"})) for name in NAMES))
    arrivals = [replace(one, needs=("french",) if one.item in {2, 4} else ()) for one in items(4)]
    tokens = [Token("late", "p", "cem", "redo", expires_us=START), Token("skill", "p", "cem", "redo", "french")]
    assert told(go(pool, arrivals, tokens)) == [
        (1, "assign", "ann"),
        (2, "redo", "cem"),
        (3, "assign", "bob"),
        (4, "assign", "cem"),
    ]


def test_tokens_are_spent_as_noted_and_those_not_yet_begun_are_passed_over() -> None:
    tokens = [
        Token("b", "p", "bob", "redo", from_us=START + 1),
        Token("c", "p", "cem", "redo", from_us=START),
        Token("x", "nowhere", "cem", "redo"),
        Token("y", "p", "stranger", "redo"),
        Token("a", "p", "ann", "redo", from_us=START),
    ]
    routed = go(pool_of(), items(3), tokens)
    assert [row.token for row in rows_of(routed)] == ["c", "b", "a"]


def test_who_alone_could_take_an_item_takes_it_and_keeps_the_token() -> None:
    pool = pool_of(Member("ann"), Member("bob", vacations=(Vacation(START, START + HOUR_US),)))
    arrivals = [Arrival(n, "p", START + at) for n, at in ((1, 0), (2, HOUR_US), (3, HOUR_US + 1), (4, HOUR_US + 2))]
    routed = go(pool, arrivals, [Token("s", "p", "ann", "skip")])
    assert told(routed) == [
        (1, "assign", "ann"),
        (2, "assign", "bob"),
        (3, "skip", "ann"),
        (3, "assign", "bob"),
        (4, "assign", "ann"),
    ]


def test_an_hour_filled_by_held_items_opens_again() -> None:
    away = (Vacation(START, START + 10),)
    routed = go(pool_of(Member("ann", limits=Limits(hourly=1), vacations=away)), items(3), until=START + 2 * HOUR_US)
    assert [row.time - START for row in rows_of(routed)[3:]] == [10, HOUR_US, 2 * HOUR_US]


def test_held_items_go_by_priority_then_arrival_over_all_pools() -> None:
    away = (Vacation(START, START + HOUR_US),)
    pools = [Pool(name, (Member("ann", vacations=away),)) for name in ("p", "q")]
    arrivals = [Arrival(n, "pq"[n % 2], START, priority=n // 3 * -1) for n in range(6)]
    rows = rows_of(go([policy_of(*pools)], arrivals, until=START + HOUR_US))
    assert [row.item for row in rows if row.kind == "assign"] == [3, 4, 5, 0, 1, 2]
    assert {row.time for row in rows if row.kind == "assign"} == {START + HOUR_US}


def test_held_items_come_before_arrivals_of_their_instant() -> None:
    pool = pool_of(Member("ann", limits=Limits(hourly=1)))
    arrivals = [Arrival(1, "p", START), Arrival(2, "p", START), Arrival(3, "p", START + HOUR_US)]
    assert told(go(pool, arrivals))[2:] == [(2, "assign", "ann"), (3, "hold", None)]


def test_a_new_version_may_free_held_items_at_its_very_instant() -> None:
    at = START + HOUR_US + 17
    shut, opened = pool_of(Member("ann", 0)), pool_of(Member("ann", 1), Member("bob", 3))
    versions = [policy_of(shut, end=at), policy_of(opened, start=at, version="w")]
    routed = go(versions, items(3), until=at)
    rows = rows_of(routed)
    assert [(row.kind, row.time, row.version) for row in rows[3:]] == [("assign", at, "w")] * 3
    assert routed.rosters["roster_id"].to_list() == [1, 2]
    assert routed.rosters["weights"].to_list() == [[0], [1, 3]]


def test_who_leaves_leaves_nothing_and_is_new_on_return() -> None:
    at = START + HOUR_US
    versions = [
        policy_of(pool_of(), end=at),
        policy_of(pool_of(Member("bob"), Member("cem")), start=at, end=2 * HOUR_US + START, version="w"),
        policy_of(pool_of(), start=START + 2 * HOUR_US, version="x"),
    ]
    routed = go(versions, [*items(1), Arrival(9, "p", at), Arrival(10, "p", at + HOUR_US)])
    first, second, third = rows_of(routed)
    # ann owed two thirds of a turn when she left: bob and cem take on a third each, and she comes back at 0.
    assert (first.member, second.balances, second.member) == ("ann", (0, 0), "bob")
    assert (third.balances, third.member) == ((0, -UNIT // 2, UNIT // 2), "cem")
    assert routed.state.members["balance"].sum() == 0
    assert routed.settlements["parts"].to_list() == [2 * UNIT // 3, -UNIT // 3, -UNIT // 3]


@pytest.mark.parametrize("limits", [Limits(daily=1), Limits(daily=2), Limits(weekly=2), Limits(daily=1, weekly=9)])
@pytest.mark.parametrize("sundays", [0, 1])
def test_a_date_that_comes_back_is_still_full(limits: Limits, sundays: int) -> None:
    """In St John's the clock went from 00:01 on Sunday back to 23:01 on Saturday."""
    midnight = (datetime(2006, 10, 29, 2, 30, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    minutes = (-40, -30, 0, *(0,) * sundays, 5, 20, 59, 61, 62, 70, 24 * 60, 26 * 60, 7 * 24 * 60)
    arrivals = [Arrival(n + 1, "p", midnight + minute * 60_000_000 + 1) for n, minute in enumerate(minutes)]
    members = [Member(name, 1, time_zone="America/St_Johns", limits=limits) for name in NAMES[:2]]
    for week_start in (6, 0):
        pool = pool_of(*members, week_start=week_start)
        policy = policy_of(pool, start=midnight - DAY_US, end=midnight + 30 * DAY_US)
        world = World([policy], arrivals, midnight + 20 * DAY_US)
        expected = Oracle(world).run()
        assert rows_of(go([policy], arrivals, until=world.until)) == expected
        assert any(row.kind == "hold" for row in expected)


def test_a_lowered_debt_limit_never_takes_from_those_who_wait() -> None:
    french = frozenset({"french"})
    roster = (Member("ann", 1, french), Member("bob"))
    deep, shallow = (pool_of(*roster, debt_limit=limit, catch_up_limit=9) for limit in (5, 1))
    at = START + HOUR_US
    versions = [policy_of(deep, end=at), policy_of(shallow, start=at, version="w")]
    skilled = [*items(12, needs=("french",)), *(Arrival(n, "p", at + n, ("french",)) for n in range(20, 24))]
    rows = rows_of(go(versions, skilled))
    assert min(row.after for row in rows) == rows[11].after == -5 * UNIT
    assert [(row.before, row.after) for row in rows[12:]] == [(-5 * UNIT, -5 * UNIT)] * 4


def test_an_impossible_skill_is_cheap_to_hold() -> None:
    arrivals = [*items(100_000, needs=("klingon",)), Arrival(100_001, "p", START + 10 * DAY_US)]
    pool = pool_of(*(Member(name, limits=Limits(hourly=1)) for name in NAMES))
    begin = time.perf_counter()
    routed = go(pool, arrivals, until=START + 30 * DAY_US)
    assert routed.state.holds.height == 100_000
    assert routed.decisions.height == 100_001
    assert time.perf_counter() - begin < 20


def test_frames_in_pieces_and_needs_by_number() -> None:
    french = frozenset({"french"})
    pool = pool_of(Member("ann", 1, french), Member("bob"))
    arrivals = [replace(one, needs=("french",) if one.item % 3 == 0 else ()) for one in items(30)]
    whole = go(pool, arrivals)
    frame = frame_of(arrivals)
    numbered = frame.drop("needs", "priority").with_columns(
        pl.when(pl.col("item_seq") % 3 == 0).then(7).otherwise(None).alias("traits_id"),
        pl.col("pool_id").cast(pl.Categorical),
    )
    sets = pl.DataFrame({"traits_id": [7], "needs": [["french"]]})
    chunks: list[RoutedChunk] = []
    seen: list[int] = []
    state = route_into(
        chunks.append,
        (numbered[n : n + 7] for n in range(0, 30, 7)),
        [policy_of(pool)],
        [],
        [],
        [],
        RouterState(),
        START + 30,
        seen.append,
        traits=sets,
    )
    assert pl.concat([chunk.decisions for chunk in chunks]).equals(whole.decisions)
    assert pl.concat([chunk.considered for chunk in chunks]).equals(whole.considered)
    assert state.members.equals(whole.state.members)
    assert seen == [7, 14, 21, 28, 30]


def test_frames_do_not_change_when_the_router_goes_on() -> None:
    first = go(pool_of(), items(50))
    kept = first.considered.clone().to_dicts()
    go(pool_of(Member("zoe", 5), Member("yan", 2)), items(200))
    assert first.considered.to_dicts() == kept


def test_buffers_are_written_again_only_when_no_frame_uses_them(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = go(pool_of(), items(60))
    monkeypatch.setattr(output, "_ROWS", 8)
    monkeypatch.setattr(output, "_CELLS", 24)
    allocate, made = output._allocate, []
    monkeypatch.setattr(output, "_allocate", lambda *size: made.append(size) or allocate(*size))
    kept = go(pool_of(), items(60))
    assert kept.decisions.equals(whole.decisions)
    assert kept.considered.equals(whole.considered)
    keeping = len(made)
    seen: list[int] = []
    frame = frame_of(items(60))
    policies = [policy_of(pool_of())]
    route_into(
        lambda chunk: seen.append(chunk.decisions.height), frame, policies, [], [], [], RouterState(), START + 60
    )
    assert len(made) - keeping == 2 < keeping
    assert sum(seen) == 60


def test_pools_without_members_hold_and_debt_is_bounded() -> None:
    assert told(go(Pool("p", ()), items(2))) == [(1, "hold", None), (2, "hold", None)]
    skilled = Member("ann", 1, frozenset({"french"}))
    pool = pool_of(skilled, Member("bob"), debt_limit=2)
    routed = go(pool, items(50, needs=("french",)))
    balances = [row.after for row in rows_of(routed)]
    assert min(balances) == -2 * UNIT
    assert balances[-1] >= -2 * UNIT


def refuse(match: str, call: Callable[[], object]) -> None:
    with pytest.raises(RefusedError, match=match):
        call()


@pytest.mark.parametrize(
    ("match", "pool"),
    [
        ("weight", pool_of(Member("ann", -1))),
        ("weight", pool_of(Member("ann", 10_001))),
        ("twice", pool_of(Member("ann"), Member("ann"))),
        ("unknown reason. Did you mean 'vacation'", pool_of(accrue_while=frozenset({"vacations"}))),
        ("debt_limit", pool_of(debt_limit=-1)),
        ("catch_up_limit", pool_of(catch_up_limit=1001)),
        ("week_start", pool_of(week_start=7)),
        ("limits", pool_of(Member("ann", limits=Limits(daily=-2)))),
        ("until lies before", pool_of(Member("ann", from_us=2, until_us=1))),
        ("vacation ends before", pool_of(Member("ann", vacations=(Vacation(2, 1),)))),
        ("IANA", pool_of(Member("ann", time_zone="Europe/Olso"))),
    ],
)
def test_policies_out_of_range_are_refused(match: str, pool: Pool) -> None:
    refuse(match, lambda: go(pool, items(1)))


def test_versions_that_do_not_fit_are_refused() -> None:
    later = policy_of(pool_of(), start=START + 5, version="w")
    refuse("no policy version", lambda: go([], items(1)))
    refuse("leave no gap", lambda: go([policy_of(pool_of(), end=START + 4), later], items(1)))
    others = policy_of(pool_of(Member("ann")), start=START + 5)
    refuse("same name", lambda: go([policy_of(pool_of(), end=START + 5), others], items(1)))
    between = replace(later, until_us=START + 9)
    refuse(
        "same name",
        lambda: go([policy_of(pool_of(), end=START + 5), between, policy_of(pool_of(), start=START + 9)], items(1)),
    )
    refuse("ends before it begins", lambda: go([policy_of(pool_of(), end=START)], items(1)))
    refuse("a pool twice", lambda: go([policy_of(pool_of(), pool_of())], items(1)))
    refuse("in force at an instant", lambda: go([later], items(1)))
    refuse("in force at the end", lambda: go([policy_of(pool_of(), end=START + 5)], items(1), until=START + 9))
    refuse("has no pool 'p' for an item. Did you mean 'pp'", lambda: go(replace(pool_of(), pool_id="pp"), items(1)))
    empty = [policy_of(Pool("p", ()), end=START + 5), replace(later, pools=(Pool("q", ()),))]
    refuse("no pool 'p', in which items wait", lambda: go(empty, items(1), until=START + 9))


def test_tokens_that_do_not_fit_are_refused() -> None:
    token = Token("t", "p", "ann", "redo")
    refuse("same id", lambda: go(pool_of(), items(1), [token, token]))
    refuse("neither a redo nor a skip", lambda: go(pool_of(), items(1), [replace(token, kind="again")]))


def test_arrivals_that_do_not_fit_are_refused() -> None:
    good = frame_of(items(3))
    after = go(pool_of(), items(3)).state

    def give(frame: pl.DataFrame, state: RouterState | None = None, until: int = START + 9, **more: object) -> None:
        route(frame, [policy_of(pool_of())], [], [], [], state or RouterState(), until, **more)

    refuse("lack the column pool_id", lambda: give(good.drop("pool_id")))
    refuse("item_seq must be Int64", lambda: give(good.cast({"item_seq": pl.Int32})))
    refuse("empty cells", lambda: give(good.with_columns(pool_id=pl.lit(None, pl.String))))
    refuse("item_seq comes twice", lambda: give(good.with_columns(item_seq=pl.lit(1, pl.Int64))))
    refuse("must not go back", lambda: give(good.with_columns(pl.col("decided_at").reverse())))
    refuse("stay below", lambda: give(good.with_columns(pl.col("item_seq") + 2**40)))
    refuse("before the frontier", lambda: give(good.with_columns(pl.col("item_seq") + 9), after))
    refuse("after the run's until", lambda: give(good, until=START + 1))
    refuse("would end before the frontier", lambda: give(good[:0], after, until=START))
    refuse("no traits", lambda: give(good.drop("needs").with_columns(traits_id=pl.lit(1))))
    sets = pl.DataFrame({"traits_id": [3], "needs": [["a"]]})
    numbered = good.drop("needs").with_columns(traits_id=pl.lit(2))
    refuse("traits do not have", lambda: give(numbered, traits=sets))
    refuse("traits do not have", lambda: give(numbered, traits=sets[:0]))


def test_a_state_that_contradicts_itself_is_refused() -> None:
    state = go(pool_of(), items(4)).state
    members = state.members

    def broken(match: str, **frames: pl.DataFrame) -> None:
        with pytest.raises(InvariantError, match=match):
            state_is_consistent(replace(state, **frames))

    state_is_consistent(state)
    broken("columns", members=members.drop("balance"))
    broken("repeats a key", members=pl.concat([members, members]))
    broken("sum to zero", members=members.with_columns(balance=pl.lit(1, pl.Int64)))
    broken("does not know", pools=state.pools.clear())
    broken("last turn", pools=state.pools.with_columns(next_turn=pl.lit(0, pl.Int64)))


def test_a_pass_told_by_an_earlier_state_holds_until_the_end_it_says() -> None:
    # Tokens are not spent any more where nobody else could take the item; states of earlier versions still tell of it.
    away = pool_of(Member("ann", is_active=False))
    held = go(away, items(2), until=START + 1).state
    skipped = pl.Series([["ann"], ["bob"]])
    passed = held.holds.with_columns(skipped=skipped, skipped_until_us=START + HOUR_US).cast(held.holds.schema)
    back = [policy_of(away, end=START + 2), policy_of(pool_of(Member("ann")), start=START + 2, version="w")]
    before = go(back, [], state=replace(held, holds=passed), until=START + HOUR_US // 2)
    assert told(before) == [(2, "assign", "ann")]
    assert before.state.holds["skipped"].to_list() == [["ann"]]
    after = go(back, [], state=before.state, until=START + HOUR_US)
    assert told(after) == [(1, "assign", "ann")]
    assert rows_of(after)[0].time == START + HOUR_US


def test_a_pass_told_by_an_earlier_state_goes_with_the_item_to_the_next_pool() -> None:
    bound = pool_of(Member("bob", is_active=False), hold_for_us=HOUR_US // 6, then="failover", failover="q")
    chain = [policy_of(bound, Pool("q", (Member("ann"),)))]
    held = go(chain, items(1)).state
    passed = held.holds.with_columns(skipped=pl.lit(["ann", "bob"]), skipped_until_us=START + HOUR_US)
    state = replace(held, holds=passed.cast(held.holds.schema))
    moved = go(chain, [], state=state, until=START + HOUR_US // 2)
    assert told(moved) == [(1, "failover", None), (1, "hold", None)]
    assert moved.state.holds.select("pool_id", "skipped").rows() == [("q", ["ann", "bob"])]
    assert told(go(chain, [], state=moved.state, until=START + HOUR_US)) == [(1, "assign", "ann")]

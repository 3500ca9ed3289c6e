"""Random small worlds for the router, and the way from a world to frames and back to plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from hypothesis import strategies as st

from rr_pipeline.core.frames import Routed, RoutedChunk, RouterState
from rr_pipeline.core.model import (
    FAR_FUTURE_US,
    FAR_PAST_US,
    Absence,
    Limits,
    Member,
    Policy,
    Pool,
    StatusChange,
    Token,
    Vacation,
)
from rr_pipeline.core.router import route, route_into
from tests.core.oracle import HOUR_US, Arrival, Row, World

DAY_US = 24 * HOUR_US
DAY_ZONE = "America/New_York"

# Two days before something happens to the clocks: Oslo forward and back, Lord Howe by half an hour, St John's over
# midnight (23:01 twice), Apia without a 30 December; and a new year with its ISO week 53.
STARTS = {
    "Europe/Oslo": (1_774_569_600_000_000, 1_792_713_600_000_000),
    "Australia/Lord_Howe": (1_775_088_000_000_000, 1_790_985_600_000_000),
    "America/St_Johns": (1_161_993_600_000_000, 1_175_299_200_000_000),
    "Pacific/Apia": (1_325_073_600_000_000, 1_325_160_000_000_000),
    "Asia/Kathmandu": (1_609_286_400_000_000, 1_609_372_800_000_000),
    "UTC": (1_609_286_400_000_000, 1_767_225_600_000_000),
}
ZONES = tuple(STARTS)
SKILLS = ("a", "b")
NAMES = ("ann", "bob", "cem", "dag", "eve")

spans = st.sampled_from([0, 1, 30 * 60_000_000, HOUR_US, 3 * HOUR_US + 7, 11 * HOUR_US, DAY_US, 2 * DAY_US])
limits = st.sampled_from([-1, -1, -1, 1, 2, 3, 5, 0])
mostly = st.sampled_from([True, True, True, False])
skills = st.frozensets(st.sampled_from(SKILLS))


@st.composite
def intervals(draw: st.DrawFn, start: int) -> tuple[int, int]:
    begin = start + draw(spans) + draw(spans) - draw(spans)
    return begin, begin + draw(spans)


@st.composite
def members(draw: st.DrawFn, name: str, zone: str, start: int) -> Member:
    is_plain = draw(mostly)
    return Member(
        name,
        draw(st.sampled_from([1, 1, 2, 3, 7, 10_000]) if is_plain else st.sampled_from([0, 1, 5])),
        draw(skills),
        zone,
        FAR_PAST_US
        if is_plain
        else draw(st.sampled_from([FAR_PAST_US, start + 1, start + 3 * HOUR_US, start + DAY_US])),
        FAR_FUTURE_US if is_plain else draw(st.sampled_from([FAR_FUTURE_US, start + 2 * DAY_US + 5])),
        is_plain or draw(mostly),
        Limits() if draw(mostly) else Limits(*(draw(limits) for _ in range(4))),
        tuple(Vacation(*draw(intervals(start))) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))),
    )


@st.composite
def pools(draw: st.DrawFn, name: str, start: int) -> Pool:
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=len(NAMES), max_size=len(NAMES)))
    names = draw(
        st.lists(st.sampled_from(NAMES), unique=True, max_size=4, min_size=draw(st.sampled_from([2, 3, 1, 0])))
    )
    return Pool(
        name,
        tuple(draw(members(one, zones[NAMES.index(one)], start)) for one in names),
        draw(
            st.sampled_from([frozenset({"skill_missing"}), frozenset()])
            | st.frozensets(st.sampled_from(["skill_missing", "vacation", "limit_hour", "limit_day", "skip_token"]))
        ),
        draw(st.sampled_from([5, 5, 0, 1, 2])),
        draw(st.sampled_from([2, 0, 1])),
        draw(st.booleans()),
        draw(st.integers(0, 6)),
    )


@st.composite
def later_versions(draw: st.DrawFn, first: tuple[Pool, ...], at: int) -> tuple[Pool, ...]:
    """The pools as a later version has them: members leave, join, and change weight and limits; zones stay."""
    changed = []
    for pool in first:
        stay = [member for member in pool.members if draw(st.booleans())]
        stay = [replace(member, weight=draw(st.sampled_from([member.weight, 0, 4]))) for member in stay]
        stay = [replace(member, limits=replace(member.limits, daily=draw(limits))) for member in stay]
        new = [one for one in NAMES if one not in {member.member_id for member in pool.members}]
        stay += [draw(members(one, "UTC", at)) for one in new if draw(st.booleans())]
        debt, order = draw(st.sampled_from([pool.debt_limit, 0, 1])), draw(st.permutations(stay))
        changed.append(replace(pool, members=tuple(order), debt_limit=debt))
    return tuple(changed)


@st.composite
def worlds(draw: st.DrawFn, max_items: int = 30) -> World:
    start = draw(st.sampled_from(STARTS[draw(st.sampled_from(ZONES))]))
    first = tuple(draw(pools(name, start)) for name in draw(st.sampled_from([("p",), ("p",), ("p", "q")])))
    versions = [Policy("v0", start - 40 * DAY_US, start + 400 * DAY_US, first)]
    for number in range(1, draw(st.sampled_from([1, 1, 1, 2, 3]))):
        at = max(versions[-1].from_us + 1, start + draw(spans) + draw(spans))
        versions[-1] = replace(versions[-1], until_us=at)
        newer = draw(later_versions(versions[-1].pools, at))
        versions.append(Policy(f"v{number}", at, start + 400 * DAY_US, newer))
    arrivals, time = [], start
    span = st.sampled_from([0, 1, 60_000_000, 60_000_000, 20 * 60_000_000, HOUR_US, 5 * HOUR_US, DAY_US])
    steps = draw(
        st.lists(span, min_size=draw(st.sampled_from([max_items // 3, 1, max_items // 2])), max_size=max_items)
    )
    for number, step in enumerate(steps):
        time += step
        needs = tuple(sorted(draw(skills))) if draw(st.sampled_from([False, False, True])) else ()
        pool = draw(st.sampled_from([one.pool_id for one in first]))
        arrivals.append(Arrival(2 * number + 1, pool, time, needs, draw(st.sampled_from([0, 0, 0, -1, 2]))))
    name = st.sampled_from(NAMES)
    tokens = [
        Token(
            f"t{number}",
            draw(st.sampled_from([one.pool_id for one in first])),
            draw(name),
            draw(st.sampled_from(["skip", "redo"])),
            draw(st.sampled_from([None, None, None, *SKILLS])),
            start + draw(st.sampled_from([0, -DAY_US, 1, HOUR_US, DAY_US])),
            draw(st.none() | spans.map(lambda span: start + HOUR_US + span)),
        )
        for number in range(draw(st.sampled_from([0, 0, 2, 4, 8])))
    ]
    return World(
        versions,
        arrivals,
        time + draw(spans) + draw(spans),
        [Absence(draw(name), *draw(intervals(start))) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))],
        [
            StatusChange(draw(name), start + draw(spans), draw(st.booleans()))
            for _ in range(draw(st.sampled_from([0, 0, 1, 3])))
        ],
        tokens,
    )


def frame_of(arrivals: Sequence[Arrival]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "item_seq": [one.item for one in arrivals],
            "pool_id": [one.pool for one in arrivals],
            "decided_at": [one.time for one in arrivals],
            "needs": [list(one.needs) for one in arrivals],
            "priority": [one.priority for one in arrivals],
        },
        schema={
            "item_seq": pl.Int64,
            "pool_id": pl.String,
            "decided_at": pl.Int64,
            "needs": pl.List(pl.String),
            "priority": pl.Int32,
        },
    )


def route_world(world: World, arrivals: Sequence[Arrival], state: RouterState, until: int) -> Routed:
    return route(
        frame_of(arrivals),
        world.policies,
        world.absences,
        world.status_changes,
        world.tokens,
        state,
        until,
        day_zone=DAY_ZONE,
    )


def shares_of(world: World, sizes: Sequence[int] = (0,)) -> dict[tuple[str, str, int], list[int]]:
    """The fairness measures of a world, summed over chunks; ``sizes``: where the arrivals are cut into frames."""
    found: dict[tuple[str, str, int], list[int]] = {}

    def sink(chunk: RoutedChunk) -> None:
        for pool, member, day, *sums in chunk.fair_shares.rows():
            own = found.setdefault((pool, member, day), [0] * len(sums))
            own[:] = [before + more for before, more in zip(own, sums, strict=True)]

    frame = frame_of(world.arrivals)
    ends = [*sizes[1:], frame.height]
    frames = [frame[begin:end] for begin, end in zip(sizes, ends, strict=True)]
    feeds = (world.absences, world.status_changes, world.tokens)
    route_into(sink, frames, world.policies, *feeds, RouterState(), world.until, day_zone=DAY_ZONE)
    return found


def rows_of(routed: Routed) -> list[Row]:
    frame = routed.decisions.join(routed.considered, on="decision_seq", maintain_order="left", validate="1:1")
    names = ["item_seq", "pool_id", "kind", "member_id", "decided_at", "policy_version", "turn"]
    names += ["balance_before", "balance_after", "token_id", "reasons", "balances"]
    return [Row(*row[:10], tuple(row[10]), tuple(row[11])) for row in frame.select(names).rows()]

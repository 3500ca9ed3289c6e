"""Cases of the rule with answers worked out by hand: what is done about items that wait.

Belongs here: lists of entries. Does not belong here: plain holds (``test_oracle_cases_nobody``).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from rr_pipeline.core.model import Limits, Pause
from tests.core.case_words import (
    DAY,
    Expected,
    at,
    check,
    entry,
    event,
    item,
    member,
    pool,
    token,
    told,
    versions,
    world,
)
from tests.core.world_frames import route_world, rows_of

AWAY = member("ann", away=(0, 3 * DAY), skills={"french"})
LADDER = (entry(30, "alert"), entry(120, "drop", "french"), entry(240, "failover", to="q"))
MAIN = pool(AWAY, "bob", "cid", while_waiting=LADDER)
GENERAL = pool(member("dan", skills={"legal"}), name="q")
FRENCH, BOTH = ("french",), ("french", "legal")
DAYTIME = member("ann", [(day * DAY + 13 * 60, day * DAY + 17 * 60) for day in range(5)])
ON_TIME = pool(DAYTIME, while_waiting=(entry(240, "failover", to="q"),))
NINE = 9 * 60

WAITING = {
    "alert, then a skill is dropped and the item offered at once": (
        world([MAIN, GENERAL], [item(1, NINE, needs=FRENCH)]),
        Expected(
            [
                *("540 1 hold -", "570 1 alert - cause=waited due=570"),
                *("660 1 drop - cause=waited to=french due=660", "660 1 assign bob"),
            ],
            considered={1: "", 2: ""},
            balances={"bob": "-1/2", "cid": "1/2"},
        ),
    ),
    "what was dropped stays dropped in the next pool": (
        world([MAIN, GENERAL], [item(2, NINE, needs=BOTH)]),
        Expected(
            [
                *("540 2 hold -", "570 2 alert - cause=waited due=570"),
                *("660 2 drop - cause=waited to=french due=660", "780 2 failover - cause=hold_expired to=q"),
                "780 2 assign dan pool=q",
            ],
            considered={3: "vacation skill_missing+ skill_missing+", 4: "-"},
        ),
    ),
    "what is done at once is done at the instant at which the wait begins, before whoever comes next then": (
        world(
            [
                replace(MAIN, while_waiting=(entry(0, "alert"), entry(0, "drop", "french"), entry(10, "alert"))),
                pool(AWAY, name="q", while_waiting=(entry(0, "alert"), entry(0, "queue", to="late"))),
            ],
            [item(1, NINE, needs=FRENCH), item(2, NINE, needs=BOTH), item(3, NINE), item(4, NINE, pool="q")],
        ),
        Expected(
            [
                *("540 1 hold -", "540 1 alert - cause=waited due=540"),
                *("540 1 drop - cause=waited to=french due=540", "540 1 assign bob"),
                *("540 2 hold -", "540 2 alert - cause=waited due=540"),
                *("540 2 drop - cause=waited to=french due=540", "540 3 assign cid"),
                *("540 4 hold - pool=q", "540 4 alert - pool=q cause=waited due=540"),
                *("540 4 queue - pool=q cause=hold_expired to=late", "550 2 alert - cause=waited due=550"),
            ]
        ),
    ),
    "at closes each entry is taken at the first one from its instant on": (
        replace(
            world(
                [MAIN, GENERAL],
                [item(1, NINE, needs=FRENCH), item(2, NINE, needs=BOTH)],
                closes=[at(hour * 60 + 20) for hour in range(9, 20)],
            ),
            waits_at_closes=True,
        ),
        Expected(
            [
                *("540 1 hold -", "540 2 hold -"),
                *("620 1 alert - cause=waited due=570", "620 2 alert - cause=waited due=570"),
                *("680 1 drop - cause=waited to=french due=660", "680 1 assign bob"),
                *("680 2 drop - cause=waited to=french due=660", "800 2 failover - cause=hold_expired to=q"),
                "800 2 assign dan pool=q",
            ]
        ),
    ),
    "a close at the instant itself is the one": (
        replace(
            world([MAIN, GENERAL], [item(1, NINE, needs=FRENCH)], closes=[at(600), at(660), at(661)]),
            waits_at_closes=True,
        ),
        Expected(
            [
                *("540 1 hold -", "600 1 alert - cause=waited due=570"),
                *("660 1 drop - cause=waited to=french due=660", "660 1 assign bob"),
            ]
        ),
    ),
    "entries of one instant in their order; an owner ends the list": (
        world(
            [replace(MAIN, while_waiting=(entry(60, "drop", "french"), entry(60, "failover", to="q"))), GENERAL],
            [item(1, 0, needs=FRENCH), item(2, 0, needs=BOTH)],
        ),
        Expected(
            [
                *("0 1 hold -", "0 2 hold -", "60 1 drop - cause=waited to=french due=60", "60 1 assign bob"),
                *("60 2 drop - cause=waited to=french due=60", "60 2 failover - cause=hold_expired to=q"),
                "60 2 assign dan pool=q",
            ]
        ),
    ),
    "who is there again when the wait would end has the item": (
        world([ON_TIME, pool("bob", name="q")], [item(1, NINE), item(2, 13 * 60)]),
        Expected(["540 1 hold -", "780 1 assign ann", "780 2 assign ann"]),
    ),
    "who is there again at a limit has it not": (
        world(
            [replace(ON_TIME, members=(replace(DAYTIME, limits=Limits(daily=0)),)), pool("bob", name="q")],
            [item(1, NINE), item(2, 13 * 60)],
            until=14 * 60,
        ),
        Expected(
            [
                *("540 1 hold -", "780 1 failover - cause=hold_expired to=q"),
                *("780 1 assign bob pool=q", "780 2 hold -"),
            ]
        ),
    ),
    "between closes nothing runs out, so who comes has it": (
        replace(
            world(
                [ON_TIME, pool("bob", name="q")],
                [item(1, NINE - 60)],
                closes=[at(12 * 60 + 5 - 15), at(14 * 60 + 5)],
            ),
            waits_at_closes=True,
        ),
        Expected(["480 1 hold -", "780 1 assign ann"]),
    ),
    "who is raised is offered before those that came earlier": (
        world(
            pool(member("ann", max_open=1), while_waiting=(entry(60, "raise"), entry(120, "raise"))),
            [item(1, 0), item(2, 1, priority=1), item(3, 50), item(4, 51, priority=-1)],
            events=[event(125, 1, "close"), event(126, 2, "close"), event(127, 4, "close")],
        ),
        Expected(
            [
                *("0 1 assign ann", "1 2 hold -", "50 3 hold -", "51 4 hold -"),
                *("61 2 raise - cause=waited due=61", "110 3 raise - cause=waited due=110"),
                *("111 4 raise - cause=waited due=111", "121 2 raise - cause=waited due=121"),
                *("125 4 assign ann", "126 2 withdraw - cause=closed", "127 3 assign ann"),
            ]
        ),
    ),
    "patterns drop what begins so, and what is not needed leaves no row": (
        world(
            pool(
                member("ann", skills={"legal"}),
                while_waiting=(entry(10, "drop", "german"), entry(20, "drop", "language-*", "german")),
            ),
            [item(1, 0, needs=("language-fr", "language-no", "legal"))],
        ),
        Expected(["0 1 hold -", "20 1 drop - cause=waited to=language-*, german due=20", "20 1 assign ann"]),
    ),
    "each wait begins its pool's list again": (
        world(
            [
                pool(AWAY, while_waiting=(entry(30, "alert"), entry(60, "failover", to="q"))),
                pool(
                    member("bob", away=(0, 3 * DAY)),
                    name="q",
                    while_waiting=(entry(30, "alert"), entry(40, "queue", to="late")),
                ),
            ],
            [item(1, 0)],
        ),
        Expected(
            [
                *("0 1 hold -", "30 1 alert - cause=waited due=30", "60 1 failover - cause=hold_expired to=q"),
                *("60 1 hold - pool=q", "90 1 alert - pool=q cause=waited due=90"),
                "100 1 queue - pool=q cause=hold_expired to=late",
            ]
        ),
    ),
    "the list is that of the version in which the wait began; a pool that is no more is passed over": (
        world(
            versions(
                (0, [pool(AWAY, while_waiting=(entry(60, "failover", to="q"),)), pool("bob", name="q")]),
                (30, [pool(AWAY, while_waiting=(entry(10, "queue", to="late"),))]),
            ),
            [item(1, 0), item(2, 40)],
            until=DAY,
        ),
        Expected(["0 1 hold -", "40 2 hold -", "50 2 queue - cause=hold_expired to=late"], held=[1]),
    ),
    "what is dropped counts for redo tokens of a skill no more": (
        world(
            pool(AWAY, "bob", "cid", while_waiting=(entry(60, "drop", "french"),)),
            [item(1, 0, needs=FRENCH), item(2, 0, needs=FRENCH)],
            tokens=[token("r", "cid", "redo", skill="french")],
        ),
        Expected(
            [
                *("0 1 hold -", "0 2 hold -", "60 1 drop - cause=waited to=french due=60", "60 1 assign bob"),
                *("60 2 drop - cause=waited to=french due=60", "60 2 assign cid"),
            ]
        ),
    ),
}


@pytest.mark.parametrize("name", WAITING)
def test_items_that_wait(name: str) -> None:
    check(*WAITING[name])


def pause(begin: float, end: float, of_pool: str | None = None, who: str | None = None) -> Pause:
    return Pause(of_pool, who, at(begin), at(end))


PAUSED = {
    "nobody of a paused pool is given anything, and it goes on where it stood": (
        world(pool("ann", "bob"), [item(1, 0), item(2, 20), item(3, 40)], pauses=[pause(10, 30, "p")]),
        Expected(
            ["0 1 assign ann", "20 2 hold -", "30 2 assign bob", "40 3 assign ann"],
            considered={1: "paused paused", 2: "- -"},
        ),
    ),
    "a paused user is passed over in all pools, or in one": (
        world(
            [pool("ann", "bob"), pool("ann", "cid", name="q")],
            [item(1, 0), item(2, 1, pool="q"), item(3, 20), item(4, 21, pool="q")],
            pauses=[pause(0, 10, None, "ann"), pause(10, 30, "p", "ann")],
        ),
        Expected(
            ["0 1 assign bob", "1 2 assign cid pool=q", "20 3 assign bob", "21 4 assign ann pool=q"],
            considered={0: "paused -", 1: "paused -", 2: "paused -"},
        ),
    ),
    "items of a paused pool stay there, whatever it says of those that nobody can take": (
        world(
            [
                pool("ann", when_nobody="failover", failover="q"),
                pool(member("bob", away=(0, 100)), name="q", when_nobody="queue", queue="late"),
            ],
            [item(1, 0), item(2, 1, pool="q")],
            pauses=[pause(0, 30, "p"), pause(0, 60, "q")],
        ),
        Expected(
            ["0 1 hold -", "1 2 hold - pool=q", "30 1 assign ann", "60 2 queue - pool=q cause=hold_expired to=late"],
            considered={1: "vacation"},
        ),
    ),
    "while a pool is paused no entry takes an item away": (
        world(
            [
                pool(AWAY, while_waiting=(entry(10, "alert"), entry(20, "failover", to="q"))),
                pool("bob", name="q"),
            ],
            [item(1, 0)],
            pauses=[pause(5, 30, "p"), pause(30, 40, "p")],
        ),
        Expected(
            [
                *("0 1 hold -", "10 1 alert - cause=waited due=10", "40 1 failover - cause=hold_expired to=q"),
                "40 1 assign bob pool=q",
            ]
        ),
    ),
    "the reason told is the pause, before capacity": (
        world(pool(member("ann", max_open=1)), [item(1, 0), item(2, 20)], pauses=[pause(10, 30, "p")], until=60),
        Expected(["0 1 assign ann", "20 2 hold -"], considered={1: "paused"}),
    ),
}


@pytest.mark.parametrize("name", PAUSED)
def test_what_the_operator_pauses(name: str) -> None:
    check(*PAUSED[name])


def test_a_wait_that_an_earlier_release_began_goes_on_by_the_list_in_force() -> None:
    one = world(pool(AWAY, hold_for=60, then="queue", queue="late"), [item(1, 0)])
    state = route_world(one, until=at(10)).state
    nothing = {name: pl.lit(None, state.holds[name].dtype) for name in ("wait_version", "wait_entry", "at_closes")}
    told_then = replace(state, holds=state.holds.with_columns(**nothing))
    rows = rows_of(route_world(one, [], told_then))
    assert [told(row) for row in rows] == ["60 1 queue - cause=hold_expired to=late"]


def test_what_is_to_be_done_at_once_is_when_an_item_is_decided_at_the_frontier() -> None:
    """The last close of the run before is that of a delivery which the next run finds late."""
    main = pool(AWAY, while_waiting=(entry(0, "alert"),))
    one = replace(world(main, [item(1, 10), item(2, 10)], until=60, closes=[at(10)]), waits_at_closes=True)
    first = route_world(one, one.arrivals[:1], until=at(10))
    second = route_world(replace(one, closes=[]), one.arrivals[1:], first.state)
    assert [told(row) for row in [*rows_of(first), *rows_of(second)]] == [
        "10 1 hold -", "10 1 alert - cause=waited due=10", "10 2 hold -", "10 2 alert - cause=waited due=10",
    ]  # fmt: skip
    assert rows_of(route_world(one)) == [*rows_of(first), *rows_of(second)]

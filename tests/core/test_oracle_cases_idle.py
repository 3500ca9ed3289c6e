"""Items about which their owners do nothing, worked out by hand, then asked of the oracle, and of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rr_pipeline.core.model import Departure, Idle, Pool, StandIn
from tests.core.case_words import DAY, Expected, at, check, event, item, member, pool, target, versions, world
from tests.core.oracle_words import Policy, World

HOUR = 60
ALL = pool("ann", "bob", "cid")


def idle(
    pools: Pool | Sequence[Pool], hours: float = 2, do: str = "reassign", queue: str | None = None
) -> list[Policy]:
    """A version with these pools in which items are idle after so many hours."""
    several = [pools] if isinstance(pools, Pool) else list(pools)
    rule = Idle(int(hours * 3_600_000_000), do, queue)
    return [replace(one, idle=rule, gone_queues=("late",)) for one in versions((0, several))]


def live(one: World, *closes: tuple[float, float]) -> World:
    """The same world live: closes, and up to when activities are known at each."""
    arrivals = [replace(arrival, at_closes=True) for arrival in one.arrivals]
    steps = [(at(close), at(known)) for close, known in closes]
    return replace(one, arrivals=arrivals, closes=[close for close, _ in steps], step_closes=steps)


CASES = {
    "so long after it was given, and so long after each touch of its owner": (
        world(
            idle(ALL),
            [item(1, 0), item(2, 1)],
            until=5 * HOUR,
            events=[event(60, 2, "touch", "bob"), event(90, 1, "touch", "bob"), event(200, 1, "close")],
        ),
        Expected(
            [
                *("0 1 assign ann", "1 2 assign bob"),
                *("120 1 handover cid cause=idle from=ann", "180 2 handover cid cause=idle from=bob"),
            ],
            considered={2: "previous_owner - -", 3: "- previous_owner -"},
        ),
    ),
    "with nobody to take it it stays until somebody can": (
        world(idle(pool("ann", member("bob", away=(100, 200)))), [item(1, 0)], until=5 * HOUR),
        Expected(["0 1 assign ann", "200 1 handover bob cause=idle from=ann"]),
    ),
    "or until its owner touches it": (
        world(
            idle(pool("ann", member("bob", away=(100, 200)))),
            [item(1, 0)],
            until=5 * HOUR,
            events=[event(150, 1, "touch", "ann")],
        ),
        Expected(["0 1 assign ann", "270 1 handover bob cause=idle from=ann"]),
    ),
    "the deputy has it at once, where one is there then": (
        world(
            idle(ALL, do="deputy"),
            [item(1, 0), item(2, 1), item(3, 2)],
            until=3 * HOUR,
            deputies=[
                StandIn("ann", at(0), at(121), "dan"),
                StandIn("bob", at(0), at(121), "dan"),
                StandIn("cid", at(0), at(DAY), "bob"),
            ],
        ),
        Expected(
            [
                *("0 1 assign ann", "1 2 assign bob", "2 3 assign cid", "120 1 stand_in dan cause=idle from=ann"),
                *("121 2 handover ann cause=idle from=bob", "122 3 stand_in bob cause=idle from=cid"),
            ],
            balances={"ann": "-1/2", "bob": "0", "cid": "1/2"},
        ),
    ),
    "a queue needs nobody": (
        world(idle(pool("ann"), do="queue", queue="late"), [item(1, 0)], until=3 * HOUR),
        Expected(["0 1 assign ann", "120 1 queue - cause=idle from=ann to=late"]),
    ),
    "what a person gave stays, also with whom the router had chosen": (
        world(
            idle(ALL),
            [item(1, 0), item(2, 1)],
            until=6 * HOUR,
            events=[event(30, 1, "give", "bob"), event(31, 2, "give", "bob")],
        ),
        Expected(["0 1 assign ann", "1 2 assign bob", "30 1 give bob cause=manual from=ann"]),
    ),
    "live at the first close by which activities are known so long after the owner was told": (
        live(
            world(idle(ALL), [item(1, 0), item(2, 0)], until=8 * HOUR, events=[event(240, 2, "touch", "bob", 130)]),
            *((10, 10), (130, 10), (180, 120), (240, 240), (300, 300)),
        ),
        Expected(
            [
                *("0 1 assign ann", "0 2 assign bob"),
                *("240 1 handover cid cause=idle from=ann", "300 2 handover cid cause=idle from=bob"),
            ]
        ),
    ),
    "steps wait as those of targets do": (
        world(idle(pool("ann", "bob", activity_delay=30)), [item(1, 0)], until=3 * HOUR),
        Expected(["0 1 assign ann", "150 1 handover bob cause=idle from=ann"]),
    ),
    "what has been idle for long goes on as the rule begins": (
        world(
            [
                versions((0, [pool("ann", "bob", redo_on_return=True)]), (10 * HOUR, []))[0],
                replace(versions((0, []), (10 * HOUR, [pool("ann", "bob")]))[1], idle=Idle(7_200_000_000)),
            ],
            [item(1, 0)],
            until=20 * HOUR,
        ),
        Expected(["0 1 assign ann", "600 1 handover bob cause=idle from=ann"]),
    ),
    "no step of a clock that goes on with another owner comes before that one was told": (
        live(
            world(
                pool("ann", "bob", targets=(target(30, "notify_manager", starts="created"),)),
                [item(1, 0)],
                until=200,
                departures=[Departure("ann", at(60))],
            ),
            *((0, 0), (60, 60), (120, 120)),
        ),
        Expected(
            ["0 1 assign ann target=fast due=30", "60 1 handover bob cause=departed from=ann target=fast due=30"],
            ["120 1 breach bob notified target=fast due=30"],
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_idle_items(name: str) -> None:
    check(*CASES[name])

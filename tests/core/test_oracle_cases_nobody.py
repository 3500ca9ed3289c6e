"""Cases of the rule with answers worked out by hand: items that are somebody's already, or that nobody can have.

Belongs here: kept items, holds, failovers, queues. Does not belong here: whom else an item goes to
(``test_oracle_cases``).
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rr_pipeline.core.model import Limits, StandIn, StatusChange
from tests.core.case_words import DAY, Expected, at, check, event, item, member, pool, token, versions, world
from tests.core.oracle import World

AWAY = member("ann", away=(0, 1000))
LATE = {"when_nobody": "queue", "queue": "late"}

OWNERS = {
    "an item follows its survivor's owner and moves nothing": (
        world(pool("ann", "bob"), [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True), item(3, 20)]),
        Expected(
            ["0 1 assign ann", "10 2 keep ann", "20 3 assign bob"],
            considered={1: ""},
            balances={"ann": "0", "bob": "0"},
            persons={7: "ann 10"},
        ),
    ),
    "not if that owner is inactive": (
        World(
            versions((0, [pool("ann", "bob")])),
            [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True)],
            at(60),
            status_changes=[StatusChange("ann", at(5), False)],
        ),
        Expected(["0 1 assign ann", "10 2 assign bob"], considered={1: "inactive -"}, persons={7: "bob 10"}),
    ),
    "nor if that owner has left the first pool": (
        world(
            [pool(member("ann", until_us=at(5))), pool("bob", "ann", name="q")],
            [item(1, 0, person=7), item(2, 10, pool="q", person=7, follows_survivor=True)],
        ),
        Expected(["0 1 assign ann", "10 2 assign bob pool=q"]),
    ),
    "but also if that owner is on vacation": (
        world(
            pool(member("ann", away=(5, 100)), "bob"),
            [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True)],
        ),
        Expected(["0 1 assign ann", "10 2 keep ann"]),
    ),
    "that claim holds within limits only, and counts in them": (
        world(
            pool(member("ann", limits=Limits(daily=2)), "bob"),
            [
                item(1, 0, person=7),
                item(2, 10, person=7, follows_survivor=True),
                item(3, 20, person=7, follows_survivor=True),
                item(4, 30, person=7, follows_survivor=True),
            ],
        ),
        Expected(["0 1 assign ann", "10 2 keep ann", "20 3 assign bob", "30 4 keep bob"], persons={7: "bob 30"}),
    ),
    "and within what may be open": (
        world(
            pool(member("ann", max_open=1), "bob"),
            [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True)],
        ),
        Expected(["0 1 assign ann", "10 2 assign bob"]),
    ),
    "whatever the limits where the policy says so": (
        world(
            replace(pool(member("ann", limits=Limits(daily=1), max_open=1), "bob"), limits_survivors=False),
            [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True)],
        ),
        Expected(["0 1 assign ann", "10 2 keep ann"]),
    ),
    "of an owner of another pool only limits over all pools count": (
        World(
            versions((0, [pool(member("ann", limits=Limits(daily=1))), pool("bob", name="q")])),
            [item(1, 0, person=7), item(2, 10, pool="q", person=7, follows_survivor=True)],
            at(60),
        ),
        Expected(["0 1 assign ann", "10 2 keep ann pool=q"]),
    ),
    "a deputy has the claim of who is away": (
        replace(
            world(
                pool("ann", "bob", "cid"),
                [item(n, 10 * n, person=7, follows_survivor=n > 1) for n in (1, 2, 3)],
            ),
            stand_ins=[StandIn("ann", at(15), at(25), "cid")],
        ),
        Expected(["10 1 assign ann", "20 2 keep cid", "30 3 keep cid"], persons={7: "cid 30"}),
    ),
    "or nobody has it": (
        replace(
            world(pool("ann", "bob"), [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True)]),
            stand_ins=[StandIn("ann", at(10), at(11))],
        ),
        Expected(["0 1 assign ann", "10 2 assign bob"]),
    ),
    "until that stretch is over": (
        replace(
            world(pool("ann", "bob"), [item(1, 0, person=7), item(2, 10, person=7, follows_survivor=True)]),
            stand_ins=[StandIn("ann", at(5), at(10))],
        ),
        Expected(["0 1 assign ann", "10 2 keep ann"]),
    ),
    "kept items count in limits where the pool says so": (
        world(
            pool(member("ann", limits=Limits(daily=1)), count_kept=True),
            [item(1, 0, kept_by="ann", person=3), item(2, 10)],
        ),
        Expected(["10 2 hold -", f"{DAY} 2 assign ann"], considered={0: "limit_day"}, persons={3: "ann 0"}),
    ),
    "kept items count as open where the pool says so": (
        world(
            pool(member("ann", max_open=1), count_kept=True),
            [item(1, 0, kept_by="ann"), item(2, 10)],
            events=[event(20, 1, "close")],
        ),
        Expected(["10 2 hold -", "20 2 assign ann"], considered={0: "at_capacity"}),
    ),
    "kept items count nowhere else, nor do owners from nowhere": (
        world(
            pool(member("ann", max_open=1, limits=Limits(daily=1))),
            [
                item(1, 0, kept_by="ann"),
                item(2, 1, kept_by="zoe", person=3),
                item(3, 2, person=3, follows_survivor=True),
            ],
        ),
        Expected(["2 3 assign ann"], open=["3 ann"], persons={3: "ann 2"}),
    ),
}

NOBODY = {
    "from pool to pool at one instant": (
        world(
            [
                pool(AWAY, when_nobody="failover", failover="q"),
                pool(AWAY, name="q", when_nobody="failover", failover="r"),
                pool("cem", name="r"),
            ],
            [item(1, 0)],
        ),
        Expected(
            [
                "0 1 failover - cause=nobody to=q",
                "0 1 failover - pool=q cause=nobody to=r",
                "0 1 assign cem pool=r",
            ],
            considered={0: "vacation", 1: "vacation", 2: "-"},
        ),
    ),
    "into a queue": (
        world(pool(AWAY, **LATE), [item(1, 0)], events=[event(5, 1, "close")]),
        Expected(["0 1 queue - cause=nobody to=late"], considered={0: "vacation"}, held=[]),
    ),
    "who alone could take an item takes it, and keeps the token": (
        world(
            [pool("ann", when_nobody="failover", failover="q"), pool("ann", "bob", name="q")],
            [item(1, 0)],
            tokens=[token("s", "ann", "skip")],
        ),
        Expected(
            ["0 1 assign ann"],
        ),
    ),
    "a hold runs out into another pool": (
        world(
            [pool(AWAY, hold_for=60, then="failover", failover="q"), pool("bob", name="q")],
            [item(1, 0)],
        ),
        Expected(
            ["0 1 hold -", "60 1 failover - cause=hold_expired to=q", "60 1 assign bob pool=q"],
            considered={1: "vacation"},
        ),
    ),
    "holds run out by priority": (
        world(pool(AWAY, hold_for=60, then="queue", queue="late"), [item(1, 0), item(2, 0, priority=-1)], until=DAY),
        Expected(
            [
                *("0 1 hold -", "0 2 hold -"),
                *("60 2 queue - cause=hold_expired to=late", "60 1 queue - cause=hold_expired to=late"),
            ]
        ),
    ),
    "what waits for a default owner of the version before goes back to its pool": (
        world(
            versions(
                (0, [pool(AWAY, when_nobody="failover", failover="p:o"), pool(AWAY, name="p:o")]),
                (30, [pool(AWAY, "bob", **LATE), pool(name="p:o", then="failover", failover="p", is_over=True)]),
                (60, [pool(AWAY, "bob", **LATE), pool(name="p:o", then="failover", failover="p", is_over=True)]),
            ),
            [item(1, 0), item(2, 10), item(3, 45)],
        ),
        Expected(
            [
                *("0 1 failover - cause=nobody to=p:o", "0 1 hold - pool=p:o"),
                *("10 2 failover - cause=nobody to=p:o", "10 2 hold - pool=p:o"),
                *("30 1 failover - pool=p:o cause=hold_expired to=p", "30 1 assign bob"),
                *("30 2 failover - pool=p:o cause=hold_expired to=p", "30 2 assign bob", "45 3 assign bob"),
            ]
        ),
    ),
    "whoever comes back when a hold runs out has the item": (
        world(pool(member("ann", away=(0, 60)), hold_for=60, then="queue", queue="late"), [item(1, 0)]),
        Expected(["0 1 hold -", "60 1 assign ann"]),
    ),
    "what is done follows the version in which the wait began": (
        world(
            versions(
                (0, [pool(member("ann", away=(0, 200)), hold_for=60, then="queue", queue="late")]),
                (30, [pool(member("ann", away=(0, 200)))]),
                (100, [pool(member("ann", away=(0, 200)), hold_for=60, then="queue", queue="late")]),
            ),
            [item(1, 0)],
        ),
        Expected(["0 1 hold -", "60 1 queue - cause=hold_expired to=late"]),
    ),
    "a list that a later version changes stays that of the wait": (
        world(
            versions(
                (0, [pool(AWAY, hold_for=60, then="queue", queue="late"), pool("bob", name="q")]),
                (30, [pool(AWAY, hold_for=5, then="failover", failover="q"), pool("bob", name="q")]),
            ),
            [item(1, 0)],
        ),
        Expected(["0 1 hold -", "60 1 queue - cause=hold_expired to=late"]),
    ),
    "a wait that began without a list gets none later": (
        world(
            versions(
                (0, [pool(AWAY)]),
                (30, [pool(AWAY, hold_for=5, then="queue", queue="late")]),
            ),
            [item(1, 0), item(2, 31)],
        ),
        Expected(["0 1 hold -", "31 2 hold -", "36 2 queue - cause=hold_expired to=late", "1000 1 assign ann"]),
    ),
    "each pool has its own time to wait": (
        world(
            [
                pool(AWAY, hold_for=60, then="failover", failover="q"),
                pool(AWAY, name="q", hold_for=30, then="queue", queue="late"),
            ],
            [item(1, 0)],
        ),
        Expected(
            [
                "0 1 hold -",
                "60 1 failover - cause=hold_expired to=q",
                "60 1 hold - pool=q",
                "90 1 queue - pool=q cause=hold_expired to=late",
            ]
        ),
    ),
    "an item that is closed or returned waits no longer": (
        world(
            pool(AWAY, redo_on_return=True),
            [item(1, 0), item(2, 1)],
            events=[event(10, 1, "close"), event(11, 2, "return", "ann"), event(12, 3, "close"), event(13, 1, "close")],
        ),
        Expected(
            ["0 1 hold -", "1 2 hold -", "10 1 withdraw - cause=closed", "11 2 withdraw - cause=closed"],
            considered={2: ""},
            held=[],
        ),
    ),
    "released, held, run out, arrived: in this order": (
        world(
            pool(member("ann", max_open=1), hold_for=50, then="queue", queue="late"),
            [item(1, 0), item(2, 10), item(3, 20), item(4, 60)],
            events=[event(60, 1, "close")],
        ),
        Expected(
            [
                *("0 1 assign ann", "10 2 hold -", "20 3 hold -", "60 2 assign ann", "60 4 hold -"),
                *("70 3 queue - cause=hold_expired to=late", "110 4 queue - cause=hold_expired to=late"),
            ]
        ),
    ),
}

CASES = {**OWNERS, **NOBODY}


@pytest.mark.parametrize("name", CASES)
def test_items_that_nobody_is_chosen_for(name: str) -> None:
    check(*CASES[name])

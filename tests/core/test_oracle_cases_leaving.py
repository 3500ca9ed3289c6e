"""Who leaves a pool, case by case: worked out by hand, then asked of the oracle, and of the kernel."""

from __future__ import annotations

import pytest

from rr_pipeline.core.model import UNIT
from tests.core.case_words import (
    DAY,
    Expected,
    at,
    check,
    event,
    item,
    member,
    pool,
    target,
    token,
    versions,
    world,
)
from tests.core.oracle import Oracle

A_DAY = [item(n, n) for n in (1, 2)]
SHIFTED = [pool(member("ann", weight=2), "bob")]
ALL = [pool(member("ann", weight=2), "bob", "cid")]
SLA = (target(30, "reassign"),)

CASES = {
    "who is owed a turn leaves it by weight, and is new on return": (
        world(
            versions((0, ALL), (DAY, SHIFTED), (2 * DAY, ALL)),
            [*A_DAY, item(3, DAY + 1), item(4, DAY + 2), item(5, 2 * DAY + 1)],
        ),
        Expected(
            ["1 1 assign ann", "2 2 assign bob", "1441 3 assign ann", "1442 4 assign ann", "2881 5 assign bob"],
            balances={"ann": "1/6", "bob": "-5/12", "cid": "1/4"},
        ),
    ),
    "until, and nothing else happens that day": (
        world(pool(member("ann", weight=2), "bob", member("cid", until_us=at(DAY))), A_DAY),
        Expected(["1 1 assign ann", "2 2 assign bob"], balances={"ann": "1/3", "bob": "-1/3", "cid": "0"}),
    ),
    "being inactive or away is not leaving": (
        world(versions((0, ALL), (DAY, [pool(member("ann", weight=2), "bob", member("cid", is_active=False))])), A_DAY),
        Expected(["1 1 assign ann", "2 2 assign bob"], balances={"ann": "0", "bob": "-1/2", "cid": "1/2"}),
    ),
    "who leave at one instant leave together": (
        world(versions((0, ALL), (DAY, [pool("bob", "dag", "eve")])), A_DAY),
        Expected(
            ["1 1 assign ann", "2 2 assign bob"],
            balances={"ann": "0", "cid": "0", "bob": "-1/3", "dag": "1/6", "eve": "1/6"},
        ),
    ),
    "without weights those who stay share alike": (
        world(versions((0, ALL), (DAY, [pool(member("ann", weight=0), member("bob", weight=0))])), A_DAY),
        Expected(["1 1 assign ann", "2 2 assign bob"], balances={"ann": "1/4", "bob": "-1/4", "cid": "0"}),
    ),
    "when nobody stays nothing is left": (
        world(versions((0, ALL), (DAY, [pool(member("ann", weight=2, until_us=at(DAY + 5)))])), A_DAY),
        Expected(["1 1 assign ann", "2 2 assign bob"], balances={"ann": "0", "bob": "0", "cid": "0"}),
    ),
    "tokens of a leaver are void, also when it is back": (
        world(
            versions((0, ALL), (DAY, SHIFTED), (2 * DAY, ALL)),
            [item(1, 2 * DAY + 1), item(2, 2 * DAY + 2)],
            tokens=[token("t1", "cid", "redo"), token("t2", "cid", "redo", 2 * DAY + 2)],
        ),
        Expected(["2881 1 assign ann", "2882 2 redo cid token=t2"]),
    ),
    "a return of a leaver's item grants nothing": (
        world(
            versions((0, [pool("ann", "bob", redo_on_return=True)]), (DAY, [pool("bob", "cid", redo_on_return=True)])),
            [item(1, 1), item(2, 2), item(3, DAY + 9)],
            events=[event(DAY + 3, 1, "return")],
        ),
        Expected(["1 1 assign ann", "2 2 assign bob", "1449 3 assign cid"]),
    ),
    "a redo granted is void when its holder leaves": (
        world(
            versions((0, [pool("ann", "bob", redo_on_return=True)]), (DAY, [pool("bob", "cid")])),
            [item(1, 1)],
            events=[event(5, 1, "return")],
        ),
        Expected(["1 1 assign ann"], granted=[]),
    ),
    "nothing is charged back to a leaver": (
        world(
            versions(
                (0, [pool("ann", "bob", "cid", targets=SLA, charge_back=True)]),
                (10, [pool("bob", "cid", targets=SLA, charge_back=True)]),
            ),
            [item(1, 1)],
            until=32,
        ),
        Expected(
            [
                "1 1 assign ann target=fast due=31",
                "31 1 reassign bob cause=breach from=ann target=fast due=61",
            ],
            ["31 1 breach ann reassigned target=fast due=31"],
            balances={"ann": "0", "bob": "-1/2", "cid": "1/2"},
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    check(*CASES[name])


@pytest.mark.parametrize("who", ["ann", "cid"])
def test_what_is_left_over_goes_to_the_first_of_the_roster(who: str) -> None:
    """cid is owed 9,699,690,000 parts after an item that ann got; after his own he owes nearly a turn."""
    staying = [member("ann", weight=13, skills="a"), member("bob", weight=10)]
    everybody = pool(*staying, member("cid", skills="c"))
    one = world(versions((0, [everybody]), (DAY, [pool(*staying)])), [item(1, 1, needs=("c",) if who == "cid" else ())])
    oracle = Oracle(one)
    oracle.run()
    cid = {"ann": -9_699_690_000, "cid": UNIT - 9_699_690_000}[who]
    bob = -cid * 10 // 23
    assert {row.member: row.parts for row in oracle.settlements} == {"cid": cid, "ann": -cid - bob, "bob": bob}
    if who == "ann":
        assert (-cid - bob, bob) == (5_482_433_479, 4_217_256_521)
    check(one, Expected([f"1 1 assign {who}"]))

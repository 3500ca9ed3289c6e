"""Cases of the rule with answers worked out by hand: items that change hands, are declined, or come back.

Belongs here: reassignments, declines, returned items. Does not belong here: when a target is missed
(``test_oracle_cases_clocks``).
"""

from __future__ import annotations

import pytest

from rr_pipeline.core.model import Limits
from tests.core.case_words import Expected, check, event, item, member, pool, target, token, versions, world

REASSIGN = (target(60, "reassign"),)
NOTIFY = (target(60, "notify_manager"),)
NAMED = (target(60, "reassign", is_default=False),)
GIVEN = "0 1 assign ann target=fast due=60"
ON = "60 1 reassign {} cause=breach from=ann target=fast due=120"
MISSED = "60 1 breach ann reassigned target=fast due=60"

REASSIGNED = {
    "so often and no more": (
        world(
            pool("ann", "bob", "cem", targets=(target(60, "notify_manager", "reassign"),), max_reassignments=1),
            [item(1, 0)],
        ),
        Expected(
            [GIVEN, ON.format("bob")],
            [
                "60 1 breach ann notified target=fast due=60",
                "60 1 breach ann reassigned target=fast due=60",
                "120 1 breach bob notified target=fast due=120",
                "120 1 breach bob stayed notified target=fast due=120",
            ],
            considered={1: "previous_owner - -"},
            balances={"ann": "-2/3", "bob": "-1/6", "cem": "5/6"},
            open=["1 bob not:ann breached"],
        ),
    ),
    "nobody else: into the queue": (
        world(pool("ann", targets=(target(60, "reassign", "queue:late"),)), [item(1, 0)]),
        Expected(
            [GIVEN, "60 1 queue - cause=breach from=ann to=late"],
            ["60 1 breach ann waits target=fast due=60", "60 1 breach ann queued target=fast due=60"],
            considered={1: "previous_owner"},
            open=[],
        ),
    ),
    "nobody else: waits until there is somebody": (
        world(pool("ann", targets=REASSIGN), [item(1, 0)]),
        Expected([GIVEN], ["60 1 breach ann waits target=fast due=60"]),
    ),
    "a new owner has their own interval": (
        world(
            pool("ann", "bob", targets=REASSIGN),
            [item(1, 0)],
            events=[event(70, 1, "touch", "ann"), event(80, 1, "touch", "bob", 55), event(90, 1, "touch", "bob")],
        ),
        Expected([GIVEN, ON.format("bob")], [MISSED], open=["1 bob not:ann touched=90"]),
    ),
    "the turn moves": (
        world(pool("ann", "bob", targets=REASSIGN, charge_back=True), [item(1, 0)], until=100),
        Expected([GIVEN, ON.format("bob")], [MISSED], balances={"ann": "1/2", "bob": "-1/2"}),
    ),
    "the turn moves as far as debt allows": (
        world(
            pool("ann", member("bob", skills="a"), targets=NAMED, charge_back=True, debt_limit=1),
            [item(1, 0, needs=("a",)), item(2, 1, needs=("a",)), item(3, 2, targets=("fast",))],
            until=100,
        ),
        Expected(
            [
                *("0 1 assign bob", "1 2 assign bob", "2 3 assign ann target=fast due=62"),
                "62 3 reassign bob cause=breach from=ann target=fast due=122",
            ],
            ["62 3 breach ann reassigned target=fast due=62"],
            balances={"ann": "1", "bob": "-1"},
        ),
    ),
    "no turn moves to who owes more than they may": (
        world(
            versions(
                (0, [pool("ann", member("bob", skills="a"), targets=NAMED)]),
                (10, [pool("ann", member("bob", skills="a"), targets=NAMED, charge_back=True, debt_limit=0)]),
            ),
            [item(1, 0, needs=("a",)), item(2, 1, needs=("a",)), item(3, 2, targets=("fast",))],
            until=100,
        ),
        Expected(
            [
                *("0 1 assign bob", "1 2 assign bob", "2 3 assign ann target=fast due=62"),
                "62 3 reassign bob cause=breach from=ann target=fast due=122",
            ],
            ["62 3 breach ann reassigned target=fast due=62"],
            balances={"ann": "1/2", "bob": "-1/2"},
        ),
    ),
    "a redo token takes it for nothing": (
        world(
            pool("ann", "bob", "cem", targets=REASSIGN, charge_back=True),
            [item(1, 0)],
            until=100,
            tokens=[token("r", "cem", "redo", 30)],
        ),
        Expected(
            [GIVEN, "60 1 reassign cem token=r cause=breach from=ann target=fast due=120"],
            [MISSED],
            balances={"ann": "-2/3", "bob": "1/3", "cem": "1/3"},
        ),
    ),
    "a charged redo token takes it as ever": (
        world(
            pool("ann", "bob", "cem", targets=REASSIGN, charge_back=True, charge_redo=True),
            [item(1, 0)],
            until=100,
            tokens=[token("r", "cem", "redo", 30)],
        ),
        Expected(
            [GIVEN, "60 1 reassign cem token=r cause=breach from=ann target=fast due=120"],
            [MISSED],
            balances={"ann": "-2/3", "bob": "5/6", "cem": "-1/6"},
        ),
    ),
    "a skip token passes it on": (
        world(
            pool("ann", "bob", "cem", targets=REASSIGN),
            [item(1, 0)],
            until=100,
            tokens=[token("s", "bob", "skip", 30)],
        ),
        Expected(
            [GIVEN, "60 1 skip bob token=s", ON.format("cem")],
            [MISSED],
            considered={1: "previous_owner - -", 2: "previous_owner skip_token -"},
            balances={"ann": "-2/3", "bob": "-1/6", "cem": "5/6"},
        ),
    ),
    "steps come before those who wait": (
        world(
            pool(
                *(member("ann", max_open=1), member("bob", max_open=1), member("cem", max_open=1, away=(0, 60))),
                targets=NAMED,
            ),
            [item(1, 0, targets=("fast",)), item(2, 1), item(3, 2)],
            until=100,
        ),
        Expected(
            [GIVEN, "1 2 assign bob", "2 3 hold -", ON.format("cem"), "60 3 assign ann"],
            [MISSED],
            considered={3: "previous_owner at_capacity -", 4: "- at_capacity at_capacity"},
        ),
    ),
    "it counts in the limits of the new owner": (
        world(
            pool("ann", member("bob", limits=Limits(daily=1)), targets=REASSIGN), [item(1, 0), item(2, 70)], until=100
        ),
        Expected(
            [GIVEN, ON.format("bob"), "70 2 assign ann target=fast due=130"], [MISSED], considered={2: "- limit_day"}
        ),
    ),
    "the person's last owner is the new one": (
        world(
            pool("ann", "bob", targets=REASSIGN, sticky=1000),
            [item(1, 0, person=7), item(2, 70, person=7)],
            until=100,
        ),
        Expected(
            [GIVEN, ON.format("bob"), "70 2 assign bob target=fast due=130"],
            [MISSED],
            considered={2: "- first"},
            persons={7: "bob 70"},
        ),
    ),
}

DECLINED = {
    "by its owner only, and while there is somebody": (
        world(
            pool("ann", "bob", declines=True),
            [item(1, 0)],
            events=[event(5, 1, "decline", "bob"), event(10, 1, "decline", "ann"), event(20, 1, "decline", "bob")],
        ),
        Expected(
            ["0 1 assign ann", "10 1 reassign bob cause=decline from=ann"],
            ["20 1 decline bob stayed notified"],
            open=["1 bob not:ann"],
        ),
    ),
    "where nobody may decline nothing happens": (
        world(pool("ann", "bob", targets=NOTIFY), [item(1, 0)], events=[event(10, 1, "decline", "ann")]),
        Expected([GIVEN], ["60 1 breach ann notified target=fast due=60"]),
    ),
    "twice at one instant": (
        world(
            pool("ann", "bob", "cem", declines=True),
            [item(1, 0)],
            events=[event(10, 1, "decline", "ann"), event(10, 1, "decline", "bob")],
        ),
        Expected(
            [
                *("0 1 assign ann", "10 1 reassign bob cause=decline from=ann"),
                "10 1 reassign cem cause=decline from=bob",
            ],
            open=["1 cem not:ann not:bob"],
        ),
    ),
    "who alone could take it does not pass": (
        world(
            pool("ann", "bob", declines=True),
            [item(1, 0)],
            events=[event(10, 1, "decline", "ann"), event(20, 1, "decline", "ann")],
            tokens=[token("s", "bob", "skip", 5)],
        ),
        Expected(
            ["0 1 assign ann", "10 1 reassign bob cause=decline from=ann"],
            considered={1: "previous_owner -"},
        ),
    ),
    "a kept item too, where kept items count": (
        world(
            pool("ann", "bob", declines=True, count_kept=True),
            [item(1, 0, kept_by="ann")],
            events=[event(10, 1, "decline", "ann")],
        ),
        Expected(["10 1 reassign bob cause=decline from=ann"], open=["1 bob not:ann"]),
    ),
}

RETURNED = {
    "the owner is granted a redo": (
        world(
            pool("ann", "bob", redo_on_return=True),
            [item(1, 0), item(2, 10), item(3, 20)],
            events=[event(5, 1, "return", "ann")],
        ),
        Expected(["0 1 assign ann", "10 2 redo ann token=returned:1", "20 3 assign bob"], open=["2 ann", "3 bob"]),
    ),
    "tokens of the feed go before those granted at that instant": (
        world(
            pool("ann", "bob", redo_on_return=True),
            [item(1, 0), item(2, 10), item(3, 20)],
            events=[event(5, 1, "return", "ann")],
            tokens=[token("r", "bob", "redo", 5)],
        ),
        Expected(["0 1 assign ann", "10 2 redo bob token=r", "20 3 redo ann token=returned:1"]),
    ),
    "a grant waits for its holder": (
        world(
            pool(member("ann", away=(8, 15)), "bob", redo_on_return=True),
            [item(1, 0), item(2, 10), item(3, 20)],
            events=[event(5, 1, "return", "ann")],
        ),
        Expected(["0 1 assign ann", "10 2 assign bob", "20 3 redo ann token=returned:1"]),
    ),
    "not where the pool grants nothing": (
        world(pool("ann", targets=NOTIFY), [item(1, 0)], events=[event(5, 1, "return", "ann")]),
        Expected([GIVEN], open=[]),
    ),
    "a grant that nobody used yet": (
        world(pool("ann", redo_on_return=True), [item(1, 0)], events=[event(5, 1, "return"), event(6, 1, "return")]),
        Expected(["0 1 assign ann"], granted=["returned:1 ann"]),
    ),
}

SENT_BACK = {
    "what its next owner did before getting it counts for nothing, also where that is told at that very instant": (
        world(
            pool(member("ann", away=(50, 500)), member("bob", away=(0, 80)), targets=(target(60, "return"),)),
            [item(1, 0)],
            events=[event(80, 1, "touch", "bob", 79)],
            until=90,
        ),
        Expected(
            [GIVEN, "60 1 hold - cause=breach from=ann", "80 1 assign bob target=fast due=140"],
            ["60 1 breach ann returned target=fast due=60"],
            open=["1 bob not:ann"],
        ),
    ),
}

CASES = {**REASSIGNED, **DECLINED, **RETURNED, **SENT_BACK}


@pytest.mark.parametrize("name", CASES)
def test_items_that_change_hands(name: str) -> None:
    check(*CASES[name])

"""Cases of the rule with answers worked out by hand: who can have an item, and who of those gets it.

Belongs here: eligibility and choice. Does not belong here: what comes of an item that nobody can have, or that somebody
has (the other ``test_oracle_cases``). Each case is put to the plain second router and to the kernel.
"""

from __future__ import annotations

import pytest

from rr_pipeline.core.model import Limits, UserLimits
from tests.core.case_words import DAY, Expected, at, check, event, item, member, pool, token, versions, world

AWAY = member("ann", away=(0, 1000))

HOURS = {
    "waits for the first minute of the hours": (
        world(pool(member("ann", [(540, 1020)])), [item(1, 0), item(2, 1020)], until=DAY),
        Expected(["0 1 hold -", "540 1 assign ann", "1020 2 hold -"], considered={0: "off_hours", 2: "off_hours"}),
    ),
    "hours are those of the local clock": (
        world(pool(member("ann", [(540, 1020)], time_zone="Europe/Oslo")), [item(1, 0)]),
        Expected(["0 1 hold -", "420 1 assign ann"]),
    ),
    "a night shift ends where the holiday begins": (
        world(pool(member("ann", [(1320, 1800)], days_off=[1])), [item(1, 1380), item(2, 1500)], until=3 * DAY),
        Expected(["1380 1 assign ann", "1500 2 hold -"], considered={1: "holiday"}, held=[2]),
    ),
    "a night shift from Sunday lasts into Monday": (
        world(pool(member("ann", [(10020, 10140)])), [item(1, 30), item(2, 61)]),
        Expected(["30 1 assign ann", "61 2 hold -", "10020 2 assign ann"]),
    ),
}

LIMITS = {
    "full until an item is closed": (
        world(pool(member("ann", max_open=1)), [item(1, 0), item(2, 10)], events=[event(30, 1, "close")]),
        Expected(["0 1 assign ann", "10 2 hold -", "30 2 assign ann"], considered={1: "at_capacity"}, open=["2 ann"]),
    ),
    "full until an item is touched": (
        world(
            pool(member("ann", max_open=1), capacity_until="touched"),
            [item(1, 0), item(2, 10)],
            events=[event(15, 1, "touch", "bob"), event(20, 1, "touch", "ann", 12)],
        ),
        Expected(["0 1 assign ann", "10 2 hold -", "20 2 assign ann"], open=["1 ann touched=12 released", "2 ann"]),
    ),
    "a touch frees nothing where closing counts": (
        world(pool(member("ann", max_open=1)), [item(1, 0), item(2, 10)], DAY, events=[event(20, 1, "touch", "ann")]),
        Expected(["0 1 assign ann", "10 2 hold -"], open=["1 ann touched=20"], held=[2]),
    ),
    "open items count over all pools": (
        world(
            [pool("ann"), pool("ann", name="q")],
            [item(1, 0), item(2, 10, pool="q")],
            users=[UserLimits("ann", max_open=1)],
            events=[event(20, 1, "close")],
        ),
        Expected(["0 1 assign ann", "10 2 hold - pool=q", "20 2 assign ann pool=q"], considered={1: "at_capacity"}),
    ),
    "a day over all pools is that of the user": (
        world(
            [pool("ann"), pool("ann", name="q")],
            [item(1, 0), item(2, 10, pool="q")],
            users=[UserLimits("ann", Limits(daily=1), time_zone="Asia/Kathmandu")],
        ),
        Expected(["0 1 assign ann", "10 2 hold - pool=q", "1095 2 assign ann pool=q"], considered={1: "limit_day"}),
    ),
    "what was given in a week counts in the week that a later version makes of it": (
        world(
            versions(
                (0, [pool("ann", "bob")]),
                (2 * DAY, [pool(member("ann", limits=Limits(weekly=2)), "bob", week_start=1)]),
                (3 * DAY, [pool(member("ann", limits=Limits(weekly=3)), "bob", week_start=0)]),
                (4 * DAY, [pool(member("ann", limits=Limits(weekly=2)), "bob", week_start=4)]),
            ),
            [
                *(item(1, 0), item(2, 0), item(3, DAY), item(4, DAY)),
                *(item(5, 2 * DAY), item(6, 2 * DAY), item(7, 2 * DAY)),
                *(item(8, 3 * DAY), item(9, 4 * DAY), item(10, 4 * DAY)),
            ],
        ),
        Expected(
            [
                *("0 1 assign ann", "0 2 assign bob", f"{DAY} 3 assign ann", f"{DAY} 4 assign bob"),
                *(f"{2 * DAY} 5 assign ann", f"{2 * DAY} 6 assign bob", f"{2 * DAY} 7 assign bob"),
                *(f"{3 * DAY} 8 assign bob", f"{4 * DAY} 9 assign bob", f"{4 * DAY} 10 assign ann"),
            ],
            considered={4: "- -", 5: "limit_week -", 7: "limit_week -", 8: "- -"},
        ),
    ),
    "a week over all pools begins when the user's does": (
        world(
            pool("ann"),
            [item(1, 0), item(2, 10)],
            users=[UserLimits("ann", Limits(weekly=1), week_start=6)],
        ),
        Expected(["0 1 assign ann", "10 2 hold -", f"{6 * DAY} 2 assign ann"], considered={1: "limit_week"}),
    ),
    "both limits must allow": (
        world(
            [pool(member("ann", limits=Limits(hourly=1))), pool("ann", name="q")],
            [item(1, 0, pool="q"), item(2, 1), item(3, 2)],
            DAY,
            users=[UserLimits("ann", Limits(total=2))],
        ),
        Expected(["0 1 assign ann pool=q", "1 2 assign ann", "2 3 hold -"], considered={2: "limit_total"}, held=[3]),
    ),
}

CHOICE = {
    "the least loaded by their own measure": (
        world(
            pool(member("ann", max_open=4), member("bob", max_open=2), strategy="least_loaded"),
            [item(number, number) for number in range(7)],
            DAY,
        ),
        Expected(
            [
                *(f"{n} {n} assign {who}" for n, who in enumerate(["ann", "bob", "ann", "bob", "ann", "ann"])),
                "6 6 hold -",
            ],
            considered={3: "- -", 4: "- at_capacity", 6: "at_capacity at_capacity"},
            balances={"ann": "0", "bob": "0"},
        ),
    ),
    "without a bound one open item is a full load": (
        world(
            pool("ann", "bob", strategy="least_loaded"),
            [item(1, 0), item(2, 1), item(3, 10)],
            events=[event(5, 2, "close")],
        ),
        Expected(["0 1 assign ann", "1 2 assign bob", "10 3 assign bob"], balances={"ann": "1/2", "bob": "-1/2"}),
    ),
    "preferred members come first and pay for it": (
        world(pool("ann", "bob", "cem"), [item(1, 0, prefers=("cem",)), item(2, 1, prefers=("cem",)), item(3, 2)]),
        Expected(
            ["0 1 assign cem", "1 2 assign cem", "2 3 assign ann"],
            considered={0: "- - first", 2: "- - -"},
            balances={"ann": "0", "bob": "1", "cem": "-1"},
        ),
    ),
    "wished skills must all be there": (
        world(
            pool("ann", member("bob", skills="ab"), member("cem", skills="a")),
            [item(1, 0, wishes=("a",)), item(2, 1, wishes=("a", "b")), item(3, 2, wishes=("a", "c"))],
        ),
        Expected(
            ["0 1 assign bob", "1 2 assign bob", "2 3 assign ann"],
            considered={0: "- first first", 1: "- first -", 2: "- - -"},
        ),
    ),
    "who is preferred but away does not hold an item up": (
        world(pool(AWAY, "bob"), [item(1, 0, prefers=("ann",))]),
        Expected(["0 1 assign bob"], considered={0: "vacation -"}),
    ),
    "a share is earned without the skill": (
        world(pool("ann", member("bob", skills="a")), [item(1, 0, needs=("a",))]),
        Expected(["0 1 assign bob"], considered={0: "skill_missing+ -"}, balances={"ann": "1/2", "bob": "-1/2"}),
    ),
    "a person's next item goes to the last owner for a while": (
        world(pool("ann", "bob", sticky=60), [item(1, 0, person=7), item(2, 60, person=7), item(3, 121, person=7)]),
        Expected(
            ["0 1 assign ann", "60 2 assign ann", "121 3 assign bob"],
            considered={1: "first -", 2: "- -"},
            persons={7: "bob 121"},
        ),
    ),
    "the last owner comes before those preferred": (
        world(pool("ann", "bob", sticky=60), [item(1, 0, person=7), item(2, 1, person=7, prefers=("bob",))]),
        Expected(["0 1 assign ann", "1 2 assign ann"], considered={1: "first -"}),
    ),
    "the last owner may have been so in another pool": (
        world(
            [pool("ann", "bob", sticky=60), pool("bob", name="q")],
            [item(1, 0, pool="q", person=7), item(2, 10, person=7)],
        ),
        Expected(["0 1 assign bob pool=q", "10 2 assign bob"]),
    ),
}

DEBTS = {
    "what the eligible owe each other may pass the limit for a while": (
        world(
            pool(
                member("ann", weight=3, skills="f"),
                member("bob", skills="g"),
                member("cid", [(0, 1080)], weight=2),
                debt_limit=1,
            ),
            [
                *(item(n, n, needs=("f",) if n % 2 else ("g",)) for n in range(1, 9)),
                *(item(n, 1080 + n) for n in range(9, 13)),
            ],
            DAY - 1,
        ),
        Expected(
            [
                *(f"{n} {n} assign {'ann' if n % 2 else 'bob'}" for n in range(1, 9)),
                *("1089 9 assign ann", "1090 10 assign ann", "1091 11 assign bob", "1092 12 assign ann"),
            ],
            balances={"ann": "-23/25", "bob": "-1", "cid": "48/25"},
        ),
    ),
}

TOKENS = {
    "tokens and skills": (
        world(
            pool(member("ann", skills="f"), "bob", member("cid", until_us=at(35))),
            [item(1, 10, needs=("f",)), item(2, 20), item(3, 30), item(4, 40), item(5, 50)],
            tokens=[token("t1", "bob", "redo"), token("t2", "ann", "skip"), token("t3", "cid", "skip")],
        ),
        Expected(
            [
                *("10 1 assign ann", "20 2 redo bob token=t1", "30 3 assign bob"),
                *("40 4 skip ann token=t2", "40 4 assign bob", "50 5 assign bob"),
            ],
            considered={0: "- skill_missing+ skill_missing+", 1: "- - -"},
            balances={"ann": "0", "bob": "0", "cid": "0"},
        ),
    ),
}

CASES = {**HOURS, **LIMITS, **CHOICE, **DEBTS, **TOKENS}


@pytest.mark.parametrize("name", CASES)
def test_who_gets_an_item(name: str) -> None:
    check(*CASES[name])

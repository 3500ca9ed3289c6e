"""Cases of the rule with answers worked out by hand: targets, touches, and the clocks that run until one is missed.

Belongs here: when something is due, and whether it was met. Does not belong here: what is done about it beyond the
row that says so (``test_oracle_cases_after``).
"""

from __future__ import annotations

import pytest

from rr_pipeline.core.model import Target
from tests.core.case_words import DAY, Expected, check, event, item, member, pool, target, versions, world

NOTIFY, REASSIGN = (target(60, "notify_manager"),), (target(60, "reassign"),)
NAMED = (target(60, "reassign", is_default=False),)
WEEK = [(day * DAY + 540, day * DAY + 1020) for day in range(5)]
OCTOBER, MARCH = 146 * DAY, 300 * DAY  # the Sundays on which Oslo turns its clocks back and on
GIVEN = "0 1 assign ann target=fast due=60"


def working(within: float, *steps: str, **more: object) -> tuple[Target, ...]:
    return (target(within, *(steps or ("notify_manager",)), clock="working", **more),)


TARGETS = {
    "touched at the very instant it was due": (
        world(pool("ann", targets=NOTIFY), [item(1, 0)], events=[event(60, 1, "touch", "ann")]),
        Expected([GIVEN], open=["1 ann touched=60"]),
    ),
    "closed at the very instant it was due": (
        world(pool("ann", targets=NOTIFY), [item(1, 0)], events=[event(60, 1, "close")]),
        Expected([GIVEN], open=[]),
    ),
    "touches known late count if they came in time": (
        world(
            pool("ann", targets=NOTIFY, activity_delay=30),
            [item(1, 0), item(2, 0)],
            events=[event(80, 1, "touch", "ann", 60), event(80, 2, "touch", "ann", 61)],
        ),
        Expected(
            [GIVEN, "0 2 assign ann target=fast due=60"],
            ["90 2 breach ann notified target=fast due=60"],
            open=["1 ann touched=60", "2 ann touched=61 breached"],
        ),
    ),
    "touches of others, or from before, do not count": (
        world(
            pool("ann", "bob", targets=NOTIFY),
            [item(1, 10)],
            events=[event(20, 1, "touch", "bob"), event(20, 1, "touch", "ann", 9), event(20, 99, "touch", "ann")],
        ),
        Expected(
            ["10 1 assign ann target=fast due=70"],
            ["70 1 breach ann notified target=fast due=70"],
            open=["1 ann breached"],
        ),
    ),
    "the first target that applies": (
        world(
            pool("ann", targets=(target(120, name="slow", is_default=False), *NOTIFY)),
            [item(1, 0), item(2, 0, targets=("fast", "slow"))],
            until=50,
        ),
        Expected([GIVEN, "0 2 assign ann target=slow due=120"]),
    ),
    "no target that applies, no clock": (
        world(pool("ann", targets=NAMED), [item(1, 0)]),
        Expected(["0 1 assign ann"], open=["1 ann"]),
    ),
    "no steps, and nobody told": (
        world(pool("ann", targets=(target(60),)), [item(1, 0)]),
        Expected([GIVEN], ["60 1 breach ann stayed target=fast due=60"]),
    ),
    "the delay is that in force": (
        world(
            versions((0, [pool("ann", targets=NOTIFY)]), (30, [pool("ann", targets=NOTIFY, activity_delay=60)])),
            [item(1, 0)],
        ),
        Expected([GIVEN], ["120 1 breach ann notified target=fast due=60"]),
    ),
    "a shorter delay makes steps fall due at once": (
        world(
            versions((0, [pool("ann", targets=NOTIFY, activity_delay=600)]), (100, [pool("ann", targets=NOTIFY)])),
            [item(1, 0)],
        ),
        Expected([GIVEN], ["100 1 breach ann notified target=fast due=60"]),
    ),
    "due instants and steps are those of the version that gave it": (
        world(
            versions((0, [pool("ann", targets=NOTIFY)]), (30, [pool("ann", targets=(target(10, "queue:late"),))])),
            [item(1, 0)],
        ),
        Expected([GIVEN], ["60 1 breach ann notified target=fast due=60"]),
    ),
    "nor has a pool that is gone, and no delay either": (
        world(
            versions(
                (0, [pool("ann", targets=REASSIGN, activity_delay=30), pool("ann", "bob", name="q")]),
                (30, [pool("ann", "bob", name="q")]),
            ),
            [item(1, 0), item(2, 1), item(3, 2)],
            events=[event(40, 2, "touch", "ann"), event(50, 3, "return", "ann")],
        ),
        Expected(
            [GIVEN, "1 2 assign ann target=fast due=61", "2 3 assign ann target=fast due=62"],
            ["60 1 breach ann waits target=fast due=60"],
            open=["1 ann breached", "2 ann touched=40"],
        ),
    ),
    "a target that is gone has its steps": (
        world(versions((0, [pool("ann", targets=REASSIGN)]), (30, [pool("ann", "bob")])), [item(1, 0)]),
        Expected([GIVEN, "60 1 reassign bob cause=breach from=ann"], ["60 1 breach ann reassigned target=fast due=60"]),
    ),
}

CLOCKS = {
    "over a night and a holiday": (
        world(pool(member("ann", WEEK, days_off=[1]), targets=working(60)), [item(1, 990)], until=2 * DAY),
        Expected([f"990 1 assign ann target=fast due={2 * DAY + 570}"]),
    ),
    "until the last minute of the day": (
        world(pool(member("ann", WEEK), targets=working(30)), [item(1, 990)], until=1000),
        Expected(["990 1 assign ann target=fast due=1020"]),
    ),
    "without hours all but holidays": (
        world(pool(member("ann", days_off=[1]), targets=working(60)), [item(1, 1410)], until=DAY),
        Expected([f"1410 1 assign ann target=fast due={2 * DAY + 30}"]),
    ),
    "vacations do not stop it": (
        world(pool(member("ann", away=(10, 90)), targets=working(60)), [item(1, 0)], until=50),
        Expected([GIVEN]),
    ),
    "an hour shown twice counts twice": (
        world(
            pool(member("ann", [(6 * DAY + 120, 6 * DAY + 180)], time_zone="Europe/Oslo"), targets=working(90)),
            [item(1, OCTOBER)],
            until=OCTOBER + 1,
        ),
        Expected([f"{OCTOBER} 1 assign ann target=fast due={OCTOBER + 90}"]),
    ),
    "an hour that is left out does not count": (
        world(
            pool(member("ann", [(6 * DAY + 90, 6 * DAY + 210)], time_zone="Europe/Oslo"), targets=working(45)),
            [item(1, MARCH + 30)],
            until=MARCH + 31,
        ),
        Expected([f"{MARCH + 30} 1 assign ann target=fast due={MARCH + 75}"]),
    ),
    "less than that in 400 days is never due": (
        world(
            pool(
                member("ann", [(540, 541)]),
                targets=(*working(59, name="slow", is_default=False), *working(58, is_default=False)),
            ),
            [item(1, 540, targets=("slow",)), item(2, 540, targets=("fast",))],
            until=1000,
        ),
        Expected(["540 1 assign ann target=slow", f"540 2 assign ann target=fast due={57 * 7 * DAY + 541}"]),
    ),
    "a new owner's clock runs in their hours": (
        world(pool("ann", member("bob", [(0, 90)]), targets=working(60, "reassign")), [item(1, 0)], until=100),
        Expected(
            [GIVEN, f"60 1 reassign bob cause=breach from=ann target=fast due={7 * DAY + 30}"],
            ["60 1 breach ann reassigned target=fast due=60"],
        ),
    ),
}

CASES = {**TARGETS, **CLOCKS}


@pytest.mark.parametrize("name", CASES)
def test_targets_and_their_clocks(name: str) -> None:
    check(*CASES[name])

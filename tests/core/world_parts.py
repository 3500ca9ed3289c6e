"""The parts of random worlds: members, hours, pools, targets, and how a later version changes them.

Belongs here: what a policy is made of. Does not belong here: arrivals, events, tokens (``worlds``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rr_pipeline.core.model import (
    ALWAYS,
    CLOCK_STARTS,
    FAR_FUTURE_US,
    FAR_PAST_US,
    Idle,
    Limits,
    Member,
    Policy,
    Pool,
    Schedule,
    Step,
    Target,
    UserLimits,
    Vacation,
    WaitStep,
)
from tests.core.oracle_time import DAY_US, HOUR_US, MINUTE_US, shown_at
from tests.core.world_dice import Dice

# Two days before something happens to the clocks: Oslo forward and back, Lord Howe by half an hour, St John's over
# midnight (23:01 twice), Apia without a 30 December; and a new year with its ISO week 53. And a Sunday evening.
STARTS = {
    "UTC": (1_609_286_400_000_000, 1_767_225_600_000_000, 1_780_862_400_000_000),
    "Europe/Oslo": (1_774_569_600_000_000, 1_792_713_600_000_000),
    "Australia/Lord_Howe": (1_775_088_000_000_000, 1_790_985_600_000_000),
    "America/St_Johns": (1_161_993_600_000_000, 1_175_299_200_000_000),
    "Pacific/Apia": (1_325_073_600_000_000, 1_325_160_000_000_000),
    "Asia/Kathmandu": (1_609_286_400_000_000, 1_609_372_800_000_000),
}
ZONES = tuple(STARTS)
SKILLS = ("a", "b")
NAMES = ("ann", "bob", "cem", "dag", "eve")
FEATURES = (
    "hours",
    "capacity",
    "sla",
    "users",
    "declines",
    "returns",
    "persons",
    "wishes",
    "chains",
    "gone",
    "gifts",
    "idle",
)
"""What may come on top of plain rotation: with skills, limits, absences, tokens, holds and later versions.
Where a world is routed in one piece "reopens" too: who had an item that comes again is known only there."""

SPANS = (0, 1, 30 * MINUTE_US, HOUR_US, 3 * HOUR_US + 7, 11 * HOUR_US, DAY_US, 2 * DAY_US)
WAITS = (HOUR_US, MINUTE_US, 30 * MINUTE_US, 3 * HOUR_US + 7, DAY_US)
GAPS = (0, MINUTE_US, 0, 30 * MINUTE_US, HOUR_US, 3 * HOUR_US + 7)
WITHIN = (HOUR_US, 30 * MINUTE_US, 1, MINUTE_US, 3 * HOUR_US + 7, 11 * HOUR_US)
LIMITS = (-1, -1, -1, 1, 2, 3, 5, 0)
NOTIFY, REASSIGN, QUEUE = Step("notify_manager"), Step("reassign"), Step("queue", to="late")
STEPS = (
    (NOTIFY,),
    (REASSIGN,),
    (NOTIFY, REASSIGN),
    (REASSIGN, QUEUE),
    (QUEUE,),
    (REASSIGN, NOTIFY),
    (NOTIFY, REASSIGN, QUEUE),
    (),
)
RUNGS = ("remind", "notify_manager", "reassign", "reassign", "queue", "alternate_channel", "failover", "return")
AT = (0, 0, MINUTE_US, 30 * MINUTE_US, -MINUTE_US, 3 * HOUR_US + 7, -29 * MINUTE_US, 11 * HOUR_US)
ACCRUE = (
    "skill_missing",
    "vacation",
    "limit_hour",
    "limit_day",
    "skip_token",
    "off_hours",
    "previous_owner",
    "at_capacity",
)


@dataclass
class Setting:
    """What a world has, when and where it is. A member lives in one place in all pools, until it moves.

    ``is_quiet``: members are there at all times and take whatever comes, so that features meet each other.
    ``is_crowded``: much happens at one instant.
    """

    dice: Dice
    features: frozenset[str]
    start: int = 0
    zones: dict[str, str] = field(default_factory=dict)
    shift: int = 0
    is_quiet: bool = False
    is_skilled: bool = True
    is_crowded: bool = False

    def __post_init__(self) -> None:
        dice = self.dice
        if self.features:
            self.is_quiet, self.is_skilled, self.is_crowded = not dice.rarely(3), dice.rarely(3), dice.rarely(3)
        home = dice.pick(*ZONES)
        self.start = dice.pick(*STARTS[home])
        places = (home, "UTC", *ZONES)
        self.zones = {name: places[place] for name, place in zip(NAMES, dice.each(*[8] * 5), strict=True)}
        self.shift = dice.pick(0, 0, 1)

    def has(self, *features: str) -> bool:
        return not self.features.isdisjoint(features)


def skills_of(number: int) -> tuple[str, ...]:
    """Nothing, a, b, or both."""
    return tuple(skill for place, skill in enumerate(SKILLS) if number >> place & 1)


def interval(dice: Dice, start: int) -> tuple[int, int]:
    begin, later, sooner, span = (SPANS[place] for place in dice.each(*[len(SPANS)] * 4))
    return start + begin + later - sooner, start + begin + later - sooner + span


def limits_of(dice: Dice) -> Limits:
    return Limits(*(LIMITS[place] for place in dice.each(*[len(LIMITS)] * 4)))


def schedule_of(dice: Dice, zone: str, start: int) -> Schedule:
    """Blocks near the local time at which the world begins: every day, on working days or once; and holidays."""
    today, minute = shown_at(zone, start)
    after, lasts, when, twice, free = dice.each(7, 6, 4, 4, 5)
    begin = (minute + (0, -60, -1, 30, 90, 8 * 60, -(minute % 1440))[after]) % 1440
    length = (8 * 60, 30, 60, 90, 12 * 60, 1440)[lasts]
    days = (range(7), range(5), (minute // 1440,), range(1, 7, 2))[when]
    blocks = [(day * 1440 + begin, day * 1440 + begin + length) for day in days]
    if twice == 3 and length <= 8 * 60:
        pause = dice.pick(30, 0, 1, 300)
        ends = [end for _, end in blocks if end + pause + 60 <= (end // 1440 + 1) * 1440 <= 7 * 1440]
        blocks += [(end + pause, end + pause + 60) for end in ends]
    days_off = dice.pick(0, 0, 2, 4, 6, 13)
    holidays = frozenset(today + place for place in range(4) if days_off >> place & 1)
    return Schedule(None if free == 4 else tuple(sorted(blocks)), holidays)


def member_of(dice: Dice, setting: Setting, name: str) -> Member:
    start, zone = setting.start, setting.zones[name]
    oddity, weight, skills, limited, vacations = dice.each(4, 6, 4, 4, 4)
    is_plain = setting.is_quiet or oddity < 3
    member = Member(
        name,
        (1, 1, 2, 3, 7, 10_000)[weight] if is_plain else (1, 0, 5)[weight // 2],
        frozenset(skills_of(skills)),
        zone,
    )
    if not setting.is_quiet:
        away = tuple(Vacation(*interval(dice, start)) for _ in range((0, 0, 1, 2)[vacations]))
        member = replace(member, limits=limits_of(dice) if limited == 3 else Limits(), vacations=away)
    if not is_plain:
        member = replace(
            member,
            from_us=dice.pick(FAR_PAST_US, start + 1, start + 3 * HOUR_US, start + DAY_US),
            until_us=dice.pick(FAR_FUTURE_US, start + 2 * DAY_US + 5),
            is_active=not dice.rarely(),
        )
    if setting.has("hours") and not dice.rarely():
        member = replace(member, schedule=schedule_of(dice, zone, start))
    if setting.has("capacity"):
        member = replace(member, max_open=dice.pick(1, -1, 2, 3, 5, -1, 2, 0))
    if setting.has("gone") and dice.rarely(3):
        member = replace(member, gone=(interval(dice, start),))
    return member


def users_of(dice: Dice, setting: Setting) -> tuple[UserLimits, ...]:
    if not setting.has("users"):
        return ()
    places = ZONES[setting.shift :] + ZONES[: setting.shift]
    found = []
    for name in NAMES:
        which, limit, bound = dice.each(6, 3, 4)
        if which:
            limits = Limits(*(limit + 1 if which == place + 1 else -1 for place in range(4)))
            place = places[ZONES.index(setting.zones[name])]
            found.append(UserLimits(name, limits, (-1, 1, 2, 4)[bound], place, dice.pick(6, 0, 3)))
    return tuple(found)


def targets_of(dice: Dice, later: Sequence[str]) -> tuple[Target, ...]:
    found = []
    for name in dice.pick(("fast",), ("fast",), ("slow", "fast"), ("fast", "slow"), ()):
        within, clock, steps, rare = dice.each(len(WITHIN), 2, len(STEPS), 4)
        kind = "resolve" if dice.rarely() else "first_touch"
        ladder = STEPS[steps] if dice.rarely(2) else ladder_of(dice, WITHIN[within], later)
        clocks = ("calendar", "working")
        starts = dice.pick(None, None, None, *CLOCK_STARTS)
        found.append(Target(name, WITHIN[within], clocks[clock], ladder, rare < 3, kind, starts))
    return tuple(found)


def ladder_of(dice: Dice, within: int, later: Sequence[str]) -> tuple[Step, ...]:
    """Steps in no order, before and after the due instant; a failover goes to a pool that may have nobody."""
    found = []
    for _ in range(dice.pick(1, 2, 3, 5)):
        do, at, level = dice.each(len(RUNGS), len(AT), 3)
        name, at_us = RUNGS[do], max(AT[at], 1 - within)
        to = {"queue": "late", "failover": dice.pick(*later, "gone") if later else "gone"}.get(name)
        found.append(Step(name, at_us, to, level + 1 if name == "notify_manager" else 1))
    return tuple(found)


def pool_of(dice: Dice, setting: Setting, name: str, later: Sequence[str]) -> Pool:
    names = list(NAMES)
    roster = [names.pop(dice.below(len(names))) for _ in range(dice.pick(3, 2, 4, 3, 2, 4, 1, 0))]
    debt, catch_up, redo, week_start = dice.each(5, 3, 2, 7)
    pool = Pool(
        name,
        tuple(member_of(dice, setting, one) for one in roster),
        dice.pick(frozenset({"skill_missing"}), frozenset()) if dice.rarely(2) else dice.subset(ACCRUE),
        (5, 5, 0, 1, 2)[debt],
        (2, 0, 1)[catch_up],
        bool(redo),
        week_start,
    )
    for change in CHANGES:
        pool = change(dice, setting, pool, later)
    return pool


def _nobody(dice: Dice, setting: Setting, pool: Pool, later: Sequence[str]) -> Pool:
    if not setting.has("chains"):
        return pool
    targets = ("failover", "queue") if later else ("queue",)
    pool = replace(pool, failover=dice.pick(*later) if later else None, queue="late", hold_for_us=None, then=None)
    pool = replace(pool, while_waiting=())
    pool = replace(pool, when_nobody=dice.pick("hold", "hold", *targets))
    if pool.when_nobody == "hold" and not dice.rarely(3):
        if dice.rarely(2):
            pool = replace(pool, while_waiting=entries_of(dice, targets, pool))
        else:
            pool = replace(pool, hold_for_us=dice.pick(*WAITS), then=dice.pick(*targets))
    return pool


def entries_of(dice: Dice, targets: Sequence[str], pool: Pool) -> tuple[WaitStep, ...]:
    """What is done about items that wait: up to four entries, some of one instant; the last may end the wait."""
    found: list[WaitStep] = []
    after = 0
    for _ in range(dice.pick(1, 2, 3, 4)):
        what, wait = dice.each(6, len(GAPS))
        after += GAPS[wait]
        if what < 3:
            found.append(WaitStep(after, ("alert", "raise", "drop")[what], ("a",) if what == 2 else ()))
        elif what == 3:
            found.append(WaitStep(after, "drop", dice.pick(("a*", "b"), ("*",), ("b", "z"))))
        else:
            do = dice.pick(*targets)
            found.append(WaitStep(after, do, to=pool.failover if do == "failover" else "late"))
            break
    return tuple(found)


def _after(dice: Dice, setting: Setting, pool: Pool, later: Sequence[str]) -> Pool:
    if setting.has("sla"):
        delay = dice.pick(0, 0, MINUTE_US, 30 * MINUTE_US, HOUR_US)
        pool = replace(pool, targets=targets_of(dice, later), activity_delay_us=delay)
    if setting.has("declines"):
        pool = replace(pool, declines=not dice.rarely())
    if setting.has("sla", "declines"):
        back, most, debt = dice.each(2, 5, 4)
        debts = (pool.debt_limit, pool.debt_limit, 1, 0)
        pool = replace(pool, charge_back=bool(back), max_reassignments=(3, 1, 0, 2, 5)[most], debt_limit=debts[debt])
    if setting.has("returns"):
        pool = replace(pool, redo_on_return=not dice.rarely())
    if setting.has("gifts"):  # so that a pool follows its items, whatever else it has
        pool = replace(pool, redo_on_return=True, times_given=not dice.rarely())
    if setting.has("reroutes"):
        pool = replace(pool, reroute_within_us=dice.pick(0, 0, HOUR_US, DAY_US))
    if setting.has("capacity", "users"):
        pool = replace(pool, capacity_until=dice.pick("closed", "touched"))
    return pool


def _before(dice: Dice, setting: Setting, pool: Pool, _: Sequence[str]) -> Pool:
    if setting.has("capacity"):
        pool = replace(pool, strategy=dice.pick("fair", "least_loaded"))
    if setting.has("persons"):
        sticky = dice.pick(0, HOUR_US, 1, DAY_US, 30 * DAY_US)
        pool = replace(pool, sticky_us=sticky, count_kept=dice.rarely(2), limits_survivors=not dice.rarely())
    return pool


def idle_of(dice: Dice, setting: Setting) -> Idle | None:
    """What becomes of items about which their owners do nothing."""
    if not setting.has("idle") or dice.rarely():
        return None
    do = dice.pick("reassign", "reassign", "deputy", "queue")
    # Two who stand in for each other hand an idle item to and fro: by the microsecond that fills all memory.
    after = max(dice.pick(*WITHIN), MINUTE_US)
    return Idle(after, do, "gone" if do == "queue" else None)


CHANGES = (_nobody, _after, _before)


def moved(policy: Policy, zones: Mapping[str, str], at: int, until: int) -> Policy:
    """The version from an instant on at which its members, with all that is theirs, are in other zones."""
    pools = tuple(
        replace(pool, members=tuple(replace(one, time_zone=zones[one.member_id]) for one in pool.members))
        for pool in policy.pools
    )
    users = tuple(replace(user, time_zone=zones[user.user_id]) for user in policy.users)
    return replace(policy, from_us=at, until_us=until, pools=pools, users=users)


def changed_pool(dice: Dice, setting: Setting, pool: Pool, later: Sequence[str]) -> Pool:
    """The pool as a later version has it: members leave, join, and change weight, limits, hours; places stay."""
    members = []
    for member in pool.members:
        leaves, weight, limited = dice.each(3, 6, 3)
        if leaves < 2:
            new = replace(member, weight=(*[member.weight] * 4, 0, 4)[weight])
            if limited == 2:
                new = replace(new, limits=replace(member.limits, daily=dice.pick(*LIMITS)))
            if setting.has("hours") and dice.rarely(3):
                new = replace(new, schedule=dice.pick(ALWAYS, schedule_of(dice, member.time_zone, setting.start)))
            if setting.has("capacity") and dice.rarely(3):
                new = replace(new, max_open=dice.pick(-1, 1, 2))
            members.append(new)
    absent = [name for name in NAMES if name not in {member.member_id for member in pool.members}]
    members += [member_of(dice, setting, name) for name in absent if dice.rarely(3)]
    if dice.rarely(3):
        members.reverse()
    pool = replace(pool, members=tuple(members), debt_limit=dice.pick(pool.debt_limit, pool.debt_limit, 0, 1))
    if dice.rarely(2):
        pool = replace(pool, week_start=dice.below(7))
    for change in CHANGES:
        if dice.rarely(2):
            pool = change(dice, setting, pool, later)
    return pool

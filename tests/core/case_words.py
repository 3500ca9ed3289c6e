"""Small named worlds, and decisions told in words, so that a case reads as a table of what happens.

Belongs here: how cases are written and checked. Does not belong here: the cases (``test_oracle_cases`` and those
beside it). Times are minutes since Monday, 1 June 2026, 00:00 UTC; balances are turns.

A decision reads ``minute item kind member``, then what is not empty of: pool (unless p), token, cause, from (who lost
the item), to, target, due. Those considered read, in the order of the roster: ``-`` eligible, ``first``, or the reason,
with a ``+`` where the member earns all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from rr_pipeline.core.model import (
    ACCRUES,
    CAME_FIRST,
    REASONS,
    UNIT,
    Member,
    Policy,
    Pool,
    Schedule,
    Step,
    Target,
    Token,
    UserLimits,
    Vacation,
    WaitStep,
)
from tests.core.oracle import Arrival, Breach, Event, Oracle, Row, World
from tests.core.oracle_time import DAY_US, MINUTE_US
from tests.core.test_router_oracle import compare_with_oracle

MONDAY = 1_780_272_000_000_000
DAY = 1440
MONDAY_DAY = MONDAY // DAY_US


@dataclass(frozen=True)
class Expected:
    """What must come of a world. Of what is None nothing is said."""

    rows: Sequence[str]
    breaches: Sequence[str] = ()
    considered: dict[int, str] = field(default_factory=dict)
    balances: dict[str, str] | None = None
    open: Sequence[str] | None = None
    held: Sequence[int] | None = None
    granted: Sequence[str] = ()
    persons: dict[int, str] | None = None


def at(minute: float) -> int:
    return MONDAY + round(minute * MINUTE_US)


def member(
    name: str, blocks: Sequence[tuple[int, int]] | None = None, days_off: Sequence[int] = (), **more: object
) -> Member:
    """Days off are days after Monday; skills may be a string of letters; ``away`` is (from minute, until minute)."""
    hours = None if blocks is None else tuple(blocks)
    schedule = Schedule(hours, frozenset(MONDAY_DAY + day for day in days_off))
    if "away" in more:
        begin, end = more.pop("away")
        more["vacations"] = (Vacation(at(begin), at(end)),)
    return Member(name, schedule=schedule, **{**more, "skills": frozenset(more.get("skills", ""))})


def pool(*members: Member | str, name: str = "p", **more: object) -> Pool:
    for key in ("hold_for", "sticky", "activity_delay"):
        if key in more:
            more[f"{key}_us"] = more.pop(key) * MINUTE_US
    return Pool(name, tuple(member(one) if isinstance(one, str) else one for one in members), **more)


def entry(after: float, do: str, *drop: str, to: str | None = None) -> WaitStep:
    return WaitStep(round(after * MINUTE_US), do, drop, to)


def step_of(text: str) -> Step:
    """A step as ``at:name`` or ``at:queue:NAME``; ``at`` in minutes may be left out."""
    first, _, rest = text.partition(":")
    at_us = 0
    if first.lstrip("-").isdigit():
        at_us, text = round(float(first) * MINUTE_US), rest
    do, _, to = text.partition(":")
    return Step(
        do, at_us, None if do == "notify_manager" else to or None, int(to) if do == "notify_manager" and to else 1
    )


def target(within: float, *steps: str, name: str = "fast", **more: object) -> Target:
    return Target(name, round(within * MINUTE_US), steps=tuple(step_of(one) for one in steps), **more)


def item(number: int, minute: float, **more: object) -> Arrival:
    where = more.pop("pool", "p")
    return Arrival(number, where, at(minute), **more)


def event(minute: float, number: int, kind: str, who: str | None = None, occurred: float | None = None) -> Event:
    return Event(at(minute), number, kind, who, at(minute if occurred is None else occurred))


def token(name: str, who: str, kind: str, minute: float = 0, **more: object) -> Token:
    return Token(name, more.pop("pool", "p"), who, kind, from_us=at(minute), **more)


def versions(*steps: tuple[float, Sequence[Pool]], users: Sequence[UserLimits] = ()) -> list[Policy]:
    """Policy versions, each from a minute until the next begins."""
    ends = [*(at(minute) for minute, _ in steps[1:]), at(500 * DAY)]
    return [
        Policy(f"v{number}", at(minute), end, tuple(pools), tuple(users))
        for number, ((minute, pools), end) in enumerate(zip(steps, ends, strict=True))
    ]


def world(
    pools: Pool | Sequence[Pool] | list[Policy], arrivals: Sequence[Arrival], until: float = 7 * DAY, **more: Sequence
) -> World:
    policies = [pools] if isinstance(pools, Pool) else list(pools)
    if not isinstance(policies[0], Policy):
        policies = versions((0, policies), users=more.pop("users", ()))
    return World(policies, arrivals, at(until), **more)


def minutes(t: int | None) -> str:
    return "" if t is None else f"{float(Fraction(t - MONDAY, MINUTE_US)):g}"


def told(row: Row) -> str:
    more = {
        "pool": "" if row.pool == "p" else row.pool,
        "token": row.token,
        "cause": row.cause,
        "from": row.previous,
        "to": row.sent_to,
        "target": row.target,
        "due": minutes(row.due),
    }
    words = [minutes(row.time), str(row.item), row.kind, row.member or "-"]
    return " ".join(words + [f"{name}={value}" for name, value in more.items() if value])


def told_breach(one: Breach) -> str:
    words = [minutes(one.time), str(one.item), one.kind, one.member, one.outcome]
    words += ["notified"] if one.is_notified and one.outcome != "notified" else []
    more = {"pool": "" if one.pool == "p" else one.pool, "target": one.target, "due": minutes(one.due)}
    return " ".join(words + [f"{name}={value}" for name, value in more.items() if value])


def told_code(code: int) -> str:
    if code in {0, CAME_FIRST}:
        return "first" if code else "-"
    return REASONS[(code & ~ACCRUES) - 1] + ("+" if code & ACCRUES else "")


def same(what: str, answer: object, expected: object) -> None:
    if answer != expected:
        raise AssertionError(f"{what}:\n{answer}\ninstead of\n{expected}")


def check(one: World, expected: Expected) -> None:
    """The oracle answers as expected, and the kernel as the oracle."""
    oracle = Oracle(one)
    rows = oracle.run()
    same("decisions", [told(row) for row in rows], list(expected.rows))
    same("breaches", [told_breach(breach) for breach in oracle.breaches], list(expected.breaches))
    for place, words in expected.considered.items():
        same(f"considered in row {place}", " ".join(told_code(code) for code in rows[place].reasons), words)
    if expected.balances is not None:
        balances = {name: str(Fraction(parts, UNIT)) for (_, name), parts in oracle.balance.items()}
        same("balances", balances, expected.balances)
    if expected.open is not None:
        same("open", [f"{number} {told_open(oracle, number)}" for number in sorted(oracle.open)], list(expected.open))
    if expected.held is not None:
        same("held", sorted(hold.arrival.item for hold in oracle.held), list(expected.held))
    same("granted", [f"{grant.token_id} {grant.member_id}" for grant in oracle.granted], list(expected.granted))
    if expected.persons is not None:
        persons = {person: f"{name} {minutes(since)}" for person, (name, since) in oracle.persons.items()}
        same("persons", persons, expected.persons)
    compare_with_oracle(one)


def told_open(oracle: Oracle, number: int) -> str:
    """The owner, earlier owners, and what became of the clock."""
    one = oracle.open[number]
    words = [one.owner, *(f"not:{name}" for name in one.previous)]
    words += ["" if one.touched is None else f"touched={minutes(one.touched)}"]
    words += ["breached" if one.is_breached else "", "released" if one.is_released else ""]
    return " ".join(word for word in words if word)

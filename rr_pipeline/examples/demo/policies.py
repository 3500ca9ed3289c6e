"""The two policy versions and the exception tokens of the demo, as the text of their files.

Belongs here: the sizes that follow from the number of items (limits) and from the covered days (dates). The rules
themselves are in ``templates/policy.yaml``, with their comments. The limits bind now and then in ordinary weeks and
often when colleagues are away; only ``enterprise`` is kept tight, so that some items wait for the next hour or day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from string import Template

from rr_pipeline.examples.demo.pool_rules import POOL_RULES
from rr_pipeline.examples.demo.shifts import calendars_yaml, member_lines, pool_lines
from rr_pipeline.examples.demo.team import POOLS, USERS
from rr_pipeline.examples.demo.territory import REGIONS
from rr_pipeline.examples.demo.timing import Period

TIGHT, RELIEF, CASES = "enterprise", "general", "support"
_SLACK = {TIGHT: 1.3, "nordics": 1.6, RELIEF: 5.0}
_USUAL_SLACK = 1.9
_NAMES = {user.alias: user.name for user in USERS}
_IN_TWO_POOLS = sorted(
    alias
    for alias in {alias for roster in POOLS.values() for alias, _, _ in roster}
    if sum(alias == other for roster in POOLS.values() for other, _, _ in roster) > 1
)


@dataclass(frozen=True)
class Entry:
    """One member as a policy writes it; ``extra`` are further lines."""

    alias: str
    weight: int
    skills: str
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """What differs between the two policy files."""

    name: str
    effective_from: datetime
    remark: str
    rosters: dict[str, tuple[Entry, ...]]
    more_in_tight: int


def template(name: str) -> Template:
    """Return a template of this package; ``$$`` in it is a dollar sign."""
    return Template(
        resources.files("rr_pipeline.examples.demo").joinpath("templates", name).read_text(encoding="utf-8")
    )


def policy_files(period: Period, daily: dict[str, float]) -> dict[str, str]:
    """Return file name -> text of both versions. ``daily``: arrivals of an ordinary weekday by pool."""
    first, second = _versions(period)
    return {"2026-1.yaml": _render(first, period, daily), "2026-2.yaml": _render(second, period, daily)}


def _versions(period: Period) -> tuple[Version, Version]:
    rosters = {pool: tuple(Entry(*member) for member in roster) for pool, roster in POOLS.items()}
    away_from = period.start.date() + timedelta(days=period.days // 4)
    _amend(rosters, "nordics", "elind", extra=_vacation(away_from, min(14, 1 + period.days // 8)))
    _amend(
        rosters,
        "southern_europe",
        "dlopez",
        extra=_vacation(away_from + timedelta(days=3), min(10, 1 + period.days // 9)),
    )
    begin = min(datetime(2026, 1, 1, tzinfo=UTC), period.start - timedelta(days=30))
    first = Version("2026-1", begin, "The first rules.", rosters, 0)
    later = dict(rosters)
    _amend(later, "nordics", "inord", weight=2)
    last_day = (period.switch + timedelta(days=max(1, period.days // 6))).date()
    _amend(
        later,
        "north_america",
        "zross",
        extra=(f"until: {last_day}                 # moves to another team after this day",),
    )
    later["uk_ireland"] = (
        *later["uk_ireland"],
        Entry("enikol", 1, "", (f"from: {period.switch.date()}                  # helps out from this day on",)),
    )
    remark = (
        "What changed against 2026-1: Ida Nordli (nordics) from weight 3 to 2; the limits of enterprise are higher;\n"
        "# Elena Nikolaou joins uk_ireland; Zoe Ross leaves north_america."
    )
    return first, Version("2026-2", period.switch, remark, later, 1)


def _amend(rosters: dict[str, tuple[Entry, ...]], pool: str, alias: str, **changes: object) -> None:
    rosters[pool] = tuple(
        replace(entry, **changes) if entry.alias == alias else entry  # type: ignore[arg-type]
        for entry in rosters[pool]
    )


def _vacation(first: date, length: int) -> tuple[str, ...]:
    return (f"vacations: [{{from: {first}, until: {first + timedelta(days=length - 1)}}}]",)


def _render(version: Version, period: Period, daily: dict[str, float]) -> str:
    return template("policy.yaml").substitute(
        version=version.name,
        effective_from=version.effective_from.strftime("%Y-%m-%dT%H:%M:%SZ"),
        remark=version.remark,
        pools="\n".join(_pool(pool, version, daily[pool], period.days) for pool in version.rosters),
        calendars=calendars_yaml(),
        users="\n".join(_user(alias, version, daily) for alias in _IN_TWO_POOLS),
        territories="\n".join(_territory(pool, codes) for pool, codes in REGIONS.items()),
    )


def _user(alias: str, version: Version, daily: dict[str, float]) -> str:
    rosters = ((pool, {entry.alias for entry in roster}) for pool, roster in version.rosters.items())
    most = sum(_daily_limit(pool, version, daily[pool]) for pool, members in rosters if alias in members)
    return f"  - {{user: {alias}, limits: {{daily: {math.ceil(most * 0.9)}}}}}"


def _daily_limit(pool: str, version: Version, arrivals: float) -> int:
    roster = version.rosters[pool]
    # Elsewhere the busiest member's share sets the limit of all; in the tight pool it is the even share.
    share = 1 / len(roster) if pool == TIGHT else _busiest_share(roster)
    day = math.ceil(arrivals * share * _SLACK.get(pool, _USUAL_SLACK))
    return day + (version.more_in_tight * (1 + day // 4) if pool == TIGHT else 1)


def _busiest_share(roster: tuple[Entry, ...]) -> float:
    return max(entry.weight for entry in roster) / sum(entry.weight for entry in roster)


def _pool(pool: str, version: Version, arrivals: float, days: int) -> str:
    roster = version.rosters[pool]
    day = _daily_limit(pool, version, arrivals)
    week = math.ceil(day * 5.2)
    limits = f"{{hourly: {max(1, math.ceil(day * 0.3))}, daily: {day}, weekly: {week}}}"
    # Cases stay open for about two days.
    max_open = 2 + math.ceil(arrivals * _busiest_share(roster) * 3)
    rules = Template(POOL_RULES[pool]).substitute(max_open=max_open)
    hours = [f"    {line}" for line in pool_lines(pool)]
    lines = [f"  {pool}:", *hours, rules, f"    limits: {limits}", "    members:"]
    for entry in roster:
        lines += [f"      - user: {entry.alias:<30} # {_NAMES[entry.alias]}", f"        weight: {entry.weight}"]
        lines += [f"        skills: [{entry.skills}]"] if entry.skills else []
        lines += [f"        {line}" for line in (*member_lines(pool, entry.alias), *entry.extra)]
        if entry.alias == "pthiel":  # in training: a fixed number in all
            total = max(week, math.ceil(arrivals * days / 40))
            lines += [f"        limits: {{total: {total}}}                # in training: so many in all"]
    return "\n".join(lines) + "\n"


def _territory(pool: str, codes: tuple[str, ...]) -> str:
    return f"  - {{name: {pool.replace('_', '-')}, pool: {pool}, when: {{country: [{', '.join(codes)}]}}}}"


def exceptions_csv(period: Period) -> str:
    """Return the text of exceptions.csv: one-shot tokens, one of them expired before it could be used."""
    at = [period.start + timedelta(days=period.days) * part / 10 for part in (1, 2, 4, 6, 8)]
    stamp = [instant.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ") for instant in at]
    rows = (
        ("t-001", "nordics", "osolheim", "redo", "", stamp[0], ""),
        ("t-002", "nordics", "mkjaer", "skip", "", stamp[0], ""),
        ("t-003", "dach", "rmeier", "redo", "french", stamp[1], ""),
        ("t-004", "support", "kpatel", "redo", "", stamp[1], stamp[4]),
        ("t-005", "north_america", "awells", "skip", "", stamp[2], stamp[3]),
        ("t-006", "apac", "jmarsh", "skip", "", stamp[3], stamp[3].replace(":00Z", ":01Z")),
    )
    return (
        "\n".join(
            ",".join(row) for row in (("token_id", "pool_id", "member_id", "kind", "skill", "from", "expires"), *rows)
        )
        + "\n"
    )

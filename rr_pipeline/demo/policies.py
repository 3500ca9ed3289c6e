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

from rr_pipeline.demo.team import POOLS, USERS
from rr_pipeline.demo.territory import REGIONS
from rr_pipeline.demo.timing import Period

TIGHT = "enterprise"
_SLACK = {TIGHT: 1.1, "nordics": 1.15}
_USUAL_SLACK = 1.35
_NAMES = {user.alias: user.name for user in USERS}


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
    return Template(resources.files("rr_pipeline.demo").joinpath("templates", name).read_text(encoding="utf-8"))


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
        territories="\n".join(_territory(pool, codes) for pool, codes in REGIONS.items()),
    )


def _pool(pool: str, version: Version, arrivals: float, days: int) -> str:
    roster = version.rosters[pool]
    # Elsewhere the busiest member's share sets the limit of all; in the tight pool it is the even share.
    busiest = max(entry.weight for entry in roster) / sum(entry.weight for entry in roster)
    share = 1 / len(roster) if pool == TIGHT else busiest
    day = math.ceil(arrivals * share * _SLACK.get(pool, _USUAL_SLACK))
    day += version.more_in_tight * (1 + day // 4) if pool == TIGHT else 1
    week = math.ceil(day * 5.2)
    limits = f"{{hourly: {max(1, math.ceil(day * 0.22))}, daily: {day}, weekly: {week}}}"
    lines = [f"  {pool}:", *_REMARKS.get(pool, ()), f"    limits: {limits}", "    members:"]
    for entry in roster:
        lines += [f"      - user: {entry.alias:<30} # {_NAMES[entry.alias]}", f"        weight: {entry.weight}"]
        lines += [f"        skills: [{entry.skills}]"] if entry.skills else []
        lines += [f"        {line}" for line in entry.extra]
        if entry.alias == "pthiel":  # in training: a fixed number in all
            total = max(week, math.ceil(arrivals * days / 40))
            lines += [f"        limits: {{total: {total}}}                # in training: so many in all"]
    return "\n".join(lines) + "\n"


_REMARKS = {
    "western_europe": (
        "    # Who is on leave gets some of it back afterwards, at most two turns.",
        "    accrue_while: [skill_missing, vacation]",
        "    catch_up_limit: 2",
    ),
    "enterprise": (
        "    # Kept tight on purpose: at busy hours items wait here until the next hour or the next day.",
        "    debt_limit: 3",
    ),
    "support": ("    # A redo is an apology here, and costs a turn.", "    charge_redo: true"),
}


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

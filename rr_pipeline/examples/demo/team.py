"""The demo company's own people: users, pools and who owns what from before.

Belongs here: the roster that users' feed, policies, absences and ownership share. Does not belong here: limits
(``policies``). User ids are the short aliases of the CRM, so that a policy can be read aloud.
"""

from __future__ import annotations

from dataclasses import dataclass

from rr_pipeline.examples.demo.draw import Draw, Ints
from rr_pipeline.examples.demo.tables import rows


@dataclass(frozen=True)
class User:
    """One user of the CRM. ``manager`` is an alias or empty; ``leaves`` marks who turns inactive during the period;
    ``holidays`` names the public holidays of where they live.
    """

    alias: str
    name: str
    zone: str
    manager: str
    is_active: bool = True
    leaves: bool = False
    holidays: str = ""


def _rosters() -> dict[str, tuple[tuple[str, int, str], ...]]:
    rosters: dict[str, tuple[tuple[str, int, str], ...]] = {}
    for row in rows("pools.csv"):
        entry = (row["alias"], int(row["weight"]), row["skills"])
        rosters[row["pool"]] = (*rosters.get(row["pool"], ()), entry)
    return rosters


USERS: tuple[User, ...] = tuple(
    User(
        row["alias"],
        row["name"],
        row["zone"],
        row["manager"],
        row["fate"] != "gone",
        row["fate"] == "leaves",
        row["holidays"],
    )
    for row in rows("users.csv")
)
# Pool -> roster in order, as (alias, weight, skills). The policies are written from this.
POOLS: dict[str, tuple[tuple[str, int, str], ...]] = _rosters()

# Owners on old records: mostly reps, some who left, a queue, the integration, and one nobody knows any more.
_STRAYS = ("queue-inbound", "integration", "xformer")


def old_owners(draw: Draw, count: int) -> Ints:
    """Return an owner (position in ``OWNERS``) for each of ``count`` old records."""
    reps = [
        18 if user.is_active and user.manager not in {"", "hlunde"} else 0 if user.is_active else 28 for user in USERS
    ]
    return draw.pick([*reps, 12, 10, 8], count)


OWNERS: tuple[str, ...] = (*(user.alias for user in USERS), *_STRAYS)

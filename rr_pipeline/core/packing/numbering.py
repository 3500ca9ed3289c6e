"""Who is who in a version: slots of members, members who left but still own items, and users across pools.

Belongs here: names to numbers, for one version and the state it starts from. Does not belong here: what the numbers
are used for (``epochs``, ``live_items``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.model import Member, Policy, Pool, UserLimits


@dataclass
class Numbering:
    """Pools (those the version lacks at the end, without members), slots and users of a version.

    ``pools``: place of each. ``slot_pools`` and ``slot_names``: one entry a slot, first the rosters, then, from
    ``roster_size`` on, members who left. ``users``: every name met, members first; the last one is nobody.
    """

    pools: list[Pool]
    roster: list[Member]
    slot_pools: list[int]
    slot_names: list[str]
    users: list[str]
    limits: list[UserLimits | None]
    pool_number: dict[str, int] = field(default_factory=dict)
    user_number: dict[str, int] = field(default_factory=dict)
    slot_number: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def roster_size(self) -> int:
        """How many slots are in a roster."""
        return len(self.roster)

    def slots_of(self, pool: npt.NDArray[np.int64], user: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the slot of each user in a pool, in a roster or not, -1 without."""
        found = np.full(user.size, -1, dtype=np.int64)
        for place in np.flatnonzero(user >= 0).tolist():
            found[place] = self.slot_number.get((int(pool[place]), self.users[int(user[place])]), -1)
        return found

    @property
    def nobody(self) -> int:
        """The user who has no slot."""
        return len(self.users) - 1


def number_names(
    policies: Sequence[Policy],
    version: int,
    state: RouterState,
    kept: Sequence[tuple[str, str]],
    given: Sequence[str],
) -> Numbering:
    """Return the people of a version that starts from ``state``. ``kept``: (pool, user) of items with an owner;
    ``given``: who may get items outside the rotation in this run, from persons or as deputies; of any pool.
    """
    policy = policies[version]
    pools = list(policy.pools)
    pool_number = {pool.pool_id: place for place, pool in enumerate(pools)}
    for name in sorted(set(state.open["pool_id"].to_list()) - pool_number.keys()):
        pool_number[name] = len(pools)
        pools.append(Pool(name, ()))
    roster = [member for pool in policy.pools for member in pool.members]
    slot_pools = [place for place, pool in enumerate(policy.pools) for _ in pool.members]
    slot_names = [member.member_id for member in roster]
    slot_number = {pair: slot for slot, pair in enumerate(zip(slot_pools, slot_names, strict=True))}
    owned = pl.concat([state.open.select("pool_id", "member_id"), state.grants.select("pool_id", "member_id")])
    guests = {(pool.pool_id, name) for pool in pools for name in given}
    for pool_id, name in sorted({*owned.unique().rows(), *kept, *guests}):
        if pool_id in pool_number and (pool_number[pool_id], name) not in slot_number:
            slot_number[pool_number[pool_id], name] = len(slot_pools)
            slot_pools.append(pool_number[pool_id])
            slot_names.append(name)
    users = _distinct(
        slot_names,
        state.open["previous"].explode().drop_nulls().unique().sort().to_list(),
        state.holds["previous"].explode().drop_nulls().unique().sort().to_list(),
        state.holds["skipped"].explode().drop_nulls().unique().sort().to_list(),
        [name for name in state.persons["member_id"].unique().sort().to_list() if name],
        state.users["user_id"].to_list(),
        given,
    )
    in_force = {one.user_id: one for one in policy.users}
    return Numbering(
        pools,
        roster,
        slot_pools,
        slot_names,
        [*users, ""],
        [in_force.get(name) for name in users] + [None],
        pool_number,
        {name: number for number, name in enumerate(users)},
        slot_number,
    )


def _distinct(*several: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for names in several for name in names))


def calendars(policies: Sequence[Policy], version: int) -> dict[str, UserLimits]:
    """Return by user whose time zone and first day of the week count its items over all pools.

    What another version says counts where this one says nothing, so that counts go on when limits come and go.
    """
    found: dict[str, UserLimits] = {}
    for policy in [*policies[version:], *reversed(policies[:version])]:
        for one in policy.users:
            found.setdefault(one.user_id, one)
    return found


def members_who_left(policies: Sequence[Policy], version: int, numbering: Numbering) -> list[Member]:
    """Return those behind the roster as the last version before had them, else as another pool has them, else plain."""
    pairs = zip(
        numbering.slot_pools[numbering.roster_size :], numbering.slot_names[numbering.roster_size :], strict=True
    )
    homes = {member.member_id: member for member in reversed(numbering.roster)}
    found = []
    for place, name in pairs:
        pool_id = numbering.pools[place].pool_id
        known = (
            member
            for policy in reversed(policies[:version])
            for pool in policy.pools
            if pool.pool_id == pool_id
            for member in pool.members
            if member.member_id == name
        )
        found.append(next(known, homes.get(name) or Member(name)))
    return found

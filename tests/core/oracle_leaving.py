"""Who leaves a pool, in the plain second router: what is shared out then, and what is void.

Belongs here: the instant at which a membership ends. Does not belong here: turns (``oracle_turns``).
"""

from __future__ import annotations

from rr_pipeline.core.model import Member
from tests.core.oracle_books import Books
from tests.core.oracle_words import Settled


def is_gone(member: Member, t: int) -> bool:
    return any(start <= t < end for start, end in member.gone)


class Leaving(Books):
    def settle(self, t: int) -> None:
        """Whoever is a member no more has nothing left of the pool: no balance, no turn, no token."""
        members = {
            pool.pool_id: [one for one in pool.members if one.from_us <= t < one.until_us and not is_gone(one, t)]
            for pool in self.policy_at(t).pools
        }
        present = {(pool, one.member_id) for pool, those in members.items() for one in those}
        gone = self.present - present
        self.present = present
        tokens = [token for token in self.world.tokens if token.from_us <= t]
        self.void |= {token.token_id for token in tokens if (token.pool_id, token.member_id) in gone}
        self.granted = [grant for grant in self.granted if (grant.pool_id, grant.member_id) in present]
        for pool in sorted({key[0] for key in [*self.balance, *self.last_turn]}):
            self.settle_pool(pool, members.get(pool, []), t)

    def settle_pool(self, pool: str, members: list[Member], t: int) -> None:
        names = [one.member_id for one in members]
        known = {key[1] for key in [*self.balance, *self.last_turn] if key[0] == pool}
        leavers = sorted(name for name in known - set(names) if self.has_anything(pool, name))
        if not leavers:
            return
        left = sum(self.balance.get((pool, name), 0) for name in leavers)
        for name in leavers:
            self.book(pool, name, t, True, -self.balance.get((pool, name), 0))
            self.balance[pool, name] = 0
            self.last_turn.pop((pool, name), None)
        weights = {one.member_id: one.weight for one in members if one.weight > 0} or dict.fromkeys(names, 1)
        parts = {name: left * weight // sum(weights.values()) for name, weight in weights.items()}
        if parts:
            parts[next(iter(parts))] += left - sum(parts.values())
        for name, part in parts.items():
            if part:
                self.book(pool, name, t, False, part)

    def has_anything(self, pool: str, name: str) -> bool:
        return self.balance.get((pool, name), 0) != 0 or (pool, name) in self.last_turn

    def book(self, pool: str, name: str, t: int, has_left: bool, parts: int) -> None:
        before = self.balance.get((pool, name), 0)
        self.balance[pool, name] = before + parts
        row = (pool, name, t, has_left, before, before + parts, parts, self.policy_at(t).version, len(self.rows) + 1)
        self.settlements.append(Settled(*row))
        self.share(self.pool_at(pool, t), name, t, 0, 0, 0, 0, 0, parts)

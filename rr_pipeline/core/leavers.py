"""Who leaves a pool: what the leaver is owed or owes is shared out among those who stay, and its tokens are void.

Belongs here: membership over time, and what becomes of balances, last turns, granted redos and tokens when it ends.
Does not belong here: turns (``turns``), and reasons that keep a member away for a while (``eligibility``).

A member is on the roster of the version in force, from its ``from`` until its ``until``, save while it is ``gone``.
Membership ends at an ``until``, where a version begins, and where somebody goes; a version is laid out again at both,
so that what is here happens between two decisions and the kernel need not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rr_pipeline.core.frames import GRANT_STATE, MEMBER_STATE, SETTLEMENTS, RouterState
from rr_pipeline.core.model import Member, Policy, Token

Key = tuple[str, str]
"""Pool and member."""


def next_leave(policy: Policy, after_us: int, last_us: int) -> int | None:
    """Return the first instant in (after, last] at which a membership of the version ends, or None."""
    ends = (end for pool in policy.pools for member in pool.members for end in _ends(member))
    return min((end for end in ends if after_us < end <= last_us), default=None)


def _ends(member: Member) -> list[int]:
    """Return the instants at which somebody who is a member leaves."""
    starts = [start for start, end in member.gone if start < end and member.from_us < start < member.until_us]
    return [*starts, member.until_us] if member.from_us < member.until_us else []


def _present(policy: Policy, at_us: int) -> dict[str, list[Member]]:
    """Return the members of every pool at an instant, in roster order."""
    return {pool.pool_id: [member for member in pool.members if member.is_member_at(at_us)] for pool in policy.pools}


def void_tokens(policies: Sequence[Policy], tokens: Sequence[Token], at_us: int) -> frozenset[str]:
    """Return the tokens whose holder has left since they could first be used."""
    if not tokens:
        return frozenset()
    holders = {(token.pool_id, token.member_id) for token in tokens}
    lefts = _leaves(policies, holders, at_us)
    return frozenset(
        token.token_id
        for token in tokens
        if any(token.from_us <= left for left in lefts.get((token.pool_id, token.member_id), ()))
    )


def _leaves(policies: Sequence[Policy], whose: set[Key], at_us: int) -> dict[Key, list[int]]:
    """Return the instants up to ``at_us`` at which these left their pools."""
    found: dict[Key, list[int]] = {}
    before: set[Key] = set()
    for policy in policies:
        if policy.from_us > at_us:
            break
        roster = {
            (pool.pool_id, member.member_id): member
            for pool in policy.pools
            for member in pool.members
            if (pool.pool_id, member.member_id) in whose and member.from_us < member.until_us
        }
        there = {key for key, member in roster.items() if member.is_member_at(policy.from_us)}
        for key in before - there:
            found.setdefault(key, []).append(policy.from_us)
        for key, member in roster.items():
            ends = (end for end in _ends(member) if policy.from_us < end <= at_us and end < policy.until_us)
            found.setdefault(key, []).extend(ends)
        last = policy.until_us - 1
        before = {key for key, member in roster.items() if member.is_member_at(last)}
    return found


def settle(policy: Policy, state: RouterState, at_us: int) -> tuple[RouterState, pl.DataFrame]:
    """Return the state without anything of those who are no members, and the rows ``SETTLEMENTS`` of what was shared.

    Who left before anybody was asked this is settled now: so an older state is brought up to date.
    """
    present = _present(policy, at_us)
    ids = {pool: {member.member_id for member in members} for pool, members in present.items()}
    kept = [name in ids.get(pool, ()) for pool, name in state.grants.select("pool_id", "member_id").rows()]
    grants = state.grants.filter(pl.Series(kept, dtype=pl.Boolean)) if not all(kept) else state.grants
    if grants.height < state.grants.height:
        renumbered = grants.sort("position").drop("position").with_row_index("position")
        state = _replace_grants(state, renumbered.select(GRANT_STATE.names()).cast(GRANT_STATE))
    stands = state.members.filter((pl.col("balance") != 0) | (pl.col("last_turn") >= 0))
    rows = stands.select("pool_id", "member_id", "balance").sort("pool_id", "member_id").rows()
    leaving: dict[str, list[tuple[str, int]]] = {}
    for pool, name, balance in rows:
        if name not in ids.get(pool, ()):
            leaving.setdefault(pool, []).append((name, balance))
    if not leaving:
        return state, pl.DataFrame(schema=SETTLEMENTS)
    balances = {(pool, name): balance for pool, name, balance in rows}
    changes: list[tuple[str, str, bool, int, int]] = []
    for pool, those in leaving.items():
        changes += [(pool, name, True, balance, -balance) for name, balance in those]
        for member, part in shared_out(sum(balance for _, balance in those), present.get(pool, [])):
            if part:
                changes.append((pool, member.member_id, False, balances.get((pool, member.member_id), 0), part))
    names = ["pool_id", "member_id", "has_left", "balance_before", "parts"]
    frame = pl.DataFrame(changes, schema={name: SETTLEMENTS[name] for name in names}, orient="row")
    frame = frame.with_columns(
        balance_after=pl.col("balance_before") + pl.col("parts"),
        settled_at=pl.lit(at_us, pl.Int64),
        policy_version=pl.lit(policy.version),
        next_decision_seq=pl.lit(state.next_decision_seq, pl.Int64),
    )
    return _applied(state, frame), frame.select(SETTLEMENTS.names()).cast(SETTLEMENTS)


def shared_out(parts: int, members: Sequence[Member]) -> list[tuple[Member, int]]:
    """Return what each of those who stay gets of ``parts`` (below zero: owes): by weight, without weights alike.

    Each gets the floor, the first of the roster among them the rest.
    """
    those = [(member, member.weight) for member in members if member.weight > 0]
    those = those or [(member, 1) for member in members]
    total = sum(weight for _, weight in those)
    shares = [(member, parts * weight // total) for member, weight in those]
    if shares:
        shares[0] = (shares[0][0], shares[0][1] + parts - sum(share for _, share in shares))
    return shares


def _replace_grants(state: RouterState, grants: pl.DataFrame) -> RouterState:
    return RouterState(**{**vars(state), "grants": grants})


def _applied(state: RouterState, changes: pl.DataFrame) -> RouterState:
    """Return the state with these balances. Who has left stands where a new member does; counts of limits stay."""
    changed = changes.select("pool_id", "member_id", "has_left", "balance_after")
    joined = state.members.join(changed, on=["pool_id", "member_id"], how="full", coalesce=True)
    members = joined.with_columns(
        balance=pl.coalesce("balance_after", "balance"),
        last_turn=pl.when(pl.col("has_left")).then(-1).otherwise(pl.col("last_turn").fill_null(-1)),
        open_count=pl.col("open_count").fill_null(0),
    )
    has_history = pl.any_horizontal(pl.col("last_turn") >= 0, pl.col("balance") != 0, pl.col("^.*_count$") > 0)
    members = members.filter(has_history.fill_null(value=False)).select(MEMBER_STATE.names()).cast(MEMBER_STATE)
    return RouterState(**{**vars(state), "members": members.sort("pool_id", "member_id")})

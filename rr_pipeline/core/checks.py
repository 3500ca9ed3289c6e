"""What the router refuses before it decides anything, and what must hold of its state.

Belongs here: checks of values, frames and state, with messages that say how to mend them. Does not belong here: the
reading of files and their own rules (the callers' rooms).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from rr_pipeline.core.calendars import load_zone
from rr_pipeline.core.frames import HOLD_STATE, MEMBER_STATE, POOL_STATE, ROSTER_STATE, TOKEN_STATE, RouterState
from rr_pipeline.core.model import NO_LIMIT, REASONS, Member, Policy, Pool, Token
from rr_pipeline.errors import InvariantError, RefusedError, nearest

MAX_WEIGHT = 10_000
MAX_MEMBERS_OF_POOL = 10_000
MAX_MEMBERS = 1_000_000
MAX_TURNS = 1_000
MAX_ITEM_SEQ = 2**40
_ARRIVALS = {"item_seq": pl.Int64, "pool_id": pl.String, "decided_at": pl.Int64}


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise RefusedError(message)


def check_policies(policies: Sequence[Policy]) -> None:
    """Raise RefusedError unless versions follow each other without a gap and everything in them is in range."""
    _refuse(not policies, "there is no policy version; write one with an effective_from at or before the first item")
    for before, after in pairwise(policies):
        _refuse(
            before.until_us != after.from_us,
            f"policy version '{after.version}' does not begin where '{before.version}' ends; leave no gap, no overlap",
        )
    names = [policy.version for policy in policies]
    _refuse(len(set(names)) < len(names), "two policy versions have the same name; rename one")
    for policy in policies:
        where = f"policy version '{policy.version}'"
        _refuse(policy.from_us >= policy.until_us, f"{where} ends before it begins; mend its effective_from")
        pools = [pool.pool_id for pool in policy.pools]
        _refuse(len(set(pools)) < len(pools), f"{where} names a pool twice; rename one")
        _refuse(
            sum(len(pool.members) for pool in policy.pools) > MAX_MEMBERS, f"{where} has over {MAX_MEMBERS} members"
        )
        for pool in policy.pools:
            _check_pool(pool, f"{where}, pool '{pool.pool_id}'")


def _check_pool(pool: Pool, where: str) -> None:
    members = [member.member_id for member in pool.members]
    _refuse(len(set(members)) < len(members), f"{where} names a member twice; give each member one entry")
    _refuse(len(members) > MAX_MEMBERS_OF_POOL, f"{where} has over {MAX_MEMBERS_OF_POOL} members; split the pool")
    for reason in sorted(pool.accrue_while - set(REASONS)):
        _refuse(True, f"{where}: accrue_while names an unknown reason.{nearest(reason, REASONS)}")
    for name, turns in (("debt_limit", pool.debt_limit), ("catch_up_limit", pool.catch_up_limit)):
        _refuse(not 0 <= turns <= MAX_TURNS, f"{where}: {name} must be 0 to {MAX_TURNS} turns")
    _refuse(not 0 <= pool.week_start <= 6, f"{where}: week_start must be 0 (Monday) to 6 (Sunday)")
    for zone in {member.time_zone for member in pool.members}:
        load_zone(zone)
    for member in pool.members:
        wrong = _what_is_wrong(member)
        if wrong:
            raise RefusedError(f"{where}, member '{member.member_id}': {wrong}")


def _what_is_wrong(member: Member) -> str | None:
    """Return what must be mended in a member, or None. Built only on failure: a policy may name many members."""
    limits = member.limits
    if not 0 <= member.weight <= MAX_WEIGHT:
        return f"weight must be a whole number from 0 to {MAX_WEIGHT}"
    if min(limits.hourly, limits.daily, limits.weekly, limits.total) < NO_LIMIT:
        return "limits must be 0 or more"
    if member.from_us > member.until_us:
        return "until lies before from; swap them"
    if any(vacation.from_us > vacation.until_us for vacation in member.vacations):
        return "a vacation ends before it starts; swap its ends"
    return None


def check_tokens(tokens: Sequence[Token]) -> None:
    """Raise RefusedError unless token ids are unique and kinds are known."""
    ids = [token.token_id for token in tokens]
    _refuse(len(set(ids)) < len(ids), "two tokens have the same id; each token is spent once and needs its own id")
    _refuse(any(token.kind not in {"redo", "skip"} for token in tokens), "a token is neither a redo nor a skip")


def check_arrivals(arrivals: pl.DataFrame, last: tuple[int, int], until_us: int) -> None:
    """Raise RefusedError unless the frame has its columns and goes on in canonical order.

    ``last``: the least item_seq less one, and the least decided_at, that may come now.
    """
    missing = [name for name in _ARRIVALS if name not in arrivals.columns]
    _refuse(bool(missing), f"arrivals lack the column {', '.join(missing)}")
    for name in ("item_seq", "decided_at"):
        _refuse(arrivals[name].dtype != pl.Int64, f"arrivals: {name} must be Int64")
    for name in _ARRIVALS:
        _refuse(arrivals[name].null_count() > 0, f"arrivals: {name} has empty cells; set such items aside first")
    items, times = arrivals["item_seq"], arrivals["decided_at"]
    is_ascending = (np.diff(items.to_numpy()) > 0).all()
    _refuse(not is_ascending, "arrivals: item_seq must ascend without repeats; sort by it")
    _refuse(not times.is_sorted(), "arrivals: decided_at must not go back; take max(created_at, frontier)")
    if items.len():
        _refuse(int(items[0]) <= last[0], "arrivals: item_seq starts at or before an item seen earlier")
        _refuse(int(items[-1]) >= MAX_ITEM_SEQ, f"arrivals: item_seq must stay below {MAX_ITEM_SEQ}")
        _refuse(
            int(times[0]) < last[1], "arrivals: decided_at lies before the frontier; take max(created_at, frontier)"
        )
        _refuse(
            int(times[-1]) > until_us, "arrivals: decided_at lies after the run's until; leave those to a later run"
        )


def state_is_consistent(state: RouterState) -> None:
    """Raise InvariantError unless the state's frames have their schemas and keys and every pool sums to zero."""
    frames = {
        "members": (state.members, MEMBER_STATE, ["pool_id", "member_id"]),
        "pools": (state.pools, POOL_STATE, ["pool_id"]),
        "tokens": (state.tokens, TOKEN_STATE, ["token_id"]),
        "holds": (state.holds, HOLD_STATE, ["item_seq"]),
        "rosters": (state.rosters, ROSTER_STATE, ["roster_id"]),
    }
    for name, (frame, schema, key) in frames.items():
        if frame.schema != schema:
            raise InvariantError(f"router state: {name} does not have its columns and types")
        if frame.select(key).is_duplicated().any():
            raise InvariantError(f"router state: {name} repeats a key")
    sums = state.members.group_by("pool_id").agg(pl.col("balance").sum()).filter(pl.col("balance") != 0)
    if sums.height:
        raise InvariantError(f"router state: the balances of {sums.height} pools do not sum to zero")
    turns = state.members.join(state.pools, on="pool_id", how="left").filter(
        (pl.col("last_turn") >= pl.col("next_turn").fill_null(0)) | (pl.col("last_turn") < -1)
    )
    if turns.height:
        raise InvariantError(f"router state: {turns.height} members have a last turn that their pool has not had yet")

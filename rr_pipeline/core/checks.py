"""What the router refuses before it decides anything, and what must hold of its state.

Belongs here: checks of values, frames and state, with messages that say how to fix them. Does not belong here: the
reading of files and their own rules (the callers' rooms).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
import polars as pl

from rr_pipeline.core.calendar.local_time import DAY_US, load_zone
from rr_pipeline.core.frames import (
    GRANT_STATE,
    HOLD_STATE,
    MEMBER_STATE,
    OPEN_STATE,
    PERSON_STATE,
    POOL_STATE,
    ROSTER_STATE,
    TOKEN_STATE,
    USER_STATE,
    RouterState,
    conform,
)
from rr_pipeline.core.kernel.codes import MOST_HOPS
from rr_pipeline.core.kernel.item_records import MOST_STEPS
from rr_pipeline.core.kernel.working_time import HORIZON_US
from rr_pipeline.core.limits import WINDOWS
from rr_pipeline.core.model import EVENT_KINDS, NO_LIMIT, REASONS, STEPS, TARGET_KINDS, Member, Policy, Pool, Token
from rr_pipeline.core.waits import ENDING, onward_pools
from rr_pipeline.errors import InvariantError, RefusedError, nearest

MAX_WEIGHT = 10_000
MAX_MEMBERS_OF_POOL = 10_000
MAX_MEMBERS = 1_000_000
MAX_TURNS = 1_000
MAX_ITEM_SEQ = 2**34
MAX_WITHIN_US = HORIZON_US
MAX_WAIT_US = 3650 * DAY_US
_EVENTS = {
    "at_us": pl.Int64,
    "item_seq": pl.Int64,
    "kind": pl.String,
    "member_id": pl.String,
    "occurred_us": pl.Int64,
}
_GIFTS = {"before_id": pl.String, "pool_id": pl.String, "traits_id": pl.Int64, "priority": pl.Int64}
"""Columns of events that only gifts fill."""

_ARRIVALS = {"item_seq": pl.Int64, "pool_id": pl.String, "decided_at": pl.Int64}


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise RefusedError(message)


def check_policies(policies: Sequence[Policy]) -> None:
    """Raise RefusedError unless versions follow each other without a gap and everything in them is in range.

    Neighbours may have one name: then they are one version, in which only time zones of members change.
    """
    _refuse(not policies, "there is no policy version; write one with an effective_from at or before the first item")
    for before, after in pairwise(policies):
        _refuse(
            before.until_us != after.from_us,
            f"policy version '{after.version}' does not begin where '{before.version}' ends; leave no gap, no overlap",
        )
        is_other = before.version == after.version and _rosters(before) != _rosters(after)
        _refuse(is_other, "two policy versions have the same name; rename one")
    names = [name for name, _ in groupby(policy.version for policy in policies)]
    _refuse(len(set(names)) < len(names), "two policy versions have the same name; rename one")
    seen: set[int] = set()
    for policy in policies:
        where = f"policy version '{policy.version}'"
        _refuse(policy.from_us >= policy.until_us, f"{where} ends before it begins; fix its effective_from")
        pools = [pool.pool_id for pool in policy.pools]
        _refuse(len(set(pools)) < len(pools), f"{where} names a pool twice; rename one")
        _refuse(
            sum(len(pool.members) for pool in policy.pools) > MAX_MEMBERS, f"{where} has over {MAX_MEMBERS} members"
        )
        _check_failovers(policy.pools, where)
        for pool in policy.pools:
            if id(pool) not in seen:
                _check_pool(pool, f"{where}, pool '{pool.pool_id}'")
        seen |= {id(pool) for pool in policy.pools}


def _rosters(policy: Policy) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(pool.pool_id, [(member.member_id, member.weight) for member in pool.members]) for pool in policy.pools]


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
    _check_follow_up(pool, where)
    for member in pool.members:
        wrong = _what_is_wrong(member)
        if wrong:
            raise RefusedError(f"{where}, member '{member.member_id}': {wrong}")


def _check_follow_up(pool: Pool, where: str) -> None:
    _refuse(pool.strategy not in {"fair", "least_loaded"}, f"{where}: strategy must be fair or least_loaded")
    _refuse(pool.when_nobody not in {"hold", "failover", "queue"}, f"{where}: when_nobody means nothing here")
    _refuse(pool.then not in {None, "failover", "queue"}, f"{where}: then must be failover or queue")
    _refuse(pool.is_over and pool.then is None, f"{where}: a pool that is over needs a then")
    wants = {pool.when_nobody, pool.then}
    _refuse("failover" in wants and pool.failover is None, f"{where}: name the pool that items fail over to")
    _refuse("queue" in wants and pool.queue is None, f"{where}: name the queue that items go to")
    _refuse(pool.hold_for_us is not None and pool.hold_for_us <= 0, f"{where}: hold_for must be more than nothing")
    is_alone = (pool.hold_for_us is None) != (pool.then is None) and not pool.is_over
    _refuse(is_alone, f"{where}: hold_for and then belong together")
    _check_waits(pool, where)
    _refuse(pool.max_reassignments < 0 or pool.activity_delay_us < 0 or pool.sticky_us < 0, f"{where}: below 0")
    names = [target.name for target in pool.targets]
    _refuse(len(set(names)) < len(names), f"{where} names a target twice; rename one")
    for target in pool.targets:
        _refuse(not 0 < target.within_us <= MAX_WITHIN_US, f"{where}: a target must be met within 1 us to 400 days")
        _refuse(target.clock not in {"calendar", "working"}, f"{where}: clock must be calendar or working")
        _refuse(target.kind not in TARGET_KINDS, f"{where}: a target is one of first_touch and resolve")
        _refuse(len(target.steps) >= MOST_STEPS, f"{where}: a target has over {MOST_STEPS - 1} steps")
        for step in target.steps:
            _refuse(step.do not in STEPS, f"{where}: a step does nothing that is known.{nearest(step.do, STEPS)}")
            _refuse(step.do in {"queue", "failover"} and step.to is None, f"{where}: a step says not where to")
            _refuse(step.at_us <= -target.within_us, f"{where}: a step comes before its target's clock starts")
            _refuse(abs(step.at_us) > MAX_WITHIN_US, f"{where}: a step comes over 400 days after the due instant")


def _check_waits(pool: Pool, where: str) -> None:
    steps = pool.while_waiting
    _refuse(bool(steps) and pool.then is not None, f"{where}: while_waiting goes in place of hold_for and then")
    for before, after in pairwise(steps):
        _refuse(after.after_us < before.after_us, f"{where}: while_waiting must ascend by after")
        _refuse(before.do in ENDING, f"{where}: nothing comes after what ends the wait; remove it")
    for step in steps:
        _refuse(not 0 <= step.after_us <= MAX_WAIT_US, f"{where}: an entry of while_waiting must come within 3650 days")
        _refuse(step.do not in {"alert", "raise", "drop", *ENDING}, f"{where}: while_waiting means nothing here")
        _refuse(
            (step.do in ENDING) != (step.to is not None), f"{where}: name where items go that waited, and only then"
        )
        _refuse((step.do == "drop") != bool(step.drop), f"{where}: name the skills to drop, and only then")


def _check_failovers(pools: Sequence[Pool], where: str) -> None:
    """Raise RefusedError for a failover to an unknown pool, a circle, or a chain that is too long."""
    onward = {pool.pool_id: onward_pools(pool) for pool in pools}
    for pool in pools:
        paths = [[pool.pool_id]]
        while paths:
            path = paths.pop()
            for following in onward[path[-1]]:
                _refuse(following not in onward, f"{where} lets a pool fail over to an unknown one.")
                circle = " -> ".join([*path, following])
                _refuse(
                    following in path, f"{where}: failovers go in a circle: {circle}; let one of them hold or queue"
                )
                _refuse(len(path) > MOST_HOPS, f"{where} has a chain of over {MOST_HOPS} failovers; shorten it")
                paths.append([*path, following])


def _what_is_wrong(member: Member) -> str | None:
    """Return what must be fixed in a member, or None. Built only on failure: a policy may name many members."""
    limits = member.limits
    if not 0 <= member.weight <= MAX_WEIGHT:
        return f"weight must be a whole number from 0 to {MAX_WEIGHT}"
    if min(*(limits.of(one) for one in WINDOWS), member.max_open) < NO_LIMIT:
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


def check_arrivals(arrivals: pl.DataFrame, held: pl.Series, last_us: int, until_us: int) -> None:
    """Raise RefusedError unless the frame, which is not empty, has its columns and goes on in time.

    ``held``: items that wait already; ``last_us``: the least decided_at that may come now. Only what is open again may
    come twice.
    """
    missing = [name for name in _ARRIVALS if name not in arrivals.columns]
    _refuse(bool(missing), f"arrivals lack the column {', '.join(missing)}")
    for name in ("item_seq", "decided_at"):
        _refuse(arrivals[name].dtype != pl.Int64, f"arrivals: {name} must be Int64")
    for name in _ARRIVALS:
        _refuse(arrivals[name].null_count() > 0, f"arrivals: {name} has empty cells; set such items aside first")
    items, times = arrivals["item_seq"], arrivals["decided_at"]
    if "reopens" in arrivals.columns:
        items = items.filter(arrivals["reopens"].fill_null(0) == 0)
    _refuse(bool(items.is_duplicated().any()), "arrivals: item_seq comes twice; each item arrives once")
    _refuse(not times.is_sorted(), "arrivals: decided_at must not go back; take max(created_at, frontier)")
    _refuse(bool(items.is_in(held.implode()).any()), "arrivals: an item comes that waits already; it arrives once")
    items = arrivals["item_seq"]
    _refuse(int(items.to_numpy().max()) >= MAX_ITEM_SEQ, f"arrivals: item_seq must stay below {MAX_ITEM_SEQ}")
    _refuse(int(times[0]) < last_us, "arrivals: decided_at lies before the frontier; take max(created_at, frontier)")
    _refuse(int(times[-1]) > until_us, "arrivals: decided_at lies after the run's until; leave those to a later run")


def check_events(events: pl.DataFrame | None, after_us: int, until_us: int) -> pl.DataFrame:
    """Return the events in the order in which they are taken, their kinds as numbers.

    Raises RefusedError unless they have their columns, go on in time after ``after_us`` and end by ``until_us``.
    """
    if events is None:
        return pl.DataFrame(schema={**_EVENTS, **_GIFTS, "kind": pl.Int64})
    missing = [name for name in _EVENTS if name not in events.columns]
    _refuse(bool(missing), f"events lack the column {', '.join(missing)}")
    events = conform(events, pl.Schema({**_EVENTS, **_GIFTS}))
    for name in ("at_us", "item_seq", "kind", "occurred_us"):
        _refuse(events[name].null_count() > 0, f"events: {name} has empty cells; leave such events out")
    kind = events["kind"].cast(pl.Enum(EVENT_KINDS), strict=False).to_physical().cast(pl.Int64)
    unknown = sorted(set(events.filter(kind.is_null())["kind"].to_list()))
    _refuse(bool(unknown), "events name an unknown kind." + nearest(unknown[0] if unknown else "", EVENT_KINDS))
    _refuse(not events["at_us"].is_sorted(), "events: at_us must not go back; sort by it")
    if events.height:
        _refuse(int(events["at_us"][0]) <= after_us, "events: at_us lies at or before the frontier; move it behind it")
        _refuse(int(events["at_us"][-1]) > until_us, "events: at_us lies after the run's until; leave those to later")
    numbered = events.with_columns(kind)
    return numbered if _is_in_turn(numbered) else numbered.sort("at_us", "kind", "item_seq", maintain_order=True)


def _is_in_turn(events: pl.DataFrame) -> bool:
    """Tell whether events, which do not go back in time, stand by (at_us, kind, item_seq) already."""
    at, kind, item = (events[name].to_numpy() for name in ("at_us", "kind", "item_seq"))
    ties = np.flatnonzero(at[1:] == at[:-1])
    kind_goes_on, item_goes_on = kind[ties + 1] - kind[ties], item[ties + 1] - item[ties]
    return not ((kind_goes_on < 0) | ((kind_goes_on == 0) & (item_goes_on < 0))).any()


def _repeats(keys: pl.DataFrame) -> bool:
    """Tell whether a key comes twice. What is written is in order, and quickly looked through."""
    if keys.width == 1 and keys.to_series().is_sorted():
        numbers = keys.to_series()
        return bool((numbers[1:] == numbers[:-1]).any())
    return bool(keys.is_duplicated().any())


def state_is_consistent(state: RouterState) -> None:
    """Raise InvariantError unless the state's frames have their schemas and keys and every pool sums to zero."""
    frames = {
        "members": (state.members, MEMBER_STATE, ["pool_id", "member_id"]),
        "pools": (state.pools, POOL_STATE, ["pool_id"]),
        "tokens": (state.tokens, TOKEN_STATE, ["token_id"]),
        "holds": (state.holds, HOLD_STATE, ["item_seq"]),
        "open": (state.open, OPEN_STATE, ["item_seq"]),
        "users": (state.users, USER_STATE, ["user_id"]),
        "grants": (state.grants, GRANT_STATE, ["grant_id"]),
        "persons": (state.persons, PERSON_STATE, ["person"]),
        "rosters": (state.rosters, ROSTER_STATE, ["roster_id"]),
    }
    for name, (frame, schema, key) in frames.items():
        if frame.schema != schema:
            raise InvariantError(f"router state: {name} does not have its columns and types")
        if _repeats(frame.select(key)):
            raise InvariantError(f"router state: {name} repeats a key")
    sums = state.members.group_by("pool_id").agg(pl.col("balance").sum()).filter(pl.col("balance") != 0)
    if sums.height:
        raise InvariantError(f"router state: the balances of {sums.height} pools do not sum to zero")
    placeless = state.members.join(state.pools, on="pool_id", how="anti")
    if placeless.height:
        raise InvariantError(f"router state: {placeless.height} members stand in a pool that the state does not know")
    turns = state.members.join(state.pools, on="pool_id", how="left").filter(
        (pl.col("last_turn") >= pl.col("next_turn")) | (pl.col("last_turn") < -1)
    )
    if turns.height:
        raise InvariantError(f"router state: {turns.height} members have a last turn that their pool has not had yet")

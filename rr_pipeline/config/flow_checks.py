"""Rules about where items go when nobody can take them: holds, failovers, queues and default owners.

Belongs here: checks between ``when_nobody``, ``then`` and what they name, and along chains of failovers. Does not
belong here: anything about members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rr_pipeline.config.findings import Finding, unknown_name
from rr_pipeline.config.policy import PolicyFile
from rr_pipeline.config.pools import PoolSettings
from rr_pipeline.config.waiting_checks import check_waiting, onward_pool
from rr_pipeline.config.yaml_reader import Path

MAX_FAILOVERS = 10
_TARGETS = ("failover", "queue", "default_owner")
_FLOW = ("when_nobody", "hold_for", "then", *_TARGETS)


def check_flow(policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything wrong with holds, failovers, queues and default owners of the pools."""
    for pool_id, pool in policy.pools.items():
        path = ("pools", pool_id)
        for place, code, message in _check_pool(pool):
            yield Finding((*path, place), code, message, unless=tuple((*path, name) for name in _FLOW))
        yield from _check_names(path, pool, policy)
        yield from check_waiting(path, pool, policy)
    yield from _check_chains(failovers(policy.pools), policy.pools)
    gone = policy.ownership.owners_gone
    for name, one in (("departed", gone.departed), ("away", gone.away), ("idle", gone.idle)):
        if one.queue is not None:
            yield from check_queue(("ownership", "owners_gone", name, "queue"), one.queue, policy)


def failovers(pools: Mapping[str, PoolSettings]) -> dict[str, str]:
    """Return pool -> the pool that its items may fail over to, at once or after a hold; known pools only."""
    onward = {pool_id: onward_pool(pool, pools) for pool_id, pool in pools.items()}
    return {pool_id: following for pool_id, following in onward.items() if following is not None}


def has_last(pool: PoolSettings, *ways: str) -> bool:
    """Tell whether items of a pool may end in one of these ways, at once or after a wait."""
    said = (pool.when_nobody, pool.then, *(entry.done for entry in pool.while_waiting))
    return not set(ways).isdisjoint(said)


def _check_pool(pool: PoolSettings) -> Iterator[tuple[str, str, str]]:
    for name in _TARGETS:
        is_given, is_said = getattr(pool, name) is not None, name in (pool.when_nobody, pool.then)
        is_waited_for = any(entry.done == name and not (entry.pool or entry.queue) for entry in pool.while_waiting)
        if (is_said or (is_waited_for and name == "default_owner")) and not is_given:
            said = "when_nobody" if pool.when_nobody == name else "then" if is_said else "while_waiting"
            yield name, "KEY_MISSING", f"is missing; {said} says {name}, so add '{name}: ...' here"
        if is_given and not is_said and not is_waited_for:
            message = f"is given, but neither when_nobody nor then says {name}; write one of them, or remove it"
            yield name, "SETTING_UNUSED", message
    for name, other in (("hold_for", "then"), ("then", "hold_for")):
        if getattr(pool, name) is None:
            continue
        if pool.when_nobody != "hold":
            yield name, "SETTING_UNUSED", f"means nothing with when_nobody: {pool.when_nobody}; remove it"
        elif getattr(pool, other) is None:
            yield other, "KEY_MISSING", "is missing; a hold ends by both: hold_for says when, then says what follows"


def _check_names(path: Path, pool: PoolSettings, policy: PolicyFile) -> Iterator[Finding]:
    used = (pool.when_nobody, pool.then, *(entry.done for entry in pool.while_waiting))
    if "failover" in used and pool.failover is not None and pool.failover not in policy.pools:
        place = (*path, "failover")
        yield unknown_name(place, "POOL_UNKNOWN", pool.failover, "a pool of this version", policy.pools)
    if "queue" in used and pool.queue is not None:
        yield from check_queue((*path, "queue"), pool.queue, policy)


def check_queue(path: Path, queue: str, policy: PolicyFile) -> Iterator[Finding]:
    """Yield a finding when a queue is not in the list at the top."""
    if queue not in policy.queues:
        what = "in the list of queues at the top of the file; add it there"
        yield unknown_name(path, "QUEUE_UNKNOWN", queue, what, policy.queues)


def _check_chains(edges: Mapping[str, str], pools: Mapping[str, PoolSettings]) -> Iterator[Finding]:
    """Yield each cycle once, at its first pool in the file, and each chain that is too long, at its beginning."""
    in_cycle: set[str] = set()
    for start in pools:
        chain = [start]
        while (following := edges.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if following is not None and following == start and start not in in_cycle:
            in_cycle |= set(chain)
            route = " -> ".join([*chain, start])
            message = f"leads in a circle: {route}; let one of these pools hold, queue or have a default_owner"
            yield Finding(("pools", start, "failover"), "FAILOVER_CYCLE", message)
        hops = len(chain) - 1 + has_last(pools[chain[-1]], "default_owner")
        if following is None and hops > MAX_FAILOVERS and start not in edges.values():
            message = f"begins a chain of {hops} failovers; at most {MAX_FAILOVERS} are taken: {' -> '.join(chain)}"
            yield Finding(("pools", start, "failover"), "FAILOVER_DEPTH", message)

"""Rules across the entries of ``while_waiting``.

Belongs here: what an entry may say beside another, and beside its pool. Does not belong here: chains of failovers
(flow_checks.py), how one value is written (waiting.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rr_pipeline.config.findings import Finding, unknown_name
from rr_pipeline.config.policy import PolicyFile
from rr_pipeline.config.policy_words import duration_text
from rr_pipeline.config.pools import PoolSettings
from rr_pipeline.config.waiting import ENDS, WaitEntry
from rr_pipeline.config.yaml_reader import Path
from rr_pipeline.core.vocabulary import listed
from rr_pipeline.core.waits import matches

_MOST_SKILLS = 100  # of one entry, where one that cannot be read keeps another finding back
_NAMED_BY = {"failover": "pool", "queue": "queue", "drop": "drop"}
"""What is done -> the setting of the entry that says with what."""


def check_waiting(path: Path, pool: PoolSettings, policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything wrong with what a pool does about items that wait."""
    entries, place = pool.while_waiting, (*path, "while_waiting")
    if not entries:
        return
    if pool.when_nobody != "hold":
        yield Finding(place, "SETTING_UNUSED", f"means nothing with when_nobody: {pool.when_nobody}; remove it")
    bounds = [name for name in ("hold_for", "then") if getattr(pool, name) is not None]
    for name in bounds[:1]:
        message = "says what while_waiting says too; write it there as {after: 4h, do: failover, pool: NAME}"
        yield Finding((*path, name), "SETTING_UNUSED", message)
    for position, entry in enumerate(entries):
        yield from _check_entry((*place, position), entry, pool, policy)
    yield from _check_order(place, entries)


def _check_entry(path: Path, entry: WaitEntry, pool: PoolSettings, policy: PolicyFile) -> Iterator[Finding]:
    if entry.done is None:
        message = f"is missing; say {listed('wait_steps')}, or 'drop: [SKILL]'"
        skills = tuple((*path, "drop", place) for place in range(_MOST_SKILLS))
        yield Finding((*path, "do"), "KEY_MISSING", message, unless=((*path, "do"), (*path, "drop"), *skills))
        return
    for do, name in _NAMED_BY.items():
        given = bool(getattr(entry, name))
        if given and entry.done != do:
            yield Finding((*path, name), "SETTING_UNUSED", f"means nothing with do: {entry.done}; remove it")
        if not given and entry.done == do and getattr(pool, do, None) is None:
            yield Finding((*path, name), "KEY_MISSING", f"is missing; do says {do}, so add '{name}: ...' here")
    if entry.done == "failover" and entry.pool is not None and entry.pool not in policy.pools:
        yield unknown_name((*path, "pool"), "POOL_UNKNOWN", entry.pool, "a pool of this version", policy.pools)
    if entry.done == "queue" and entry.queue is not None and entry.queue not in policy.queues:
        what = "in the list of queues at the top of the file; add it there"
        yield unknown_name((*path, "queue"), "QUEUE_UNKNOWN", entry.queue, what, policy.queues)
    for pattern in entry.drop:
        if pattern != "*" and not any(matches(skill, pattern) for skill in policy.skills):
            what = "in the list of skills at the top of the file; add it there"
            yield unknown_name((*path, "drop"), "SKILL_UNKNOWN", pattern, what, policy.skills)


def _check_order(path: Path, entries: Sequence[WaitEntry]) -> Iterator[Finding]:
    """Yield what is never reached, and what is said twice of one instant. Entries are taken in order of time."""
    ends = min((one.after for one in entries if one.done in ENDS), default=None)
    is_ended = False
    seen: set[tuple[int, str | None]] = set()
    for position, entry in sorted(enumerate(entries), key=lambda pair: pair[1].after):
        if is_ended and ends is not None:
            message = f"is never reached: after {duration_text(ends)} items wait no longer; put what ends the wait last"
            yield Finding((*path, position), "STEP_UNREACHABLE", message)
        elif (entry.after, entry.done) in seen:
            message = f"says {entry.done} after {duration_text(entry.after)} twice; write one entry"
            yield Finding((*path, position), "VALUE_REPEATED", message)
        seen.add((entry.after, entry.done))
        is_ended = is_ended or entry.done in ENDS


def left_waiting(needs: frozenset[str], pool: PoolSettings) -> frozenset[str]:
    """Return the skills that items of a pool still need after all that it drops."""
    patterns = [pattern for entry in pool.while_waiting for pattern in entry.drop]
    return frozenset(skill for skill in needs if not any(matches(skill, pattern) for pattern in patterns))


def onward_pool(pool: PoolSettings, pools: Mapping[str, PoolSettings]) -> str | None:
    """Return the pool to which items of a pool may fail over, at once or after a wait; a known one only."""
    waits = [entry.pool or pool.failover for entry in pool.while_waiting if entry.done == "failover"]
    found = [pool.failover] if "failover" in (pool.when_nobody, pool.then) else waits
    return next((name for name in found if name in pools), None)

"""What is done about items that wait: the list of a pool, and which skills an entry drops.

Belongs here: plain rules over values. Does not belong here: when an entry is taken (``kernel``), and how lists stand in
arrays (``packing.wait_book``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rr_pipeline.core.model import Pool, WaitStep

ENDING = frozenset({"failover", "queue"})
"""Entries that end the wait."""


def wait_steps(pool: Pool) -> tuple[WaitStep, ...]:
    """Return what is done about items that wait in a pool, in order; ``hold_for`` and ``then`` are one entry.

    In a pool that is over nobody waits: what comes there goes on at once. So it is where the pool says another way than
    to wait: items wait there only while the pool is paused.
    """
    if pool.while_waiting:
        return pool.while_waiting
    way = pool.then if pool.when_nobody == "hold" else pool.when_nobody
    after_us = 0 if pool.is_over or pool.when_nobody != "hold" else pool.hold_for_us
    if after_us is None or way is None:
        return ()
    return (WaitStep(after_us, way, to=pool.failover if way == "failover" else pool.queue),)


def onward_pools(pool: Pool) -> list[str]:
    """Return the pools to which items of a pool may go on, at once or after a wait."""
    found = [pool.failover] if pool.failover is not None else []
    return found + [step.to for step in pool.while_waiting if step.do == "failover" and step.to is not None]


def matches(skill: str, pattern: str) -> bool:
    """Tell whether a skill is meant: by its name, or by how it begins, where a star ends the pattern."""
    skill, pattern = skill.lower(), pattern.lower()
    return skill.startswith(pattern[:-1]) if pattern.endswith("*") else skill == pattern


def left_needs(needs: Iterable[str], patterns: Sequence[str]) -> frozenset[str]:
    """Return the skills that are still needed after these were dropped."""
    return frozenset(skill for skill in needs if not any(matches(skill, pattern) for pattern in patterns))

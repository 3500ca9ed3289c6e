"""Rules about the ladder of steps of a target.

Belongs here: checks between the steps of one ladder, and of what they name. Does not belong here: single values
(service_levels.py), and targets among each other (pool_checks.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from rr_pipeline.config.findings import Finding, unknown_name
from rr_pipeline.config.flow_checks import check_queue
from rr_pipeline.config.policy import PolicyFile
from rr_pipeline.config.policy_words import duration_text
from rr_pipeline.config.service_levels import MAX_STEPS, SlaTarget
from rr_pipeline.config.yaml_reader import Path


def check_steps(path: Path, target: SlaTarget, policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything wrong with the ladder of a target. ``path``: that of ``on_breach``."""
    steps = target.steps
    if len(set(steps)) < len(steps):
        yield Finding(path, "VALUE_REPEATED", "has one step twice; keep the first")
    if len(steps) > MAX_STEPS:
        yield Finding(path, "STEPS_TOO_MANY", f"has {len(steps)} steps; {MAX_STEPS} are taken at most")
    for position, step in enumerate(steps):
        place = (*path, position)
        if step.at <= -target.within:
            message = f"comes {duration_text(-step.at)} before the due instant, and the target is no longer than that; "
            yield Finding((*place, "at"), "STEP_TOO_EARLY", message + f"write less than {duration_text(target.within)}")
        if step.queue is not None:
            yield from check_queue(place, step.queue, policy)
        if step.pool is not None and step.pool not in policy.pools:
            yield unknown_name((*place, "pool"), "POOL_UNKNOWN", step.pool, "a pool of this version", policy.pools)
    yield from _check_order(path, target)


def _check_order(path: Path, target: SlaTarget) -> Iterator[Finding]:
    """Yield a finding at the first step that comes behind one that takes the item away in any case."""
    order = sorted(enumerate(target.steps), key=lambda one: one[1].at)
    ends = next((place for place, (_, step) in enumerate(order) if step.do == "queue"), len(order))
    for position, _ in order[ends + 1 : ends + 2]:
        message = "is never reached: the step before takes the item from its owner; put the queue last"
        yield Finding((*path, position), "STEP_UNREACHABLE", message)

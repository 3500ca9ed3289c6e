"""How often files come and runs are, held against what policies promise: warnings of `check`.

Belongs here: what the names of files and runs.log tell of time. Does not belong here: rows of the files (trial.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median_low

import numpy as np

from rr_pipeline.config import Project
from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.config.policy_words import duration_text
from rr_pipeline.config.pools import PoolPolicy
from rr_pipeline.core.calendar.schedules import Pair, schedule_hours
from rr_pipeline.core.model import ALWAYS
from rr_pipeline.errors import Problem
from rr_pipeline.ingest.discover import Delivered
from rr_pipeline.ingest.file_ledger import delivered_at
from rr_pipeline.ingest.results import FileRefusedError
from rr_pipeline.routing.policy_frames import router_pools
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.instants import to_us
from rr_pipeline.session.run_log import instants_of_runs

SEEN = 20
"""So many deliveries and runs are looked at, the last ones."""
FEWEST = 3
"""Fewer than that show no habit."""


def doubts_of_rhythm(project: Project, delivered: Sequence[Delivered]) -> list[Problem]:
    """Return warnings of the newest policy version, for sources whose items are decided once delivered.

    TARGET_SHORTER_THAN_DELIVERIES: a pool's target is shorter than the usual time between two deliveries.
    HOURS_BETWEEN_RUNS: nobody of a pool works when runs are; before any were seen, when files come.
    """
    live = [source.name for source in project.sources if source.table == "items" and project.decides_live(source)]
    if not live or not project.policies:
        return []
    policy = max(project.policies, key=lambda one: one.effective_from)
    closes = _closes(delivered)
    acts = [source.name for source in project.sources if source.table == "activities"]
    gaps = {name: _usual_gap(closes[name]) for name in (*live, *acts) if len(closes.get(name, ())) >= FEWEST}
    runs = instants_of_runs(project.folder, SEEN)
    is_run = len(runs) >= FEWEST
    instants = runs if is_run else sorted({at for name in live for at in closes.get(name, ())[-SEEN:]})
    found = list(_short_targets(policy, gaps))
    if len(instants) >= FEWEST:
        found += _hours_between(project, policy, instants, is_run=is_run)
    return found


def _closes(delivered: Sequence[Delivered]) -> dict[str, list[datetime]]:
    """Return the instants that the names of each source's files give, ascending, each once."""
    found: dict[str, set[datetime]] = {}
    for file in delivered:
        if file.source.delivered_at is not None:
            try:
                at = delivered_at(file.name, file.source.delivered_at, datetime.max.replace(tzinfo=UTC))
            except FileRefusedError:
                continue
            found.setdefault(file.source.name, set()).add(at)
    return {name: sorted(instants) for name, instants in found.items()}


def _usual_gap(instants: Sequence[datetime]) -> timedelta:
    return median_low([after - before for before, after in pairwise(instants[-SEEN:])])


def _short_targets(policy: PolicyVersion, gaps: Mapping[str, timedelta]) -> Iterator[Problem]:
    if not gaps:
        return
    source = max(sorted(gaps), key=lambda name: gaps[name])
    gap = gaps[source]
    usual = duration_text(int(gap.total_seconds()))
    for pool in policy.pools:
        short = [target for target in pool.sla if timedelta(seconds=target.within) < gap]
        if short:
            field = f"pools.{pool.pool_id}.sla"
            names = ", ".join(target.name for target in short)
            message = (
                f"{names}: shorter than the time between two deliveries of {source}, {usual} as a rule. "
                f"What people did is known with the next delivery only, and steps on breach are taken no sooner. "
                f"Deliver more often, or give the targets more time."
            )
            yield Problem(policy.file, policy.line_of(field), field, "TARGET_SHORTER_THAN_DELIVERIES", message)


def _hours_between(
    project: Project, policy: PolicyVersion, instants: Sequence[datetime], *, is_run: bool
) -> Iterator[Problem]:
    pools = {pool.pool_id: pool for pool in router_pools(project, People(), policy)}
    what = f"the last {len(instants)} runs were" if is_run else f"the last {len(instants)} deliveries came"
    for pool in policy.pools:
        pairs = sorted({(one.time_zone, one.schedule) for one in pools[pool.pool_id].members}, key=repr)
        if _has_hours(pool, pairs) and not _is_anyone_there(pairs, instants):
            field = f"pools.{pool.pool_id}"
            message = (
                f"nobody of it works when {what}: its items wait for working hours, and their owners are told by the "
                f"first run after these begin. Let `rr-pipeline run` run in its hours too, such as every 15 minutes."
            )
            yield Problem(policy.file, policy.line_of(field), field, "HOURS_BETWEEN_RUNS", message)


def _has_hours(pool: PoolPolicy, pairs: Sequence[Pair]) -> bool:
    return bool(pool.members) and all(schedule != ALWAYS for _, schedule in pairs)


def _is_anyone_there(pairs: Sequence[Pair], instants: Sequence[datetime]) -> bool:
    """Whether any of these instants lies in the working time of anybody."""
    at = np.array([to_us(instant, 0) for instant in instants], dtype=np.int64)
    for hours in schedule_hours(pairs, int(at[0]), int(at[-1]) + 1):
        place = np.searchsorted(hours.working.from_us, at, side="right") - 1
        if np.any((place >= 0) & (at < hours.working.until_us[np.maximum(place, 0)])):
            return True
    return False

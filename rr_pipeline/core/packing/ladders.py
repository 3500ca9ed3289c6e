"""Targets and their ladders of steps, from values to the kernel's table.

Belongs here: which targets a version knows, those of earlier versions that clocks still run by, and the place of each.
Does not belong here: what a step does (kernel ``steps``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.item_records import MOST_STEPS
from rr_pipeline.core.kernel.item_records import Step as StepRow
from rr_pipeline.core.kernel.item_records import Target as TargetRow
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.model import CLOCK_STARTS, STEPS, TARGET_KINDS, Policy, Step, Target
from rr_pipeline.core.packing.list_columns import offsets_of
from rr_pipeline.core.packing.numbering import Numbering

Int64s = npt.NDArray[np.int64]

CLOCKS = {"first_touch": "target", "resolve": "resolve_target"}
"""Kinds of targets, and the columns of open items that name them."""

MOVES = frozenset({"reassign", "failover", "queue", "return"})
"""Steps that take an item from its owner."""

MISSED = Step("")
"""Stands in a ladder without a step at the due instant: the target is missed, and nothing is done about it then."""


def whole_ladder(target: Target) -> tuple[Step, ...]:
    """Return the steps of a target in the order of their instants, one of them at the due instant."""
    steps = target.steps
    if all(step.at_us != 0 for step in steps):
        steps = (*steps, MISSED)
    return tuple(sorted(steps, key=lambda step: step.at_us))


@dataclass
class Ladders:
    """Targets: those of the version's pools first, then those that only clocks still running know.

    ``first``: the first row of each pool; ``rows``: (pool, name, version in force when its owner was decided) -> row.
    """

    targets: list[Target]
    pools: list[int]
    first: Int64s
    rows: Mapping[tuple[str, str, int], int]
    starts: Int64s
    queues: list[str]
    kept: Mapping[int, Sequence[tuple[Target, int]]]

    @property
    def names(self) -> list[str]:
        """The name of the target in every row."""
        return [target.name for target in self.targets]

    @cached_property
    def working(self) -> set[int]:
        """The pools in which some clock counts working time."""
        return {pool for pool, target in zip(self.pools, self.targets, strict=True) if target.clock == "working"}

    @cached_property
    def step_names(self) -> pl.Series:
        """What each step does, ``MOST_STEPS`` a target; null where nothing is done."""
        names: list[str | None] = []
        for target in self.targets:
            own = [step.do or None for step in whole_ladder(target)]
            names += own + [None] * (MOST_STEPS - len(own))
        return pl.Series(names, dtype=pl.String)

    def kept_rows(self, pool: int) -> Sequence[tuple[Target, int]]:
        """Return the targets, with their rows, of kept items of a pool; none: the pool's own."""
        return self.kept.get(pool, ())

    def sends(self, pool_number: Mapping[str, int]) -> list[tuple[int, int]]:
        """Return the places of pools from and to which steps send items."""
        steps = [(pool, step) for pool, target in zip(self.pools, self.targets, strict=True) for step in target.steps]
        sent = {
            (pool, pool_number[step.to or ""])
            for pool, step in steps
            if step.do == "failover"
            if step.to in pool_number
        }
        return sorted(sent)

    def table(self, pool_number: Mapping[str, int]) -> npt.NDArray[TargetRow]:
        """Return the kernel's table of targets."""
        table = table_of(TargetRow, len(self.targets))
        for row, target in zip(table, self.targets, strict=True):
            row.within_us, row.is_working = target.within_us, target.clock == "working"
            row.starts = (None, *CLOCK_STARTS).index(target.starts)
            steps = whole_ladder(target)
            row.count, row.tells = len(steps), any(step.do == "notify_manager" for step in steps)
            for own, step in zip(row.steps, steps, strict=False):
                _fill_step(own, step, pool_number, self.queues)
            at_due = [place for place, step in enumerate(steps) if step.at_us == 0]
            if all(steps[place].do in MOVES for place in at_due):
                row.steps[at_due[0]].is_noted = 1
        return table

    def places(self, state: pl.DataFrame, kind: str) -> Int64s:
        """Return the row of the target of one kind of each open item, -1 without."""
        known = [(*key, row) for key, row in self.rows.items()]
        schema = {"pool_id": pl.String, "name": pl.String, "version": pl.Int64, "row": pl.Int64}
        table = pl.DataFrame(known, schema=schema, orient="row")
        wanted = state.select("pool_id", name=CLOCKS[kind]).with_columns(version=_versions(state, self.starts))
        found = wanted.join(table, on=["pool_id", "name", "version"], how="left", maintain_order="left")
        return found["row"].fill_null(-1).to_numpy()


def _fill_step(own: StepRow, step: Step, pools: Mapping[str, int], queues: Sequence[str]) -> None:
    own.kind = STEPS.index(step.do) if step.do else c.STEP_NONE
    own.at_us, own.place = step.at_us, step.level
    if step.do == "queue":
        own.place = queues.index(step.to or "")
    elif step.do == "failover":
        own.place = pools.get(step.to or "", -1)


def _versions(state: pl.DataFrame, starts: Int64s) -> pl.Series:
    """Return the version that was in force when the owner of each open item was decided."""
    # What a person gave to somebody is theirs since before it was told.
    decided = state.select(pl.max_horizontal("since_us", "given_us")).to_series().to_numpy()
    found = np.searchsorted(starts, decided, side="right") - 1
    return pl.Series("version", np.maximum(found, 0), dtype=pl.Int64)


def lay_out_ladders(
    policies: Sequence[Policy], version: int, numbering: Numbering, queue_names: Sequence[str], state: RouterState
) -> Ladders:
    """Return the targets of a version's pools, and those of earlier versions that open items still have."""
    targets = [target for pool in numbering.pools for target in pool.targets]
    pools = [place for place, pool in enumerate(numbering.pools) for _ in pool.targets]
    first = offsets_of([len(pool.targets) for pool in numbering.pools])
    row_of = {key: row for row, key in reversed(list(enumerate(zip(pools, targets, strict=True))))}
    kept: dict[int, list[tuple[Target, int]]] = {}
    for place in range(len(policies[version].pools)):
        for target in policies[version].kept_targets:
            row_of[place, target] = len(targets)
            kept.setdefault(place, []).append((target, len(targets)))
            pools.append(place)
            targets.append(target)
    starts = np.array([policy.from_us for policy in policies], dtype=np.int64)
    rows: dict[tuple[str, str, int], int] = {}
    for kind in TARGET_KINDS:
        names = state.open.select("pool_id", name=CLOCKS[kind]).with_columns(version=_versions(state.open, starts))
        for pool_id, name, then in names.drop_nulls().unique().sort("pool_id", "name", "version").rows():
            key = numbering.pool_number[pool_id], _target_of(policies[then], pool_id, name, kind)
            if key not in row_of:
                row_of[key] = len(targets)
                pools.append(key[0])
                targets.append(key[1])
            rows[pool_id, name, then] = row_of[key]
    queues = {step.to for target in targets for step in target.steps if step.do == "queue" and step.to}
    return Ladders(targets, pools, first, rows, starts, sorted(queues | set(queue_names)), kept)


def _target_of(policy: Policy, pool_id: str, name: str, kind: str) -> Target:
    """Return the target of that name in a version; one without steps where it has none."""
    own = next((pool.targets for pool in policy.pools if pool.pool_id == pool_id), ())
    known = (*own, *policy.kept_targets)
    found = next((target for target in known if target.name == name and target.kind == kind), None)
    return found or replace(Target(name, 1), steps=(), kind=kind)

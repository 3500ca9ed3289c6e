"""What one call of the router is given beside its arrivals, and the closes that follow from it.

Belongs here: plain values, and the arrays of instants that the kernel looks closes up in. Does not belong here: when
anything is done (driver), and what a step at a close is (``kernel.step_closes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.kernel.codes import FAR_PAST, NEVER
from rr_pipeline.core.model import Absence, Departure, Pause, Policy, StandIn, StatusChange, Token
from rr_pipeline.core.past_runs import PastRun, ToldBefore
from rr_pipeline.core.reopened import NONE_REOPENED, Reopened

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Inputs:
    """What a call of the router is given beside its arrivals."""

    policies: Sequence[Policy]
    absences: Sequence[Absence]
    status_changes: Sequence[StatusChange]
    tokens: Sequence[Token]
    events: pl.DataFrame | None
    traits: pl.DataFrame | None
    until_us: int
    day_zone: str
    closes: Sequence[int] = ()
    waits_at_closes: bool = False
    pauses: Sequence[Pause] = ()
    departures: Sequence[Departure] = ()
    stand_ins: Sequence[StandIn] = ()
    deputies: Sequence[StandIn] = ()
    wait_closes: Sequence[int] | None = None
    kept: Sequence[tuple[str, str]] = ()
    told_us: int = NEVER
    step_closes: Sequence[tuple[int, int]] = ()
    past_runs: Sequence[PastRun] = ()
    told_before: ToldBefore | None = None
    reopened: Reopened = NONE_REOPENED


@dataclass
class Closes:
    """Ascending instants, in microseconds since 1970.

    ``ends``: of deliveries and runs; ``waits``: at which what is done about waiting items is done; ``tellings``: of
    runs that tell at their own ends; ``steps``: closes at which steps may be taken from here on, and up to when
    activities are known at each.
    """

    ends: Int64s
    waits: Int64s
    tellings: Int64s
    steps: tuple[Int64s, Int64s]


def read_closes(inputs: Inputs, frontier_us: int | None) -> Closes:
    """Return the closes of a call; its own end and the frontier always count as such.

    Where owners are told at the end alone no step is taken on the way.
    """
    frontier = FAR_PAST if frontier_us is None else frontier_us
    always = [inputs.until_us, *([] if frontier_us is None else [frontier_us])]
    waits = inputs.closes if inputs.wait_closes is None else inputs.wait_closes
    tellings = [one for one in (*(past.told_us for past in inputs.past_runs), inputs.told_us) if one < NEVER]
    is_late = inputs.told_us < NEVER
    steps = () if is_late else [close for close in inputs.step_closes if close[0] > frontier]
    return Closes(
        _ascending([*inputs.closes, *always]), _ascending([*waits, *always]), _ascending(tellings), as_arrays(steps)
    )


def _ascending(instants: Sequence[int]) -> Int64s:
    return np.unique(np.array(instants, dtype=np.int64))


def as_arrays(closes: Sequence[tuple[int, int]]) -> tuple[Int64s, Int64s]:
    """Return closes, ascending, and up to when activities are known at each, as two arrays."""
    table = np.array(sorted(closes), dtype=np.int64).reshape(-1, 2)
    return np.ascontiguousarray(table[:, 0]), np.maximum.accumulate(table[:, 1])

"""The router: arrivals, policies, feeds and state in; decisions, considered members and state out. Frames both ways.

Belongs here: what callers call. Does not belong here: the order of work around the kernel (``driver``), the rule
(``turns``), and the layout of its arrays (``epochs``, ``queues``, ``output``).

The router is a fold: cutting the same arrivals into any consecutive calls, each with the state of the one before,
gives the same decisions as one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import polars as pl

from rr_pipeline.core.checks import state_is_consistent
from rr_pipeline.core.frames import (
    BREACHES,
    CONSIDERED,
    DECISIONS,
    ROSTERS,
    SETTLEMENTS,
    Routed,
    RoutedChunk,
    RouterState,
)
from rr_pipeline.core.model import FAR_FUTURE_US, Absence, Departure, Pause, Policy, StandIn, StatusChange, Token
from rr_pipeline.core.past_runs import PastRun, ToldBefore

__all__ = ["RouterState", "is_compiled", "route", "route_into", "state_is_consistent"]

_CHUNK_ROWS = 262_144


def is_compiled() -> bool:
    """Tell whether the kernel is compiled already; where it is not, the first call of the router takes seconds more."""
    from rr_pipeline.core.kernel.compiler import is_kept  # imports Numba, so only when something is to be routed

    return is_kept("fold")


def _persons_in(frames: Iterable[pl.DataFrame]) -> int:
    """Return how many arrivals have a person, so that there is room for all at once; 0 where frames are yet to come."""
    if not isinstance(frames, Sequence):
        return 0
    return sum(frame["person"].count() for frame in frames if "person" in frame.columns)


def _kept_in(frames: Iterable[pl.DataFrame], policies: Sequence[Policy]) -> list[tuple[str, str]]:
    """Return (pool, user) of items that come with an owner and may be followed; none where frames are yet to come."""
    is_timed = any(policy.kept_targets or any(pool.targets for pool in policy.pools) for policy in policies)
    if not (is_timed or any(policy.hands_over or policy.idle for policy in policies)) or not isinstance(
        frames, Sequence
    ):
        return []
    pairs = [frame.select("pool_id", "kept_by").drop_nulls() for frame in frames if "kept_by" in frame.columns]
    return sorted({(str(pool), str(user)) for frame in pairs for pool, user in frame.unique().rows()})


def route(  # noqa: PLR0917 - the inputs of the fold, in its own order
    arrivals: pl.DataFrame | Iterable[pl.DataFrame],
    policies: Sequence[Policy],
    absences: Sequence[Absence],
    status_changes: Sequence[StatusChange],
    tokens: Sequence[Token],
    state: RouterState,
    until_us: int,
    progress: Callable[[int], None] | None = None,
    *,
    events: pl.DataFrame | None = None,
    traits: pl.DataFrame | None = None,
    day_zone: str = "UTC",
    closes: Sequence[int] = (),
    waits_at_closes: bool = False,
    pauses: Sequence[Pause] = (),
    departures: Sequence[Departure] = (),
    stand_ins: Sequence[StandIn] = (),
    deputies: Sequence[StandIn] = (),
    wait_closes: Sequence[int] | None = None,
    told_us: int = FAR_FUTURE_US,
    step_closes: Sequence[tuple[int, int]] = (),
    past_runs: Sequence[PastRun] = (),
    told_before: ToldBefore | None = None,
) -> Routed:
    """Decide all arrivals and all held items that fall due up to and with ``until_us``; keep all frames in memory.

    Arguments and errors as in ``route_into``, which keeps memory flat.
    """
    chunks: list[RoutedChunk] = []
    after = route_into(
        chunks.append,
        arrivals,
        policies,
        absences,
        status_changes,
        tokens,
        state,
        until_us,
        progress,
        events=events,
        traits=traits,
        day_zone=day_zone,
        closes=closes,
        waits_at_closes=waits_at_closes,
        pauses=pauses,
        departures=departures,
        stand_ins=stand_ins,
        deputies=deputies,
        wait_closes=wait_closes,
        told_us=told_us,
        step_closes=step_closes,
        past_runs=past_runs,
        told_before=told_before,
    )
    return Routed(
        pl.concat([pl.DataFrame(schema=DECISIONS), *(chunk.decisions for chunk in chunks)]),
        pl.concat([pl.DataFrame(schema=CONSIDERED), *(chunk.considered for chunk in chunks)]),
        pl.concat([pl.DataFrame(schema=ROSTERS), *(chunk.rosters for chunk in chunks)]),
        after,
        pl.concat([pl.DataFrame(schema=BREACHES), *(chunk.breaches for chunk in chunks)]),
        pl.concat([pl.DataFrame(schema=SETTLEMENTS), *(chunk.settlements for chunk in chunks)]),
    )


def route_into(  # noqa: PLR0917 - the inputs of the fold, in its own order
    sink: Callable[[RoutedChunk], None],
    arrivals: pl.DataFrame | Iterable[pl.DataFrame],
    policies: Sequence[Policy],
    absences: Sequence[Absence],
    status_changes: Sequence[StatusChange],
    tokens: Sequence[Token],
    state: RouterState,
    until_us: int,
    progress: Callable[[int], None] | None = None,
    *,
    events: pl.DataFrame | None = None,
    traits: pl.DataFrame | None = None,
    day_zone: str = "UTC",
    closes: Sequence[int] = (),
    waits_at_closes: bool = False,
    pauses: Sequence[Pause] = (),
    departures: Sequence[Departure] = (),
    stand_ins: Sequence[StandIn] = (),
    deputies: Sequence[StandIn] = (),
    wait_closes: Sequence[int] | None = None,
    told_us: int = FAR_FUTURE_US,
    step_closes: Sequence[tuple[int, int]] = (),
    past_runs: Sequence[PastRun] = (),
    told_before: ToldBefore | None = None,
) -> RouterState:
    """Decide all arrivals and all held items that fall due up to and with ``until_us``; hand over chunk by chunk.

    ``arrivals``: one frame, or several that follow each other, in canonical order. Columns: item_seq Int64
    (ascending), pool_id, decided_at Int64 (UTC microseconds, not going back, not before the state's frontier, not
    after ``until_us``), and, where wanted, priority (whole number, low first, default 0); the lists needs, wishes,
    prefers and targets, or traits_id with its meaning in ``traits`` (traits_id and those lists); person (Int64, not
    below 0); kept_by (the member who has the item already), follows_survivor (Boolean: who owns the person's last
    item keeps this one, if still active); at_closes (Boolean: what is done about it while it waits is done at the first
    close from its instant on, and not at it; without the column as ``waits_at_closes`` says).
    ``events``: what is told of items after their assignment, in order: at_us (when it counts, after the state's
    frontier, not after ``until_us``), item_seq, kind (one of ``EVENT_KINDS``), member_id (who did it, or got it),
    occurred_us. A gift (kind give) may say before_id (the owner delivered before), and, where the item may be one that
    the router does not follow, pool_id, priority and traits_id. Whom earlier runs told is to be left out of gifts.
    ``policies``: versions in order, without gaps, that cover the frontier and everything up to ``until_us``.
    ``status_changes``: of one user at one instant the last one holds. ``tokens``: all ever given, spent ones too.
    ``day_zone``: the days of the fairness measures are local days of this zone.
    ``closes``: instants at which deliveries or earlier runs ended; the frontier and ``until_us`` always count as such.
    A step that is due at one of them is taken a microsecond later: a touch at the due instant is in time, and may come.
    ``waits_at_closes``: as ``at_closes``, of items that do not say, and of those that wait after somebody had them.
    ``wait_closes``: the closes at which entries for items that wait are taken, besides the frontier and ``until_us``;
    None: ``closes``.
    ``pauses``: by the operator. What waits in a pool that is paused stays there until its pause ends.
    ``departures``: users who go, or turn out to be away for long; of those up to the frontier nothing follows.
    ``deputies``: to whom idle items of a user go, where the policy says so, apart as well.
    ``stand_ins``: whose claims by a person's last item are not theirs for a while; of one user they do not overlap.
    ``told_us``: when owners are told of what is decided here; where it is not given, at the close at or after each.
    ``step_closes``: (close, up to when activities are known then), at which steps are taken of items with at_closes;
    with ``told_us`` after everything else, at the end. ``past_runs``: earlier runs, in order, that ended on the way;
    with ``told_us`` alone; ``told_before``: whom they told, where this call takes their place. created_us: when an item
    was (else ``decided_at``). An item comes again where reopens says so (1; 2: too late for its last owner), with
    last_owner (who had it last, as earlier calls know) and kept_by (of 1 the last owner where that is nobody's member,
    but there).
    ``sink`` gets every ``RoutedChunk`` in order; ``progress`` the number of arrivals taken so far.

    Returns the state to hand to the next call. It holds members and pools that have a history; whoever is not in it
    stands at zero. Memory grows with held items and the size of a chunk, not with the number of arrivals.
    Raises RefusedError for input that must be fixed, InvariantError for a state that contradicts itself.
    """
    from rr_pipeline.core.driver import Run  # compiles or loads the kernel, so only when something is routed
    from rr_pipeline.core.inputs import Inputs
    from rr_pipeline.core.reopened import read_reopened

    frames = [arrivals] if isinstance(arrivals, pl.DataFrame) else arrivals
    feeds = policies, absences, status_changes, tokens, events
    inputs = Inputs(
        *feeds,
        traits,
        until_us,
        day_zone,
        closes,
        waits_at_closes=waits_at_closes,
        pauses=pauses,
        departures=departures,
        stand_ins=stand_ins,
        deputies=deputies,
        wait_closes=wait_closes,
        kept=_kept_in(frames, policies),
        told_us=told_us,
        step_closes=step_closes,
        past_runs=past_runs,
        told_before=told_before,
        reopened=read_reopened(frames, policies),
    )
    run = Run(sink, inputs, state, _persons_in(frames))
    taken = 0
    for frame in frames:
        for part in frame.iter_slices(_CHUNK_ROWS):
            run.take(part)
            taken += part.height
            if progress is not None:
                progress(taken)
    return run.finish()

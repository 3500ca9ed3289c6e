"""Items that come once more, open again or rerouted: what a call of the router has to know of them beforehand.

Belongs here: who had such an item last, and which are in a queue, as one more person of the state for as long as the
call lasts. Does not belong here: who gets it (kernel).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from rr_pipeline.core.frames import PERSON_STATE, RouterState
from rr_pipeline.core.kernel.codes import ITEM_KEY, QUEUE_KEY, REOPENED, REROUTED
from rr_pipeline.core.model import Policy


@dataclass(frozen=True)
class Reopened:
    """``items``: those that come once more. ``owners``: (item, who had it last) of what earlier calls decided.

    ``users``: whoever may have one again, in whatever pool. ``rerouted``: those that belong elsewhere, if they wait;
    ``queued``: those of them that earlier calls have left in a queue.
    """

    items: frozenset[int] = frozenset()
    owners: tuple[tuple[int, str], ...] = ()
    users: frozenset[str] = frozenset()
    rerouted: frozenset[int] = frozenset()
    queued: tuple[int, ...] = ()


NONE_REOPENED = Reopened()


def read_reopened(frames: Iterable[pl.DataFrame], policies: Sequence[Policy]) -> Reopened:
    """Return what arrivals say of items that are open again; nothing where frames are yet to come."""
    if not isinstance(frames, Sequence):
        return NONE_REOPENED
    several = [frame.filter(pl.col("reopens") > 0) for frame in frames if "reopens" in frame.columns]
    found = pl.concat(several) if several else pl.DataFrame()
    if found.is_empty():
        return NONE_REOPENED
    moved = found.filter(pl.col("reopens") == REROUTED)
    queued = moved.filter(pl.col("is_queued").fill_null(value=False)) if "is_queued" in moved.columns else moved.clear()
    rerouted = frozenset(moved["item_seq"].to_list()), tuple(sorted(set(queued["item_seq"].to_list())))
    found = found.filter(pl.col("reopens") != REROUTED)
    empty = [pl.lit(None, pl.String).alias(name) for name in ("last_owner", "kept_by") if name not in found.columns]
    found = found.with_columns(empty)
    known = found.drop_nulls("last_owner").unique("item_seq", keep="first").sort("item_seq")
    users = {*known["last_owner"].to_list(), *found["kept_by"].drop_nulls().to_list()}
    if (found["reopens"] == REOPENED).any():  # the owner of this very call may be any member
        users |= {member.member_id for policy in policies for pool in policy.pools for member in pool.members}
    owners = tuple(zip(known["item_seq"].to_list(), known["last_owner"].to_list(), strict=True))
    return Reopened(frozenset(found["item_seq"].to_list()), owners, frozenset(users), *rerouted)


def with_items(state: RouterState, again: Reopened) -> RouterState:
    """Return the state with who had these items last, and which are in a queue, each as a person of its own."""
    rows = [(ITEM_KEY + item, owner, 0) for item, owner in again.owners]
    rows += [(QUEUE_KEY + item, "", 0) for item in again.queued]
    if not rows:
        return state
    more = pl.DataFrame(rows, schema=PERSON_STATE, orient="row")
    return replace(state, persons=pl.concat([state.persons, more]))


def without_items(state: RouterState) -> RouterState:
    """Return the state as others know it: items are no persons."""

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        person = pl.col("person")
        return frame.with_columns(pl.when(person < ITEM_KEY).then(person).alias("person"))

    persons = state.persons.filter(pl.col("person") < ITEM_KEY)
    return replace(state, persons=persons, open=own(state.open), holds=own(state.holds))

"""Held and open items, and persons, between calls: from the frames of the state to numbers of a version, and back.

Belongs here: names to numbers and numbers to names. Does not belong here: how items move (``holds``, ``follow``) and
where they stand (``tracked``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core import columns as c
from rr_pipeline.core.epochs import Epoch
from rr_pipeline.core.frames import HOLD_STATE, OPEN_STATE, PERSON_STATE
from rr_pipeline.core.groups import Items
from rr_pipeline.core.tracked import Held, Opened
from rr_pipeline.core.traits import TraitsTable
from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]


def _numbers(series: pl.Series, missing: int) -> Int64s:
    return series.cast(pl.Int64).fill_null(missing).to_numpy().astype(np.int64)


def _nullable(values: Int64s, missing: int) -> pl.Series:
    return pl.Series(values).set(pl.Series(values == missing), None)


def _pools(names: pl.Series, epoch: Epoch) -> Int64s:
    return names.replace_strict(epoch.people.pool_number, return_dtype=pl.Int64).to_numpy().astype(np.int64)


def read_holds(holds: pl.DataFrame, epoch: Epoch, traits: TraitsTable) -> Held:
    """Return the held items as numbers of a version. Raises RefusedError when the version lacks one of their pools."""
    if holds.height == 0:
        return Held()
    holds = holds.sort("item_seq")
    gone = sorted(set(holds["pool_id"].to_list()) - {pool.pool_id for pool in epoch.policy.pools})
    if gone:
        raise RefusedError(
            f"policy version '{epoch.policy.version}' has no pool '{gone[0]}', in which items wait; "
            "keep the pool (it may be without members) until they are decided"
        )
    pool = _pools(holds["pool_id"], epoch)
    items = Items(
        item=_numbers(holds["item_seq"], 0),
        pool=pool,
        traits=traits.numbers_of(holds),
        priority=_numbers(holds["priority"], 0),
        time=_numbers(holds["since_us"], 0),
        person=_numbers(holds["person"], -1),
    )
    users = epoch.people.user_number
    noted = holds.filter(pl.col("skipped").list.len() > 0).select("item_seq", "skipped", "skipped_until_us")
    passed = [(item, users[name], until) for item, names, until in noted.rows() for name in names]
    table = np.array(passed, dtype=np.int64).reshape(-1, 3)
    expires = _numbers(holds["expires_us"], c.NEVER)
    return Held(items, expires, *(np.ascontiguousarray(table[:, column]) for column in range(3)))


def write_holds(held: Held, epoch: Epoch, traits: TraitsTable) -> pl.DataFrame:
    """Return the held items as the state's frame, by arrival."""
    items = held.items
    names = epoch.people.users
    skipped: dict[int, list[str]] = {}
    until: dict[int, int] = {}
    for item, user, end in zip(held.passed_item, held.passed_user, held.passed_until, strict=True):
        skipped.setdefault(int(item), []).append(names[user])
        until[int(item)] = int(end)
    lists = pl.Series([[], *skipped.values()], dtype=pl.List(pl.String))
    ends = pl.Series([None, *until.values()], dtype=pl.Int64)
    place = np.zeros(items.item.size, dtype=np.int64)
    place[np.searchsorted(items.item, np.array(list(skipped), dtype=np.int64))] = np.arange(1, len(skipped) + 1)
    frame = pl.DataFrame(
        {
            "item_seq": items.item,
            "pool_id": epoch.pool_ids.gather(items.pool) if items.pool.size else [],
            "priority": items.priority.astype(np.int32),
            "since_us": items.time,
            "skipped": lists.gather(place),
            "skipped_until_us": ends.gather(place),
            "expires_us": _nullable(held.expires, c.NEVER),
            "person": _nullable(items.person, -1),
            **traits.lists(items.traits),
        }
    )
    return frame.select(HOLD_STATE.names()).cast(HOLD_STATE)


def read_opens(state: pl.DataFrame, epoch: Epoch, traits: TraitsTable) -> Opened:
    """Return the open items as numbers of a version. A target that the pool no longer has takes no steps."""
    if state.height == 0:
        return Opened()
    state, people = state.sort("item_seq"), epoch.people
    pool = _pools(state["pool_id"], epoch)
    items = Items(
        item=_numbers(state["item_seq"], 0),
        pool=pool,
        traits=traits.numbers_of(state),
        priority=_numbers(state["priority"], 0),
        time=_numbers(state["since_us"], 0),
        person=_numbers(state["person"], -1),
    )
    rows = np.zeros((state.height, c.OPEN_COLUMNS), dtype=np.int64)
    rows[:, c.N_ITEM], rows[:, c.N_SINCE], rows[:, c.N_PERSON] = items.item, items.time, items.person
    owners = state["member_id"].to_list()
    rows[:, c.N_SLOT] = [people.slot_number[pair] for pair in zip(pool.tolist(), owners, strict=True)]
    rows[:, c.N_DUE], rows[:, c.N_TOUCHED] = _numbers(state["due_us"], c.NEVER), _numbers(state["touched_us"], c.NEVER)
    rows[:, c.N_TARGET] = [
        epoch.target_number.get((place, name), -1)
        for place, name in zip(pool.tolist(), state["target"].to_list(), strict=True)
    ]
    rows[:, c.N_BREACHED], rows[:, c.N_RELEASED] = _numbers(state["is_breached"], 0), _numbers(state["is_released"], 0)
    rows[:, c.N_COUNT], rows[:, c.N_CHARGED] = _numbers(state["reassign_count"], 0), _numbers(state["charged"], 0)
    rows[:, c.N_LIVE] = 1
    trail: list[tuple[int, int]] = []
    rows[:, c.N_TRAIL] = -1
    for place, names in enumerate(state["previous"].to_list()):
        for name in names:
            trail.append((people.user_number[name], int(rows[place, c.N_TRAIL])))
            rows[place, c.N_TRAIL] = len(trail) - 1
    return Opened(items, rows, np.array(trail, dtype=np.int64).reshape(-1, 2))


def write_opens(opened: Opened, epoch: Epoch, traits: TraitsTable) -> pl.DataFrame:
    """Return the open items as the state's frame, by arrival."""
    items, rows, people = opened.items, opened.rows, epoch.people
    targets = pl.Series([*epoch.target_names, None], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "item_seq": items.item,
            "pool_id": epoch.pool_ids.gather(items.pool) if items.pool.size else [],
            "member_id": epoch.member_ids.gather(rows[:, c.N_SLOT]) if items.pool.size else [],
            "since_us": items.time,
            "due_us": _nullable(rows[:, c.N_DUE], c.NEVER),
            "target": targets.gather(np.where(rows[:, c.N_TARGET] < 0, len(targets) - 1, rows[:, c.N_TARGET])),
            "touched_us": _nullable(rows[:, c.N_TOUCHED], c.NEVER),
            "is_breached": rows[:, c.N_BREACHED] != 0,
            "is_released": rows[:, c.N_RELEASED] != 0,
            "reassign_count": rows[:, c.N_COUNT],
            "previous": pl.Series([_walk(int(at), opened.trail, people.users) for at in rows[:, c.N_TRAIL]]
                                  , dtype=pl.List(pl.String)),
            "charged": rows[:, c.N_CHARGED],
            "priority": items.priority.astype(np.int32),
            "person": _nullable(items.person, -1),
            **traits.lists(items.traits),
        }
    )  # fmt: skip
    return frame.select(OPEN_STATE.names()).cast(OPEN_STATE)


def _walk(at: int, trail: Int64s, users: list[str]) -> list[str]:
    """Return the earlier owners of an item, the first one first."""
    names: list[str] = []
    while at >= 0:
        names.append(users[trail[at, c.TR_USER]])
        at = int(trail[at, c.TR_NEXT])
    return names[::-1]


def read_persons(state: pl.DataFrame, epoch: Epoch) -> Int64s:
    """Return rows (person, user, since)."""
    users = state["member_id"].replace_strict(epoch.people.user_number, return_dtype=pl.Int64)
    return np.column_stack([_numbers(state["person"], -1), _numbers(users, 0), _numbers(state["at_us"], 0)])


def write_persons(persons: Int64s, epoch: Epoch) -> pl.DataFrame:
    """Return the last owner of each person as the state's frame, by person."""
    users = pl.Series(epoch.people.users, dtype=pl.String)
    columns = {
        "person": persons[:, c.PE_KEY],
        "member_id": users.gather(persons[:, c.PE_USER]) if persons.shape[0] else pl.Series([], dtype=pl.String),
        "at_us": persons[:, c.PE_AT],
    }
    return pl.DataFrame(columns, schema=PERSON_STATE)

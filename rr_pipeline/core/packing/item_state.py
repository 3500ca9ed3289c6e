"""Held and open items, and persons, between calls: from the frames of the state to numbers of a version, and back.

Belongs here: names to numbers and numbers to names. Does not belong here: how items move (``holds``,
``open_items``) and where they stand (``live_items``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import HOLD_STATE, OPEN_STATE, PERSON_STATE
from rr_pipeline.core.kernel.codes import FAR_PAST, NEVER
from rr_pipeline.core.kernel.item_records import FIRST_TOUCH, EarlierOwner, ItemClock, OpenItem, Person
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.model import TARGET_KINDS, Policy
from rr_pipeline.core.packing.arrivals import named_in
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.groups import Items
from rr_pipeline.core.packing.list_columns import lists_of, offsets_of
from rr_pipeline.core.packing.live_items import Held, Opened
from rr_pipeline.core.packing.traits import TraitsTable
from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]


def _numbers(series: pl.Series, missing: int) -> Int64s:
    return series.cast(pl.Int64).fill_null(missing).to_numpy().astype(np.int64)


def _nullable(values: Int64s, missing: int) -> pl.Series:
    return pl.Series(values).set(pl.Series(values == missing), None)


def _pools(names: pl.Series, epoch: Epoch) -> Int64s:
    return names.replace_strict(epoch.numbering.pool_number, return_dtype=pl.Int64).to_numpy().astype(np.int64)


def refuse_stuck(holds: pl.DataFrame, policy: Policy, rerouted: frozenset[int]) -> None:
    """Raise RefusedError where items wait in a pool that a version lacks, but for those that it sends elsewhere."""
    lacking = set(holds["pool_id"].unique()) - {pool.pool_id for pool in policy.pools if not pool.is_gone}
    if not lacking:
        return
    stuck = holds.filter(pl.col("pool_id").is_in(sorted(lacking)) & ~pl.col("item_seq").is_in(sorted(rerouted)))
    if stuck.height:
        pool_id = min(stuck["pool_id"].to_list()).partition(":")[0]
        raise RefusedError(
            f"policy version '{policy.version}' has no pool '{pool_id}', in which items wait ({stuck.height}) that it "
            "sends nowhere else; keep the pool (it may be without members) until they are decided"
        )


def read_holds(
    holds: pl.DataFrame, epoch: Epoch, traits: TraitsTable, at_closes: int, named: frozenset[int] = frozenset()
) -> Held:
    """Return the held items as numbers of a version, which must have all their pools.

    ``at_closes``: as of items of which the state does not say; ``named`` as of ``read_arrivals``.
    """
    if holds.height == 0:
        return Held()
    holds = holds.sort("item_seq")
    pool = _pools(holds["pool_id"], epoch)
    items = Items(
        item=_numbers(holds["item_seq"], 0),
        pool=pool,
        traits=traits.numbers_of(holds),
        priority=_numbers(holds["priority"], 0),
        time=_numbers(holds["since_us"], 0),
        person=_numbers(holds["person"], -1),
        at_closes=_numbers(holds["at_closes"], at_closes),
        named=named_in(_numbers(holds["item_seq"], 0), named),
        created=_numbers(pl.select(pl.coalesce(holds["created_us"], holds["since_us"])).to_series(), 0),
    )
    users = epoch.numbering.user_number
    noted = holds.filter(pl.col("skipped").list.len() > 0).select("item_seq", "skipped", "skipped_until_us")
    passed = [(item, users[name], until) for item, names, until in noted.rows() for name in names]
    table = np.array(passed, dtype=np.int64).reshape(-1, 3)
    expires, following, end = _read_waits(holds, pool, epoch)
    item, user, until = (np.ascontiguousarray(table[:, column]) for column in range(3))
    trail, earlier = _read_trail(holds["previous"], holds["previous_us"], epoch)
    moves = _numbers(holds["reassign_count"], 0), _numbers(holds["is_returned"], 0)
    return Held(items, expires, following, end, item, user, until, trail, *moves, earlier)


def _read_waits(holds: pl.DataFrame, pool: Int64s, epoch: Epoch) -> tuple[Int64s, Int64s, Int64s]:
    """Return of each wait the instant of its next entry, that entry, and the end of its list.

    In a pool that is over what waits goes on at once, as the version in force says.
    """
    expires = _numbers(holds["expires_us"], NEVER)
    if not epoch.waits.table.size:
        return np.full(pool.size, NEVER), np.zeros(pool.size, dtype=np.int64), np.zeros(pool.size, dtype=np.int64)
    stands = zip(pool.tolist(), *holds.select("wait_version", "pool_id", "wait_entry"), strict=True)
    table = np.array([epoch.waits.place(*one) for one in stands], dtype=np.int64).reshape(-1, 2)
    following, end = table[:, 0].copy(), table[:, 1].copy()
    is_over = np.array([one.is_over for one in epoch.policy.pools], dtype=np.bool_)[pool]
    expires[is_over] = epoch.start_us
    following[is_over], end[is_over] = epoch.waits.first[pool[is_over]], epoch.waits.end[pool[is_over]]
    following[expires == NEVER] = end[expires == NEVER]
    expires[following == end] = NEVER
    return expires, following, end


def write_holds(held: Held, trail: npt.NDArray[EarlierOwner], epoch: Epoch, traits: TraitsTable) -> pl.DataFrame:
    """Return the held items as the state's frame, by arrival. ``trail``: what their trails point into."""
    items = held.items
    names = epoch.numbering.users
    skipped: dict[int, list[str]] = {}
    until: dict[int, int] = {}
    for item, user, end in zip(held.passed_item, held.passed_user, held.passed_until, strict=True):
        skipped.setdefault(int(item), []).append(names[user])
        until[int(item)] = int(end)
    lists = pl.Series([[], *skipped.values()], dtype=pl.List(pl.String))
    ends = pl.Series([None, *until.values()], dtype=pl.Int64)
    place = np.zeros(items.item.size, dtype=np.int64)
    place[np.searchsorted(items.item, np.array(list(skipped), dtype=np.int64))] = np.arange(1, len(skipped) + 1)
    versions, entries = epoch.waits.stands(held.following, held.end)
    frame = pl.DataFrame(
        {
            "item_seq": items.item,
            "pool_id": epoch.pool_ids.gather(items.pool) if items.pool.size else [],
            "priority": items.priority.astype(np.int32),
            "since_us": items.time,
            "skipped": lists.gather(place),
            "skipped_until_us": ends.gather(place),
            **_earlier_owners(held.trail, trail, names),
            "expires_us": _nullable(held.expires, NEVER),
            "person": _nullable(items.person, -1),
            "wait_version": versions,
            "wait_entry": entries,
            "at_closes": items.at_closes != 0,
            "created_us": items.created,
            "reassign_count": held.reassigned,
            "is_returned": held.returned != 0,
            **traits.lists(items.traits),
        }
    )
    return frame.select(HOLD_STATE.names()).cast(HOLD_STATE)


def read_opens(state: pl.DataFrame, epoch: Epoch, traits: TraitsTable) -> Opened:
    """Return the open items as numbers of a version."""
    if state.height == 0:
        return Opened()
    state, numbering = state.sort("item_seq"), epoch.numbering
    pool = _pools(state["pool_id"], epoch)
    items = Items(
        item=_numbers(state["item_seq"], 0),
        pool=pool,
        traits=traits.numbers_of(state),
        priority=_numbers(state["priority"], 0),
        time=_numbers(state["since_us"], 0),
        person=_numbers(state["person"], -1),
    )
    rows = table_of(OpenItem, state.height)
    rows["item_seq"], rows["since_us"], rows["person"] = items.item, items.time, items.person
    slots = [(place, name, slot) for (place, name), slot in numbering.slot_number.items()]
    rows["slot"] = _looked_up(pool, state["member_id"], slots)
    rows["touched_us"], rows["is_released"] = _numbers(state["touched_us"], NEVER), _numbers(state["is_released"], 0)
    _read_clocks(state, rows["clocks"], epoch)
    rows["reassigned"], rows["charged"] = _numbers(state["reassign_count"], 0), _numbers(state["charged"], 0)
    rows["is_live"] = 1
    rows["is_given"], rows["given_us"] = state["given_us"].is_not_null(), _numbers(state["given_us"], FAR_PAST)
    rows["created_us"] = _numbers(pl.select(pl.coalesce(state["created_us"], state["since_us"])).to_series(), 0)
    rows["told_us"], rows["at_closes"] = _numbers(state["told_us"], FAR_PAST), _numbers(state["at_closes"], 0)
    # Before idle items were looked for, only the first touch was kept.
    acted = pl.select(pl.coalesce(state["acted_us"], state["touched_us"])).to_series()
    rows["acted_us"], rows["is_idle"] = _numbers(acted, FAR_PAST), _numbers(state["is_idle"], 0)
    rows["idle_us"] = NEVER
    rows["trail"], trail = _read_trail(state["previous"], state["previous_us"], epoch)
    return Opened(items, rows, trail)


def _read_clocks(state: pl.DataFrame, clocks: npt.NDArray[ItemClock], epoch: Epoch) -> None:
    """Fill the clocks of open items. Before ladders, all steps came at the due instant."""
    once = pl.when(~pl.col("is_breached").fill_null(value=False)).then("due_us")
    state = state.with_columns(step_us=pl.coalesce("step_us", once))
    for place, kind in enumerate(TARGET_KINDS):
        own, prefix = clocks[:, place], "" if place == FIRST_TOUCH else f"{kind}_"
        own["target"] = epoch.ladders.places(state, kind)
        for name, missing in (("due_us", NEVER), ("step", 0), ("step_us", NEVER), ("waits", 0)):
            own[name] = _numbers(state[prefix + name], missing)


def _write_clocks(clocks: npt.NDArray[ItemClock], epoch: Epoch) -> dict[str, pl.Series]:
    """Return the columns of the clocks of open items."""
    targets, columns = pl.Series([*epoch.ladders.names, None], dtype=pl.String), {}
    for place, kind in enumerate(TARGET_KINDS):
        own, prefix = clocks[:, place], "" if place == FIRST_TOUCH else f"{kind}_"
        columns[f"{prefix}target"] = targets.gather(np.where(own["target"] < 0, len(targets) - 1, own["target"]))
        columns[f"{prefix}due_us"] = _nullable(own["due_us"], NEVER)
        columns[f"{prefix}step"] = pl.Series(own["step"].copy())
        columns[f"{prefix}step_us"] = _nullable(own["step_us"], NEVER)
        columns[f"{prefix}waits"] = pl.Series(own["waits"].copy())
    return columns


def _is_breached(clocks: npt.NDArray[ItemClock], epoch: Epoch) -> npt.NDArray[np.bool_]:
    """Tell of which items the last step taken for the first touch came at or after the due instant."""
    has_any = (clocks["step"] > 0) & (clocks["target"] >= 0)
    found: npt.NDArray[np.bool_] = np.zeros(clocks.size, dtype=np.bool_)
    steps = epoch.targets["steps"]["at_us"]
    found[has_any] = steps[clocks["target"][has_any], clocks["step"][has_any] - 1] >= 0
    return found


def _looked_up(pool: Int64s, name: pl.Series, known: Sequence[tuple[int, str | None, int]]) -> Int64s:
    """Return what is known of each (pool, name), which may be null; -1: nothing."""
    table = pl.DataFrame(known, schema={"pool": pl.Int64, "name": pl.String, "number": pl.Int64}, orient="row")
    wanted = pl.DataFrame({"pool": pool, "name": name})
    found = wanted.join(table, on=["pool", "name"], how="left", nulls_equal=True, maintain_order="left")
    return found["number"].fill_null(-1).to_numpy()


def _read_trail(previous: pl.Series, since: pl.Series, epoch: Epoch) -> tuple[Int64s, npt.NDArray[EarlierOwner]]:
    """Return where the trail of each open item begins, -1 without one, and the trail. ``previous``: the first first."""
    ends = np.cumsum(_numbers(previous.list.len(), 0))
    begins = np.concatenate([[0], ends[:-1]])
    previous = previous.fill_null([])
    names = previous.list.explode(empty_as_null=False, keep_nulls=False)
    trail = table_of(EarlierOwner, names.len())
    trail["user"] = names.replace_strict(epoch.numbering.user_number, return_dtype=pl.Int64).to_numpy()
    trail["following"] = np.arange(-1, names.len() - 1)
    # Rows that an older version wrote do not say since when.
    known = since.list.explode(empty_as_null=False, keep_nulls=False)
    trail["since_us"] = _numbers(known, FAR_PAST) if known.len() == names.len() else FAR_PAST
    has_any = ends > begins
    trail["following"][begins[has_any]] = -1
    return np.where(has_any, ends - 1, -1), trail


def write_opens(opened: Opened, epoch: Epoch, traits: TraitsTable) -> pl.DataFrame:
    """Return the open items as the state's frame, by arrival."""
    items, rows = opened.items, opened.rows
    clocks = rows["clocks"]
    frame = pl.DataFrame(
        {
            "item_seq": items.item,
            "pool_id": epoch.pool_ids.gather(items.pool) if items.pool.size else [],
            "member_id": epoch.member_ids.gather(rows["slot"]) if items.pool.size else [],
            "since_us": items.time,
            "created_us": rows["created_us"].copy(),
            "told_us": _nullable(rows["told_us"], FAR_PAST),
            "at_closes": rows["at_closes"] != 0,
            **_write_clocks(clocks, epoch),
            "touched_us": _nullable(rows["touched_us"], NEVER),
            "acted_us": _nullable(rows["acted_us"], FAR_PAST),
            "is_idle": rows["is_idle"] != 0,
            "is_breached": _is_breached(clocks[:, FIRST_TOUCH], epoch),
            "is_released": rows["is_released"] != 0,
            "reassign_count": rows["reassigned"].copy(),
            **_earlier_owners(rows["trail"], opened.trail, epoch.numbering.users),
            "charged": rows["charged"].copy(),
            "given_us": _nullable(np.where(rows["is_given"] != 0, rows["given_us"], FAR_PAST), FAR_PAST),
            "priority": items.priority.astype(np.int32),
            "person": _nullable(items.person, -1),
            **traits.lists(items.traits),
        }
    )  # fmt: skip
    return frame.select(OPEN_STATE.names()).cast(OPEN_STATE)


def _earlier_owners(at: Int64s, trail: npt.NDArray[EarlierOwner], users: list[str]) -> dict[str, pl.Series]:
    """Return the earlier owners of each item, the first one first, and since when each had it.

    ``at``: the last one's row of the trail, or -1.
    """
    steps = []
    place = np.flatnonzero(at >= 0)
    while place.size:  # one step back for all at a time
        row = trail[at[place]]
        steps.append((place, row["user"], row["since_us"]))
        at = at.copy()
        at[place] = row["following"]
        place = place[at[place] >= 0]
    none = np.zeros(0, dtype=np.int64)
    places, owners, since = (np.concatenate([none, *(step[k] for step in reversed(steps))]) for k in range(3))
    order, offsets = np.argsort(places, kind="stable"), offsets_of(np.bincount(places, minlength=at.size))
    names = pl.Series(users, dtype=pl.String).gather(owners[order])
    return {"previous": lists_of(names, offsets), "previous_us": lists_of(_nullable(since[order], FAR_PAST), offsets)}


def read_persons(state: pl.DataFrame, epoch: Epoch) -> npt.NDArray[Person]:
    """Return the last owner of each person; of what is in a queue it is nobody."""
    numbering = epoch.numbering
    users = state["member_id"].replace_strict(numbering.user_number, default=numbering.nobody, return_dtype=pl.Int64)
    persons = table_of(Person, state.height)
    persons["person"], persons["user"] = _numbers(state["person"], -1), _numbers(users, 0)
    persons["since_us"] = _numbers(state["at_us"], 0)
    return persons


def write_persons(persons: npt.NDArray[Person], epoch: Epoch) -> pl.DataFrame:
    """Return the last owner of each person as the state's frame, by person."""
    users = pl.Series(epoch.numbering.users, dtype=pl.String)
    columns = {
        "person": persons["person"].copy(),
        "member_id": users.gather(persons["user"]) if persons.size else pl.Series([], dtype=pl.String),
        "at_us": persons["since_us"].copy(),
    }
    return pl.DataFrame(columns, schema=PERSON_STATE)

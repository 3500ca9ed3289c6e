"""Identity as a fold: items in canonical order, joined into persons by the keys they share.

Belongs here: who is the same person as an earlier item, with what was known when the item came. Does not belong here:
which keys an item has (steps/identity_keys), or where keys and persons are stored.

A person is named by the number of its first item's arrival among all persons; where an item shows that two persons
are one, the smaller number stands from that item on, and what was said of earlier items is left as it was. So cutting
the same items into other runs says the same of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import types

from rr_pipeline.core.kernel.compiler import array_type, helper, kernel

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NOBODY = -1
"""No person, no item."""


@dataclass(frozen=True)
class Keyed:
    """Items in canonical order with their keys, and what is known of those keys from before.

    ``item_seq`` (n,): ascending numbers. ``may_fold`` (n,): the item may be folded into an earlier one.
    ``may_survive`` (n,): later ones may be folded into it. ``offsets`` (n + 1,), ``key`` (m,): item i has the keys
    ``key[offsets[i]:offsets[i + 1]]``, numbers from 0. ``known`` (keys,): the person a key is of, NOBODY where it is
    new. ``persons`` (p,), ascending: the persons in ``known``; ``first_seq`` (p,): the item of each that others are
    folded into, NOBODY where there is none. ``next_person``: number of the next new person.
    """

    item_seq: Int64s
    may_fold: Bools
    may_survive: Bools
    offsets: Int64s
    key: Int64s
    known: Int64s
    persons: Int64s
    first_seq: Int64s
    next_person: int


@dataclass(frozen=True)
class Resolved:
    """What the fold found.

    ``person`` (n,): person of each item when it came. ``duplicate_of`` (n,): the item it is folded into, else NOBODY.
    ``key_person`` (keys,): person of each key after the last item. ``persons``, ``became``, ``first_seq`` (q,): every
    person that was known or is new, the person it is now, and, for those that stand, the item others are folded into.
    """

    person: Int64s
    duplicate_of: Int64s
    key_person: Int64s
    persons: Int64s
    became: Int64s
    first_seq: Int64s
    next_person: int


def resolve(keyed: Keyed) -> Resolved:
    """Join items into persons, each by what came before it only."""
    count, known_count = keyed.item_seq.size, keyed.persons.size
    known = np.full(keyed.known.size, NOBODY, np.int64)
    is_known = keyed.known != NOBODY
    known[is_known] = np.searchsorted(keyed.persons, keyed.known[is_known])
    parent = np.arange(known_count + count, dtype=np.int64)
    first_seq = np.full(known_count + count, NOBODY, np.int64)
    first_seq[:known_count] = keyed.first_seq
    person, duplicate_of = np.empty(count, np.int64), np.empty(count, np.int64)
    # Copies, since frames lend read-only arrays and the kernel has one signature.
    item_seq, offsets, key = (np.array(column, np.int64) for column in (keyed.item_seq, keyed.offsets, keyed.key))
    created = _join(
        item_seq, keyed.may_fold.astype(np.uint8), keyed.may_survive.astype(np.uint8), offsets, key,
        known, parent, first_seq, person, duplicate_of, known_count,
    )  # fmt: skip
    size = known_count + int(created)
    fresh = np.arange(keyed.next_person, keyed.next_person + int(created), dtype=np.int64)
    numbers = np.concatenate([keyed.persons, fresh])
    roots = _roots(parent[:size])
    key_person = np.where(known == NOBODY, NOBODY, numbers[roots[known]] if size else NOBODY)
    return Resolved(
        person=numbers[person] if count else person,
        duplicate_of=duplicate_of,
        key_person=key_person,
        persons=numbers,
        became=numbers[roots],
        first_seq=first_seq[:size],
        next_person=keyed.next_person + int(created),
    )


def _roots(parent: Int64s) -> Int64s:
    roots = parent.copy()
    while roots.size and (roots != roots[roots]).any():
        roots = roots[roots]
    return roots


@helper
def _find(parent: Int64s, place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place


_LONGS = array_type(np.int64)
_FLAGS = array_type(np.uint8)


@kernel(
    types.int64(
        _LONGS, _FLAGS, _FLAGS, _LONGS, _LONGS, _LONGS, _LONGS, _LONGS, _LONGS, _LONGS, types.int64
    )
)  # fmt: skip
def _join(  # noqa: PLR0917 - a kernel takes its arrays one by one
    item_seq: Int64s,
    may_fold: npt.NDArray[np.uint8],
    may_survive: npt.NDArray[np.uint8],
    offsets: Int64s,
    key: Int64s,
    known: Int64s,
    parent: Int64s,
    first_seq: Int64s,
    person: Int64s,
    duplicate_of: Int64s,
    known_count: int,
) -> int:
    """Fill ``person`` (places, not numbers) and ``duplicate_of``; return how many persons are new."""
    created = 0
    for i in range(item_seq.size):
        mine = -1
        for k in range(offsets[i], offsets[i + 1]):
            if known[key[k]] >= 0:
                other = _find(parent, known[key[k]])
                if mine < 0 or other == mine:
                    mine = other
                    continue
                low, high = min(mine, other), max(mine, other)
                parent[high] = low
                if first_seq[high] >= 0 and (first_seq[low] < 0 or first_seq[high] < first_seq[low]):
                    first_seq[low] = first_seq[high]
                mine = low
        if mine < 0:
            mine = known_count + created
            created += 1
        for k in range(offsets[i], offsets[i + 1]):
            known[key[k]] = mine
        person[i] = mine
        duplicate_of[i] = -1
        if may_fold[i]:
            duplicate_of[i] = first_seq[mine]
        if may_survive[i] and first_seq[mine] < 0:
            first_seq[mine] = item_seq[i]
    return created

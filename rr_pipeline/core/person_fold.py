"""Identity as a fold: items in canonical order, joined into persons by the keys they share.

Belongs here: who is the same person as an earlier item, with what was known when the item came, and whether it is
folded into that one's. Does not belong here: which keys an item has (steps/identity_keys), or where keys and persons
are stored.

A person is named by the number of its first item's arrival among all persons; where an item shows that two persons
are one, the smaller number stands from that item on, and what was said of earlier items is left as it was. So cutting
the same items into other runs says the same of each.

A key in doubt, and one that came with more different names than it may, does not join by itself: it joins those who
have it together with the same name. Names count up to and with the item that is looked at.
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
"""No person, no item, no name."""


@dataclass(frozen=True)
class Ends:
    """When items ended, UTC microseconds; the greatest number where one did not.

    ``closed``: when it was closed, counting from ``known`` on. ``gone``: from when on it is deleted.
    """

    closed: Int64s
    known: Int64s
    gone: Int64s


@dataclass(frozen=True)
class Keyed:
    """Items in canonical order with their keys, and what is known of those keys from before.

    Of the items (n,): ``item_seq`` ascending numbers; ``may_fold``: the item may be folded into an earlier one;
    ``may_survive``: later ones may be folded into it; ``decided`` and ``window``: when it is decided, and how long
    before that another may have been closed and still take it, in microseconds; ``most_names``: so many a key may have
    and still prove something. ``offsets`` (n + 1,), ``key`` and ``pair`` (m,): item i has the keys
    ``key[offsets[i]:offsets[i + 1]]``, numbers from 0, each with the pair of that key and the item's name, NOBODY where
    it has none. Of the keys: ``known``, the person a key is of, NOBODY where it is new; ``is_doubted``; ``names``, how
    many names it came with before. ``pair_known``: the person of each pair, NOBODY where it is new. ``persons`` (p,),
    ascending: the persons in ``known`` and ``pair_known``; ``first_seq`` (p,): the item of each that others are folded
    into, NOBODY where there is none. ``next_person``: number of the next new person. ``ends`` (p + n,): of the items in
    ``first_seq``, then of the items themselves.
    """

    item_seq: Int64s
    may_fold: Bools
    may_survive: Bools
    decided: Int64s
    window: Int64s
    most_names: Int64s
    offsets: Int64s
    key: Int64s
    pair: Int64s
    known: Int64s
    is_doubted: Bools
    names: Int64s
    pair_known: Int64s
    persons: Int64s
    first_seq: Int64s
    next_person: int
    ends: Ends


@dataclass(frozen=True)
class Resolved:
    """What the fold found.

    ``person`` (n,): person of each item when it came. ``duplicate_of`` (n,): the item it is folded into, else NOBODY.
    ``key_person`` (keys,), ``pair_person`` (pairs,): person of each after the last item, NOBODY for a key that never
    proved anything. ``unproven`` (keys,): how many items each proved nothing of; ``names`` (keys,): with how many names
    it came by now. ``persons``, ``became``, ``first_seq`` (q,): every person that was known or is new, the person it is
    now, and, for those that stand, the item others are folded into. ``joined`` (j, 3): persons that were joined with
    another one, with whom, and by which item, in the order in which that came to be known.
    """

    person: Int64s
    duplicate_of: Int64s
    key_person: Int64s
    pair_person: Int64s
    unproven: Int64s
    names: Int64s
    persons: Int64s
    became: Int64s
    first_seq: Int64s
    next_person: int
    joined: Int64s


def resolve(keyed: Keyed) -> Resolved:
    """Join items into persons, each by what came before it only."""
    count, known_count = keyed.item_seq.size, keyed.persons.size
    known, pair_known = (_placed(column, keyed.persons) for column in (keyed.known, keyed.pair_known))
    parent = np.arange(known_count + count, dtype=np.int64)
    entry_seq = np.concatenate([keyed.first_seq, keyed.item_seq]).astype(np.int64)
    first = np.full(known_count + count, NOBODY, np.int64)
    first[:known_count] = np.where(keyed.first_seq == NOBODY, NOBODY, np.arange(known_count))
    person, duplicate_of = np.empty(count, np.int64), np.empty(count, np.int64)
    with_whom, by_item = (np.full(known_count + count, NOBODY, np.int64) for _ in range(2))
    names, unproven = np.array(keyed.names, np.int64), np.zeros(keyed.known.size, np.int64)
    # Copies, since frames lend read-only arrays and the kernel has one signature.
    decided, window, most_names, offsets, key, pair, closed, closed_known, gone = (
        np.array(column, np.int64)
        for column in (
            keyed.decided, keyed.window, keyed.most_names, keyed.offsets, keyed.key, keyed.pair,
            keyed.ends.closed, keyed.ends.known, keyed.ends.gone,
        )
    )  # fmt: skip
    created = _join(
        keyed.may_fold.astype(np.uint8), keyed.may_survive.astype(np.uint8), keyed.is_doubted.astype(np.uint8),
        decided, window, most_names, offsets, key, pair, closed, closed_known, gone,
        known, names, pair_known, unproven, parent, entry_seq, first, person, duplicate_of,
        with_whom, by_item, known_count,
    )  # fmt: skip
    size = known_count + int(created)
    numbers = np.concatenate([keyed.persons, np.arange(keyed.next_person, keyed.next_person + int(created))])
    roots = _roots(parent[:size])
    entries = first[:size]
    return Resolved(
        person=numbers[person] if count else person,
        duplicate_of=_numbered(duplicate_of, entry_seq),
        key_person=_numbered(known, numbers[roots]),
        pair_person=_numbered(pair_known, numbers[roots]),
        unproven=unproven,
        names=names,
        persons=numbers,
        became=numbers[roots],
        first_seq=_numbered(entries, entry_seq),
        next_person=keyed.next_person + int(created),
        joined=_joined(with_whom, by_item, numbers, keyed.item_seq),
    )


def _joined(with_whom: Int64s, by_item: Int64s, numbers: Int64s, item_seq: Int64s) -> Int64s:
    """Return (person, with whom it was joined, item that showed it), in the order of these items, then of persons."""
    places = np.flatnonzero(by_item != NOBODY)
    places = places[np.argsort(by_item[places], kind="stable")]
    columns = numbers[places], numbers[with_whom[places]], item_seq[by_item[places]]
    return np.stack(columns, axis=1).astype(np.int64)


def _placed(known: Int64s, persons: Int64s) -> Int64s:
    """Places of persons for their numbers; NOBODY stays."""
    places = np.full(known.size, NOBODY, np.int64)
    places[known != NOBODY] = np.searchsorted(persons, known[known != NOBODY])
    return places


def _numbered(places: Int64s, numbers: Int64s) -> Int64s:
    """Numbers for places; NOBODY stays."""
    found = np.full(places.size, NOBODY, np.int64)
    found[places != NOBODY] = numbers[places[places != NOBODY]]
    return found


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


@helper
def _united(  # noqa: PLR0917 - the tables of the fold, and the two
    parent: Int64s, first: Int64s, entry_seq: Int64s, with_whom: Int64s, by_item: Int64s, item: int,
    mine: int, holder: int,
) -> int:  # fmt: skip
    """The one person that two places are from now on, by an item; either may be NOBODY."""
    if holder < 0:
        return mine
    other = _find(parent, holder)
    if mine < 0 or other == mine:
        return other
    low, high = min(mine, other), max(mine, other)
    parent[high] = low
    with_whom[high], by_item[high] = low, item
    if first[high] >= 0 and (first[low] < 0 or entry_seq[first[high]] < entry_seq[first[low]]):
        first[low] = first[high]
    return low


_LONGS = array_type(np.int64)
_FLAGS = array_type(np.uint8)
_Flags = npt.NDArray[np.uint8]


@kernel(types.int64(*[_FLAGS] * 3, *[_LONGS] * 20, types.int64))
def _join(  # noqa: PLR0912, PLR0917 - a kernel takes its arrays one by one, and is one loop
    may_fold: _Flags, may_survive: _Flags, is_doubted: _Flags,
    decided: Int64s, window: Int64s, most_names: Int64s, offsets: Int64s, key: Int64s, pair: Int64s,
    closed: Int64s, closed_known: Int64s, gone: Int64s,
    known: Int64s, names: Int64s, pair_known: Int64s, unproven: Int64s,
    parent: Int64s, entry_seq: Int64s, first: Int64s, person: Int64s, duplicate_of: Int64s,
    with_whom: Int64s, by_item: Int64s, known_count: int,
) -> int:  # fmt: skip
    """Fill ``person`` and ``duplicate_of`` (places, not numbers), ``names``, ``unproven``, and of each person that is
    joined ``with_whom`` and ``by_item`` (places); return the new persons.
    """
    created = 0
    for i in range(may_fold.size):
        mine = -1
        for k in range(offsets[i], offsets[i + 1]):
            one, two = key[k], pair[k]
            if two >= 0 and pair_known[two] < 0:
                names[one] += 1
            if is_doubted[one] or names[one] > most_names[i]:
                unproven[one] += 1
            else:
                mine = _united(parent, first, entry_seq, with_whom, by_item, i, mine, known[one])
            if two >= 0:
                mine = _united(parent, first, entry_seq, with_whom, by_item, i, mine, pair_known[two])
        if mine < 0:
            mine = known_count + created
            created += 1
        for k in range(offsets[i], offsets[i + 1]):
            if pair[k] >= 0:
                pair_known[pair[k]] = mine
            if not (is_doubted[key[k]] or names[key[k]] > most_names[i]):
                known[key[k]] = mine
        person[i] = mine
        duplicate_of[i] = -1
        standing = first[mine]
        if standing >= 0 and (
            gone[standing] <= decided[i]
            or (closed_known[standing] <= decided[i] and decided[i] - closed[standing] > window[i])
        ):
            standing = -1
        if may_fold[i]:
            duplicate_of[i] = standing
        if may_survive[i] and standing < 0:
            first[mine] = known_count + i
    return created

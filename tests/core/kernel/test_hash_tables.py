"""Tables of open addressing hold what a dict holds, through insertions, removals and growth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from rr_pipeline.core.kernel import hash_tables
from rr_pipeline.core.kernel.item_records import Place
from rr_pipeline.core.kernel.records import table_of

Table = npt.NDArray[Place]


@njit
def put(table: Table, key: int, value: int) -> None:
    place = table[hash_tables.place_of(table["item_seq"], key)]
    place.item_seq, place.row = key, value


@njit
def take(table: Table, key: int) -> None:
    at = hash_tables.place_of(table["item_seq"], key)
    if table[at].item_seq == key:
        hash_tables.free_place(table, at)


@njit
def look_up(table: Table, key: int) -> int:
    place = table[hash_tables.place_of(table["item_seq"], key)]
    return place.row if place.item_seq == key else -1


@njit
def home(table: Table, key: int) -> int:
    # A helper is a part of compiled code: called by itself there is no machine code of it.
    return hash_tables.home_of(table["item_seq"], key)


def places(rows: list[tuple[int, int]]) -> Table:
    table = table_of(Place, len(rows))
    for place, (key, value) in zip(table, rows, strict=True):
        place.item_seq, place.row = key, value
    return table


def content(table: Table) -> dict[int, int]:
    return {int(place.item_seq): int(place.row) for place in table if place.item_seq != -1}


keys = st.one_of(st.integers(0, 40), st.integers(0, 2**40), st.integers(0, 20).map(lambda key: key << 20))


@settings(deadline=None)
@given(st.lists(st.tuples(keys, st.booleans()), max_size=120))
def test_a_table_holds_what_a_dict_holds(steps: list[tuple[int, bool]]) -> None:
    table = hash_tables.table_over(places([]), 16)
    known: dict[int, int] = {}
    for number, (key, is_put) in enumerate(steps):
        if not is_put:
            take(table, key)
            known.pop(key, None)
        elif 2 * len(known) < table.size or key in known:
            put(table, key, number)
            known[key] = number
        assert content(table) == known
    assert all(look_up(table, key) == value for key, value in known.items())
    twice = hash_tables.table_twice(table)
    assert twice.size == 2 * table.size
    assert content(twice) == known
    assert all(look_up(twice, key) == known.get(key, -1) for key, _ in steps)


def test_numbers_in_a_row_stand_side_by_side_and_a_longer_table_keeps_their_order() -> None:
    table = hash_tables.table_over(places([(4000 + row, row) for row in range(1000)]), 0)
    twice = hash_tables.table_twice(table)
    assert np.flatnonzero(np.diff(table["item_seq"][table["item_seq"] >= 0]) == 1).size >= 750
    order = [int(key) for key in table["item_seq"] if key >= 0]
    again = [int(key) for key in twice["item_seq"] if key >= 0]
    moved = sum(one != other for one, other in zip(order, again, strict=True))
    assert moved < 100


@pytest.mark.parametrize("size", [4, 1024])
def test_of_several_rows_with_one_key_the_last_one_stays(size: int) -> None:
    assert content(hash_tables.table_over(places([(7, 1), (-1, 5), (7, 2)]), size)) == {7: 2}


def test_rows_behind_a_freed_one_move_up_so_that_they_are_still_found() -> None:
    table = hash_tables.table_over(places([]), 16)
    keys: list[int] = []
    for key in range(0, 4000, 4):  # four numbers that want the same row
        if not keys or home(table, key) == home(table, keys[0]):
            keys.append(key)
    for number, key in enumerate(keys[:4]):
        put(table, key, number)
    take(table, keys[0])
    assert content(table) == {keys[1]: 1, keys[2]: 2, keys[3]: 3}
    assert [look_up(table, key) for key in keys[:4]] == [-1, 1, 2, 3]

"""Tables of open addressing hold what a dict holds, through insertions, removals and growth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from rr_pipeline.core.kernel import hash_tables
from rr_pipeline.core.kernel.arrays import Int64s


@njit
def put(table: Int64s, key: int, value: int) -> None:
    at = hash_tables.place_of(table, key)
    table[at, 0], table[at, 1] = key, value


@njit
def take(table: Int64s, key: int) -> None:
    at = hash_tables.place_of(table, key)
    if table[at, 0] == key:
        hash_tables.free_place(table, at)


@njit
def look_up(table: Int64s, key: int) -> int:
    at = hash_tables.place_of(table, key)
    return table[at, 1] if table[at, 0] == key else -1


def content(table: Int64s) -> dict[int, int]:
    return {int(key): int(value) for key, value in table if key != -1}


keys = st.one_of(st.integers(0, 40), st.integers(0, 2**40), st.integers(0, 20).map(lambda key: key << 20))


@settings(deadline=None)
@given(st.lists(st.tuples(keys, st.booleans()), max_size=120))
def test_a_table_holds_what_a_dict_holds(steps: list[tuple[int, bool]]) -> None:
    table = hash_tables.table_over(np.zeros((0, 2), dtype=np.int64), 16)
    known: dict[int, int] = {}
    for number, (key, is_put) in enumerate(steps):
        if not is_put:
            take(table, key)
            known.pop(key, None)
        elif 2 * len(known) < table.shape[0] or key in known:
            put(table, key, number)
            known[key] = number
        assert content(table) == known
    assert all(look_up(table, key) == value for key, value in known.items())
    twice = hash_tables.table_twice(table)
    assert twice.shape[0] == 2 * table.shape[0]
    assert content(twice) == known
    assert all(look_up(twice, key) == known.get(key, -1) for key, _ in steps)


def test_numbers_in_a_row_stand_side_by_side_and_a_longer_table_keeps_their_order() -> None:
    rows = np.column_stack([np.arange(4000, 5000), np.arange(1000)])
    table = hash_tables.table_over(rows, 0)
    twice = hash_tables.table_twice(table)
    assert np.flatnonzero(np.diff(table[table[:, 0] >= 0, 0]) == 1).size >= 750
    order = [int(key) for key in table[:, 0] if key >= 0]
    again = [int(key) for key in twice[:, 0] if key >= 0]
    moved = sum(one != other for one, other in zip(order, again, strict=True))
    assert moved < 100


@pytest.mark.parametrize("size", [4, 1024])
def test_of_several_rows_with_one_key_the_last_one_stays(size: int) -> None:
    rows = np.array([[7, 1], [-1, 5], [7, 2]], dtype=np.int64)
    assert content(hash_tables.table_over(rows, size)) == {7: 2}

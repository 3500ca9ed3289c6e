"""Rows of tables whose fields have names: they share the table's memory, and hold numbers, records and several."""

from __future__ import annotations

import inspect
import re
from typing import Annotated

import numba
import numpy as np
import numpy.typing as npt
import pytest

from rr_pipeline.core.kernel import item_records, pool_records
from rr_pipeline.core.kernel.item_records import OpenItem
from rr_pipeline.core.kernel.pool_records import Tally
from rr_pipeline.core.kernel.records import Int64s, Record, Several, one_of, table_of


class Inner(Record):
    """Two numbers."""

    first: int
    second: int


class Outer(Record):
    """A number, a record, numbers and records."""

    number: int
    inner: Inner
    numbers: Annotated[Int64s, Several(3)]
    inners: Annotated[npt.NDArray[Inner], Several(2, Inner)]


def fill(rows: npt.NDArray[Outer]) -> None:
    for place in range(rows.size):
        row = rows[place]
        row.number += 10 + place
        row.inner.second = row.number + 1
        row.numbers[2] = row.number + 2
        row.inners[1].first = row.number + 3


def content(rows: npt.NDArray[Outer]) -> list[list[int]]:
    return [[int(number) for number in row] for row in rows.view(np.int64).reshape(rows.size, -1)]


# number, inner (2), numbers (3), inners (2 x 2)
FILLED = [[10, 0, 11, 0, 0, 12, 0, 0, 13, 0], [11, 0, 12, 0, 0, 13, 0, 0, 14, 0]]


def test_what_is_written_to_a_row_stands_in_its_table() -> None:
    rows = table_of(Outer, 2)
    fill(rows)
    assert content(rows) == FILLED


def test_compiled_it_is_the_same() -> None:
    rows = table_of(Outer, 2)
    numba.njit(fill)(rows)
    assert content(rows) == FILLED


def test_a_single_row_is_zeros_that_can_be_written() -> None:
    row = one_of(Outer)
    assert (row.number, row.inner.first) == (0, 0)
    row.inner.first = 5
    assert row.inner.first == 5


@pytest.mark.parametrize("rows", [1, 7])
def test_tables_begin_where_a_line_of_memory_does(rows: int) -> None:
    table = table_of(OpenItem, rows)
    assert table.size == rows
    assert table.ctypes.data % 64 == 0


def test_an_open_item_fills_four_lines_of_memory_so_that_one_look_fetches_it() -> None:
    assert OpenItem.layout.itemsize == 256


def test_records_are_whole_numbers_without_holes() -> None:
    found = [
        record
        for module in (pool_records, item_records)
        for _, record in inspect.getmembers(module, inspect.isclass)
        if issubclass(record, Record) and record is not Record
    ]
    assert len(found) > 20
    for record in found:
        count = table_of(record, 1).view(np.int64).size
        assert 8 * count == record.layout.itemsize, record
    assert Tally.layout["days"].shape == (pool_records.DAYS_KEPT,)


@pytest.mark.parametrize("module", [pool_records, item_records])
def test_every_flag_says_in_words_what_1_means(module: object) -> None:
    lines = inspect.getsource(module).splitlines()  # type: ignore[arg-type]
    flags = [line for line in lines if re.match(r"    (is_|waits|declines|charges|counts)\w*: int", line)]
    assert len(flags) > 3
    assert [line for line in flags if not re.search(r"#.*\b1: \w", line)] == []

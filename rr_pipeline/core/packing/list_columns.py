"""Columns of lists, made of one stretch of values and where each list ends, without a loop over rows.

Belongs here: the way from values and offsets to a column of lists. Does not belong here: what the values say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa


def lists_of(
    values: npt.NDArray[Any] | pl.Series, offset: npt.NDArray[np.int64], is_null: npt.NDArray[np.bool_] | None = None
) -> pl.Series:
    """Return one list a row: row i holds ``values[offset[i] : offset[i + 1]]``, or nothing where ``is_null``.

    The column shares the memory of numbers and offsets; whoever owns that may write it again when the column is gone.
    """
    items = values.to_arrow() if isinstance(values, pl.Series) else pa.array(values)
    mask = None if is_null is None else pa.array(is_null)
    found = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(offset), items, mask=mask))
    assert isinstance(found, pl.Series)
    return found


def offsets_of(sizes: npt.NDArray[Any] | Sequence[int]) -> npt.NDArray[np.int64]:
    """Return where each of these lists begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

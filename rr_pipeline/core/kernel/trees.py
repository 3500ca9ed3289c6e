"""Least-first trees over keys that change one at a time: when pools wake, and which group is offered next."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel import columns as c

Int64s = npt.NDArray[np.int64]


def tree_over(keys: Int64s) -> Int64s:
    """Return a least-first tree over ``keys``: node i stands over 2i and 2i + 1, the leaves come last."""
    size = 1 << max(0, int(keys.size) - 1).bit_length()
    tree = np.full(2 * size, c.NEVER, dtype=np.int64)
    tree[size : size + keys.size] = keys
    while size > 1:
        size //= 2
        tree[size : 2 * size] = np.minimum(tree[2 * size : 4 * size : 2], tree[2 * size + 1 : 4 * size : 2])
    return tree

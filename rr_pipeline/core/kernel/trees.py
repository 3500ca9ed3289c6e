"""Least-first trees over keys that change one at a time: when pools wake, and which group is offered next.

Belongs here: building a tree, and compiled helpers that change a key and find the least. Does not belong here: what the
keys mean.

Node i stands over 2i and 2i + 1 and holds the lesser of their keys; the leaves come last. Node 1 is the least of all.
"""

from __future__ import annotations

import numpy as np

from rr_pipeline.core.kernel.codes import NEVER
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.records import Int64s


def tree_over(keys: Int64s) -> Int64s:
    """Return a least-first tree over ``keys``."""
    size = 1 << max(0, int(keys.size) - 1).bit_length()
    tree = np.full(2 * size, NEVER, dtype=np.int64)
    tree[size : size + keys.size] = keys
    while size > 1:
        size //= 2
        tree[size : 2 * size] = np.minimum(tree[2 * size : 4 * size : 2], tree[2 * size + 1 : 4 * size : 2])
    return tree


@helper
def tree_set(tree: Int64s, leaf: int, key: int) -> None:
    """Give a leaf a new key."""
    node = leaf + tree.size // 2
    tree[node] = key
    node >>= 1
    while node >= 1:
        tree[node] = min(tree[2 * node], tree[2 * node + 1])
        node >>= 1


@helper
def tree_least(tree: Int64s) -> int:
    """Return the leaf with the least key, the first of equals."""
    node = 1
    while node < tree.size // 2:
        node = 2 * node if tree[2 * node] <= tree[2 * node + 1] else 2 * node + 1
    return node - tree.size // 2

"""Random draws for the demo: whole numbers of a seeded PCG64 only.

Belongs here: draws that give the same numbers on every machine. Does not belong here: anything that takes a
logarithm or a sine, whose last bit differs between processors, and anything that knows what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Draw:
    """A stream of draws. Streams of different names are independent: adding to one moves no other."""

    def __init__(self, seed: int, name: str) -> None:
        words = [seed & 0xFFFFFFFF, seed >> 32, *name.encode("ascii")]
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def below(self, bound: int, count: int) -> Ints:
        """Return ``count`` whole numbers, 0 <= number < ``bound``."""
        return self._rng.integers(0, bound, count, dtype=np.int64)

    def pick(self, weights: Sequence[int], count: int) -> Ints:
        """Return ``count`` positions in ``weights``, each as often as its weight says."""
        edges = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(edges, self.below(int(edges[-1]), count), side="right").astype(np.int64)

    def chance(self, per_10000: int, count: int) -> Bools:
        """Return ``count`` booleans, true ``per_10000`` times in 10,000."""
        return self.below(10_000, count) < per_10000


def pick_each(draw: Draw, sizes: Ints) -> Ints:
    """Return one whole number a row, 0 <= number < ``sizes[row]``. The bias of the remainder is below 1e-9."""
    return draw.below(1 << 48, len(sizes)) % sizes

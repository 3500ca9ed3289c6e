"""Choices for random worlds, cheap to draw and good to shrink.

Belongs here: how one chooses. Does not belong here: what there is to choose from (``world_parts``, ``worlds``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


@lru_cache
def _numbers(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def split(packed: int, *counts: int) -> list[int]:
    """The small numbers, each below its count, of which a number was put together."""
    found = []
    for count in counts:
        packed, number = divmod(packed, count)
        found.append(number)
    return found


@dataclass
class Dice:
    """Choices one after the other; the first of each is the plainest, and the one that failures are reduced to."""

    draw: st.DrawFn

    def below(self, count: int) -> int:
        return self.draw(_numbers(count))

    def pick(self, *options: T) -> T:
        return options[self.below(len(options))]

    def each(self, *counts: int) -> list[int]:
        """Several small numbers out of one draw."""
        return split(self.below(prod(counts)), *counts)

    def rarely(self, one_in: int = 4) -> bool:
        return self.below(one_in) == one_in - 1

    def subset(self, options: Sequence[str]) -> frozenset[str]:
        bits = self.below(2 ** len(options))
        return frozenset(one for place, one in enumerate(options) if bits >> place & 1)

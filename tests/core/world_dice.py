"""Choices for random worlds, drawn by Hypothesis or thrown from a seed.

Belongs here: how one chooses. Does not belong here: what there is to choose from (``world_parts``, ``worlds``), and how
worlds are made smaller (``world_reduce``; Hypothesis does it by itself). Seeds cost a tenth of what Hypothesis asks for
worlds of this size, and do not stay near what they found before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from random import Random
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
    """Choices one after the other, each a number below a count; 0 is the plainest."""

    below: Callable[[int], int]

    def pick(self, *options: T) -> T:
        return options[self.below(len(options))]

    def each(self, *counts: int) -> list[int]:
        """Several small numbers out of one choice."""
        return split(self.below(prod(counts)), *counts)

    def rarely(self, one_in: int = 4) -> bool:
        return self.below(one_in) == one_in - 1

    def subset(self, options: Sequence[str]) -> frozenset[str]:
        bits = self.below(2 ** len(options))
        return frozenset(one for place, one in enumerate(options) if bits >> place & 1)

    def rolls(self, least: int, most: int, *counts: int) -> list[list[int]]:
        """So many throws of several dice, and some five more."""
        found: list[list[int]] = []
        while len(found) < least or (len(found) < most and self.below(6)):
            found.append([self.below(count) for count in counts])
        return found


def drawn(draw: st.DrawFn) -> Dice:
    return Dice(lambda count: draw(_numbers(count)))


def thrown(seed: int) -> Dice:
    return Dice(Random(seed).randrange)

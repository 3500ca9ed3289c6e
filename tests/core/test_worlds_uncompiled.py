"""A choice of random worlds that together reach every branch of the kernel; small, since it runs uncompiled.

Where kernels are compiled, ``test_router_oracle`` sees many more worlds.
"""

from __future__ import annotations

import os

import pytest

from tests.core.test_router_oracle import compare_cuts, compare_seeds
from tests.core.world_dice import thrown
from tests.core.worlds import world_of

WENT_WRONG = [(1_015_757, 15), (1_017_581, 60)]
"""Seeds and sizes: on the first world the kernel once wrote beyond an array (those who pass an item, along a chain); on
the second the oracle freed capacity by a later touch, after a version that lets touches do so had begun."""

WORLDS = int(os.environ.get("RR_WORLDS", "160"))


@pytest.mark.parametrize(("number", "size"), WENT_WRONG)
def test_worlds_that_went_wrong(number: int, size: int) -> None:
    compare_seeds(range(number, number + 1), size)


@pytest.mark.uncompiled
@pytest.mark.parametrize("chunk", range(4))
def test_kernel_decides_as_the_oracle_uncompiled(chunk: int) -> None:
    size = WORLDS // 4
    compare_seeds(range(10_000 + size * chunk, 10_000 + size * (chunk + 1)), 12)


@pytest.mark.uncompiled
@pytest.mark.parametrize("chunk", range(4))
def test_any_cut_decides_the_same_uncompiled(chunk: int) -> None:
    size = WORLDS // 16
    for number in range(20_000 + size * chunk, 20_000 + size * (chunk + 1)):
        compare_cuts(world_of(thrown(number), 12), [(3, 0.3), (5, 0.0), (5, 1.0), (8, 0.3)])

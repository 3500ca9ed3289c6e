"""How much is tried: a part of it in the fast suite, all of it in the long one and where kernels are not compiled.

What is uncompiled is measured for coverage or has a fault put in, so that each example counts there.
"""

from __future__ import annotations

import os

from numba import config

IS_LONG = bool(os.environ.get("RR_NEW_EXAMPLES"))


def examples(count: int) -> int:
    """Return how many of so many random examples are tried in this suite."""
    return count if IS_LONG or config.DISABLE_JIT else max(min(count, 10), count // 4)

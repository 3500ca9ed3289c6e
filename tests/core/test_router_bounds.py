"""The bounds of the ledger: how deep a balance falls and how long anybody waits, whoever could take what before.

Belongs here: bounds of a pool that does not change, over random masks and histories. Does not belong here: what is
decided (``test_router_oracle``).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.model import UNIT, Member, Pool
from tests.core.test_router_oracle import FAST
from tests.core.test_router_properties import START_US, static_world
from tests.core.world_frames import route_world, rows_of
from tests.effort import examples

phases = st.lists(st.tuples(st.integers(1, 127), st.integers(1, 40)), min_size=1, max_size=9)


def masked_pool(weights: list[int], **more: object) -> Pool:
    """A pool in which an item that needs the skill s5 can be taken by the members whose bits 5 has, and by no other."""
    return Pool(
        "p",
        tuple(
            Member(f"m{place}", weight, frozenset(f"s{mask}" for mask in range(128) if mask >> place & 1))
            for place, weight in enumerate(weights)
        ),
        **more,
    )


@settings(FAST, max_examples=examples(150))
@given(
    st.lists(st.integers(1, 9) | st.integers(1, 10_000), min_size=2, max_size=7),
    st.integers(0, 5),
    phases,
    st.booleans(),
    st.sampled_from([2, 9]),
)
def test_nobody_waits_or_owes_beyond_the_bounds(
    weights: list[int], limit: int, phases: list[tuple[int, int]], is_alternating: bool, catch_up: int
) -> None:
    masks = [mask for mask, count in phases for _ in range(count)]
    if is_alternating:
        masks = masks[::2] + masks[1::2]
    masks = [mask & (2 ** len(weights) - 1) or 2 ** len(weights) - 1 for mask in masks]
    pool = masked_pool(weights, debt_limit=limit, catch_up_limit=catch_up)
    rows = rows_of(route_world(static_world(pool, len(masks), [(f"s{mask}",) for mask in masks])))
    size, total = len(weights), sum(weights)
    waits = [ceil((limit + (size - 1) / 2 + 2) * total / weight) + 1 for weight in weights]
    waited = [0] * size
    for row, mask in zip(rows, masks, strict=True):
        assert min(row.balances) >= -(2 * limit + size - 1) * UNIT // 2 - len(masks) * size
        for place in range(size):
            if mask >> place & 1:
                waited[place] = 0 if row.member == f"m{place}" else waited[place] + 1
                assert waited[place] <= waits[place]


def test_at_the_limit_the_rotation_goes_on_among_those_who_are_there() -> None:
    """By day only ann (weight 3) or only bob can take what comes; in the evening both can: 3 to 1, not all to one."""
    pool = masked_pool([3, 1, 2], debt_limit=1)
    day, evening = [1, 2] * 40, [3] * 60
    rows = rows_of(route_world(static_world(pool, 140, [(f"s{mask}",) for mask in day + evening])))
    given_to = [row.member for row in rows[80:]]
    assert (given_to.count("m0"), given_to.count("m1")) == (45, 15)
    assert all(row.time == START_US + place for place, row in enumerate(rows))


def test_what_the_eligible_owe_each_other_is_not_cut() -> None:
    """What ann and bob owe the third member is cut; balances worked out by hand."""
    pool = masked_pool([3, 1, 2], debt_limit=1)
    rows = rows_of(route_world(static_world(pool, 9, [(f"s{mask}",) for mask in [1, 2] * 4 + [3]])))
    parts = [
        ("0", "0", "0"), ("-1/2", "1/6", "1/3"), ("0", "-2/3", "2/3"), ("-1/2", "-1/2", "1"), ("-1/5", "-1", "6/5"),
        ("-7/10", "-5/6", "23/15"), ("-3/5", "-1", "8/5"), ("-1", "-13/15", "28/15"), ("-23/25", "-1", "48/25"),
    ]  # fmt: skip
    found = [tuple(str(Fraction(balance, UNIT).limit_denominator(1000)) for balance in row.balances) for row in rows]
    assert found == parts

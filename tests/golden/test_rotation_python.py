"""The small rotations whose owners are known, through the Python API: in one run, and in a run for each item."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.model import Limits, Member, Policy, Pool, Token
from rr_pipeline.core.router import route
from tests.facts import Rotation, rotations

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000


def _route(case: Rotation, cuts: tuple[int, ...]) -> list[tuple[int, str, str | None]]:
    limits = Limits(**case.limits)
    pool = Pool(
        "pool",
        tuple(
            Member(name, weight, frozenset(case.skills.get(name, ())), limits=limits)
            for name, weight in case.members.items()
        ),
        accrue_while=frozenset(case.accrue_while),
    )
    tokens = [
        Token(f"{kind}-{place}", "pool", name, kind)
        for kind, names in (("redo", case.redo), ("skip", case.skip))
        for place, name in enumerate(names)
    ]
    step = DAY_US if case.one_a_day else 1_000_000
    arrivals = pl.DataFrame(
        {
            "item_seq": range(1, case.items + 1),
            "pool_id": ["pool"] * case.items,
            "decided_at": [START_US + place * step for place in range(case.items)],
            "needs": [case.needed.get(place + 1, []) for place in range(case.items)],
        },
        schema_overrides={"needs": pl.List(pl.String)},
    )
    policy = Policy("v1", START_US - DAY_US, START_US + 400 * DAY_US, (pool,))
    state, rows = RouterState(), []
    for begin, end in zip((0, *cuts), (*cuts, case.items), strict=True):
        part = arrivals[begin:end]
        routed = route(part, [policy], [], [], tokens, state, int(part["decided_at"][-1]))
        rows += routed.decisions.select("item_seq", "kind", "member_id").rows()
        state = routed.state
    return rows


@pytest.mark.parametrize("case", rotations(), ids=lambda case: case.name)
@pytest.mark.parametrize("is_cut", [False, True], ids=["one-run", "a-run-each"])
def test_golden_rotation(case: Rotation, is_cut: bool) -> None:
    rows = _route(case, tuple(range(1, case.items)) if is_cut else ())
    owners = {item: member for item, kind, member in rows if kind in {"assign", "redo"}}
    if case.owners:
        assert [owners.get(item) for item in range(1, case.items + 1)] == case.owners.split()
    assert Counter(owners.values()) == case.counts
    for item, member in case.owner_of.items():
        assert owners[item] == member
    assert sum(kind == "hold" for _, kind, _ in rows) == case.held

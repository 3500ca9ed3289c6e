"""The golden rotations and the vectors of peers, through the Python API."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.model import Limits, Member, Policy, Pool, Token
from rr_pipeline.core.router import route

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
GOLDEN = SHARED / "golden" / "rotation.json"
VECTORS = SHARED / "data" / "vectors" / "peer_vectors.json"
DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000


def _cases(path: Path) -> list[dict]:
    if not path.exists():
        return []
    text = json.loads(path.read_text())
    return text if isinstance(text, list) else [one for one in text["wrr"] if one["smooth_matches_sequence"]]


def _route(case: dict, members: list[str], weights: list[int], count: int, cuts: tuple[int, ...] = ()) -> list:
    skills = case.get("skills", {})
    limits = Limits(**case.get("limits", {}))
    pool = Pool(
        "pool",
        tuple(
            Member(name, weight, frozenset(skills.get(name, ())), limits=limits)
            for name, weight in zip(members, weights, strict=True)
        ),
        accrue_while=frozenset(case.get("accrue_while", ["skill_missing"])),
    )
    tokens = [
        Token(f"{kind}-{place}", "pool", name, kind)
        for kind in ("redo", "skip")
        for place, name in enumerate(case.get(kind, ()))
    ]
    step = DAY_US if case.get("one_per_day") else 1_000_000
    arrivals = pl.DataFrame(
        {
            "item_seq": range(1, count + 1),
            "pool_id": ["pool"] * count,
            "decided_at": [START_US + place * step for place in range(count)],
            "needs": [case.get("needed", {}).get(str(place + 1), []) for place in range(count)],
        },
        schema_overrides={"needs": pl.List(pl.String)},
    )
    policy = Policy("v1", START_US - DAY_US, START_US + 400 * DAY_US, (pool,))
    state, rows = RouterState(), []
    for begin, end in zip((0, *cuts), (*cuts, count), strict=True):
        part = arrivals[begin:end]
        routed = route(part, [policy], [], [], tokens, state, int(part["decided_at"][-1]))
        rows += routed.decisions.select("item_seq", "kind", "member_id").rows()
        state = routed.state
    return rows


@pytest.mark.skipif(not GOLDEN.exists(), reason="the shared golden cases are not beside this tree")
@pytest.mark.parametrize("case", _cases(GOLDEN), ids=lambda case: case["id"])
@pytest.mark.parametrize("is_cut", [False, True], ids=["one-run", "a-run-each"])
def test_golden_rotation(case: dict, is_cut: bool) -> None:
    cuts = tuple(range(1, case["items"])) if is_cut else ()
    rows = _route(case, case["members"], case["weights"], case["items"], cuts)
    owners = {item: member for item, kind, member in rows if kind in {"assign", "redo"}}
    sequence = [owners.get(item) for item in range(1, case["items"] + 1)]
    counts = Counter(owners.values())
    if "expected_sequence" in case:
        assert sequence == case["expected_sequence"]
    if "expected_counts" in case:
        assert counts == Counter(case["expected_counts"])
    for item, member in case.get("expected_owner", {}).items():
        assert owners[int(item)] == member
    assert sum(kind == "hold" for _, kind, _ in rows) == case.get("expected_held", 0)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this tree")
@pytest.mark.parametrize("case", _cases(VECTORS), ids=lambda case: case["id"])
def test_smooth_rotation_of_peers(case: dict) -> None:
    rows = _route({}, list(case["weights"]), list(case["weights"].values()), case["picks"])
    sequence = [member for _, _, member in rows]
    assert sequence == case["expected_sequence"]
    assert Counter(sequence) == Counter(case["expected_counts"] or sequence)

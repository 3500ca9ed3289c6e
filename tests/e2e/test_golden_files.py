"""The golden rotation cases, from delivered files to the published SQL tables."""

import csv
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.projects import START, lead, policy, rows, run_project, write_leads, write_project

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "rotation.json"
CASES = json.loads(GOLDEN.read_text()) if GOLDEN.is_file() else []

pytestmark = pytest.mark.skipif(not CASES, reason="the golden cases are not beside the checkout")


def write_case(folder, case):
    skills = sorted({skill for names in case.get("skills", {}).values() for skill in names})
    members = [
        {"user": name, "weight": weight, "skills": case.get("skills", {}).get(name, [])}
        for name, weight in zip(case["members"], case["weights"], strict=True)
    ]
    options = {name: case[name] for name in ("accrue_while", "limits") if name in case}
    write_project(folder, policy(members, skills=skills, **options))
    step = timedelta(days=1) if case.get("one_per_day") else timedelta(minutes=1)
    needed = case.get("needed", {})
    items = range(1, case["items"] + 1)
    write_leads(
        folder,
        [lead(n, at=START + n * step, Skills=";".join(needed.get(str(n), []))) for n in items],
        f"leads_{START + case['items'] * step:%Y%m%dT%H%M}.csv",
    )
    tokens = [(kind, name) for kind in ("redo", "skip") for name in case.get(kind, [])]
    if tokens:
        with (folder / "exceptions.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["token_id", "pool_id", "member_id", "kind"])
            writer.writerows((f"t{n}", "pool", name, kind) for n, (kind, name) in enumerate(tokens))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case_from_files_to_sql(case, tmp_path):
    write_case(tmp_path / "project", case)
    run_project(tmp_path / "project")
    owners = rows(
        tmp_path / "project",
        "select owner_id, outcome from marts.fct_items order by item_seq",
    )
    sequence = [owner for owner, outcome in owners if outcome == "assigned"]
    assert len(owners) == case["items"]
    if "expected_counts" in case:
        assert Counter(sequence) == case["expected_counts"]
    if "expected_sequence" in case:
        assert sequence == case["expected_sequence"]
    for number, owner in case.get("expected_owner", {}).items():
        assert owners[int(number) - 1][0] == owner
    assert sum(outcome == "held" for _, outcome in owners) == case.get("expected_held", 0)

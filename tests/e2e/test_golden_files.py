"""The small rotations whose owners are known, from delivered files to the published SQL tables: a pool for each."""

import csv
from collections import Counter
from datetime import timedelta

import pytest

from tests.e2e.projects import START, lead, rows, run_project, write_leads, write_project
from tests.facts import rotations

CASES = rotations()
DELIVERED = START + timedelta(days=40, minutes=30)
TAKEN_BY = ("NO", "SE", "DK", "FI", "IS", "DE", "FR", "NL", "BE", "ES")
COUNTRIES = {case.name: country for case, country in zip(CASES, TAKEN_BY, strict=True)}


def pool_of(case):
    return {
        "members": [
            {"user": f"{name} of {case.name}", "weight": weight, "skills": case.skills.get(name, [])}
            for name, weight in case.members.items()
        ],
        "accrue_while": case.accrue_while,
        **({"limits": case.limits} if case.limits else {}),
    }


def leads_of(case):
    step = timedelta(days=1) if case.one_a_day else timedelta(minutes=1)
    # What is held at the end waits for the next hour, so that one goes last.
    begin = DELIVERED - timedelta(minutes=20) if case.held else START
    for number in range(1, case.items + 1):
        name = f"{case.name}-{number:02}"
        yield lead(
            number,
            at=begin + number * step,
            Id=name,
            Email=f"{name}@example.net",
            Country=COUNTRIES[case.name],
            Skills=";".join(case.needed.get(number, [])),
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    project = tmp_path_factory.mktemp("golden") / "project"
    policy = {
        "version": "v1",
        "effective_from": "2026-01-01",
        "skills": sorted({skill for case in CASES for names in case.skills.values() for skill in names}),
        "pools": {"nobody": {"members": [{"user": "nobody"}]}, **{case.name: pool_of(case) for case in CASES}},
        "territories": [
            {"name": f"of-{case.name}", "pool": case.name, "when": {"country": [COUNTRIES[case.name]]}}
            for case in CASES
        ],
        "catch_all": "nobody",
    }
    write_project(project, policy)
    write_leads(project, [row for case in CASES for row in leads_of(case)], f"leads_{DELIVERED:%Y%m%dT%H%M}.csv")
    tokens = [
        (case.name, f"{name} of {case.name}", kind)
        for case in CASES
        for kind, names in (("redo", case.redo), ("skip", case.skip))
        for name in names
    ]
    with (project / "exceptions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["token_id", "pool_id", "member_id", "kind"])
        writer.writerows((f"t{n}", *token) for n, token in enumerate(tokens))
    run_project(project)
    return project


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_from_files_to_sql(case, folder):
    query = f"select owner_id, outcome from marts.fct_items where item_id like '{case.name}-__' order by item_seq"
    found = rows(folder, query)
    owners = [owner and owner.removesuffix(f" of {case.name}") for owner, _ in found]
    given = [owner for owner, (_, outcome) in zip(owners, found, strict=True) if outcome == "assigned"]
    assert len(found) == case.items
    assert Counter(given) == case.counts
    if case.owners:
        assert given == case.owners.split()
    for number, owner in case.owner_of.items():
        assert owners[number - 1] == owner
    assert sum(outcome == "held" for _, outcome in found) == case.held


def test_nothing_went_elsewhere(folder):
    pools = dict(rows(folder, "select pool_id, count(*) from marts.fct_items group by all"))
    assert pools == {case.name: case.items for case in CASES}

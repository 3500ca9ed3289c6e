"""Rows as they really come, each to its end: set aside with a code, taken with a warning, or taken as it is.

One delivery holds them all, and one run decides it; each test reads its own part of the answer.
"""

import csv
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from rr_pipeline.errors import RefusedError
from rr_pipeline.staging.mapping_sql import literal
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

pytestmark = pytest.mark.usefixtures("real_expectations")

FEEDS = """
sources:
  leads:
    table: items
    object_type: lead
    location: leads*.csv
    delivered_at: "leads_%Y%m%dT%H%M.csv"
    mapping: {item_id: Id, created_at: Created, email: Email, full_name: Name, phone: Phone, country: Country,
      needed_skills: Skills, consent_status: Consent, account_id: Account, updated_at: Priority}
  absences:
    table: absences
    location: absences*.csv
    delivered_at: "absences_%Y%m%dT%H%M.csv"
    mapping: {user_id: User, start: Start, end: End}
"""
RULES = {
    "skills": ["french"],
    "territories": [{"name": "oslo", "pool": "north", "when": {"country": ["NO"]}}],
    "qualification": [{"name": "no-consent", "when": {"consent_status": ["denied", "withdrawn"]}}],
}
COPIES = 3000
DELIVERED = datetime(2026, 4, 1, tzinfo=UTC)

ROWS = {
    "no-id": ({"Id": ""}, "quarantined", "ID_MISSING"),
    "number-of-a-spreadsheet": ({"Id": "1.23E+15"}, "quarantined", "ID_MANGLED"),
    "00042": ({}, "assigned", None),
    "42": ({}, "assigned", None),
    "nobody-to-reach": ({"Email": ""}, "assigned", "NO_CONTACT"),
    "two-ats": ({"Email": "ada@x@y.no"}, "assigned", "EMAIL_INVALID"),
    "confusable": ({"Email": "p\u0430ul@corp.no"}, "assigned", "EMAIL_CONFUSABLE"),
    "not-the-confusable": ({"Email": "paul@corp.no"}, "assigned", None),
    "same-person": ({"Email": "\u00a0PAUL\u200b@Corp.no "}, "duplicate", None),
    "no-zone": ({"Created": "2026-03-02T09:00:00"}, "quarantined", "TIME_ZONE_UNKNOWN"),
    "no-time": ({"Created": ""}, "quarantined", "TIME_MISSING"),
    "of-1900": ({"Created": "1900-01-01T00:00:00Z"}, "quarantined", "TIME_OUT_OF_RANGE"),
    "of-9999": ({"Created": "9999-12-31T00:00:00Z"}, "quarantined", "TIME_OUT_OF_RANGE"),
    "month-or-day": ({"Created": "03/04/2026"}, "quarantined", "TIME_INVALID"),
    "no-leap-year": ({"Created": "2026-02-29T09:00:00Z"}, "quarantined", "TIME_INVALID"),
    "future": ({"Created": "2026-04-01T00:06:00Z"}, "quarantined", "TIME_FUTURE"),
    "clock-a-little-fast": ({"Created": "2026-04-01T00:04:00Z"}, "assigned", "TIME_AHEAD"),
    "updated-before-created": ({"Priority": "2026-01-01T00:00:00Z"}, "assigned", "TIME_ORDER"),
    "formula": ({"Name": '=HYPERLINK("http://x.no")'}, "assigned", None),
    "sql": ({"Name": "'); drop table marts.fct_items; --"}, "assigned", None),
    "html": ({"Name": "<script>alert(1)</script>"}, "assigned", None),
    "unknown-country": ({"Country": "Atlantis"}, "assigned", "COUNTRY_UNKNOWN"),
    "unknown-skill": ({"Skills": "klingon"}, "assigned", None),
    "consent-false": ({"Consent": "false"}, "disqualified", None),
    "consent-withdrawn": ({"Consent": "withdrawn"}, "disqualified", None),
    "consent-not-said": ({"Consent": ""}, "assigned", None),
}
"""Item id: cells that are not as usual, outcome, code of quarantine or warning."""


def row_of(number, name):
    return {**lead(number, Email=f"person{number}@corp.no"), "Id": name, **ROWS[name][0]}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    written = {**policy([{"user": "a"}, {"user": "b"}]), **RULES}
    written["pools"]["north"] = {"members": [{"user": "n"}]}
    folder = write_project(tmp_path_factory.mktemp("rows") / "project", written, sources=FEEDS)
    with (folder / "project.yaml").open("a") as file:
        file.write("limits: {max_quarantine_rate: 1}\n")
    named = [row_of(number, name) for number, name in enumerate(ROWS, start=1)]
    copies = [lead(900, Id="copied", Email="copy@corp.no")] * COPIES
    versions = [
        {**lead(50, Email="old@corp.no", Priority="2026-03-02T10:00:00Z"), "Id": "updated", "Country": "SE"},
        {**lead(50, Email="new@corp.no", Priority="2026-03-03T10:00:00Z"), "Id": "updated", "Country": "NO"},
    ]
    write_leads(folder, [*named, *copies, *versions], f"leads_{DELIVERED:%Y%m%dT%H%M}.csv")
    absences = "User,Start,End\na,2026-03-05,2026-03-04\nb,2026-03-05,2026-03-06\n"
    (folder / "landing" / "absences_20260401T0000.csv").write_text(absences)
    return folder, run_project(folder, as_of=DELIVERED)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_ends_as_it_must(done, name):
    _, outcome, code = ROWS[name]
    is_refused = outcome == "quarantined"
    number = list(ROWS).index(name) + 1
    refused = f"select code from ops.quarantine where source = 'leads' and row_number = {number}"
    assert rows(done[0], refused) == ([(code,)] if is_refused else [])
    item_id = ROWS[name][0].get("Id", name) or None
    found = rows(done[0], f"select outcome from marts.fct_items where item_id is not distinct from {literal(item_id)}")
    assert found == ([(outcome,)] if outcome else [])


def test_what_is_doubtful_is_counted(done):
    counted = Counter(code for _, outcome, code in ROWS.values() if code and outcome != "quarantined")
    counted["NO_CONTACT"] += 1  # an address that is none is no way to reach anybody
    assert {code: count for _, code, count in done[1].warning_counts} == counted
    flagged = "select item_id, outcome_reason from marts.fct_items where outcome_reason like '%unknown' order by all"
    assert rows(done[0], flagged) == [("unknown-country", "country_unknown"), ("unknown-skill", "skill_unknown")]


def test_who_is_the_same_and_who_is_not(done):
    found = rows(done[0], "select item_id, duplicate_of from marts.fct_items where outcome = 'duplicate'")
    assert found == [("same-person", "not-the-confusable")]


def test_of_rows_of_one_item_the_newest_counts_and_copies_are_nothing(done):
    query = "select item_id, pool_id from marts.fct_items where item_id in ('copied', 'updated') order by all"
    assert rows(done[0], query) == [("copied", "pool"), ("updated", "north")]
    assert done[1].feeds[0].repeated == COPIES - 1 + 1


def test_cells_are_data_and_kept_as_they_came(done):
    with duckdb.connect(str(done[0] / "warehouse.duckdb"), read_only=True) as con:
        kept = {name for (name,) in con.execute("select Name from raw.leads where Name is not null").fetchall()}
    assert {cells["Name"] for cells, _, _ in ROWS.values() if "Name" in cells} <= kept


def test_a_period_that_ends_before_it_starts_takes_nobody_away(done):
    assert rows(done[0], "select code, row_number from ops.quarantine where source = 'absences'") == [
        ("PERIOD_REVERSED", 1)
    ]


def test_a_member_the_users_feed_does_not_know_stops_the_run(tmp_path):
    users = "  users:\n    table: users\n    location: users*.csv\n    mapping: {user_id: User}\n"
    folder = write_project(tmp_path / "project", policy([{"user": "anna"}, {"user": "bert"}]), sources=FEEDS + users)
    (folder / "landing" / "users.csv").write_text("User\nanna\nberta\n")
    write_leads(folder, [lead(1)])
    with pytest.raises(RefusedError, match=r"code=MEMBER_UNKNOWN: 'bert' is not in the users feed.*'berta'"):
        run_project(folder, as_of=DELIVERED)
    assert not (folder / "warehouse.duckdb").exists()


@pytest.mark.slow
def test_too_many_bad_rows_are_told_of_and_kept_though_nothing_is_committed(tmp_path):
    folder = write_project(tmp_path / "rate", policy([{"user": "a"}]))
    good = [lead(n) for n in range(40)]
    bad = [lead(100 + n, Created="secret-time") for n in range(70)] + [lead(200 + n, Id="1.2E+9") for n in range(10)]
    write_leads(folder, good + bad)
    (folder / "landing" / "=x.txt").write_text("not read")
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(RefusedError) as refused:
        run_project(folder)
    said = str(refused.value)
    assert (
        "file=leads_20260401T0000.csv row=41 field=created_at code=QUARANTINE_RATE: 80 of 120 rows of source leads "
        "were refused; limits.max_quarantine_rate of project.yaml allows a share of 0.5. 70 of them have TIME_INVALID "
        "in created_at (column 'Created'), this row first." in said
    )
    assert "The setting: sources.leads.options.time_format (or options.date_format) in sources.yaml." in said
    assert "secret" not in said
    assert {path.name for path in folder.iterdir()} - before == {"refused_rows.csv", "runs.log", ".rr_pipeline.lock"}
    report = folder / "refused_rows.csv"
    assert report.stat().st_mode & 0o777 == 0o600
    with report.open(newline="") as file:
        told = list(csv.DictReader(file))
    assert [(row["row_number"], row["code"]) for row in told] == [
        *((str(41 + n), "TIME_INVALID") for n in range(70)), *((str(111 + n), "ID_MANGLED") for n in range(10)),
    ]  # fmt: skip
    assert "secret" not in report.read_text()

    write_leads(folder, [lead(1000 + n) for n in range(100)], "leads_20260401T0100.csv")
    assert run_project(folder).run_id == "run-000001"
    assert not report.exists()


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_million_copies_and_a_lead_forty_days_late(done, tmp_path, count):
    folder = shutil.copytree(done[0], tmp_path / "project")
    late = lead(2000, at=DELIVERED - timedelta(days=40), Email="late@corp.no")
    write_leads(folder, [late, *[lead(900, Id="copied", Email="copy@corp.no")] * count], "leads_20260402T0000.csv")
    report = run_project(folder, as_of=DELIVERED + timedelta(days=1))
    assert (report.feeds[0].rows, report.feeds[0].repeated) == (count + 1, count)
    found = rows(folder, "select created_at, assigned_at, outcome from marts.fct_items where item_id = 'L02000'")
    assert found == [(DELIVERED - timedelta(days=40), DELIVERED, "assigned")]

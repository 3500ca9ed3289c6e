"""Whatever stands in a file, reading ends in settings or in problems, never in another error."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.config import load_project
from rr_pipeline.config.templates import write_starter
from rr_pipeline.config.yaml_reader import read_yaml
from rr_pipeline.errors import Problem, RefusedError
from tests.effort import examples

PIECES = [
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "\x00",
    "\t",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "#",
    "'",
    '"',
    "~",
    "? ",
    "%",
]
PIECES += ["${X}", "1e18", "NaN", "-1", "é", "\u202e", "..", "/", "9999-12-31", "2026-02-29", "null"]
TEXTS = {
    "project.yaml": """\
name: acme
time_zone: Europe/Oslo
run_instant: last_record
paths: {landing: in, warehouse: w.duckdb}
standardise: {phone_region: NO, plus_tag_domains: [gmail.com]}
limits: {max_file_bytes: 1GB, max_columns: 50, max_quarantine_rate: 0.5}
""",
    "sources.yaml": """\
sources:
  web:
    table: items
    object_type: lead
    location: web_*.csv
    delivered_at: web_%Y%m%d.csv
    options: {delimiter: ";", decimal: ",", time_format: "%d.%m.%Y %H:%M"}
    mapping: {item_id: Id, created_at: [A, B], email: {columns: [A, B], combine: join}, tier: {value: x}}
    only_rows: {Field: [Owner]}
  sf: {preset: salesforce.lead, location: x}
""",
    "policies/first.yaml": """\
version: "1"
effective_from: 2026-01-01
skills: [french]
queues: [review]
calendars:
  oslo: {hours: {mon-thu: [08:00-16:00], fri: [22:00-06:00 overnight]}, holidays: [NO], dates: [2026-05-18]}
users: [{user: ann, limits: {daily: 9}, max_open: 20}]
preferences: [{name: p, when: {tier: [a]}, prefer: {users: [ann], skills: [french]}}]
touches: {kinds: [call]}
pools:
  emea:
    calendar: oslo
    hold_for: 4h
    then: queue
    queue: review
    sla:
      - {name: t, when: {tier: [a]}, first_touch_within: 15m, on_breach: [reassign, queue: review]}
      - {first_touch_within: 1h30m, clock: working}
    limits: {hourly: 5, daily: 20}
    members:
      - {user: ann, weight: 3, skills: [french], vacations: [{from: 2026-07-01, until: 2026-07-21}]}
      - {user: bob, from: 2026-01-01, until: 2026-12-31T00:00:00Z, limits: {daily: 1}}
territories:
  - {name: a, pool: emea, when: {country: [NO], employee_count: {min: 5, max: 50}}, needs: [french], priority: 1}
  - {name: b, pool: emea, when: {country: {not: [NO]}}, priority: 1}
catch_all: emea
""",
}


@settings(max_examples=examples(150), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.yaml"
        path.write_bytes(content)
        document, problems = read_yaml(path, "x.yaml")
        assert document is not None or problems


@settings(max_examples=examples(200), deadline=None)
@given(st.data())
def test_any_change_of_a_valid_file(data):
    name = data.draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    with TemporaryDirectory() as folder:
        write_starter(Path(folder))
        (Path(folder) / name).write_text(text, encoding="utf-8")
        problems = problems_of(Path(folder))
    assert all(problem.code.isupper() and problem.code != "VALUE_INVALID" for problem in problems)
    assert all(problem.message[-1] not in " \n" for problem in problems)


def problems_of(folder: Path) -> tuple[Problem, ...]:
    try:
        load_project(folder, {})
    except RefusedError as error:
        return error.problems or (Problem("", None, None, "none", "a refusal without a reason"),)
    return ()

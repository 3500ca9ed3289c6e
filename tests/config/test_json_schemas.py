"""The schemas for editors: up to date, and of one mind with the program, though an editor sees YAML's types."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from rr_pipeline.config.json_schemas import render, schemas, write_schemas
from rr_pipeline.config.templates import STARTER

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: true and false, null, whole numbers and decimals have types, all else is text."""


EditorLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", "~n"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.nan|\.inf", "-+.0123456789"),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def errors(name, text):
    validator = Draft202012Validator(schemas()[name])
    return [error.message for error in validator.iter_errors(yaml.load(text, EditorLoader))]


@pytest.mark.parametrize("name", ["project", "sources", "policy"])
def test_the_committed_files_are_those_of_the_models(name):
    committed = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == render(schemas()[name]), "write them again: rr_pipeline.config.json_schemas.write_schemas"


def test_schemas_are_valid_and_name_no_address_but_the_dialect(tmp_path):
    for path in write_schemas(tmp_path / "new"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        assert re.findall(r"https?://[^\"]+", path.read_text(encoding="utf-8")) == [schema["$schema"]]


@pytest.mark.parametrize(
    ("name", "file"), [("project", "project.yaml"), ("sources", "sources.yaml"), ("policy", "policies/first.yaml")]
)
def test_the_starter_files_are_accepted(name, file):
    assert errors(name, STARTER[file]) == []


FULL_POLICY = """\
version: 2026
effective_from: 2026-01-01T00:00:00Z
skills: [french]
queues: [review]
calendars:
  oslo:
    hours: {mon-thu: [08:00-12:00, 12:30-16:00], friday: [{from: 22:00, until: 06:00, overnight: true}]}
    holidays: [NO]
    dates: [2026-05-18]
    not_holidays: [2026-05-01]
users: [{user: 17, limits: {daily: 9}, max_open: 20, time_zone: UTC, week_start: sunday}]
pools:
  last:
    when_nobody: default_owner
    default_owner: 18
    sla: {first_touch_within: 1d, on_breach: []}
    members: [{user: 19}]
  emea:
    strategy: least_loaded
    max_open: 5
    calendar: oslo
    holidays: [US-CA]
    hold_for: 1h30m
    then: failover
    failover: last
    sla:
      - {name: a, when: {tier: [a]}, first_touch_within: 15m, on_breach: [notify_manager, reassign, queue: review]}
      - {first_touch_within: 4h, clock: working}
    activity_delay: 10m
    max_reassignments: 2
    charge_back: true
    declines: true
    redo_on_return: true
    count_kept: true
    sticky_for: 30d
    capacity_until: touched
    accrue_while: [skill_missing, vacation]
    debt_limit: 5
    charge_redo: false
    week_start: sunday
    limits: {hourly: 5, total: 1000}
    members:
      - user: 17
        weight: 3
        from: 2026-01-01
        vacations: [{from: 2026-07-01, until: 2026-07-21}]
territories:
  - {name: a, pool: emea, when: {country: [NO, no], is_converted: [false], priority: [1, 2]}, priority: 10}
  - {name: b, pool: emea, when: {employee_count: {min: 50, max: 99.5}, city: {not: [Oslo]}, state: {is_empty: true}}}
catch_all: emea
skill_rules: [{name: c, when: {language: {starts_with: [fr]}}, needs: [french]}]
qualification: [{name: d, when: {source: [web]}}]
ownership: {precedence: [account], keep_inactive: true}
preferences: [{name: e, when: {tier: [a]}, prefer: {users: [17], skills: [french]}}]
identity: {deduplicate: [lead], keys: [email]}
touches: {kinds: [call]}
returns: {outcomes: [spam]}
closing: {statuses: [closed], outcomes: [won]}
"""
FULL_SOURCES = """\
sources:
  web:
    table: items
    object_type: lead
    location: web_*.csv
    optional: true
    options: {delimiter: ";", decimal: ",", null_values: ["", 0]}
    mapping:
      item_id: 1
      created_at: [A, 2]
      email: {columns: [A, B], combine: join}
      source_channel: {value: 5}
      consent_status: {column: C, values: {"true": granted}, default: false}
    only_rows: {Field: [Owner, 1]}
  sf: {preset: salesforce.lead, location: x}
"""
FULL_PROJECT = """\
name: acme
time_zone: Europe/Oslo
run_instant: last_record
hash_key: ${RR_HASH_KEY}
paths: {landing: in}
standardise: {phone_region: NO}
engine: {memory_limit: 1500MB, threads: 2}
limits: {max_file_bytes: 4000, max_field_bytes: 1MB, max_quarantine_rate: 0.5}
"""


def test_what_the_program_accepts_the_editor_accepts(folder):
    folder.write("project.yaml", FULL_PROJECT)
    folder.write("sources.yaml", FULL_SOURCES)
    folder.write("policies/1.yaml", FULL_POLICY)
    folder.load({"RR_HASH_KEY": "0123456789abcdef"})
    assert errors("project", FULL_PROJECT) == []
    assert errors("sources", FULL_SOURCES) == []
    assert errors("policy", FULL_POLICY) == []


@pytest.mark.parametrize(
    ("name", "text", "old", "new"),
    [
        ("policy", FULL_POLICY, "weight: 3", "weight: 1.5"),
        ("policy", FULL_POLICY, "weight: 3", "weight: -1"),
        ("policy", FULL_POLICY, "weight: 3", "wieght: 3"),
        ("policy", FULL_POLICY, "weight: 3", "weight: 1e18"),
        ("policy", FULL_POLICY, "charge_redo: false", "charge_redo: no"),
        ("policy", FULL_POLICY, "country: [NO, no]", "country: NO"),
        ("policy", FULL_POLICY, "country: [NO, no]", "contry: [NO]"),
        ("policy", FULL_POLICY, "week_start: sunday", "week_start: Sunday"),
        ("policy", FULL_POLICY, "catch_all: emea", "catchall: emea"),
        ("policy", FULL_POLICY, "{source: [web]}", "{}"),
        ("policy", FULL_POLICY, "mon-thu:", "mon-thur:"),
        ("policy", FULL_POLICY, "08:00-12:00", "8-12"),
        ("policy", FULL_POLICY, "until: 06:00", "until: 25:00"),
        ("policy", FULL_POLICY, "overnight: true", "overnite: true"),
        ("policy", FULL_POLICY, "hold_for: 1h30m", "hold_for: 90"),
        ("policy", FULL_POLICY, "hold_for: 1h30m", "hold_for: 30m1h"),
        ("policy", FULL_POLICY, "then: failover", "then: hold"),
        ("policy", FULL_POLICY, "first_touch_within: 1d", "first_touch: 1d"),
        ("policy", FULL_POLICY, "reassign, queue: review", "reassign, queue"),
        ("policy", FULL_POLICY, "clock: working", "clock: business"),
        ("policy", FULL_POLICY, "when: {tier: [a]}", "when: {}"),
        ("policy", FULL_POLICY, "max_open: 5", "max_open: 0"),
        ("policy", FULL_POLICY, "prefer: {users: [17]", "prefer: {user: [17]"),
        ("sources", FULL_SOURCES, "salesforce.lead", "salesforce.leads"),
        ("sources", FULL_SOURCES, "email:", "e_mail:"),
        ("sources", FULL_SOURCES, "combine: join", "combine: all"),
        ("sources", FULL_SOURCES, "table: items", "table: item"),
        ("project", FULL_PROJECT, "name:", "nmae:"),
        ("project", FULL_PROJECT, "threads: 2", "threads: many"),
        ("project", FULL_PROJECT, "run_instant: last_record", "run_instant: later"),
        ("project", FULL_PROJECT, "phone_region: NO", "phone_region: no"),
    ],
)
def test_what_the_editor_marks_as_wrong(name, text, old, new):
    assert errors(name, text.replace(old, new, 1)) != []


def test_every_setting_says_what_it_is():
    for name, schema in schemas().items():
        silent = [
            key for key, value in schema["properties"].items() if "description" not in value and "$ref" not in value
        ]
        assert silent == [], name

"""Local times of members that no clock, or two clocks, show: said with file and line where the zone is known."""

import pytest

from rr_pipeline.config import load_project

SOURCES = """\
sources:
  leads: {table: items, object_type: lead, location: leads*.csv, mapping: {item_id: Id, created_at: At}}
"""
USERS = "  users: {{table: users, location: users*.csv, mapping: {{user_id: U, {column}}}}}\n"
POLICY = """\
version: v1
effective_from: 2026-01-01
pools:
  p:
    members:
      - user: a
        time_zone: Europe/Oslo
        vacations:
          - {from: 2026-03-29, until: 2026-03-29}
          - {from: 2026-03-29T02:30, until: 2026-03-29T04:00}
      - user: b
        from: 2026-10-25T02:30
        until: 2026-10-25T02:45
catch_all: p
"""


def found(tmp_path, sources=SOURCES, zone="Europe/Oslo"):
    (tmp_path / "policies").mkdir()
    (tmp_path / "project.yaml").write_text(f"name: t\ntime_zone: {zone}\n")
    (tmp_path / "sources.yaml").write_text(sources)
    (tmp_path / "policies" / "v1.yaml").write_text(POLICY)
    warnings = load_project(tmp_path).warnings
    return [(one.file, one.row, one.field.removeprefix("pools.p.members"), one.code) for one in warnings]


GAP = ("policies/v1.yaml", 10, "[0].vacations[1].from", "TIME_DST_GAP")
TWICE = [("policies/v1.yaml", line, f"[1].{name}", "TIME_DST_REPEATED") for line, name in ((12, "from"), (13, "until"))]


def test_each_such_time_is_warned_of_with_its_line(tmp_path):
    assert found(tmp_path) == [GAP, *TWICE]


@pytest.mark.parametrize(
    ("column", "warnings"), [("time_zone: TZ", [GAP]), ("name: N", [GAP, *TWICE])], ids=["zones are fed", "none are"]
)
def test_a_zone_that_a_feed_tells_is_left_to_the_run(tmp_path, column, warnings):
    assert found(tmp_path, SOURCES + USERS.format(column=column)) == warnings


def test_where_the_clocks_do_not_change_nothing_is_said(tmp_path):
    assert found(tmp_path, zone="Asia/Kolkata") == [GAP]

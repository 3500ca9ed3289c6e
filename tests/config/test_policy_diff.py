"""The comparison of two policy versions: complete, whatever the setting, and readable."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from rr_pipeline.config.policy_diff import compare_policies
from rr_pipeline.config.policy_loader import load_policy_file
from rr_pipeline.errors import RefusedError

POLICY: dict[str, Any] = {
    "version": "2026-01",
    "effective_from": "2026-01-01",
    "skills": ["en", "no", "sv"],
    "queues": ["recycled", "spare"],
    "calendars": {"office": {"hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["NO"], "dates": ["2026-12-24"],
                             "not_holidays": ["2026-05-01"]}},
    "users": [{"user": "ann", "limits": {"daily": 9}, "max_open": 50, "time_zone": "Europe/Oslo",
               "week_start": "sunday"}],
    "pools": {
        "inbound": {
            "members": [
                {"user": "ann", "weight": 2, "skills": ["en", "no"], "from": "2026-01-10", "until": "2026-11-30",
                 "time_zone": "Europe/Oslo", "limits": {"hourly": 3}, "calendar": "office",
                 "vacations": [{"from": "2026-07-01", "until": "2026-07-14"}]},
                {"user": "bob"},
                {"user": "cid", "status": "inactive"},
            ],
            "limits": {"daily": 20, "weekly": 80, "total": 900},
            "max_open": 10, "calendar": "office", "sticky_for": "30d", "when_nobody": "hold", "hold_for": "4h",
            "then": "queue", "queue": "recycled", "activity_delay": "5m",
            "sla": [{"name": "hot", "when": {"intent_score": {"min": 80}}, "first_touch_within": "15m",
                     "on_breach": ["notify_manager", "reassign"]},
                    {"name": "all", "first_touch_within": "4h", "clock": "working"}],
        },
        "late": {"members": [{"user": "bob"}, {"user": "dan"}], "when_nobody": "failover", "failover": "inbound"},
    },
    "territories": [
        {"name": "nordics", "pool": "inbound", "when": {"country": ["NO", "SE"]}, "needs": ["no"], "priority": 10},
        {"name": "big", "pool": "late", "when": {"employee_count": {"min": 500}}, "priority": 20},
    ],
    "catch_all": "late",
    "skill_rules": [{"name": "swedish", "when": {"language": ["sv"]}, "needs": ["sv"]}],
    "preferences": [{"name": "spoken", "when": {"country": ["NO"]}, "prefer": {"users": ["ann"], "skills": ["no"]}}],
    "qualification": [{"name": "students", "when": {"email_domain": {"starts_with": ["uni."]}}}],
    "ownership": {"precedence": ["contact", "account"]},
}  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def load(content: dict[str, Any]):
        path = tmp_path / "policy.yaml"
        path.write_text(json.dumps(content))
        return load_policy_file(path, ZoneInfo("UTC"))

    return load


def changed(**more: Any) -> dict[str, Any]:
    """The policy with a copy of every block, so that a test may edit it."""
    return {**json.loads(json.dumps(POLICY)), **more}


def other(value: Any) -> Any:
    """Some value that is not this one; the models do not check what is put in their copies."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, datetime):
        return datetime(2031, 1, 1, tzinfo=UTC)
    if isinstance(value, date):
        return date(2031, 1, 1)
    if isinstance(value, tuple):
        return value[1:] if value else ("other",)
    if isinstance(value, dict):
        return dict(list(value.items())[1:]) if value else {"other": "value"}
    return f"{value}-other" if isinstance(value, str) else 7


def variants(value: Any, path: tuple[str, ...] = ()):
    """Yield (path, copy) for every single setting below a value, the copy differing in that one."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            if info.exclude:
                continue
            inner = getattr(value, name)
            here = (*path, info.alias or name)
            if not isinstance(inner, BaseModel):
                yield here, value.model_copy(update={name: other(inner)})
            for deeper, copy in variants(inner, here):
                yield deeper, value.model_copy(update={name: copy})
    elif isinstance(value, dict):
        for name, inner in value.items():
            for deeper, copy in variants(inner, (*path, name)):
                yield deeper, {**value, name: copy}
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            for deeper, copy in variants(inner, path):
                yield deeper, (*value[:place], copy, *value[place + 1 :])


def test_every_single_setting_is_compared_and_named(load):
    policy = load(POLICY)
    seen = set()
    for path, copy in variants(policy):
        changes = compare_policies(policy, copy)
        assert changes, path
        parts = {part for change in changes for part in change.path.split(".")}
        # What names an entry makes it another one: the entry is removed, and a new one is there.
        is_named = path[-1] in parts or path[-1] in ("name", "user", "pool_id")
        assert is_named or (path[-2] == "vacations" and "vacations" in parts), (path, changes)
        assert all(change.text and "  " not in change.text and "None" not in change.text for change in changes), changes
        json.dumps([change.as_json() for change in changes])
        seen.update(path)
    # All settings of all blocks have been there: the models and this test walk over the same fields.
    assert seen >= set(type(policy).model_fields) - {"content_hash", "file", "lines", "local_times"}
    assert seen >= {"weight", "hourly", "first_touch_within", "on_breach", "any_of", "hours", "vacations", "precedence"}
    assert len(seen) > 70


def test_equal_content_has_no_differences(load):
    assert compare_policies(load(POLICY), load(changed())) == ()


def test_differences_read_as_a_person_would_say_them(load):
    new = changed(version="2026-07", effective_from="2026-07-01", catch_all="inbound")
    inbound = new["pools"]["inbound"]
    inbound["members"] = [inbound["members"][1], {**inbound["members"][0], "weight": 3, "skills": ["en", "sv"]},
                          {"user": "eve", "weight": 2}]  # fmt: skip
    inbound["members"][1]["vacations"] = []
    inbound["limits"] = {"daily": 25, "weekly": 80}
    inbound["sla"][0]["first_touch_within"] = "10m"
    new["pools"]["night"] = {"members": [{"user": "dan", "weight": 2}]}
    new["territories"][1]["priority"] = 5
    new["territories"][0]["when"] = {"country": ["NO", "DK"]}
    new["calendars"]["office"]["hours"] = {"mon-thu": ["09:00-17:00"]}
    new["ownership"] = {"precedence": ["account", "contact"], "keep_inactive": True}
    week = "; ".join(f"{day} 09:00-17:00" for day in ("mon", "tue", "wed", "thu"))
    texts = {change.text for change in compare_policies(load(POLICY), load(new))}
    assert texts == {
        "version 2026-01 -> 2026-07",
        "takes effect 2026-01-01 00:00:00 UTC -> 2026-07-01 00:00:00 UTC",
        "pool of what no territory matches: late -> inbound",
        f"calendar office: hours {week}; fri 09:00-17:00 -> {week}",
        "pool inbound, ann: weight 2 -> 3",
        "pool inbound, ann: skills without no",
        "pool inbound, ann: skills also sv",
        "pool inbound, ann: time away without 2026-07-01 to 2026-07-14",
        "pool inbound, ann: place 1 -> 2",
        "pool inbound, cid: removed (status inactive)",
        "pool inbound, eve: new (weight 2)",
        "pool inbound: limits a day 20 -> 25",
        "pool inbound: limits in all 900 -> none",
        "pool inbound, target hot: first touch within 15m -> 10m",
        "pool night: new (members dan 2)",
        "territory big: priority 20 -> 5",
        "territory nordics: place 1 -> 2",
        "territory nordics: when country is without SE",
        "territory nordics: when country is also DK",
        "ownership precedence of owners contact: place 1 -> 2",
        "ownership inactive owners keep items: no -> yes",
    }


def test_a_file_that_is_not_in_order_is_refused_with_its_lines(tmp_path):
    (tmp_path / "p.yaml").write_text(json.dumps({**POLICY, "catch_all": "nowhere"}))
    with pytest.raises(RefusedError, match=r"file=p\.yaml row=1 field=catch_all code=POOL_UNKNOWN"):
        load_policy_file(tmp_path / "p.yaml", ZoneInfo("UTC"))

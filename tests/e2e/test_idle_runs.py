"""Runs that find nothing: which of them are told from files alone, and that those say what a whole one says."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from rr_pipeline import cli, idle
from rr_pipeline.runs import run as run_module
from tests.e2e.projects import lead, policy, run_project, write_leads, write_project


@pytest.fixture
def long_after(monkeypatch):
    later = idle.time.time_ns() + 60 * 10**9
    monkeypatch.setattr(idle.time, "time_ns", lambda: later)


def say(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["rr-pipeline", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code or 0, capsys.readouterr().out


def test_the_next_run_says_from_files_alone_what_a_whole_one_says(tmp_path, long_after, capsys, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}]))
    write_leads(folder, [lead(1), lead(2)])
    run_project(folder)
    assert (folder / idle.STAMP_FILE).exists()
    command = ("run", "--json", "--project", folder)
    monkeypatch.setattr(run_module, "run", None)  # a whole run would fail
    code, quick = say(capsys, monkeypatch, *command)
    monkeypatch.undo()
    idle.forget(folder)
    whole_code, whole = say(capsys, monkeypatch, *command)
    quick, whole = json.loads(quick), json.loads(whole)
    assert code == whole_code == 0
    assert quick.pop("seconds") == {}
    assert whole.pop("seconds") != {}
    assert quick == whole
    last, before = (json.loads(line) for line in (folder / "runs.log").read_text().splitlines()[:0:-1])
    assert {key: last[key] for key in ("what", "exit_code", "run_id", "as_of", "codes")} == {
        key: before[key] for key in ("what", "exit_code", "run_id", "as_of", "codes")
    }


def test_a_delivery_is_taken_up_after_an_idle_run(tmp_path, long_after, capsys, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    write_leads(folder, [lead(1)])
    run_project(folder)
    say(capsys, monkeypatch, "run", "--project", folder)
    write_leads(folder, [lead(2)], "leads_20260402T0000.csv")
    code, said = say(capsys, monkeypatch, "run", "--json", "--project", folder)
    assert (code, json.loads(said)["decisions"]) == (0, 1)


WAITS = {
    "nothing": ({"user": "a"}, {}),
    "an item in its pool": ({"user": "a"}, {"limits": {"total": 1}}),
    "a target": ({"user": "a"}, {"sla": [{"name": "first", "first_touch_within": "30d"}]}),
    "a member who will leave": ({"user": "a", "until": "2099-01-01"}, {}),
}


@pytest.mark.parametrize("what", WAITS)
def test_where_time_alone_can_act_every_run_is_whole(tmp_path, long_after, what):
    member, pool = WAITS[what]
    folder = write_project(tmp_path / "project", policy([member], **pool))
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("last_record", "now"))
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    leads = [lead(1, at=an_hour_ago), lead(2, at=an_hour_ago)]
    write_leads(folder, leads, f"leads_{an_hour_ago:%Y%m%dT%H%M}.csv")
    run_project(folder)
    assert (folder / idle.STAMP_FILE).exists() is (what == "nothing")

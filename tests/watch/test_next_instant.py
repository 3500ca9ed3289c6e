"""From when on time alone gives a run something to do: a target that falls due, a hold, a policy to come, or never."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.projects import lead, policy, run_project, write_leads, write_project

NOW = datetime.now(UTC).replace(microsecond=0)
CREATED = NOW - timedelta(minutes=10)


def project(folder, *policies, run_instant="now", **more):
    write_project(folder, policies)
    path = folder / "project.yaml"
    path.write_text(path.read_text().replace("last_record", run_instant))
    write_leads(folder, [lead(1, at=CREATED, **more)], f"leads_{NOW - timedelta(minutes=5):%Y%m%dT%H%M}.csv")
    return folder


SLA = {"first_touch_within": "8h"}


def test_a_target_that_falls_due(tmp_path):
    done = run_project(project(tmp_path / "project", policy([{"user": "ann"}], sla=SLA)))
    assert done.decisions == 1
    # The clock of a target starts when the owner is told: at the instant of the run.
    assert done.next_at - timedelta(hours=8) == done.as_of
    assert done.as_json()["next_at"] == done.next_at.isoformat()


def test_an_item_that_is_held_may_go_at_any_time(tmp_path):
    pools = policy([{"user": "ann", "skills": ["German"]}, {"user": "bob"}], skills=["German", "French"])
    done = run_project(project(tmp_path / "project", pools, Skills="French"))
    assert done.held_total == 1
    assert done.next_at == done.as_of


@pytest.mark.slow
def test_a_file_whose_instant_has_not_come(tmp_path):
    folder = project(tmp_path / "project", policy([{"user": "ann"}]))
    write_leads(folder, [lead(2, at=CREATED)], f"leads_{NOW + timedelta(days=2):%Y%m%dT%H%M}.csv")
    done = run_project(folder)
    assert done.decisions == 1
    assert done.next_at == done.as_of


@pytest.mark.slow
def test_a_policy_to_come(tmp_path):
    first = policy([{"user": "ann"}])
    begins = NOW + timedelta(days=1)
    second = {**first, "version": "v2", "effective_from": begins.isoformat()}
    assert run_project(project(tmp_path / "project", first, second)).next_at == begins


def test_nothing_where_nothing_waits_and_where_the_newest_record_is_the_instant(tmp_path):
    assert run_project(project(tmp_path / "now", policy([{"user": "ann"}]))).next_at is None
    again = run_project(tmp_path / "now")
    assert (again.run_id, again.next_at) == (None, None)
    replay = project(tmp_path / "replay", policy([{"user": "ann"}], sla=SLA), run_instant="last_record")
    assert run_project(replay).next_at is None

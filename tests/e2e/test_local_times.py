"""Whole days and local times of members, as the router and its tables count them."""

import pytest

from tests.e2e.lives import deliver, item, members, project, told
from tests.e2e.projects import run_project

AWAY = (
    "select distinct decided_at from marts.fct_considered inner join marts.fct_decisions using (decision_id) "
    "where fct_considered.member_id = '{}' and reason = 'vacation' order by all"
)


def hours(first: int, last: int) -> list[dict[str, str]]:
    """An item an hour, in hours since Monday midnight UTC."""
    return [item(f"at{hour:03d}", f"{hour // 24}d {hour % 24:02d}:00") for hour in range(first, last)]


@pytest.mark.parametrize("where", ["policy", "feed", "project"])
def test_absences_given_as_dates_are_days_of_the_member(tmp_path, where):
    """Tuesday in Los Angeles is from 08:00 UTC to 08:00 UTC, wherever the zone was told."""
    zone = "America/Los_Angeles"
    team = [*members("la", **({"time_zone": zone} if where == "policy" else {})), *members("utc", time_zone="UTC")]
    folder = project(tmp_path / "project", {"pool": {"members": team}})
    if where == "project":
        (folder / "project.yaml").write_text(f"name: t\ntime_zone: {zone}\nrun_instant: last_record\n")
    users = [{"user_id": "la", "time_zone": zone if where == "feed" else ""}, {"user_id": "utc"}]
    deliver(folder, "00:00", users=users, absences=[{"user_id": user, "start": "2026-03-03"} for user in ("la", "utc")])
    deliver(folder, "3d 00:00", leads=hours(24, 60))
    assert run_project(folder).exit_code == 0
    days = {"la": range(32, 56), "utc": range(24, 48)}
    for user, expected in days.items():
        clocks = [f"{hour // 24}d {hour % 24:02d}:00" for hour in expected]
        assert [at for (at,) in told(folder, AWAY.format(user))] == clocks


def test_a_vacation_at_times_that_clocks_skip_or_repeat_stops_nobody(tmp_path):
    """The zone comes from the users feed, so only the run can warn."""
    vacations = [{"from": "2026-03-29T02:30", "until": "2026-03-29T04:00"},
                 {"from": "2026-10-25T01:00", "until": "2026-10-25T02:30"}]  # fmt: skip
    folder = project(
        tmp_path / "project", {"pool": {"members": [{"user": "a", "vacations": vacations}, {"user": "b"}]}}
    )
    deliver(folder, "00:00", users=[{"user_id": "a", "time_zone": "Europe/Oslo"}, {"user_id": "b"}])
    spring = [item(f"s{minute}", f"27d 0{minute // 60}:{minute % 60:02d}") for minute in range(30, 151, 30)]
    autumn = [item(f"a{minute}", f"237d 0{minute // 60}:{minute % 60:02d}") for minute in range(0, 121, 30)]
    deliver(folder, "240d 00:00", leads=[*spring, *autumn])
    report = run_project(folder)
    codes = sorted((one.code, one.field) for one in report.warnings if one.code.startswith("TIME_DST"))
    assert codes == [
        ("TIME_DST_GAP", "pools.pool.members[0].vacations[0].from"),
        ("TIME_DST_REPEATED", "pools.pool.members[0].vacations[1].until"),
    ]
    away = [at for (at,) in told(folder, AWAY.format("a"))]
    assert away == ["27d 01:00", "27d 01:30", "237d 00:00", "237d 00:30", "237d 01:00"]

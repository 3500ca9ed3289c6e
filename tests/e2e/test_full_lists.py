"""Feeds that deliver full lists: who and what is no longer named is gone; absences that are changed or called off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rr_pipeline.config import load_project
from rr_pipeline.runs.trial import try_files

from .projects import policy, rows, run_project, write_project

COLUMNS = {
    "users": "user_id is_active",
    "absences": "absence_id user_id start end kind is_withdrawn updated_at",
    "opportunities": "opportunity_id contact_id owner_id",
    "contacts": "contact_id email owner_id",
    "items": "item_id created_at email",
}
TEAM = ["ann,true", "bob,true", "cid,true"]


def feed(table: str, **settings: Any) -> str:
    name = "leads" if table == "items" else table
    columns = COLUMNS[table].split()
    mapping = "".join(f"      {column}: {column}\n" for column in columns)
    if table == "opportunities":
        mapping += '      is_open: {value: "true"}\n'
    more = "".join(f"    {key}: {value}\n" for key, value in settings.items())
    kind = "    object_type: lead\n" if table == "items" else ""
    return (
        f"  {name}:\n    table: {table}\n{kind}    location: {name}_*.csv\n    optional: true\n"
        f"    delivered_at: '{name}_%Y%m%dT%H%M.csv'\n{more}    options: {{time_zone: UTC}}\n    mapping:\n{mapping}"
    )


def project(folder: Path, *feeds: str, members: str = "ann bob cid", **pool: Any) -> Path:
    rules = policy([{"user": user} for user in members.split()], **pool)
    return write_project(folder, rules, sources="sources:\n" + "".join([*feeds, feed("items")]))


def deliver(folder: Path, table: str, when: str, *lines: str) -> None:
    name = "leads" if table == "items" else table
    header = COLUMNS[table].replace(" ", ",")
    (folder / "landing" / f"{name}_{when}.csv").write_text("\n".join([header, *lines, ""]))


def leads(folder: Path, when: str, *names: str, email: str = "") -> None:
    at = f"2026-{when[4:6]}-{when[6:8]}T{when[9:11]}:{when[11:13]}:00Z"
    deliver(folder, "items", when, *(f"{name},{at},{email or name + '@mail.example'}" for name in names))


def owners(folder: Path) -> dict[str, str | None]:
    return dict(rows(folder, "select item_id, owner_id from marts.fct_items order by all"))


def test_user_who_is_no_longer_listed_gets_nothing(tmp_path):
    folder = project(tmp_path / "p", feed("users", full_list="true"))
    deliver(folder, "users", "20260301T0000", *TEAM)
    leads(folder, "20260302T0900", "A0", "A1", "A2")
    deliver(folder, "users", "20260310T0000", *TEAM[1:])
    leads(folder, "20260312T0900", "B0", "B1", "B2")
    run_project(folder)
    found = owners(folder)
    assert {found[name] for name in ("A0", "A1", "A2")} >= {"bob", "cid"}
    assert [found[name] for name in ("B0", "B1", "B2")] == ["bob", "cid", "bob"]


def test_user_who_is_listed_again_is_there_again_with_the_balance(tmp_path):
    folder = project(tmp_path / "p", feed("users", full_list="true"))
    deliver(folder, "users", "20260301T0000", *TEAM)
    leads(folder, "20260302T0900", "A0")
    deliver(folder, "users", "20260310T0000", *TEAM[1:])
    leads(folder, "20260310T0900", "B0")
    deliver(folder, "users", "20260311T0000", *TEAM)
    leads(folder, "20260311T0900", "C0", "C1", "C2", "C3")
    run_project(folder)
    assert [owners(folder)[name] for name in ("C0", "C1", "C2", "C3")] == ["cid", "bob", "cid", "ann"]


def test_list_that_is_the_one_of_before_counts_again(tmp_path):
    """The bytes of a list come again: known ones, but another list."""
    folder = project(tmp_path / "p", feed("users", full_list="true"))
    for day, team in (("01", TEAM), ("02", TEAM[1:]), ("03", TEAM)):
        deliver(folder, "users", f"202603{day}T0000", *team)
        leads(folder, f"202603{day}T0900", f"L{day}")
        run_project(folder)
    there = (
        "select item_id, is_eligible from marts.fct_considered join marts.fct_decisions using (decision_id) "
        "where fct_considered.member_id = 'ann' order by 1"
    )
    assert rows(folder, there) == [("L01", True), ("L02", False), ("L03", True)]


def test_absence_that_is_no_longer_listed_is_called_off_or_shortened(tmp_path):
    for name, second in (("off", []), ("short", [",ann,2026-03-02,2026-03-06,vacation,,"])):
        folder = project(tmp_path / name, feed("absences", full_list="true"))
        other = ",bob,2026-05-10,2026-05-30,vacation,,"
        deliver(folder, "absences", "20260301T0000", ",ann,2026-03-02,2026-03-30,vacation,,", other)
        deliver(folder, "absences", "20260305T0000", *second, other)
        leads(folder, "20260312T0900", "B0", "B1", "B2")
        run_project(folder)
        assert list(owners(folder).values()) == ["ann", "bob", "cid"], name


def test_absence_is_changed_and_called_off_by_its_key(tmp_path):
    folder = project(tmp_path / "p", feed("absences"))
    deliver(
        folder,
        "absences",
        "20260301T0000",
        "a1,ann,2026-03-02,2026-03-30,vacation,,",
        "b1,bob,2026-03-02,2026-03-30,,,",
    )
    leads(folder, "20260302T0900", "L0")
    deliver(
        folder,
        "absences",
        "20260303T0000",
        "a1,ann,2026-03-02,2026-03-30,vacation,true,",
        "b1,bob,2026-03-02,2026-03-04,,,",
    )
    leads(folder, "20260304T0900", "L1", "L2")
    leads(folder, "20260305T0900", "L3")
    run_project(folder)
    assert owners(folder) == {"L0": "cid", "L1": "ann", "L2": "cid", "L3": "bob"}


def test_end_date_may_be_the_first_day_back(tmp_path):
    for word, owner in (("last_day", "bob"), ("day_after", "ann")):
        folder = project(tmp_path / word, feed("absences", end_dates=word), members="ann bob")
        deliver(folder, "absences", "20260301T0000", "a1,ann,2026-03-02,2026-03-04,,,")
        leads(folder, "20260304T0900", "L0")
        run_project(folder)
        assert owners(folder) == {"L0": owner}


def test_who_is_told_to_work_is_there_whatever_the_week_says(tmp_path):
    hours = {"mon-fri": ["08:00-16:00"]}
    folder = project(tmp_path / "p", feed("absences"), hours=hours, members="ann bob")
    deliver(folder, "absences", "20260301T0000", "w1,bob,2026-03-07T10:00,2026-03-07T14:00,works,,")
    leads(folder, "20260307T0900", "L0")
    leads(folder, "20260307T1100", "L1")
    run_project(folder)
    decided = rows(folder, "select item_id, owner_id, decided_at::varchar from marts.fct_items order by 1")
    assert [(item, owner) for item, owner, _ in decided] == [("L0", "bob"), ("L1", "bob")]


def test_opportunity_that_is_no_longer_listed_gives_no_claim(tmp_path):
    folder = project(tmp_path / "p", feed("opportunities", full_list="true"), feed("contacts"))
    deliver(folder, "contacts", "20260301T0000", "C1,k@mail.example,")
    deliver(folder, "opportunities", "20260301T0000", "O1,C1,bob")
    leads(folder, "20260302T0900", "L0", email="k@mail.example")
    deliver(folder, "opportunities", "20260305T0000", "O2,C2,bob")
    leads(folder, "20260312T0900", "L1", email="k@mail.example")
    run_project(folder)
    outcomes = dict(rows(folder, "select item_id, outcome from marts.fct_items"))
    assert outcomes["L0"] == "kept"
    assert outcomes["L1"] in {"assigned", "duplicate"}


def test_list_that_lost_much_is_refused_until_confirmed(tmp_path):
    names = [f"u{number}" for number in range(10)]
    folder = project(tmp_path / "p", feed("users", full_list="true"), members=" ".join(names))
    deliver(folder, "users", "20260301T0000", *(f"{name},true" for name in names))
    deliver(folder, "users", "20260302T0000", *(f"{name},true" for name in names[3:]))
    leads(folder, "20260303T0900", "L0")
    report = run_project(folder)
    assert report.status == "degraded"
    (problem,) = [one for one in report.problems if one.code == "LIST_SHRUNK"]
    assert problem.file == "users_20260302T0000.csv"
    assert owners(folder) == {"L0": "u0"}
    print_ = problem.message.split("confirmed_lists: [")[1].split("]")[0]
    sources = folder / "sources.yaml"
    sources.write_text(
        sources.read_text().replace("full_list: true", f"full_list: true\n    confirmed_lists: [{print_}]")
    )
    leads(folder, "20260304T0900", "L1")
    assert run_project(folder).status == "done"
    assert owners(folder)["L1"] == "u3"


def test_list_that_lost_a_fifth_or_less_is_taken(tmp_path):
    names = [f"u{number}" for number in range(15)]
    folder = project(tmp_path / "p", feed("users", full_list="true"), members=" ".join(names))
    deliver(folder, "users", "20260301T0000", *(f"{name},true" for name in names))
    deliver(folder, "users", "20260302T0000", *(f"{name},true" for name in names[3:]))
    leads(folder, "20260303T0900", "L0")
    assert run_project(folder).status == "done"
    assert owners(folder) == {"L0": "u3"}


def test_refused_row_counts_as_present(tmp_path):
    folder = project(tmp_path / "p", feed("users", full_list="true"))
    deliver(folder, "users", "20260301T0000", *TEAM)
    deliver(folder, "users", "20260302T0000", "ann,perhaps", *TEAM[1:])
    leads(folder, "20260303T0900", "L0")
    run_project(folder)
    assert owners(folder) == {"L0": "ann"}


def test_settings_of_lists_go_with_their_tables(tmp_path):
    folder = project(tmp_path / "p", feed("users", leave_after=3, end_dates="day_after"))
    try:
        load_project(folder)
    except Exception as error:
        text = str(error)
    assert "leave_after" in text
    assert "end_dates" in text


def test_check_says_where_absences_overlap_by_a_day(tmp_path):
    """One that ends where the next begins, an instant, a later row of the same absence, and one called off."""
    away = ["a,ann,2026-03-02,2026-03-05,,,", "b,ann,2026-03-05,2026-03-07,,,"]
    fine = [
        "c,bob,2026-03-02,2026-03-05,,,", "d,bob,2026-03-06,2026-03-07,,,",
        "e,bob,2026-03-07T08:00,2026-03-08T08:00,,,",
        "f,cid,2026-03-02,2026-03-05,,,", "f,cid,2026-03-05,2026-03-07,,,", "g,cid,2026-03-07,2026-03-08,,true,",
    ]  # fmt: skip

    def doubts(name: str, lines: list[str], **settings: str) -> list[str]:
        folder = project(tmp_path / name, feed("absences", **settings))
        deliver(folder, "absences", "20260301T0000", *lines)
        leads(folder, "20260301T0000", "L0")
        found = [one for one in try_files(load_project(folder)).warnings if one.code == "ABSENCES_OVERLAP"]
        return [f"{one.row}: {one.message[:10]}" for one in found]

    assert doubts("meet", [*fine, *away]) == ["7: 1 absences"]
    assert doubts("apart", fine) == []
    assert doubts("first_day_back", [*fine, *away], end_dates="day_after") == []

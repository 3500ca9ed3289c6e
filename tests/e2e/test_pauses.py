"""Pauses by the operator: rows of exceptions.csv, what they keep back, and how the file is written."""

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.maintenance import exceptions_file
from rr_pipeline.maintenance.exceptions_file import with_row
from rr_pipeline.routing.exception_tokens import read_tokens
from tests import command_line
from tests.e2e.lives import deliver, item, members, project, steps, told
from tests.e2e.projects import run_project

HEADER = "token_id,pool_id,member_id,kind,skill,from,expires\n"


def two_pools(folder):
    pools = {
        "main": {"members": members("ann", "bob")},
        "spare": {"members": members("ann", "cid"), "when_nobody": "failover", "failover": "main"},
    }
    return project(folder, pools, territories=[{"name": "s", "pool": "spare", "when": {"city": ["spare"]}}])


def rr(folder, *words):
    """The exit code, and what was said."""
    code, out, err = command_line.say(*words, "--project", folder)
    return code, out + err


def test_a_pause_that_was_taken_back_before_the_first_run_keeps_nothing_back(tmp_path):
    folder = two_pools(tmp_path / "project")
    rows = "p1,main,,pause,,2026-03-01,\np2,main,,resume,,,\np3,,ann,pause,,,\np4,,ann,resume,,2026-03-02T08:55,\n"
    (folder / "exceptions.csv").write_text(HEADER + rows)
    deliver(folder, "09:00", leads=[item("a", "08:50"), item("b", "08:56")])
    assert run_project(folder).exit_code == 0
    assert steps(folder) == ["a assign bob at 08:50", "b assign ann at 08:56"]


def test_a_paused_pool_holds_what_comes_until_it_is_resumed(tmp_path):
    folder = two_pools(tmp_path / "project")
    deliver(folder, "09:00", leads=[item("a", "08:50"), item("b", "08:51", city="spare")])
    run_project(folder)
    assert rr(folder, "pause", "spare")[0] == 0
    assert rr(folder, "pause", "bob", "--until", "2026-03-02T10:30")[0] == 0
    assert "the pool is paused" not in rr(folder, "state")[1]
    deliver(folder, "10:00", leads=[item("c", "09:30"), item("d", "09:40", city="spare"), item("e", "09:50")])
    run_project(folder)
    assert steps(folder, "c", "d", "e") == [
        "c assign ann at 09:30 in main",
        "d hold at 09:40 in spare",
        "e assign ann at 09:50 in main",
    ]
    assert told(folder, "select distinct reason from marts.fct_considered where not is_eligible") == [("paused",)]
    said = rr(folder, "state")[1]
    assert "the pool is paused until `rr-pipeline resume`" in said
    assert "bob is paused until Mon 2026-03-02 10:30:00 UTC" in said
    assert rr(folder, "resume", "spare")[0] == 0
    deliver(folder, "11:00", leads=[item("f", "10:40", city="spare"), item("g", "10:41")])
    run_project(folder)

    assert steps(folder, "d", "f", "g") == [
        "d hold at 09:40 in spare",
        "d assign cid at 10:00.1 in spare",
        "f assign ann at 10:40 in spare",
        "g assign bob at 10:41 in main",
    ]
    noted = told(folder, "select token_id, pool_id, member_id, kind from ops.exception_tokens order by position")
    assert noted == [
        ("pause-spare-1", "spare", "", "pause"),
        ("pause-bob-1", "", "bob", "pause"),
        ("resume-spare-1", "spare", "", "resume"),
    ]


def test_names_that_are_no_pool_and_no_user_are_refused_with_the_nearest(tmp_path):
    folder = two_pools(tmp_path / "project")
    for words in (("pause", "mian"), ("resume", "mian")):
        code, said = rr(folder, *words)
        assert code == 2
        assert "TARGET_UNKNOWN" in said
        assert "'main'" in said
    assert not (folder / "exceptions.csv").exists()
    code, said = rr(folder, "resume", "main")
    assert code == 2
    assert "NOT_PAUSED" in said
    assert rr(folder, "pause", "main", "--until", "soon")[0] == 2
    assert not (folder / "exceptions.csv").exists()


def test_a_name_of_both_is_asked_for(tmp_path):
    folder = project(tmp_path / "project", {"ann": {"members": members("ann")}})
    assert "TARGET_BOTH" in rr(folder, "pause", "ann")[1]
    assert rr(folder, "pause", "ann", "--user")[0] == 0
    assert [(row.pool_id, row.member_id) for row in read_tokens(load_project(folder))] == [("", "ann")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, HEADER + "x,main,,pause,,,2026-04-01\n"),
        ("# mine\n\n" + HEADER + "# a comment\nt,main,ann,skip,,,\n", None),
        (HEADER.replace("\n", "\r\n") + "t,main,ann,skip,,,", None),
        (
            "token_id,pool_id,member_id,kind\n# c\nt,main,ann,skip\n",
            "token_id,pool_id,member_id,kind,expires\n# c\nt,main,ann,skip,\nx,main,,pause,2026-04-01\n",
        ),
        ("\ufeff" + HEADER, None),
    ],
)
def test_what_was_in_the_file_stays_as_it_was(before, after):
    row = {"token_id": "x", "pool_id": "main", "member_id": "", "kind": "pause", "expires": "2026-04-01"}
    given = None if before is None else before.encode()
    end = "\r\n" if before and "\r\n" in before else "\n"
    if after is None:
        after = before + ("" if before.endswith("\n") else end) + "x,main,,pause,,,2026-04-01" + end
    assert with_row(given, row).decode() == after


def test_rows_that_mean_nothing_are_refused(tmp_path):
    folder = two_pools(tmp_path / "project")
    rows = [
        "a,,,pause,,,",
        "b,main,,resume,,,2026-04-01",
        "c,main,ann,pause,french,,",
        "d,main,,skip,,,",
        "e,,nob,pause,,,",
    ]
    (folder / "exceptions.csv").write_text(HEADER + "\n".join(rows) + "\n")
    with pytest.raises(RefusedError) as refused:
        read_tokens(load_project(folder))
    assert [(problem.row, problem.field, problem.code) for problem in refused.value.problems] == [
        (1, "pool_id", "FIELD_EMPTY"),
        (2, "expires", "FIELD_UNUSED"),
        (3, "skill", "FIELD_UNUSED"),
        (4, "member_id", "FIELD_EMPTY"),
        (5, "member_id", "MEMBER_UNKNOWN"),
    ]


def test_a_bad_file_is_left_alone(tmp_path):
    folder = two_pools(tmp_path / "project")
    (folder / "exceptions.csv").write_text("token_id,pool\n")
    with pytest.raises(RefusedError):
        exceptions_file.pause(load_project(folder), "main", None)
    assert (folder / "exceptions.csv").read_text() == "token_id,pool\n"
    assert [path.name for path in folder.glob(".exceptions*")] == []

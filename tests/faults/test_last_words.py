"""The end of a command: whatever becomes of what it says, the exit code is true and nobody is told otherwise."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from rr_pipeline import cli
from rr_pipeline.errors import RunError, visible
from rr_pipeline.runs import run as run_module
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

COMMAND = (sys.executable, "-c", "from rr_pipeline.cli import main; main()")
NAME = "Åse \u2192 東京"


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """One run; a member's name has letters that ASCII lacks, another one steers terminals."""
    folder = tmp_path_factory.mktemp("decided") / "project"
    write_project(folder, policy([{"user": NAME}, {"user": "b"}]))
    write_leads(folder, [lead(n) for n in range(1, 5)], "leads_20260302T1000.csv")
    run_project(folder)
    return folder


@pytest.fixture
def folder(decided, tmp_path):
    return shutil.copytree(decided, tmp_path / "project")


def more(folder):
    write_leads(folder, [lead(n) for n in range(5, 9)], "leads_20260302T1100.csv")


def shell(folder, command, **variables):
    """(exit code of rr-pipeline, stdout, stderr) of ``rr COMMAND`` in a shell; {rr} stands for the command."""
    script = command.replace("{rr}", " ".join(f"'{part}'" for part in COMMAND))
    environment = {**os.environ, "RR_PROJECT": str(folder), **variables}
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script}"], capture_output=True, env=environment, check=False, cwd=folder
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def runs(folder):
    return rows(folder, "select count(*) from ops.runs")[0][0]


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "how", ["| head -c0", *(pytest.param(how, marks=SLOW) for how in (">&-", "> /dev/full", "2>&-", ">&- 2>&-"))]
)
def test_a_run_whose_words_nobody_gets_has_run_all_the_same(folder, how):
    more(folder)
    code, told, errors = shell(folder, f"{{rr}} run {how}")
    assert (code, runs(folder)) == (0, 2), errors
    assert "rolled back" not in told + errors
    assert "rror" not in told + errors
    assert ("run-000002 is committed and published" in errors) == ("full" in how)


@pytest.mark.slow
def test_a_command_that_only_shows_something_says_when_it_could_not(folder):
    code, _, errors = shell(folder, "{rr} state --json > /dev/full")
    assert (code, "No space left on device" in errors, "rolled back" in errors) == (75, True, False)
    assert shell(folder, "{rr} state | head -c0")[::2] == (0, "")


@pytest.mark.slow
def test_letters_that_an_encoding_lacks_are_escaped(folder):
    code, told, _ = shell(folder, "{rr} state --json", PYTHONIOENCODING="ascii:strict")
    assert (code, told.isascii()) == (0, True)
    assert NAME in {member["member_id"] for member in json.loads(told)["pools"][0]["members"]}


@pytest.mark.slow
def test_a_run_in_a_terminal_of_ascii_ends_as_it_did(folder):
    more(folder)
    code, told, errors = shell(folder, "{rr} run", PYTHONIOENCODING="ascii")
    assert (code, runs(folder)) == (0, 2), errors
    assert "\\u00c5se" in told


@pytest.mark.parametrize("how", ["folder", *(pytest.param(how, marks=SLOW) for how in ("full", "pipe", "nowhere"))])
def test_a_log_that_cannot_be_written_changes_no_end(folder, how, capsys):
    more(folder)
    log = folder / "runs.log"
    log.unlink()
    {
        "folder": log.mkdir,
        "full": lambda: log.symlink_to("/dev/full"),
        "pipe": lambda: os.mkfifo(log),
        "nowhere": lambda: log.symlink_to(folder / "no" / "such" / "folder"),
    }[how]()
    done = run_project(folder)
    assert (done.exit_code, done.run_id, runs(folder)) == (0, "run-000002", 2)
    told = capsys.readouterr().err
    assert ("code=LOG_UNWRITABLE" in told, "rolled back" in told) == (True, False)


@pytest.mark.slow
def test_what_goes_wrong_after_the_commit_is_told_as_that(folder, monkeypatch):
    monkeypatch.setattr(run_module, "publish", failing(duckdb.OutOfMemoryException("Out of Memory Error: cell")))
    more(folder)
    with pytest.raises(RunError) as caught:
        run_project(folder)
    told = str(caught.value)
    assert (caught.value.exit_code, "rolled back" in told, "cell" in told) == (75, False, False)
    assert told.startswith("run-000002 is committed, but not all that follows was done: memory ran out; run-000002 is")
    monkeypatch.setattr(run_module, "publish", failing(ValueError("a cell")))
    with pytest.raises(RunError, match=r"^nothing new was decided, but.*internal error: ValueError at ") as caught:
        run_project(folder)
    assert caught.value.exit_code == 70
    lines = [json.loads(line) for line in (folder / "runs.log").read_text().splitlines()]
    assert [(line["exit_code"], line["run_id"]) for line in lines[-2:]] == [(75, "run-000002"), (70, None)]
    monkeypatch.undo()
    run_project(folder)
    assert runs(folder) == 2


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


STEERING = "\x1b]0;title\x07\x1b[2Jred\x9b31m\u202egnp\r"


def test_names_that_steer_a_terminal_are_shown_escaped(folder, monkeypatch, capsys):
    (folder / "landing" / f"notes{STEERING}\nforged=1.csv").write_text("x")
    (folder / "policies" / "v1.yaml").unlink()
    write = policy([{"user": "a\u202eb"}, {"user": "c\u2066d"}])
    (folder / "policies" / "v1.yaml").write_text(json.dumps(write))
    asked = (
        ("check",), ("explain", STEERING), ("policy", "list"), ("state", "--pool", STEERING), ("run",),
        ("backup", "--to", STEERING),
    )  # fmt: skip
    monkeypatch.chdir(folder)
    for arguments in asked:
        monkeypatch.setattr(sys, "argv", ["rr-pipeline", *arguments])
        with contextlib.suppress(SystemExit):
            cli.main()
        told = "".join(capsys.readouterr())
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told), arguments
        assert not re.search("^forged", told, re.MULTILINE), arguments
    assert Path(folder / "runs.log").read_text().isascii()


def test_what_is_visible_stays_and_what_is_not_is_escaped():
    assert visible("Åse\tø\n東京\u200d") == "Åse\tø\n東京\u200d"
    assert visible("\x1b[0m\x85\u2028\udc80\x7f") == "\\u001b[0m\\u0085\\u2028\\udc80\\u007f"
    assert json.loads(json.dumps("a").replace("a", visible("\u202e"))) == "\u202e"

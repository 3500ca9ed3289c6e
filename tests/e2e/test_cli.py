"""The command line as its users meet it: words, exit codes, and nothing said that stood in a cell."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rr_pipeline import __version__
from rr_pipeline.cli import screen
from rr_pipeline.errors import Exit
from rr_pipeline.lock import project_lock
from rr_pipeline.warehouse.connection import BLOCK_BYTES
from tests import command_line
from tests.e2e.projects import lead, policy, rows, write_leads, write_project

COMMANDS = ("init", "check", "run", "explain", "outbox", "schemas")
SENTINEL = "Zq7vXsentinel"


@pytest.fixture(scope="module")
def say():
    """Call the command line in this process: (exit code, stdout, stderr)."""
    patch = pytest.MonkeyPatch()
    patch.delenv("RR_PROJECT", raising=False)
    patch.delenv("RR_DEBUG", raising=False)

    def call(*arguments):
        code, out, err = command_line.say(*arguments)
        assert "Traceback" not in out + err
        assert SENTINEL not in out + err
        return code, out, err

    yield call
    patch.undo()


BAD_ROWS = (
    lead(20, Created=f"{SENTINEL} o'clock"),
    lead(21, Created=f"2026-03-02 {SENTINEL}"),
    lead(22, Id=f"ctl\x07{SENTINEL}"),
    lead(23, Id="1.23E+15", Name=SENTINEL),
    lead(24, Id="", Name=SENTINEL, Email=f"{SENTINEL}@example.net"),
    lead(25, Email=f"{SENTINEL}@@example.net", Phone=SENTINEL, Priority=SENTINEL, Country=SENTINEL, Skills=SENTINEL),
    lead(26, Created="9999-12-31T00:00:00Z", Name=SENTINEL),
)
BROKEN_FILE = f'Id,Created,Email,Name,Phone,Country,Skills,Priority,Consent,Account\nL1,"{SENTINEL},x\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Four leads taken, one held, one a duplicate, one set aside by a rule, some refused; and a file that is broken."""
    rules = policy([{"user": "ann"}, {"user": "bob"}], limits={"hourly": 2})
    rules["qualification"] = [{"name": "no-consent", "when": {"consent_status": ["denied"]}}]
    folder = write_project(tmp_path_factory.mktemp("cli") / "project", rules)
    good = [lead(number) for number in range(1, 6)]
    good += [lead(6, Email="PERSON1@example.net"), lead(7, Consent="denied")]
    write_leads(folder, [*good, *BAD_ROWS], "leads_20260302T0930.csv")
    (folder / "landing" / "leads_20260302T0920.csv").write_text(BROKEN_FILE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(project, say, tmp_path_factory):
    """The project after its first run, and what the run said."""
    folder = tmp_path_factory.mktemp("done") / "project"
    shutil.copytree(project, folder)
    return folder, say("run", "--project", folder)


@pytest.fixture
def folder(done, tmp_path):
    """A copy of the finished project, free to be spoilt."""
    shutil.copytree(done[0], tmp_path / "project")
    return tmp_path / "project"


def log_lines(folder):
    return [json.loads(line) for line in (folder / "runs.log").read_text(encoding="utf-8").splitlines()]


def test_every_command_explains_itself(say):
    code, out, _ = say("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    for command in COMMANDS:
        code, out, err = say(command, "--help")
        assert (code, err) == (0, "")
        assert "Usage: " in out
    assert say("--version")[:2] == (0, f"{__version__}\n")
    assert say("rum")[0] == 2


def test_the_installed_command_is_this_one():
    script = Path(sys.executable).parent / "rr-pipeline"
    if not script.exists():
        pytest.skip("the package is not installed here")
    told = subprocess.run([script, "check", "-p", "/nowhere/at/all"], check=False, capture_output=True, text=True)
    assert told.returncode == Exit.REFUSED
    assert "code=PROJECT_MISSING" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_new_project_is_in_order_and_has_nothing_to_do(say, tmp_path):
    folder = tmp_path / "new"
    code, out, _ = say("init", folder)
    assert (code, f"rr-pipeline run --project {folder}" in out.replace("\n", "")) == (0, True)
    code, out, _ = say("check", "--project", folder)
    assert code == 0
    assert "config is in order" in out
    code, out, _ = say("run", "--project", folder)
    assert code == 0
    assert "no files in landing/ match a source: nothing to do" in " ".join(out.split())
    assert not (folder / "warehouse.duckdb").exists()
    code, out, _ = say("run", "--project", folder, "--json")
    assert (code, json.loads(out)["status"], json.loads(out)["run_id"]) == (0, "idle", None)
    assert [line["exit_code"] for line in log_lines(folder)] == [0, 0]


def test_a_folder_with_something_in_it_is_left_alone(say, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    for more in ((), ("--demo", "--items", "50")):
        code, _, err = say("init", tmp_path, *more)
        assert code == Exit.REFUSED
        assert "empty" in err
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_schemas_are_written(say, tmp_path):
    code, out, _ = say("schemas", tmp_path / "schemas")
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "schemas").iterdir()) == [
        "policy.schema.json", "project.schema.json", "sources.schema.json",
    ]  # fmt: skip
    assert len(out.split()) >= 3


def test_a_broken_file_degrades_the_run_and_the_others_are_taken(done):
    folder, (code, out, err) = done
    assert code == Exit.DEGRADED
    assert "routing" not in err
    flat = " ".join(out.split())
    assert "files refused: 1" in flat
    assert "file=leads_20260302T0920.csv row=" in flat
    assert "code=QUOTE_UNCLOSED" in flat
    assert dict(rows(folder, "select outcome, count(*) from marts.fct_items group by all")) == {
        "assigned": 4, "held": 2, "duplicate": 1, "disqualified": 1, "quarantined": 6,
    }  # fmt: skip
    assert rows(folder, "select file_name, status, code from ops.ingested_files order by all") == [
        ("leads_20260302T0920.csv", "refused", "QUOTE_UNCLOSED"),
        ("leads_20260302T0930.csv", "loaded", None),
    ]


def test_what_stood_in_a_cell_is_said_nowhere(done):
    folder, _ = done
    assert SENTINEL not in (folder / "runs.log").read_text(encoding="utf-8")
    for path in (folder / "published").iterdir():
        assert path.suffix == ".duckdb" or SENTINEL not in path.read_text(encoding="utf-8")
    # Ids are what fixes a row: they are kept, and where the id itself is bad they are what was delivered.
    quarantine = rows(folder, "select columns(* exclude (item_id)) from ops.quarantine")
    assert len(quarantine) >= 6
    assert SENTINEL not in str(quarantine)
    codes = {code for (code,) in rows(folder, "select code from ops.quarantine")}
    assert codes >= {"CONTROL_CHAR", "ID_MANGLED", "ID_MISSING"}
    tables = rows(
        folder, "select table_name from duckdb_tables() where schema_name = 'ops' and table_name <> 'quarantine'"
    )
    for (table,) in tables:
        assert SENTINEL not in str(rows(folder, f"from ops.{table}")), table


def test_a_run_for_machines(say, folder):
    write_leads(folder, [lead(30), lead(31, Created=SENTINEL)], "leads_20260302T1200.csv")
    code, out, err = say("run", "--project", folder, "--json")
    told = json.loads(out)
    assert (code, told["exit_code"], told["status"], told["run_id"]) == (1, 1, "degraded", "run-000002")
    (feed,) = told["feeds"]
    assert (feed["source"], feed["rows"], feed["outcomes"]["assigned"], feed["outcomes"]["quarantined"]) == (
        "leads", 2, 1, 1,
    )  # fmt: skip
    assert feed["rows"] == sum(feed["outcomes"].values()) + feed["repeated"] + feed["waiting"]
    assert told["held_total"] == 0
    assert told["refused"] == [["leads", "TIME_INVALID", 1]]
    assert err == ""
    assert [(line["run_id"], line["exit_code"]) for line in log_lines(folder)] == [("run-000001", 1), ("run-000002", 1)]
    code, out, _ = say("check", "--project", folder, "--json")
    assert code == Exit.DEGRADED  # the file that the first run refused still lies there
    assert len(json.loads(out)["files"]["leads"]) == 3


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("L00001", "assigned to ann by the rotation of pool"),
        ("L00005", "waits in pool: nobody could take it so far"),
        ("L00006", "a duplicate of L00001 (leads): the same person"),
        ("L00007", "set aside by the qualification rule no-consent"),
        ("L00020", "refused: TIME_INVALID"),
    ],
)
def test_an_item_is_explained_in_words(say, done, item, words):
    code, out, _ = say("explain", item, "--project", done[0])
    assert code == 0
    assert words in " ".join(out.split())
    code, out, _ = say("explain", item, "--project", done[0], "--json")
    (story,) = json.loads(out)
    assert (code, story["item"]["item_id"], words in story["outcome_words"]) == (0, item, True)


def test_members_considered_are_shown_with_why_not(say, done):
    _, out, _ = say("explain", "L00005", "--project", done[0])
    assert out.count("hour") >= 2
    assert "ann" in out
    assert "bob" in out


def test_an_unknown_item_is_an_error(say, done, project):
    code, out, err = say("explain", "nobody-knows-me", "--project", done[0])
    assert (code, out) == (Exit.REFUSED, "")
    assert "no item has this id" in err
    code, _, err = say("explain", "L00001", "--project", project)
    assert code == Exit.REFUSED
    assert "nothing is published yet" in err


@pytest.mark.parametrize("text", ["yesterday", "2026-06-30", "2026-06-30T18:00:00", "2026-13-01T00:00:00Z"])
def test_an_instant_without_zone_or_sense_is_refused(say, done, text):
    for option in ("--as-of", "--until"):
        code, _, err = say("run", "--project", done[0], option, text)
        assert code == Exit.REFUSED
        assert f"field={option} code=TIME_INVALID" in err


def test_a_misspelt_setting_is_named_with_its_place_and_the_right_one(say, folder):
    path = folder / "project.yaml"
    path.write_text(path.read_text() + "standardize: {phone_region: NO}\n")
    for command in ("check", "run"):
        code, out, err = say(command, "--project", folder)
        assert (code, out) == (Exit.REFUSED, "")
        assert "file=project.yaml row=4 field=standardize code=" in err
        assert "'standardise'" in err


def test_a_project_in_use_is_named_with_its_user(say, folder):
    with project_lock(folder, "rr-pipeline run"):
        code, out, err = say("run", "--project", folder)
    assert (code, out) == (Exit.LOCKED, "")
    assert f"process {os.getpid()}" in err
    assert log_lines(folder)[-1]["exit_code"] == 73


def damage_head(path):
    with path.open("r+b") as file:
        file.write(b"\0" * 4096)


def damage_blocks(path):
    with path.open("r+b") as file:
        for place in range(12288 + BLOCK_BYTES + 500, path.stat().st_size, BLOCK_BYTES):
            file.seek(place)
            file.write(b"\xff" * 64)


def cut(path):
    os.truncate(path, path.stat().st_size // 3)


def empty(path):
    os.truncate(path, 0)


@pytest.mark.parametrize("damage", [damage_head, damage_blocks, cut, empty])
def test_a_damaged_warehouse_is_left_as_it_is(say, folder, damage):
    warehouse = folder / "warehouse.duckdb"
    damage(warehouse)
    write_leads(folder, [lead(40)], "leads_20260302T1300.csv")
    before = warehouse.read_bytes(), (folder / "published" / "routing.duckdb").read_bytes()
    code, _, err = say("run", "--project", folder)
    assert code == Exit.REFUSED
    assert "code=WAREHOUSE_DAMAGED" in err
    assert (warehouse.read_bytes(), (folder / "published" / "routing.duckdb").read_bytes()) == before
    assert log_lines(folder)[-1]["exit_code"] == 2


def test_a_missing_warehouse_is_not_made_anew_beside_its_copy(say, folder):
    (folder / "warehouse.duckdb").unlink()
    code, _, err = say("run", "--project", folder)
    assert code == Exit.REFUSED
    assert "code=WAREHOUSE_MISSING" in err
    assert not (folder / "warehouse.duckdb").exists()


def test_the_project_is_taken_from_the_environment_and_from_here(say, done, monkeypatch, tmp_path):
    assert say("check")[0] == Exit.REFUSED
    monkeypatch.setenv("RR_PROJECT", str(done[0]))
    code, out, _ = say("check", "--json")
    assert (code, json.loads(out)["project"]) == (Exit.DEGRADED, "test")
    monkeypatch.delenv("RR_PROJECT")
    monkeypatch.chdir(done[0])
    assert json.loads(say("check", "--json")[1])["project"] == "test"


def test_one_line_a_run_in_the_log(done):
    (line,) = log_lines(done[0])
    assert (line["what"], line["exit_code"], line["run_id"], line["codes"]) == (
        "rr-pipeline run", 1, "run-000001", ["QUOTE_UNCLOSED"],
    )  # fmt: skip


def test_a_fault_of_ours_quotes_nothing(say, folder, monkeypatch):
    from rr_pipeline.runs import run as module

    def fail(*_arguments, **_options):
        raise ValueError(f"could not convert {SENTINEL}")

    monkeypatch.setattr(module, "finish", fail)
    code, _, err = say("run", "--project", folder)
    assert code == Exit.INTERNAL
    assert "internal error: ValueError at test_cli.py" in err
    assert log_lines(folder)[-1]["codes"] == ["ValueError"]


def test_results_can_be_read_at_eighty_columns(done):
    _, (_, out, _) = done
    assert screen.out.width == 80
    for word in ("leads", "assigned", "quarantined", "disqualified", "repeated"):
        assert word in out
    assert all(len(line) <= 80 for line in out.splitlines() if "file=" not in line)


def test_yaml_of_a_new_project_is_plain(say, tmp_path):
    say("init", tmp_path / "new")
    for path in (tmp_path / "new").rglob("*.yaml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))

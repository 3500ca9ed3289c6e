"""What surrounds a run: places it may not write to, no network, other time-zone data, analysts who hold files open."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.e2e.projects import SOURCES_YAML, lead, policy, run_project, snapshot, write_leads, write_project
from tests.faults.test_signals import litter

HERE = str(Path(__file__).parent)
COMMAND = str(Path(sys.executable).with_name("rr-pipeline"))
TABLES = ("warehouse.duckdb", "published/routing.duckdb")
MEMBERS = [
    {"user": "a", "time_zone": "Europe/Oslo"},
    {"user": "b", "time_zone": "Australia/Lord_Howe", "hours": {"mon-sun": ["00:00-12:00"]}},
    {"user": "c", "time_zone": "America/St_Johns", "limits": {"daily": 4}},
]
HOURS = {"hours": {"mon-sun": ["07:00-17:00"]}, "limits": {"daily": 9, "hourly": 5}}
LIES = {"Europe/Oslo": "Asia/Tokyo", "Australia/Lord_Howe": "America/Lima", "America/St_Johns": "Asia/Kolkata"}


def may(*command):
    """Whether this machine lets us do that."""
    try:
        return subprocess.run(["unshare", *command], capture_output=True, check=False, timeout=20).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(
    not may("-rm", "mount", "--bind", HERE, HERE), reason="needs name spaces in which folders can be mounted"
)
needs_no_network = pytest.mark.skipif(not may("-rn", "true"), reason="needs name spaces without a network")


def local_leads(numbers):
    """Leads by local time without a zone, over the night in which the clocks of Oslo change."""
    at = [datetime(2026, 3, 28, 12, tzinfo=UTC) + timedelta(minutes=47 * number) for number in numbers]
    return [lead(number, Created=f"{at:%Y-%m-%d %H:%M}") for number, at in zip(numbers, at, strict=True)]


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A project in several zones with a run behind it, and a delivery to come."""
    zoned = SOURCES_YAML.replace("    mapping:", "    options: {time_zone: Europe/Oslo}\n    mapping:")
    folder = tmp_path_factory.mktemp("surroundings") / "before"
    write_project(folder, policy(MEMBERS, **HOURS), zone="Europe/Oslo", sources=zoned)
    with (folder / "project.yaml").open("a") as file:
        file.write("publishing: {parquet: true}\n")
    write_leads(folder, local_leads(range(40)), "leads_20260329T2200.csv")
    run_project(folder)
    write_leads(folder, local_leads(range(40, 80)), "leads_20260331T1100.csv")
    return folder


@pytest.fixture(scope="module")
def after(before):
    folder = shutil.copytree(before, before.with_name("after"))
    run_project(folder)
    return folder


@pytest.fixture
def project(before, tmp_path):
    return shutil.copytree(before, tmp_path / "project")


def check_same(project, after):
    assert litter(project) == []
    for name in TABLES:
        assert snapshot(project / name) == snapshot(after / name)


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "runs.log"}


READ_ONLY = """
for place in "$@"; do
    mount --bind "$place" "$place" && mount -o remount,bind,ro "$place" || exit 99
done
"""


def run_with_read_only(project, *places):
    script = READ_ONLY + f'exec "{COMMAND}" run --project "{project}"'
    command = ["unshare", "-rm", "sh", "-c", script, "sh", *(str(project / place) for place in places)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


@needs_mounts
@pytest.mark.parametrize(
    ("places", "field"),
    [
        (["."], "--project"),
        pytest.param(["published"], "paths.published", marks=pytest.mark.slow),
        pytest.param(["warehouse.duckdb"], "paths.warehouse", marks=pytest.mark.slow),
    ],
)
def test_places_that_cannot_be_written_to_are_named_and_nothing_is_changed(project, places, field):
    left = files_of(project)
    code, said = run_with_read_only(project, *places)
    assert code == 2, said
    assert f"field={field} code=PATH_READ_ONLY: " in said
    assert "mount it for writing" in said
    assert "Traceback" not in said
    now = files_of(project)
    now.pop(project / ".rr_pipeline.lock", None)
    left.pop(project / ".rr_pipeline.lock", None)
    assert now == left


@pytest.mark.slow
@needs_mounts
def test_what_is_only_read_may_be_read_only(project, after):
    code, said = run_with_read_only(project, "landing", "policies", "project.yaml", "sources.yaml")
    assert code == 0, said
    check_same(project, after)


@pytest.mark.slow
@needs_no_network
def test_no_network_and_a_host_that_knows_other_zones_change_nothing(project, after, tmp_path):
    """The host's zone is another one, and its data say of the zones in use that they are others, or nothing."""
    data = Path("/usr/share/zoneinfo")
    for zone, other in LIES.items():
        (tmp_path / "lies" / zone).parent.mkdir(parents=True, exist_ok=True)
        if (data / other).exists():
            shutil.copyfile(data / other, tmp_path / "lies" / zone)
    zones = str(tmp_path / "lies")
    environment = {**os.environ, "TZ": "Pacific/Apia", "TZDIR": zones, "PYTHONTZPATH": zones}
    command = ["unshare", "-rn", COMMAND, "run", "--project", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    check_same(project, after)


@pytest.mark.slow
def test_analysts_who_hold_copy_and_parquet_open_keep_what_they_opened(project, after):
    with duckdb.connect(str(project / TABLES[1]), read_only=True) as con:
        query = "select count(*), max(decision_seq) from marts.fct_decisions"
        seen = con.execute(query).fetchall()
        parts = sorted((project / "published" / "parquet").rglob("*.parquet"))
        with (project / "landing" / "leads_20260331T1100.csv").open("rb") as delivery:
            held = [(part.open("rb"), part.read_bytes()) for part in parts]
            run_project(project)
            assert delivery.read(2) == b"Id"
        assert con.execute(query).fetchall() == seen
        for file, content in held:
            with file:
                assert file.read() == content
    check_same(project, after)
    told = json.loads((project / "published" / "parquet" / "manifest.json").read_text())
    assert told["run_id"] == "run-000002"

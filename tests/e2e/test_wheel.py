"""The package as it is installed: everything it reads travels in the wheel, and it runs away from its source."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.e2e.projects import rows

ROOT = Path(__file__).resolve().parents[2]
# Where each folder of the tree lies in the wheel.
SHIPPED = {"rr_pipeline": "rr_pipeline", "sql": "rr_pipeline/sql", "expectations": "rr_pipeline/expectations"}

pytestmark = pytest.mark.slow


def call(*arguments, **options):
    done = subprocess.run([str(word) for word in arguments], check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_carries_all_that_is_read(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in SHIPPED.items():
        wanted = {
            f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert len(wanted) > 5
        assert wanted - names == set()
    for kind in ("staging/data/countries.csv", "examples/demo/templates/policy.yaml", "py.typed"):
        assert f"rr_pipeline/{kind}" in names
    inside = {name for name in names if not name.startswith("rr_pipeline-")}
    assert {name.split("/")[0] for name in inside} == {"rr_pipeline"}
    assert not any("__pycache__" in name or name.endswith((".duckdb", ".log")) for name in names)


def test_the_installed_package_runs_from_an_empty_folder(wheel, tmp_path):
    venv, work = tmp_path / "venv", tmp_path / "work"
    work.mkdir()
    call(sys.executable, "-m", "venv", "--without-pip", venv)
    call(sys.executable, "-m", "pip", "--python", venv / "bin" / "python", "install", "--quiet", "--no-index",
         "--no-deps", "--disable-pip-version-check", wheel)  # fmt: skip
    (packages,) = venv.glob("lib/python*/site-packages")
    # What it needs is taken from here, after its own folder: the package itself is the wheel's.
    (packages / "needs.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    environment = {**kept, "PATH": f"{venv / 'bin'}:/usr/bin:/bin"}

    where = call(
        venv / "bin" / "python", "-c", "import rr_pipeline; print(rr_pipeline.__file__)", cwd=work, env=environment
    )
    assert Path(where.stdout.strip()).is_relative_to(venv)
    command = venv / "bin" / "rr-pipeline"
    call(command, "init", "d", "--demo", "--items", "200", cwd=work, env=environment)
    call(command, "check", cwd=work, env={**environment, "RR_PROJECT": "d"})
    done = call(command, "run", cwd=work, env={**environment, "RR_PROJECT": "d"})
    assert "run-000001" in done.stdout
    assert rows(work / "d", "select count(*) > 100 from marts.fct_items where outcome = 'assigned'") == [(True,)]
    assert [path.name for path in work.iterdir()] == ["d"]

"""What is said about running it can be done: the image's files and commands exist, the units and examples load."""

from __future__ import annotations

import configparser
import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
import warnings
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.e2e.projects import policy, write_project

TOP = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
DOCKERFILE = (TOP / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line.split(None, 1) for line in re.sub(r"\\\n", " ", DOCKERFILE).splitlines() if line and not line.startswith("#")
]
UNITS = sorted((TOP / "deploy").glob("*.service"))


def sources() -> list[str]:
    """What the image takes from the source tree."""
    found = []
    for name, rest in INSTRUCTIONS:
        if name == "COPY" and "--from" not in rest:
            found += [word for word in rest.split()[:-1] if not word.startswith("--")]
    return found


@pytest.mark.parametrize("name", sources())
def test_what_the_image_copies_is_there_and_is_sent(name):
    assert (TOP / name).exists()
    lines = [line for line in (TOP / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert f"!{name}" in lines


def test_the_image_has_all_that_the_package_is_built_of():
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"],
              *project["project"]["license-files"]}  # fmt: skip
    assert needed | {"pyproject.toml", "constraints.txt"} <= set(sources())
    ignored = [line for line in (TOP / ".dockerignore").read_text().splitlines() if line[:1] not in ("#", "!", "")]
    assert not [name for name in needed for line in ignored[1:] if fnmatchcase(name, line)]


def test_the_image_is_pinned_and_not_run_by_root():
    bases = [rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"]
    assert set(bases) == {"python:3.11-slim"}
    assert [rest for name, rest in INSTRUCTIONS if name == "USER"] == ["routing"]
    assert ["STOPSIGNAL", "SIGTERM"] in INSTRUCTIONS
    assert "-c constraints.txt" in DOCKERFILE


def test_modules_compiled_for_the_image_and_commands_in_it_exist():
    named = [module for line in re.findall(r"python -c 'import ([^']+)'", DOCKERFILE) for module in line.split(", ")]
    assert len(named) == 4
    assert all(importlib.util.find_spec(module) for module in named)
    (entry,) = (rest for name, rest in INSTRUCTIONS if name == "ENTRYPOINT")
    assert entry == '["rr-pipeline"]'
    assert (BIN / "rr-pipeline").exists()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_start_commands_that_exist(path):
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str
    unit.read(path)
    command = shlex.split(unit["Service"]["ExecStart"])
    assert (BIN / Path(command[0]).name).exists()
    if "watch" in path.name:
        done = subprocess.run([BIN / "rr-pipeline", *command[1:], "--help"], check=False, capture_output=True)
        assert done.returncode == 0
    else:
        assert command[-2:] == ["-m", "rr_pipeline.definitions"]
    assert int(unit["Service"]["TimeoutStopSec"]) > 5


def test_the_example_of_alerts_loads_and_hears_of_failures(tmp_path, monkeypatch):
    dg = pytest.importorskip("dagster")
    warnings.simplefilter("ignore", dg.BetaWarning)
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    monkeypatch.setenv("RR_PROJECT", str(folder))
    text = (TOP / "docs" / "running.md").read_text(encoding="utf-8")
    start = text.index("    import os\n")
    example = "\n".join(
        line.removeprefix("    ") for line in text[start : text.index("\nThe text of a failure")].split("\n")
    )
    names: dict[str, object] = {"__name__": "acme_alerts"}
    exec(compile(example, "acme_alerts.py", "exec"), names)
    repository = names["defs"].get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "landing_folder", "tell_of_breaches", "tell_of_failures",
    }  # fmt: skip
    assert repository.has_job("rr_pipeline")

"""The demo as a whole: same bytes, counts that add up, refusals, tiny sizes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.examples.demo import DemoSummary, write_demo
from rr_pipeline.examples.demo import write as writing

REPOSITORY = Path(__file__).resolve().parents[2]


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_same_bytes_whatever_the_process(tmp_path):
    code = "import sys; from pathlib import Path; from rr_pipeline.examples.demo import write_demo; "
    code += "write_demo(Path(sys.argv[1]), 1500, 5, 10)"
    seen = []
    for name, changed in (
        ("one", {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C", "POLARS_MAX_THREADS": "1"}),
        ("two", {"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "POLARS_MAX_THREADS": "3"}),
    ):
        environment = {**os.environ, **changed, "PYTHONPATH": str(REPOSITORY)}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], env=environment, check=True, cwd=tmp_path)
        seen.append(digests(tmp_path / name))
    write_demo(tmp_path / "three", 1500, 5, 10)
    assert seen[0] == seen[1] == digests(tmp_path / "three")


def test_another_seed_gives_other_records(tmp_path):
    one = write_demo(tmp_path / "one", 200, 1, 5)
    two = write_demo(tmp_path / "two", 200, 2, 5)
    assert not set(landed(one)) & set(landed(two))


def landed(summary: DemoSummary) -> list[str]:
    return [digest for name, digest in digests(summary.folder / "landing").items() if "User" not in name]


def test_counts_add_up(demo):
    assert sum(file.row_count for file in demo.item_files) == demo.items
    marked = sum(sum(kinds.values()) for kinds in (demo.spoilt, demo.duplicates, demo.set_aside))
    assert marked < demo.items
    assert {file.name for file in demo.files} == {path.name for path in (demo.folder / "landing").iterdir()}


def test_the_mix_is_as_stated(demo):
    assert sum(demo.duplicates.values()) == demo.items * 1_020 // 10_000
    assert 0.035 < sum(demo.set_aside.values()) / demo.items < 0.06
    refused = sum(demo.spoilt[kind] for kind in ("id_missing", "id_mangled", "time_missing", "ragged_short"))
    assert 0.002 < refused / demo.items < 0.01


def test_every_kind_of_trouble_comes_up(demo):
    for kinds in (demo.spoilt, demo.duplicates, demo.set_aside):
        assert [kind for kind, count in kinds.items() if count == 0] == []


@pytest.mark.parametrize(("items", "days"), [(1, 1), (1, 90), (2, 3), (19, 1), (40, 400)])
def test_any_size_is_a_project(tmp_path, items, days):
    summary = write_demo(tmp_path / "tiny", items, 3, days)
    assert sum(file.row_count for file in summary.item_files) == items
    project = load_project(summary.folder, {})
    assert project.warnings == ()
    first, second = project.policies
    assert first.effective_from < second.effective_from
    assert first.pool("enterprise").limits.daily < second.pool("enterprise").limits.daily


@pytest.mark.parametrize(("items", "seed", "days"), [(0, 1, 1), (-5, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, 10**6)])
def test_sizes_out_of_range_are_refused_and_nothing_is_written(tmp_path, items, seed, days):
    with pytest.raises(RefusedError):
        write_demo(tmp_path / "demo", items, seed, days)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_refused_and_untouched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RefusedError, match="not empty"):
        write_demo(tmp_path, 10, 1, 1)
    with pytest.raises(RefusedError, match="is a file"):
        write_demo(tmp_path / "notes.txt", 10, 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_taken(tmp_path):
    assert write_demo(tmp_path, 5, 1, 1).folder == tmp_path
    assert (tmp_path / "project.yaml").exists()


@pytest.mark.parametrize("was_there", [True, False])
def test_a_failure_on_the_way_leaves_the_folder_as_it_was(tmp_path, monkeypatch, was_there):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    folder = tmp_path / "demo"
    if was_there:
        folder.mkdir()
    monkeypatch.setattr(writing, "_write_settings", full)
    with pytest.raises(OSError, match="No space"):
        write_demo(folder, 50, 1, 3)
    assert folder.exists() == was_there
    assert not was_there or list(folder.iterdir()) == []


def test_progress_tells_files_and_rows(tmp_path):
    seen: list[tuple[str, int, int]] = []
    summary: DemoSummary = write_demo(tmp_path / "demo", 300, 1, 5, lambda *step: seen.append(step))
    assert [name for name, _, _ in seen] == [file.name for file in sorted_by_writing(summary, seen)]
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1][1:] == (300, 300)


def sorted_by_writing(summary: DemoSummary, seen: list[tuple[str, int, int]]) -> list:
    order = {name: place for place, (name, _, _) in enumerate(seen)}
    return sorted(summary.item_files, key=lambda file: order[file.name])

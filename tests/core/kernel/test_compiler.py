"""Where machine code is kept, and that the kernels say the same uncompiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rr_pipeline.core import router
from rr_pipeline.core.kernel import compiler

ROOT = Path(__file__).resolve().parents[3]

UNCOMPILED = """
from hypothesis import given, settings
from numba import config
assert config.DISABLE_JIT
from tests.core.test_router_oracle import FAST, compare_cuts, compare_with_oracle, cuts
from tests.core.worlds import worlds

@settings(FAST, max_examples={examples}, derandomize=True)
@given(worlds(max_items=12), cuts)
def compare(world, where):
    compare_with_oracle(world)
    compare_cuts(world, where)

compare()
print("same")
"""


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_uncompiled_kernels_agree_with_the_oracle() -> None:
    assert run_python(UNCOMPILED.format(examples=15), NUMBA_DISABLE_JIT="1") == "same\n"


@pytest.mark.slow
def test_uncompiled_kernels_agree_with_the_oracle_at_length() -> None:
    assert run_python(UNCOMPILED.format(examples=500), NUMBA_DISABLE_JIT="1") == "same\n"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(compiler.cache_folder, "cache_clear", compiler.cache_folder.cache_clear)
    compiler.cache_folder.cache_clear()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(compiler.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    yield tmp_path
    compiler.cache_folder.cache_clear()


def test_code_is_kept_where_it_is_asked_for(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(fresh / "asked"))
    assert compiler.cache_folder().parent == fresh / "asked"


def test_code_is_kept_in_the_users_cache(fresh: Path) -> None:
    assert compiler.cache_folder().parent == fresh / "home" / ".cache" / "rr_pipeline"


def test_code_goes_to_a_private_folder_when_the_users_cache_cannot_be_made(fresh: Path) -> None:
    (fresh / "home").write_text("a file where the home should be")
    assert compiler.cache_folder().parent.parent == fresh / "tmp"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions of this system differ")
def test_a_folder_that_others_may_write_is_not_trusted(fresh: Path) -> None:
    kept = compiler.cache_folder()
    kept.chmod(0o777)
    compiler.cache_folder.cache_clear()
    assert compiler.cache_folder() != kept


def test_no_folder_at_all_still_works(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_is_ours", lambda folder: False)
    monkeypatch.setattr(compiler.tempfile, "mkdtemp", lambda prefix: str(fresh / prefix))
    assert compiler.cache_folder() == fresh / "rr_pipeline-"


@pytest.mark.usefixtures("fresh")
def test_code_that_checks_its_bounds_is_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_BOUNDSCHECK", raising=False)
    plain = compiler.cache_folder().name
    compiler.cache_folder.cache_clear()
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    assert compiler.cache_folder().name == f"{plain}-checked"


def test_a_kernel_is_kept_once_its_machine_code_is_there(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(fresh / "asked"))
    monkeypatch.setattr(compiler.config, "DISABLE_JIT", 0)
    assert not compiler.is_kept("fold")
    folder = compiler.cache_folder() / "kernel_0a1b"
    folder.mkdir()
    (folder / "fold.fold-12.py311.nbi").touch()
    assert compiler.is_kept("fold")
    assert not compiler.is_kept("join")


@pytest.mark.usefixtures("fresh")
def test_no_machine_code_is_needed_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler.config, "DISABLE_JIT", 1)
    assert compiler.is_kept("fold")
    assert router.is_compiled()

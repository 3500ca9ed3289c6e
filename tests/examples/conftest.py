"""One demo project for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rr_pipeline.examples.demo import DemoSummary, write_demo

ITEMS, SEED, DAYS = 12_000, 11, 24


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    return write_demo(tmp_path_factory.mktemp("demo") / "project", ITEMS, SEED, DAYS)


@pytest.fixture(scope="session")
def landing(demo: DemoSummary) -> Path:
    return demo.folder / "landing"

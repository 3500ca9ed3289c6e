"""The published copy after real runs: brought forward it is what a whole copy would be, table for table."""

import random
import shutil
from itertools import pairwise

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.examples.demo import write_demo
from rr_pipeline.publishing.project_masks import project_masks
from rr_pipeline.runs.run import run
from rr_pipeline.warehouse import published
from rr_pipeline.warehouse.changes import PUBLISHED_SCHEMAS
from rr_pipeline.warehouse.masks import masked_select
from tests.effort import IS_LONG


def tables(path, project=None, schemas=PUBLISHED_SCHEMAS):
    """Every table with its rows; with ``project``, whose warehouse it is, as they may be published."""
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in (select unnest(?)) "
            "order by all",
            [list(schemas)],
        ).fetchall()
        columns = {name: "*" for (name,) in names}
        if project is not None:
            masks = project_masks(con, project)
            columns = {name: masked_select(con, name, masks) for name in columns}
        return {name: sorted(con.execute(f"select {shown} from {name}").fetchall(), key=str)
                for name, shown in columns.items()}  # fmt: skip


def views(path):
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute("select view_name, comment from duckdb_views() where not internal order by all").fetchall()


def deliveries(folder, dice):
    """The demo's files in the order of their stamps, in a few cuts."""
    files = sorted((folder / "landing").iterdir(), key=lambda path: path.name.split("_2026")[1])
    stamps = sorted({path.name.split("_2026")[1][:9] for path in files})
    starts = sorted(dice.sample(range(1, len(stamps)), 4 if IS_LONG else 2))
    bounds = [0, *starts, len(stamps)]
    for first, last in pairwise(bounds):
        wanted = set(stamps[first:last])
        yield [path for path in files if path.name.split("_2026")[1][:9] in wanted]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_a_copy_brought_forward_is_a_whole_one(tmp_path, monkeypatch, seed):
    dice, source, folder = random.Random(seed), tmp_path / "demo", tmp_path / "project"
    write_demo(source, 1500 if IS_LONG else 500, seed, 12)
    shutil.copytree(source, folder, ignore=lambda name, names: names if name.endswith("landing") else ())
    whole_copies = []
    monkeypatch.setattr(
        published, "copy_whole", lambda *given, real=published.copy_whole: whole_copies.append(1) or real(*given)
    )
    for files in deliveries(source, dice):
        for path in files:
            shutil.copy2(path, folder / "landing")
        run(load_project(folder))
        copy = folder / "published" / "routing.duckdb"
        assert tables(copy) == tables(folder / "warehouse.duckdb", load_project(folder))
        assert views(copy) == views(folder / "warehouse.duckdb")
    assert len(whole_copies) == 1
    assert published.is_intact(folder / "published")

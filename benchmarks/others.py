"""What others do instead of the router: a plain loop, and a rotation kept in a database as CRM add-ons do it.

Neither has masks, limits or a record of why; both are given the easiest form of their job, on a sample of the items.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

import polars as pl

from rr_pipeline.core.model import Policy


def smooth_round_robin(policy: Policy, frame: pl.DataFrame) -> float:
    """Return items a second of the plain loop: no masks, no limits, no record; one list of weights a pool."""
    rosters = {
        pool.pool_id: ([member.weight for member in pool.members], [0] * len(pool.members)) for pool in policy.pools
    }
    items = frame["pool_id"].to_list()
    owners = []
    begin = time.process_time()
    for pool in items:
        weights, current = rosters[pool]
        best = 0
        for place, weight in enumerate(weights):
            current[place] += weight
            if current[place] > current[best]:
                best = place
        current[best] -= sum(weights)
        owners.append(best)
    return len(owners) / (time.process_time() - begin)


def database_round_robin(policy: Policy, frame: pl.DataFrame, *, commit_each: bool) -> float:
    """Return items a second of a last-used rotation in SQLite: one SELECT and one UPDATE an item, no weights.

    ``commit_each``: each item is safe on disk before the next one, as where items come one by one; else all of them are
    one transaction. By the clock on the wall, since waiting for the disk is the point.
    """
    rows = [
        (pool.pool_id, place, member.member_id, place - len(pool.members))
        for pool in policy.pools
        for place, member in enumerate(pool.members)
    ]
    items = frame["pool_id"].to_list()
    with tempfile.TemporaryDirectory() as folder:
        con = sqlite3.connect(Path(folder) / "rotation.db", isolation_level=None)
        con.execute(
            "create table members (pool text, place int, member text, last_used int, primary key (pool, place))"
        )
        con.executemany("insert into members values (?, ?, ?, ?)", rows)
        con.execute("create index turns on members (pool, last_used)")
        begin = time.perf_counter()
        if not commit_each:
            con.execute("begin")
        for number, pool in enumerate(items):
            ((place,),) = con.execute(
                "select place from members where pool = ? order by last_used limit 1", (pool,)
            ).fetchall()
            con.execute("update members set last_used = ? where pool = ? and place = ?", (number, pool, place))
        if not commit_each:
            con.execute("commit")
        seconds = time.perf_counter() - begin
        con.close()
    return len(items) / seconds

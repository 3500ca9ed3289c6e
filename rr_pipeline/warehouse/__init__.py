"""The warehouse: one DuckDB file, its lock, its SQL files and the copy that analysts read.

Belongs here: how the file is opened, guarded, described and copied. Does not belong here: what is in a table.
"""

from rr_pipeline.warehouse.analysts import ANALYST_SETTINGS, open_analyst, readable_copy
from rr_pipeline.warehouse.connection import one_value, open_warehouse
from rr_pipeline.warehouse.failures import damaged, is_damage, is_locked, lacking, plainly
from rr_pipeline.warehouse.lending import lend
from rr_pipeline.warehouse.published import publish
from rr_pipeline.warehouse.schema import upgrade
from rr_pipeline.warehouse.sql_files import SqlFile, read_sql, write_comments

__all__ = [
    "ANALYST_SETTINGS",
    "SqlFile",
    "damaged",
    "is_damage",
    "is_locked",
    "lacking",
    "lend",
    "one_value",
    "open_analyst",
    "open_warehouse",
    "plainly",
    "publish",
    "read_sql",
    "readable_copy",
    "upgrade",
    "write_comments",
]

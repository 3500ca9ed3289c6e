"""The form of a ready mapping and the short hand it is written in.

Belongs here: how a preset is put together. Does not belong here: any system's columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rr_pipeline.config.canonical import ObjectType, Table
from rr_pipeline.config.sources import ColumnRule, RowFilter


@dataclass(frozen=True)
class Preset:
    """A mapping for one object of one system and one input table.

    ``queue_prefix``: how ids of owners begin that are queues.
    Every rule is ``any_of``: exports hold the columns their owner chose, so a column may be missing.
    """

    table: Table
    object_type: ObjectType | None
    mapping: Mapping[str, ColumnRule]
    only_rows: tuple[RowFilter, ...] = ()
    queue_prefix: str = ""


def snake(name: str) -> str:
    """Return the name a warehouse connector gives to an API name: ``OwnerId`` owner_id, ``Tier__c`` tier_c."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"_+", "_", parts).lower()


def either(*names: str, values: Mapping[str, str] | None = None, default: str | None = None) -> ColumnRule:
    """Return a rule that takes the first of these columns which the file has and the row fills."""
    columns = tuple(dict.fromkeys(names))
    return ColumnRule(columns=columns, any_of=True, values=values, default=default)


def several(*names: str) -> ColumnRule:
    """Return a rule that joins all of these columns which the file has: several addresses, the parts of a name."""
    return ColumnRule(columns=tuple(dict.fromkeys(names)), any_of=True, combine="join")


def constant(value: str) -> ColumnRule:
    """Return a rule that gives every row the same value."""
    return ColumnRule(value=value)


NOT = {"true": "false", "false": "true", "1": "0", "0": "1", "yes": "no", "no": "yes"}
"""Translation that turns a switch round, for columns that say the opposite (closed for open)."""

"""Ids by which delivered rows name users, accounts and contacts: how many meet one, and a warning where most do not.

Belongs here: the counts and what is said of them. Does not belong here: what follows for an item whose owner or account
is not known (sql/intermediate).
"""

from __future__ import annotations

from collections.abc import Mapping

from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import declare, make_temp

FEWEST = 3
"""Rows that must meet nothing before it is warned of: a single new account may come in the next file.

A name or an address is no id whatever comes next: of those one is enough.
"""

_EFFECTS: Mapping[tuple[str, str], str] = {
    ("owner_id", "users"): "nobody is kept as an owner by them",
    ("manager_id", "users"): "no manager is told by them",
    ("user_id", "users"): "they say nothing of anybody who gets items",
    ("account_id", "accounts"): "no account's owner or field is found by them",
    ("contact_id", "contacts"): "no contact's owner is found by them",
}
"""(field, what it should name) -> what follows from ids that meet nothing."""

_NOTE = """
insert into ops.reference_matches
select getvariable('run_id'), found.source, found.field, found.meant, found.row_count, found.matched_row_count,
    found.value_count, found.matched_value_count, files.file_name, found.place % 4294967296
from int_references as found
left join ops.ingested_files as files on files.file_id = found.place // 4294967296
order by all
"""
_UNMET = """
select found.source, found.field, found.meant, found.row_count, found.row_count - found.matched_row_count as unmet,
    found.value_count - found.matched_value_count as values_unmet, found.email_count, found.name_count,
    files.file_name, found.place % 4294967296
from int_references as found
left join ops.ingested_files as files on files.file_id = found.place // 4294967296
where unmet * 2 > found.row_count and (unmet >= $fewest or (email_count + name_count) * 2 > values_unmet)
order by all
"""


def note_references(session: Session) -> None:
    """Count the ids of this run's new rows in ``ops.reference_matches``; warn of columns where most meet nothing."""
    con = session.con
    declare(con, "ops", "reference_matches")
    if session.ingest is None or not session.ingest.new_file_ids:
        return  # a restatement: these rows were counted when they came
    make_temp(con, "intermediate", "int_references")
    con.execute(_NOTE)
    for source, field, meant, rows, unmet, values, emails, names, file_name, row in con.execute(
        _UNMET, {"fewest": FEWEST}
    ).fetchall():
        of = f"all {rows}" if unmet == rows else f"{unmet} of {rows}"
        text = (
            f"{of} values of {field} in source {source}, this row first, are no id of the {meant} that were delivered: "
            f"{_EFFECTS[field, meant]}.{_looks(values, emails, names)} Map the column that holds the ids of {meant}, "
            f"or deliver {meant} with the ids that stand here. Counts of every column: ops.reference_matches."
        )
        session.warnings.append(Problem(str(file_name), row, str(field), "REFERENCE_UNMET", text))


def _looks(values: int, emails: int, names: int) -> str:
    if emails * 2 > values:
        return " They look like e-mail addresses."
    return " They look like names." if names * 2 > values else ""

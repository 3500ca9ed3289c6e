"""Ids by which delivered rows name users, accounts and contacts: how many meet one, and a warning where most do not.

Belongs here: the counts and what is said of them. Does not belong here: what follows for an item whose owner or account
is not known (sql/intermediate).
"""

from __future__ import annotations

from collections.abc import Mapping

from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, declare, insert_rows, make_temp

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


def note_references(session: Session, has_new_files: bool) -> None:
    """Count the ids of this run's new rows in ``ops.reference_matches``; warn of columns where most meet nothing."""
    con = session.con
    declare(con, "ops", "reference_matches")
    if not has_new_files:
        return  # a restatement: these rows were counted when they came
    make_temp(con, "intermediate", "int_references")
    insert_rows(con, "reference_matches")
    unmet_columns = ask(con, "references_unmet", {"fewest": FEWEST})
    for source, field, meant, rows, unmet, values, emails, names, file_name, row in unmet_columns:
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

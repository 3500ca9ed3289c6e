"""The canonical columns of every input table, and which of them a source must fill.

Belongs here: names only. Does not belong here: types, or how a source fills them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Table = Literal[
    "items", "accounts", "contacts", "opportunities", "users", "absences", "activities", "ownership_history"
]
ObjectType = Literal["lead", "contact", "account", "opportunity", "case", "task", "conversation"]

_COLUMNS = {
    "items": """
        item_id object_type created_at updated_at email other_emails phone first_name last_name full_name company
        website country state city postal_code language needed_skills product_interest industry employee_count
        annual_revenue tier lifecycle_stage source_channel campaign intent_score priority consent_status status
        owner_id account_id contact_id is_converted is_deleted closed_at
    """,
    "accounts": """
        account_id name website domain country state postal_code industry employee_count tier owner_id
        parent_account_id updated_at
    """,
    "contacts": "contact_id account_id email phone name owner_id updated_at",
    "opportunities": "opportunity_id account_id contact_id owner_id is_open amount updated_at",
    "users": "user_id name email is_active time_zone manager_id active_from active_until updated_at",
    "absences": "user_id start end kind",
    "activities": """
        activity_id item_id contact_id account_id user_id kind direction is_automated occurred_at outcome
    """,
    "ownership_history": "object_type item_id owner_id from_at until_at updated_at",
}
_REQUIRED = {
    "items": "item_id created_at",
    "accounts": "account_id",
    "contacts": "contact_id",
    "opportunities": "owner_id",
    "users": "user_id",
    "absences": "user_id start end",
    "activities": "activity_id occurred_at",
    "ownership_history": "object_type item_id owner_id from_at",
}


def _split(names: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({table: tuple(columns.split()) for table, columns in names.items()})


CANONICAL: Mapping[str, tuple[str, ...]] = _split(_COLUMNS)
"""Input table -> its columns, in order."""

RESERVED_COLUMNS = ("_file_id", "_row")
"""Columns that the reader adds to what is delivered, in whatever case: a file cannot have them."""

REQUIRED: Mapping[str, tuple[str, ...]] = _split(_REQUIRED)
"""Columns a mapping must fill; a row without them means nothing. ``any_of`` rules must find at least one for these."""

"""The canonical columns of every input table, each with its kind: one entry is all that a column needs.

Belongs here: name, kind and meaning of each column. Does not belong here: how a source fills it (sources.py), or how a
cell of a kind is read (staging/plain_columns.py). From this table come the mapping and its checks, the fields of
conditions, the views that type the cells, the columns of new and of earlier warehouses, the rules about cells that
cannot be read, the JSON Schemas and the list in docs/configuration.md.

A new column goes to the end of its table: what stands before it makes up the hash of a row (see ``row_hash_columns``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from rr_pipeline.config.text_types import OneOf
from rr_pipeline.core.vocabulary import listed, words

Table = Literal[
    "items", "accounts", "contacts", "opportunities", "users", "absences", "activities", "ownership_history"
]
ObjectType = Annotated[str, OneOf(words("object_types"))]
Kind = Literal["text", "word", "id", "email", "words", "number", "whole", "rank", "time", "switch"]
"""What the cells of a column hold.

``text``: as delivered. ``word``: a word of a vocabulary; conditions on it take blanks, ``-`` and ``_`` alike. ``id``:
nothing where a program wrote ``NaN`` or the like. ``email``: one address, or several with ``;`` between them.
``words``: several words. ``number``; ``whole``: a whole number; ``rank``: a whole number or a word for one. ``time``:
an instant. ``switch``: yes or no.
"""


UNREAD_CODES: Mapping[str, str] = MappingProxyType(
    {"number": "NUMBER_INVALID", "whole": "NUMBER_INVALID", "switch": "BOOLEAN_INVALID", "time": "TIME_INVALID"}
)
"""Kind -> what is said of a cell that is none; of the other kinds every text is one."""


@dataclass(frozen=True)
class Column:
    """A canonical column.

    ``is_required``: a mapping must fill it. ``is_key``: the id that each row of its table must have. ``has_own_sql``:
    sql/staging/staged_<table>.sql says how it is read; of all others their kind says it. ``staged_as``: the columns of
    the staging layer that it becomes, where these are others. ``if_empty``: what a switch is where nothing is said.
    ``unread_code``: says that a cell could not be read, where its kind has no code for that (see ``UNREAD_CODES``).
    ``is_hashed``: whether a row whose value differs is another row. ``is_asked_of_items``: conditions on an item may
    ask for it as ``account_<name>`` of the item's account.
    """

    name: str
    kind: Kind
    meaning: str
    is_required: bool = False
    is_key: bool = False
    has_own_sql: bool = False
    staged_as: tuple[str, ...] | None = None
    if_empty: bool | None = None
    unread_code: str | None = None
    is_hashed: bool = True
    is_asked_of_items: bool = False

    @property
    def staged_names(self) -> tuple[str, ...]:
        """The columns of the staging layer that it becomes."""
        return (self.name,) if self.staged_as is None else self.staged_as

    @property
    def code(self) -> str | None:
        """What is said of a cell that cannot be read."""
        return self.unread_code or UNREAD_CODES.get(self.kind)

    @property
    def code_column(self) -> str | None:
        """The column of the staging layer that says so: one for all numbers, one for all switches, one a time."""
        if self.kind == "time":
            return f"{self.name}_code"
        return {"number": "number_code", "whole": "number_code", "switch": "boolean_code"}.get(self.kind)


_CHANGED = "when the source changed the row last"
_CHANGED_UNHASHED = Column("updated_at", "time", _CHANGED, unread_code="UPDATED_AT_INVALID", is_hashed=False)
_COUNTRY = "ISO 3166-1 alpha-2, or the text as delivered when unknown"
_OBJECT_TYPE = listed("object_types")

_COLUMNS: dict[Table, tuple[Column, ...]] = {
    "items": (
        Column("item_id", "id", "id in the source", is_required=True, is_key=True, has_own_sql=True),
        Column("object_type", "word", _OBJECT_TYPE, has_own_sql=True),
        Column("created_at", "time", "when the item came to be", is_required=True, has_own_sql=True),
        Column("updated_at", "time", _CHANGED, unread_code="UPDATED_AT_INVALID"),
        Column("email", "email", "address; of several the first", has_own_sql=True),
        Column("other_emails", "words", "further addresses", has_own_sql=True),
        Column("phone", "text", "phone number", has_own_sql=True),
        Column("first_name", "text", "first name"),
        Column("last_name", "text", "last name"),
        Column("full_name", "text", "whole name; else first and last name", has_own_sql=True),
        Column("company", "text", "name of the company"),
        Column("website", "text", "web address", staged_as=("website", "domain")),
        Column("country", "text", _COUNTRY, has_own_sql=True),
        Column("state", "text", "state or province"),
        Column("city", "text", "city"),
        Column("postal_code", "text", "postal code"),
        Column("language", "text", "ISO 639-1 where known", has_own_sql=True),
        Column("needed_skills", "words", "skills that an owner must have"),
        Column("product_interest", "word", "product asked for"),
        Column("industry", "word", "industry of the company"),
        Column("employee_count", "whole", "employees of the company"),
        Column("annual_revenue", "number", "yearly revenue of the company"),
        Column("tier", "word", "tier of the customer"),
        Column("lifecycle_stage", "word", "stage of the customer"),
        Column("source_channel", "word", "channel it came by"),
        Column("campaign", "word", "campaign it came from"),
        Column("intent_score", "number", "score of the intent to buy"),
        Column("priority", "rank", "smaller is more urgent; 0 where nothing is said", has_own_sql=True),
        Column("consent_status", "word", "granted, denied, withdrawn or unknown", has_own_sql=True),
        Column("status", "word", "status in the source"),
        Column("owner_id", "id", "owner in the source"),
        Column("account_id", "id", "account it belongs to"),
        Column("contact_id", "id", "contact it belongs to"),
        Column("is_converted", "switch", "whether it was converted", if_empty=False),
        Column("is_deleted", "switch", "whether it was deleted", if_empty=False),
        Column("closed_at", "time", "when it was closed", unread_code="CLOSED_AT_INVALID"),
    ),
    "accounts": (
        Column("account_id", "id", "id in the source", is_required=True, is_key=True, has_own_sql=True),
        Column("name", "text", "name of the company", is_asked_of_items=True),
        Column("website", "text", "web address"),
        Column("domain", "text", "domain; else that of the website", has_own_sql=True),
        Column("country", "text", _COUNTRY, has_own_sql=True, is_asked_of_items=True),
        Column("state", "text", "state or province", is_asked_of_items=True),
        Column("postal_code", "text", "postal code"),
        Column("industry", "word", "industry", is_asked_of_items=True),
        Column("employee_count", "whole", "employees", is_asked_of_items=True),
        Column("tier", "word", "tier of the customer", is_asked_of_items=True),
        Column("owner_id", "id", "owner in the source"),
        Column("parent_account_id", "id", "account above it"),
        _CHANGED_UNHASHED,
    ),
    "contacts": (
        Column("contact_id", "id", "id in the source", is_required=True, is_key=True, has_own_sql=True),
        Column("account_id", "id", "account it belongs to"),
        Column("email", "email", "address", has_own_sql=True, staged_as=("email", "other_emails")),
        Column("phone", "text", "phone number", has_own_sql=True),
        Column("name", "text", "whole name"),
        Column("owner_id", "id", "owner in the source"),
        _CHANGED_UNHASHED,
    ),
    "opportunities": (
        Column("opportunity_id", "id", "id in the source; else one is made up", has_own_sql=True),
        Column("account_id", "id", "account it belongs to"),
        Column("contact_id", "id", "contact it belongs to"),
        Column("owner_id", "id", "owner in the source", is_required=True),
        Column("is_open", "switch", "whether it still runs", has_own_sql=True),
        Column("amount", "number", "amount in the currency of the source"),
        _CHANGED_UNHASHED,
    ),
    "users": (
        Column("user_id", "id", "id in the source", is_required=True, is_key=True, has_own_sql=True),
        Column("name", "text", "whole name"),
        Column("email", "email", "address", has_own_sql=True),
        Column("is_active", "switch", "whether the user works here", if_empty=True),
        Column("time_zone", "text", "IANA name of the user's zone", has_own_sql=True),
        Column("manager_id", "id", "user above"),
        Column("active_from", "time", "from when on", has_own_sql=True),
        Column("active_until", "time", "until when; a bare date is the last day", has_own_sql=True),
        _CHANGED_UNHASHED,
        Column("deputy_id", "id", "who stands in while the user is away"),
    ),
    "absences": (
        Column("user_id", "id", "who is away", is_required=True, is_key=True, has_own_sql=True),
        Column(
            "start", "time", "from when on", is_required=True, has_own_sql=True,
            staged_as=("start_date", "end_date", "start_at", "end_at"),
        ),
        Column(
            "end", "time", "until when; a bare date is the last day", is_required=True, has_own_sql=True, staged_as=()
        ),
        Column("kind", "word", "why; works: is there all the same, whatever the week says", has_own_sql=True),
        Column("absence_id", "id", "id in the source: a later row with it changes or withdraws the absence"),
        Column("deputy_id", "id", "who stands in meanwhile"),
        Column("is_withdrawn", "switch", "whether the absence was called off", if_empty=False),
        _CHANGED_UNHASHED,
    ),
    "activities": (
        Column("activity_id", "id", "id in the source", is_required=True, is_key=True, has_own_sql=True),
        Column("item_id", "id", "item it was about"),
        Column("contact_id", "id", "contact it was about"),
        Column("account_id", "id", "account it was about"),
        Column("user_id", "id", "who did it"),
        Column("kind", "word", "call, e-mail, meeting and the like", has_own_sql=True),
        Column("direction", "word", "inbound or outbound", has_own_sql=True),
        Column("is_automated", "switch", "whether a machine did it", if_empty=False),
        Column("occurred_at", "time", "when it was", is_required=True, has_own_sql=True),
        Column("outcome", "word", "what came of it"),
    ),
    "ownership_history": (
        Column("object_type", "word", _OBJECT_TYPE, is_required=True, has_own_sql=True),
        Column("item_id", "id", "id in the source", is_required=True, is_key=True, has_own_sql=True),
        Column("owner_id", "id", "who had it", is_required=True),
        Column("from_at", "time", "from when on", is_required=True, has_own_sql=True),
        Column("until_at", "time", "until when; nothing: still so", has_own_sql=True),
        _CHANGED_UNHASHED,
    ),
}  # fmt: skip

_LAST_OF_EVERY_HASH: Mapping[str, str] = {
    "items": "closed_at", "accounts": "parent_account_id", "contacts": "owner_id", "opportunities": "amount",
    "users": "active_until", "absences": "kind", "activities": "outcome", "ownership_history": "until_at",
}  # fmt: skip
"""Up to this column the values of a row always make up its hash, as in the first warehouses."""

COLUMNS: Mapping[str, tuple[Column, ...]] = MappingProxyType({str(table): rows for table, rows in _COLUMNS.items()})
"""Input table -> its columns, in order."""

CANONICAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {table: tuple(column.name for column in columns) for table, columns in COLUMNS.items()}
)
"""Input table -> the names of its columns, in order."""

RESERVED_COLUMNS = ("_file_id", "_row")
"""Columns that the reader adds to what is delivered, in whatever case: a file cannot have them."""

REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {table: tuple(column.name for column in columns if column.is_required) for table, columns in COLUMNS.items()}
)
"""Columns a mapping must fill; a row without them means nothing. ``any_of`` rules must find at least one for these."""


def plain_columns(table: str) -> tuple[Column, ...]:
    """Return the columns that are read by their kind alone."""
    return tuple(column for column in COLUMNS[table] if not column.has_own_sql)


def staged_columns(table: str) -> tuple[str, ...]:
    """Return the columns of the staging layer that hold what the columns of a table say."""
    return tuple(name for column in COLUMNS[table] for name in column.staged_names)


def key_of(table: str) -> str | None:
    """Return the id that each row of a table must have; opportunities go without one."""
    return next((column.name for column in COLUMNS[table] if column.is_key), None)


def kind_of(table: str, name: str) -> Kind:
    """Return the kind of a column; ``text`` for what staging reads beside the canonical ones."""
    return next((column.kind for column in COLUMNS[table] if column.name == name), "text")


def row_hash_columns(table: str) -> tuple[tuple[str, ...], tuple[Column, ...]]:
    """Return the staged columns that the hash of every row of a table is of, and columns that count where filled.

    The second were added later: a row that does not fill them keeps the hash that it has in the warehouses of before.
    """
    columns = COLUMNS[table]
    last = next(place for place, column in enumerate(columns) if column.name == _LAST_OF_EVERY_HASH[table])
    always = (name for column in columns[: last + 1] for name in column.staged_names)
    return tuple(always), tuple(column for column in columns[last + 1 :] if column.is_hashed)


def item_fields() -> dict[str, Kind]:
    """Return the fields that conditions on an item may ask for, with their kinds."""
    asked = {f"account_{column.name}": column.kind for column in COLUMNS["accounts"] if column.is_asked_of_items}
    return (
        {column.name: column.kind for column in COLUMNS["items"]} | asked | {"source": "text", "email_domain": "text"}
    )

"""What of a table may leave the warehouse: columns that come from delivered files, and what stands for what does not.

Belongs here: the masks that headers of SQL files name, as SQL. Does not belong here: what a project declares, which is
handed in as ``Masks``. A header says which columns hold delivered texts:

    -- masks: item_id id, owner_id user, campaign word

    id       as delivered where it has the form of an id, and not that of an address, a phone number or a name
    user     the same, and whatever a policy names; of one written like a name also what a users feed has as an id
    word     as delivered where it is declared for that column
    country  as delivered where it is a code of ISO 3166
    column   the name of a delivered column: as it is where the mapping names it, or where a header surely had it
    message  JSON in which item_id is an id, and owner_id, previous_owner_id and recipient_id are users

Whatever else is delivered is published as ``hash:`` and its keyed hash, the same for the same text everywhere, so that
it can be counted, joined, and found again by whoever holds the warehouse. All other columns hold words of ours, names
from the config, numbers and times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import duckdb

from rr_pipeline.personal import COLUMN_VALUE, DATED, HIDDEN, ID, NAME, PHONE, PLAIN_ID, VALUE_WITHIN
from rr_pipeline.warehouse.sql_files import layer_files

KINDS = ("id", "user", "word", "country", "column", "message")
VERSION = 1
"""Raised when the same texts are masked otherwise: copies made before are then made again, whole."""

_KEY = "mask_key"
_SAME = {"duplicate_of": "item_id"}


@dataclass(frozen=True)
class Masks:
    """What a project declares. ``users``: ids of users that are shown whatever their form.

    ``words``: by column the values that are shown, folded to lower case without outer blanks. ``as_delivered``: columns
    that show all that does not look like an address or a phone number. ``columns``: names of columns that the mapping
    has, folded. ``keyed_sources``: feeds whose records name their own columns.
    """

    hash_key: str = field(repr=False)
    users: frozenset[str] = frozenset()
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    as_delivered: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    keyed_sources: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """What tells copies made by these masks from others; nothing can be read back from it."""
        words = {name: sorted(values) for name, values in sorted(self.words.items())}
        sets = (self.users, self.as_delivered, self.countries, self.columns, self.keyed_sources)
        lists = [sorted(one) for one in sets]
        content = json.dumps([VERSION, words, lists]) + self.hash_key
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def masked_select(con: duckdb.DuckDBPyConnection, name: str, masks: Masks, *, leave_out: str = "") -> str:
    """The columns of ``schema.table`` for a SELECT, as they may be shown. Sets what the expressions read."""
    set_key(con, masks)
    is_masked = name in masked_columns()
    there = {row[0] for row in con.execute(f"describe warehouse.{name}").fetchall()} if is_masked else set()
    return masked_list(name, there, masks, leave_out=leave_out)


def set_key(con: duckdb.DuckDBPyConnection, masks: Masks) -> None:
    """Set what the expressions of ``masked_list`` read."""
    con.execute(f"set variable {_KEY} = ?", [masks.hash_key])


def masked_list(name: str, there: Collection[str], masks: Masks, *, leave_out: str = "") -> str:
    """The columns of ``schema.table``, which has those of ``there``, for a SELECT, as they may be shown."""
    wanted = masked_columns().get(name, {})
    replaced = ", ".join(
        f"{_expression(column, kind, masks)} as {column}" for column, kind in wanted.items() if column in there
    )
    excluded = f" exclude ({leave_out})" if leave_out else ""
    return f"*{excluded} replace ({replaced})" if replaced else f"*{excluded}"


@cache
def masked_columns() -> dict[str, Mapping[str, str]]:
    """Kinds of mask by table and column, of all tables that are published."""
    return {sql.name: sql.masks for layer in ("marts", "ops") for sql in layer_files(layer) if sql.masks}


def _expression(column: str, kind: str, masks: Masks) -> str:
    if kind == "message":
        return _message(column, masks)
    return _shown(column, column, kind, masks)


def _shown(value: str, column: str, kind: str, masks: Masks) -> str:
    """SQL of a value as it may be shown; null stays null."""
    masked = hidden_text(value, f"getvariable('{_KEY}')")
    return f"case when {value} is null then null {_allowed(value, column, kind, masks)} else {masked} end"


def hidden_text(value: str, key: str = "$key") -> str:
    """SQL of what is shown in place of a value; ``key``: SQL of the key."""
    return f"'{HIDDEN}' || left(sha256({key} || {value}), 16)"


def _allowed(value: str, column: str, kind: str, masks: Masks) -> str:
    folded = f"lower(trim({value}))"
    if kind == "country":
        return f"when {_among(value, masks.countries)} then {value}"
    if kind == "column":
        by_form = f"{_not_among('source', masks.keyed_sources)} and not {_is(value, COLUMN_VALUE)}"
        return f"when {_among(folded, masks.columns)} or ({by_form}) then {value}"
    if kind == "word":
        return (
            f"when {_among(folded, masks.words.get(column, frozenset()))}{_harmless(value, column, masks)} then {value}"
        )
    # The first form is that of nearly all ids, and of nothing that the others are about.
    phone = f"({_is(value, PHONE)} and not {_is(value, DATED)})"
    by_form = f"{_is(value, ID)} and not {phone} and not {_is(value, NAME)}"
    declared = f" or {_among(value, masks.users)}" if kind == "user" else _harmless(value, column, masks)
    return f"when {_is(value, PLAIN_ID)} then {value} when ({by_form}){declared} then {value}"


def _harmless(value: str, column: str, masks: Masks) -> str:
    """SQL that lets through what a column that is published as delivered shows besides."""
    is_shown = _SAME.get(column, column) in masks.as_delivered
    return f" or not regexp_matches({value}, {_text(VALUE_WITHIN)})" if is_shown else ""


def _message(column: str, masks: Masks) -> str:
    """A message as text, with the ids in it as they may be shown. The texts are replaced, the rest stays as written."""
    kinds = {"item_id": "id", "owner_id": "user", "previous_owner_id": "user", "recipient_id": "user"}
    told = f"json_extract_string({column}, [{', '.join(repr(f'$.{name}') for name in kinds)}])"
    result = "told.text"
    for place, (name, kind) in enumerate(kinds.items(), start=1):
        value = f"told.ids[{place}]"
        member = f"'\"{name}\":' || to_json({{}})::varchar"
        shown = _shown(value, name, kind, masks)
        result = f"coalesce(replace({result}, {member.format(value)}, {member.format(shown)}), {result})"
    # Bound by a lambda, not by a subquery: that becomes a join, after which rows come in any order.
    return f"list_transform([{{'text': {column}, 'ids': {told}}}], lambda told: {result})[1]"


def _is(value: str, pattern: str) -> str:
    return f"regexp_full_match({value}, {_text(pattern)})"


def _among(value: str, texts: Iterable[str]) -> str:
    quoted = ", ".join(_text(text) for text in sorted(texts))
    return f"{value} in ({quoted})" if quoted else "false"


def _not_among(value: str, texts: Iterable[str]) -> str:
    return f"not coalesce({_among(value, texts)}, false)"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""Identity keys: the texts that two rows of one person have in common.

Belongs here: which keys a standardised row has, and what doubt there is of each. Does not belong here: standardising
(sql/staging), folding rows that share a key into persons (core/identity), or who survives.
"""

from __future__ import annotations

from collections.abc import Sequence

from rr_pipeline.staging.mapping_sql import identifier

KEY_KINDS = ("email", "phone_and_name")
"""``email``: each address of a row. ``phone_and_name``: a phone number together with a name; a number alone is shared
by households and switchboards. A placeholder of a number or of a name is none."""


def identity_keys_sql(table: str, keys: Sequence[str], row_columns: Sequence[str] = ("file_id", "row_number")) -> str:
    """Return a SELECT of the identity keys of the rows of a staged items table.

    Grain: one row per row of ``table`` and distinct key; rows without any have none. Columns: ``row_columns`` as in
    the table, key_text (kind and value, such as ``email:ada@example.net``), doubt (why the key proves nothing alone,
    null where it may), sign (the row's name where the key does not hold it, for comparison; null for none). ``table``
    is a name or a bracketed SELECT with email, other_emails, phone, full_name and last_name. Needs the macros of
    sql/staging on the connection. Raises ValueError for a key that is not in KEY_KINDS, or for none.
    """
    unknown = [key for key in keys if key not in KEY_KINDS]
    if unknown or not keys:
        raise ValueError(f"identity keys must be some of {', '.join(KEY_KINDS)}")
    columns = ", ".join(identifier(column) for column in row_columns)
    sign = "coalesce(name_sign(full_name), name_sign(last_name))"
    selects = {
        "email": f"select {columns}, 'email:' || address as key_text, address_doubt(address) as doubt, sign from ("
        f"select {columns}, email as address, {sign} as sign from {table} where email is not null "
        # other_emails is a set without email, so no key comes twice.
        f"union all select {columns}, unnest(other_emails) as address, {sign} as sign from {table} "
        "where len(other_emails) > 0)",
        "phone_and_name": f"select {columns}, 'phone_and_name:' || phone || ' ' || person_key as key_text, "
        f"null::varchar as doubt, null::varchar as sign from (select {columns}, phone, {sign} as person_key "
        f"from {table} where phone is not null and not is_placeholder_phone(phone)) where person_key is not null",
    }
    return " union all ".join(selects[key] for key in KEY_KINDS if key in keys)

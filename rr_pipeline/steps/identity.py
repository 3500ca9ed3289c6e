"""Step 8 of a run: whose person each due item is, and which earlier item it repeats."""

from __future__ import annotations

import numpy as np
import polars as pl

from rr_pipeline.core.person_fold import NOBODY, Keyed, Resolved, resolve
from rr_pipeline.session.session import Session
from rr_pipeline.steps.identity_keys import identity_keys_sql
from rr_pipeline.warehouse.sql_files import change, declare, fill, insert_rows, lend_temp, make_temp, query


def resolve_identities(session: Session) -> None:
    """Leave TEMP ``int_identities`` (item_seq, person_id, duplicate_of_seq) and remember keys and persons.

    Also leaves TEMP ``int_survivors`` (item_seq, source, item_id): the items that others were folded into.
    """
    con = session.con
    declare(con, "intermediate", "int_identity_keys")
    declare(con, "intermediate", "int_persons")
    _number_keys(session)
    resolved = resolve(_read(session))
    _write(session, resolved)
    _remember(session, resolved)


def _number_keys(session: Session) -> None:
    """Leave TEMP ``int_item_keys`` (item_seq, key_no) and ``int_keys`` (key_no from 0, key_text, person_no)."""
    con = session.con
    # Read once for all versions.
    make_temp(con, "intermediate", "int_due_names")
    selects = []
    for number, policy in enumerate(session.project.policies, start=1):
        due = f"(from int_due_names where policy_no = {number})"
        selects.append(f"({identity_keys_sql(due, policy.identity.keys, ('item_seq',))})")
    con.execute(f"create or replace temp table int_key_texts as {' union all '.join(selects)}")
    make_temp(con, "intermediate", "int_keys")
    make_temp(con, "intermediate", "int_item_keys")
    con.execute("drop table int_key_texts")
    con.execute("drop table int_due_names")


def _read(session: Session) -> Keyed:
    con = session.con
    make_temp(con, "intermediate", "int_deduplicated")
    rows = [
        (number, object_type)
        for number, policy in enumerate(session.project.policies, start=1)
        for object_type in policy.identity.deduplicate
    ]
    fill(con, "int_deduplicated", rows)
    items = con.sql(query(con, "deduplicated_items")).pl()
    pairs = con.sql("select item_seq, key_no from int_item_keys").pl()
    keys = con.sql("select person_no from int_keys order by key_no").pl()
    persons = con.sql(query(con, "known_persons")).pl()
    item_seq = items["item_seq"].to_numpy()
    places = items.select("item_seq").with_row_index("place")
    pairs = pairs.join(places, on="item_seq").sort("place", "key_no")
    return Keyed(
        item_seq=item_seq,
        may_fold=items["may_fold"].to_numpy(),
        may_survive=items["may_survive"].to_numpy(),
        offsets=np.searchsorted(pairs["place"].to_numpy(), np.arange(item_seq.size + 1)),
        key=_longs(pairs["key_no"]),
        known=_longs(keys["person_no"]),
        persons=_longs(persons["person_no"]),
        first_seq=_longs(persons["first_item_seq"]),
        next_person=session.count(query(con, "next_person")),
    )


def _longs(column: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.ascontiguousarray(column.cast(pl.Int64).fill_null(NOBODY).to_numpy())


def _write(session: Session, resolved: Resolved) -> None:
    con = session.con
    items = con.sql("select item_seq from int_due_items order by ingest_batch, item_seq").pl()
    frame = items.with_columns(
        person_no=pl.Series(resolved.person, dtype=pl.Int64),
        duplicate_of_seq=pl.Series(resolved.duplicate_of, dtype=pl.Int64).replace(NOBODY, None),
    )
    lend_temp(con, "intermediate", "int_identities", frame.to_arrow())
    make_temp(con, "intermediate", "int_survivors")


def _remember(session: Session, resolved: Resolved) -> None:
    con = session.con
    keys = pl.DataFrame({"key_no": np.arange(resolved.key_person.size), "person_no": resolved.key_person})
    persons = pl.DataFrame(
        {
            "person_no": resolved.persons,
            "became": resolved.became,
            "first_item_seq": pl.Series(resolved.first_seq, dtype=pl.Int64).replace(NOBODY, None),
        }
    )
    change(con, "keys_joined", rows=persons.to_arrow())
    insert_rows(con, "new_keys", rows=keys.to_arrow())
    change(con, "persons_gone", rows=persons.to_arrow())
    insert_rows(con, "persons", rows=persons.to_arrow())

"""Step 5 of a run: whose person each due item is, and which earlier item it repeats."""

from __future__ import annotations

import numpy as np
import polars as pl

from rr_pipeline.core.person_fold import NOBODY, Keyed, Resolved, resolve
from rr_pipeline.session.session import Session
from rr_pipeline.steps.identity_keys import identity_keys_sql
from rr_pipeline.warehouse import lend
from rr_pipeline.warehouse.sql_files import declare, fill, table_exists


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


# Read once for all versions, and of staging only from the oldest file of a due item on: history is long.
_DUE_ROWS = """
create or replace temp table int_due_names as
select
    due.item_seq, due.policy_no, due.email, due.other_emails, staged.phone, staged.full_name, staged.last_name
from int_due_items as due
inner join (
    select file_id, row_number, phone, full_name, last_name
    from staging.stg_items
    where file_id >= (select min(file_id) from int_due_items)
) as staged using (file_id, row_number)
"""


def _number_keys(session: Session) -> None:
    """Leave TEMP ``int_item_keys`` (item_seq, key_no) and ``int_keys`` (key_no from 0, key_text, person_no)."""
    con = session.con
    con.execute(_DUE_ROWS)
    selects = []
    for number, policy in enumerate(session.project.policies, start=1):
        due = f"(from int_due_names where policy_no = {number})"
        selects.append(f"({identity_keys_sql(due, policy.identity.keys, ('item_seq',))})")
    con.execute(f"create or replace temp table int_key_texts as {' union all '.join(selects)}")
    con.execute(
        """
        create or replace temp table int_keys as
        with keys as (select distinct key_text from int_key_texts)
        -- Any numbers do: persons are numbered by the items that show them.
        select row_number() over () - 1 as key_no, keys.key_text, known.person_no
        from keys
        left join intermediate.int_identity_keys as known using (key_text)
        """
    )
    con.execute(
        """
        create or replace temp table int_item_keys as
        select texts.item_seq, keys.key_no
        from int_key_texts as texts
        inner join int_keys as keys using (key_text)
        """
    )
    con.execute("drop table int_key_texts")
    con.execute("drop table int_due_names")


def _read(session: Session) -> Keyed:
    con = session.con
    con.execute("create or replace temp table int_deduplicated (policy_no integer, object_type varchar)")
    rows = [
        (number, object_type)
        for number, policy in enumerate(session.project.policies, start=1)
        for object_type in policy.identity.deduplicate
    ]
    fill(con, "int_deduplicated", rows)
    items = con.sql(
        """
        select due.item_seq, types.object_type is not null as is_deduplicated
        from int_due_items as due
        left join int_deduplicated as types using (policy_no, object_type)
        order by due.item_seq
        """
    ).pl()
    pairs = con.sql("select item_seq, key_no from int_item_keys order by item_seq, key_no").pl()
    keys = con.sql("select person_no from int_keys order by key_no").pl()
    persons = con.sql(
        """
        select person_no, first_item_seq
        from intermediate.int_persons
        where person_no in (select person_no from int_keys)
        order by person_no
        """
    ).pl()
    item_seq = items["item_seq"].to_numpy()
    return Keyed(
        item_seq=item_seq,
        is_deduplicated=items["is_deduplicated"].to_numpy(),
        offsets=np.searchsorted(pairs["item_seq"].to_numpy(), np.append(item_seq, np.iinfo(np.int64).max)),
        key=_longs(pairs["key_no"]),
        known=_longs(keys["person_no"]),
        persons=_longs(persons["person_no"]),
        first_seq=_longs(persons["first_item_seq"]),
        next_person=session.count("select coalesce(max(person_no), 0) + 1 from intermediate.int_persons"),
    )


def _longs(column: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.ascontiguousarray(column.cast(pl.Int64).fill_null(NOBODY).to_numpy())


def _write(session: Session, resolved: Resolved) -> None:
    con = session.con
    items = con.sql("select item_seq from int_due_items order by item_seq").pl()
    frame = items.with_columns(
        person_no=pl.Series(resolved.person, dtype=pl.Int64),
        duplicate_of_seq=pl.Series(resolved.duplicate_of, dtype=pl.Int64).replace(NOBODY, None),
    )
    with lend(con, "identities_frame", frame.to_arrow()):
        con.execute(
            "create or replace temp table int_identities as "
            "select item_seq, 'P' || person_no as person_id, duplicate_of_seq from identities_frame"
        )
    wanted = "(select distinct duplicate_of_seq as item_seq from int_identities where duplicate_of_seq is not null)"
    earlier = (
        f" union all select item_seq, source, item_id from marts.fct_items semi join {wanted} using (item_seq)"
        if table_exists(con, "marts.fct_items")
        else ""
    )
    con.execute(
        "create or replace temp table int_survivors as "
        f"select item_seq, source, item_id from int_due_items semi join {wanted} using (item_seq){earlier}"
    )


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
    # Keys of persons that an item of this run joined with others, also those that no item of this run has.
    with lend(con, "persons_frame", persons.to_arrow()):
        con.execute(
            """
            update intermediate.int_identity_keys as known
            set person_no = persons.became
            from persons_frame as persons
            where persons.person_no = known.person_no and persons.became <> persons.person_no
            """
        )
    with lend(con, "keys_frame", keys.to_arrow()):
        con.execute(
            """
            insert into intermediate.int_identity_keys
            select keys.key_text, found.person_no
            from int_keys as keys
            inner join keys_frame as found using (key_no)
            where keys.person_no is null
            """
        )
    with lend(con, "persons_frame", persons.to_arrow()):
        con.execute("delete from intermediate.int_persons where person_no in (select person_no from persons_frame)")
    with lend(con, "persons_frame", persons.to_arrow()):
        con.execute(
            "insert into intermediate.int_persons "
            "select person_no, first_item_seq from persons_frame where became = person_no order by person_no"
        )

"""Step 8 of a run: whose person each due item is, and which earlier item it repeats."""

from __future__ import annotations

import numpy as np
import polars as pl

from rr_pipeline.core.model import FAR_FUTURE_US
from rr_pipeline.core.person_fold import NOBODY, Ends, Keyed, Resolved, resolve
from rr_pipeline.session.session import Session
from rr_pipeline.steps.identity_keys import identity_keys_sql
from rr_pipeline.warehouse.sql_files import change, declare, fill, insert_rows, lend_temp, make_temp, query


def resolve_identities(session: Session) -> None:
    """Leave TEMP ``int_identities`` (item_seq, person_id, duplicate_of_seq) and remember keys and persons.

    Also leaves TEMP ``int_survivors`` (item_seq, source, item_id): the items that others were folded into.
    """
    con = session.con
    for table in ("int_identity_keys", "int_key_names", "int_persons"):
        declare(con, "intermediate", table)
    for table in ("weak_keys", "persons"):
        declare(con, "ops", table)
    _number_keys(session)
    resolved = resolve(_read(session))
    _write(session, resolved)
    _remember(session, resolved)


def _number_keys(session: Session) -> None:
    """Leave TEMP ``int_item_keys`` (item_seq, key_no, pair_no), ``int_keys`` and ``int_key_pairs``, numbered from 0."""
    con = session.con
    # Read once for all versions.
    make_temp(con, "intermediate", "int_due_names")
    selects = []
    for number, policy in enumerate(session.project.policies, start=1):
        due = f"(from int_due_names where policy_no = {number})"
        selects.append(f"({identity_keys_sql(due, policy.identity.keys, ('item_seq',))})")
    con.execute(f"create or replace temp table int_key_texts as {' union all '.join(selects)}")
    for table in ("int_keys", "int_key_pairs", "int_item_keys"):
        make_temp(con, "intermediate", table)
    con.execute("drop table int_key_texts")
    con.execute("drop table int_due_names")


def _read(session: Session) -> Keyed:
    con = session.con
    make_temp(con, "intermediate", "int_deduplicated")
    policies = session.project.policies
    rows = [
        (number, object_type)
        for number, policy in enumerate(policies, start=1)
        for object_type in policy.identity.deduplicate
    ]
    fill(con, "int_deduplicated", rows)
    make_temp(con, "intermediate", "int_survivor_ends")
    items = con.sql(query(con, "deduplicated_items")).pl()
    triples = con.sql("select item_seq, key_no, pair_no from int_item_keys").pl()
    keys = con.sql("select person_no, doubt is not null as is_doubted, name_count from int_keys order by key_no").pl()
    pairs = con.sql("select person_no from int_key_pairs order by pair_no").pl()
    persons = con.sql(query(con, "known_persons")).pl()
    item_seq, version = items["item_seq"].to_numpy(), items["policy_no"].to_numpy() - 1
    both = [persons, items]
    places = items.select("item_seq").with_row_index("place")
    triples = triples.join(places, on="item_seq").sort("place", "key_no")
    return Keyed(
        item_seq=item_seq,
        may_fold=items["may_fold"].to_numpy(),
        may_survive=items["may_survive"].to_numpy(),
        decided=items["decided_us"].to_numpy(),
        window=np.array([policy.identity.window * 1_000_000 for policy in policies], np.int64)[version],
        most_names=np.array([policy.identity.most_per_key for policy in policies], np.int64)[version],
        offsets=np.searchsorted(triples["place"].to_numpy(), np.arange(item_seq.size + 1)),
        key=_longs(triples["key_no"]),
        pair=_longs(triples["pair_no"]),
        known=_longs(keys["person_no"]),
        is_doubted=keys["is_doubted"].to_numpy(),
        names=_longs(keys["name_count"]),
        pair_known=_longs(pairs["person_no"]),
        persons=_longs(persons["person_no"]),
        first_seq=_longs(persons["first_item_seq"]),
        next_person=session.count(query(con, "next_person")),
        ends=Ends(*(_instants(both, name) for name in ("closed_us", "known_us", "gone_us"))),
    )


def _instants(frames: list[pl.DataFrame], name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    columns = [frame[name].cast(pl.Int64).fill_null(FAR_FUTURE_US) for frame in frames]
    return np.ascontiguousarray(pl.concat(columns).to_numpy())


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
    keys = pl.DataFrame(
        {
            "key_no": np.arange(resolved.key_person.size),
            "person_no": pl.Series(resolved.key_person, dtype=pl.Int64).replace(NOBODY, None),
            "unproven": resolved.unproven,
            "name_count": resolved.names,
        }
    )
    names = pl.DataFrame({"pair_no": np.arange(resolved.pair_person.size), "person_no": resolved.pair_person})
    persons = pl.DataFrame(
        {
            "person_no": resolved.persons,
            "became": resolved.became,
            "first_item_seq": pl.Series(resolved.first_seq, dtype=pl.Int64).replace(NOBODY, None),
        }
    )
    change(con, "keys_joined", rows=persons.to_arrow())
    change(con, "names_joined", rows=persons.to_arrow())
    insert_rows(con, "new_keys", rows=keys.to_arrow())
    insert_rows(con, "new_names", rows=names.to_arrow())
    if resolved.joined.size:
        joined = pl.DataFrame(resolved.joined, schema=["person_no", "into_no", "item_seq"], orient="row")
        insert_rows(con, "joined_persons", rows=joined.to_arrow())
    if resolved.unproven.any():
        values = {"hash_key": session.project.hash_key}
        insert_rows(con, "weak_keys", values, rows=keys.to_arrow())
    change(con, "persons_gone", rows=persons.to_arrow())
    insert_rows(con, "persons", rows=persons.to_arrow())

"""Versions of what items belong to: accounts, contacts, opportunities and users, as each delivery left them.

Belongs here: which of several rows of one id counts. Does not belong here: what a version decides.

Of several rows of an id the one updated later counts, then the one delivered later; of rows of one delivery that are
equally new the one in the file whose name is last, then the last row: exports that carry their day in the file name
come out right even where nobody told us of it. A delivery that is older than what is known changes nothing. Changes of
owner go by the same rule, per item and instant (sql/intermediate/int_recorded_changes.sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session

CONTEXTS: Mapping[str, str] = MappingProxyType(
    {"account": "account_id", "contact": "contact_id", "opportunity": "opportunity_id", "user": "user_id"}
)
"""Kind -> its id, in staging.stg_<table> of the same kind."""

_TABLES = {"account": "accounts", "contact": "contacts", "opportunity": "opportunities", "user": "users"}

_VERSIONS = """
create or replace temp view int_{kind}_versions as
with newest_of_delivery as (
    select rows.*, files.delivered_at
    from staging.stg_{table} as rows
    inner join ops.ingested_files as files using (file_id)
    qualify row_number() over (
        partition by rows.{id}, rows.ingest_batch
        order by rows.updated_at desc nulls last, files.file_name desc, rows.row_number desc, rows.file_id
    ) = 1
),
compared as (
    select
        *,
        max(updated_at) over earlier as last_updated_at,
        max(delivered_at) over earlier as last_delivered_at,
    from newest_of_delivery
    window earlier as (
        partition by {id} order by ingest_batch rows between unbounded preceding and 1 preceding
    )
)
select * exclude (delivered_at, last_updated_at, last_delivered_at)
from compared
where case
    when updated_at <> last_updated_at then updated_at > last_updated_at
    else last_delivered_at is null or delivered_at >= last_delivered_at
end
"""

_TIED = """
with several as (
    select {key} from {rows} group by all having count(*) > 1
),
newest as (
    select {key}, ingest_batch, row_hash, file_id, row_number
    from {rows}
    semi join several using ({key})
    qualify rank() over (partition by {key}, ingest_batch order by updated_at desc nulls last) = 1
),
tied as (
    select min((files.file_name, newest.row_number, files.source)) as place
    from newest
    inner join ops.ingested_files as files using (file_id)
    group by {key}, newest.ingest_batch
    having count(distinct newest.row_hash) > 1
)
select count(*), min(place) from tied
"""

# Some exports tell of a change twice, once with the id and once with the name of the owner: only users can tie.
_HISTORY = "(from staged_ownership_history where owner_id in (select user_id from int_known_users))"


def make_versions(session: Session) -> None:
    """Leave TEMP views ``int_account_versions`` and so on: per id, one row for each delivery that tells something new.

    Warns of rows of this run that tie, for each table (ID_REPEATED).
    """
    for kind, key in CONTEXTS.items():
        session.con.execute(_VERSIONS.format(kind=kind, table=_TABLES[kind], id=key))
    for kind, key in CONTEXTS.items():
        # Without an id opportunities are distinguished by their place, so that two are never one.
        rows = f"(from staged_{_TABLES[kind]} where not starts_with({key}, 'without id:'))"
        _warn_of_ties(session, f"ids of {_TABLES[kind]}", rows, key)


def warn_of_tied_history(session: Session) -> None:
    """Warn of users who got one item at one instant, by one delivery of this run, where a policy goes by history.

    Needs TEMP ``int_precedence`` and ``int_known_users``.
    """
    if session.count("select count(*) from int_precedence where claim = 'history'"):
        _warn_of_ties(session, "changes of ownership_history", _HISTORY, "object_type, item_id, from_at")


def _warn_of_ties(session: Session, what: str, rows: str, key: str) -> None:
    if session.ingest is None or not session.ingest.new_file_ids:
        return  # a restatement: warned of when they came
    (count, place), *_ = session.con.execute(_TIED.format(rows=rows, key=key)).fetchall()
    if count:
        file_name, row, source = place
        text = (
            f"{count} {what} come several times in one delivery with different values, this row among them. "
            "Of rows equally new the one in the file whose name is last counts, then the last row. Set `delivered_at` "
            f"of source {source}, so that its files have an order, or map updated_at."
        )
        session.warnings.append(Problem(str(file_name), row, key.rsplit(", ", maxsplit=1)[-1], "ID_REPEATED", text))

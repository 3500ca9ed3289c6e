"""Ids that come again for somebody else: such a row is refused, or becomes an item of its own, as its source says.

Belongs here: what becomes of those rows. Does not belong here: which rows they are (int_id_conflicts.sql), and rows
that repeat their item (int_arrivals.sql).
"""

from __future__ import annotations

from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import make_temp, table_exists

_MESSAGE = (
    "The id is that of another item: this row was created at another time, for another person. Give every record an id "
    "of its own, or set ids_used_again: new_item of the source."
)
_KNOWN = """
create or replace temp view int_known_ids as
select stored.source, stored.item_id, stored.created_at
from staging.stg_items as stored
semi join intermediate.int_waiting_rows as waiting using (file_id, row_number)
"""
_DECIDED = """
union all
select source, item_id, created_at from marts.fct_items where item_seq is not null
"""
_REFUSE = """
insert into ops.quarantine by name
select getvariable('run_id') as run_id, conflicts.source, conflicts.file_id, files.file_name, conflicts.row_number,
    conflicts.item_id, 'staged_items' as suite, 'id_is_its_own' as rule, 'ID_CONFLICT' as code, 'item_id' as field,
    length(conflicts.item_id) as value_length, left(sha256($key || conflicts.item_id), 16) as value_hash,
    $message as message
from int_id_conflicts as conflicts
inner join ops.ingested_files as files using (file_id)
where not list_contains($sources, conflicts.source)
order by conflicts.file_id, conflicts.row_number
"""
_REFUSED = """
insert into refused_rows
select file_id, row_number, 'staged_items', 'id_is_its_own', 'ID_CONFLICT'
from int_id_conflicts
where not list_contains($sources, source)
order by file_id, row_number
"""
_RENAME = """
update staging.stg_items as stored
set item_id = stored.item_id || '~' || strftime(stored.created_at, '%Y%m%dT%H%M%S')
from int_id_conflicts as conflicts
where stored.file_id = conflicts.file_id and stored.row_number = conflicts.row_number
    and list_contains($sources, conflicts.source)
"""
_COUNTED = """
select source, count(*), min((files.file_name, row_number))
from int_id_conflicts
inner join ops.ingested_files as files using (file_id, source)
group by source
order by source
"""


def settle_reused_ids(session: Session) -> None:
    """Refuse rows whose id is somebody else's (ID_CONFLICT), or give them an id of their own; warn of either."""
    if session.ingest is None or not session.ingest.new_file_ids:
        return  # a restatement: settled when they came
    con = session.con
    con.execute(_KNOWN + (_DECIDED if table_exists(con, "marts.fct_items") else ""))
    make_temp(con, "intermediate", "int_id_suspects")
    if not session.count("select count(*) from int_id_suspects"):
        return
    make_temp(con, "intermediate", "int_id_conflicts")
    told = con.execute(_COUNTED).fetchall()
    if not told:
        return
    renamed = [source.name for source in session.project.sources if source.ids_used_again == "new_item"]
    con.execute(_REFUSE, {"key": session.project.hash_key, "message": _MESSAGE, "sources": renamed})
    con.execute(_REFUSED, {"sources": renamed})
    con.execute(_RENAME, {"sources": renamed})
    for source, count, (file_name, row) in told:
        done = "became items of their own, their time of creation behind the id" if source in renamed else "are refused"
        text = (
            f"{count} rows of source {source}, this one first, have the id of an item of another time and person: they "
            f"{done} (ids_used_again of the source). Give every record an id of its own."
        )
        session.warnings.append(Problem(file_name, row, "item_id", "ID_CONFLICT", text))


def note_repeated(session: Session) -> None:
    """Append the rows of this run that repeat an item to ops.repeated_rows."""
    if session.count("select count(*) from int_arrivals where role = 'repeated'"):
        session.con.execute(
            """
            insert into ops.repeated_rows by name
            select getvariable('run_id') as run_id, source, item_id, file_id, row_number, ingest_batch, created_at
            from int_arrivals
            where role = 'repeated'
            order by file_id, row_number
            """
        )

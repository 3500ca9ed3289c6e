-- conflicts_quarantined: rows whose id is that of another item, of sources that do not use ids again.
-- kind: rows
-- step: arrivals
-- grain: one row per refused row
-- into: ops.quarantine
select
    getvariable('run_id') as run_id,
    conflicts.source,
    conflicts.file_id,
    files.file_name,
    conflicts.row_number,
    conflicts.item_id,
    'staged_items' as suite,
    'id_is_its_own' as rule,
    'ID_CONFLICT' as code,
    'item_id' as field,
    length(conflicts.item_id) as value_length,
    left(sha256($key || conflicts.item_id), 16) as value_hash,
    $message as message,
from int_id_conflicts as conflicts
inner join ops.ingested_files as files using (file_id)
where not list_contains($sources, conflicts.source)
order by conflicts.file_id, conflicts.row_number

-- conflicts_renamed: rows whose id is that of another item become items of their own, where the source uses ids again.
-- kind: change
-- step: arrivals
-- into: staging.stg_items
-- reads: int_id_conflicts
update staging.stg_items as stored
set item_id = stored.item_id || '~' || strftime(stored.created_at, '%Y%m%dT%H%M%S')
from int_id_conflicts as conflicts
where stored.file_id = conflicts.file_id and stored.row_number = conflicts.row_number
    and list_contains($sources, conflicts.source)

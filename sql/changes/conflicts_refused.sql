-- conflicts_refused: rows whose id is that of another item, of sources that do not use ids again.
-- kind: rows
-- step: arrivals
-- grain: one row per refused row
-- into: refused_rows
-- by: rows of int_id_conflicts
select file_id, row_number, 'staged_items' as suite, 'id_is_its_own' as rule, 'ID_CONFLICT' as code
from int_id_conflicts
where not list_contains($sources, source)
order by file_id, row_number

-- reference_matches: ids of new rows that should name users, accounts or contacts, counted by column.
-- kind: rows
-- step: arrivals
-- grain: one row per source, column and table meant
-- into: ops.reference_matches
-- by: rows of int_references
select
    getvariable('run_id') as run_id,
    found.source,
    found.field,
    found.meant,
    found.row_count,
    found.matched_row_count,
    found.value_count,
    found.matched_value_count,
    files.file_name,
    found.place % 4294967296 as row_number,
from int_references as found
left join ops.ingested_files as files on files.file_id = found.place // 4294967296
order by all

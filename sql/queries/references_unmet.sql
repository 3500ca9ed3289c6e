-- references_unmet: columns of new rows most of whose ids meet nothing.
-- kind: query
-- step: arrivals
-- grain: one row per source, column and table meant
-- by: rows of int_references
select
    found.source,
    found.field,
    found.meant,
    found.row_count,
    found.row_count - found.matched_row_count as unmet,
    found.value_count - found.matched_value_count as values_unmet,
    found.email_count,
    found.name_count,
    files.file_name,
    found.place % 4294967296,
from int_references as found
left join ops.ingested_files as files on files.file_id = found.place // 4294967296
where unmet * 2 > found.row_count and (unmet >= $fewest or (email_count + name_count) * 2 > values_unmet)
order by all

-- unlisted_told: words of this run that no list names, by source and column, and where the first stands.
-- kind: query
-- step: arrivals
-- grain: one row per source and column
-- by: key(source)
select
    field,
    sum(row_count)::bigint,
    count(distinct word_hash),
    arg_min(file_name, (file_name, row_number)),
    arg_min(row_number, (file_name, row_number)),
    source,
from ops.unlisted_words
where run_id = getvariable('run_id')
group by source, field
order by source, field

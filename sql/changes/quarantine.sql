-- quarantine: rows of a staged table that a suite refuses, with what each rule says of them.
-- kind: rows
-- step: quality
-- grain: one row per row and rule broken
-- into: ops.quarantine
with

-- The rules' texts come as lists; code is null in the text of a rule whose codes have none of their own.
texts as (
    select
        unnest($places) as place,
        unnest($codes) as code,
        unnest($rules) as rule,
        unnest($fields) as field,
        unnest($messages) as message,
),

files as (
    select file_id, any_value(file_name) as file_name from ops.ingested_files group by all
)

select
    $run_id as run_id,
    hits.source,
    hits.file_id,
    files.file_name,
    hits.row_number,
    hits.item_id,
    $suite as suite,
    general.rule,
    hits.code,
    general.field,
    length(hits.value)::bigint as value_length,
    left(sha256($hash_key || hits.value), 16) as value_hash,
    coalesce(own.message, general.message) as message,
from quarantine_hits as hits
inner join texts as general on general.place = hits.place and general.code is null
left join texts as own on own.place = hits.place and own.code = hits.code
left join files on files.file_id = hits.file_id
order by hits.file_id, hits.row_number, hits.place

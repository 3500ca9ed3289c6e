-- unlisted_counts: words of new rows that no list names, counted.
-- kind: rows
-- step: arrivals
-- grain: one row per source, column and word
-- into: ops.unlisted_words
-- by: rows of int_unlisted_words
select
    getvariable('run_id') as run_id,
    words.source,
    words.field,
    left(sha256($key || words.word), 16) as word_hash,
    length(words.word) as word_length,
    words.row_count,
    files.file_name,
    words.place % 4294967296 as row_number,
from int_unlisted_words as words
left join ops.ingested_files as files on files.file_id = words.place // 4294967296
order by all

-- ops.unlisted_words: words of status, stage, outcome and consent that no list names: they close, return and select
-- nothing, and a consent that is not understood counts as denied. The words stand in staging.unlisted_words of the
-- warehouse.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per run, source, field and word
-- columns:
--   run_id: run that took the rows up
--   source: feed that delivered it
--   field: status, lifecycle_stage, outcome, meeting_outcome (the outcome of a meeting) or consent_status
--   word_hash: keyed hash of the word, equal for equal words of a project
--   word_length: characters in it
--   row_count: rows that have it
--   file_name: file of the first of them
--   row_number: record in that file, from 1
create table if not exists ops.unlisted_words (
    run_id varchar not null,
    source varchar not null,
    field varchar not null,
    word_hash varchar not null,
    word_length bigint not null,
    row_count bigint not null,
    file_name varchar,
    row_number bigint
)

-- ops.quarantine: the rows set aside, with the reason. No cell value is kept here: length and keyed hash stand for it; the
-- row itself is in the raw layer, except where the reader could not read it.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per refused row and rule it broke
-- masks: item_id id
-- columns:
--   run_id: run that refused it
--   source: feed of the row
--   file_id: delivered file of the row
--   file_name: name of that file
--   row_number: record in the file, from 1
--   item_id: id in the source as delivered, where it is known
--   suite: suite of expectations, or reader for rows that could not be read
--   rule: rule it broke
--   code: what was found
--   field: column looked at; null where the row as a whole is wrong
--   value_length: characters in the refused value; null where there is none
--   value_hash: keyed hash of the refused value, equal for equal values of a project
--   message: what is wrong, and how to fix it
create table if not exists ops.quarantine (
    run_id varchar not null,
    source varchar not null,
    file_id bigint,
    file_name varchar,
    row_number bigint,
    item_id varchar,
    suite varchar not null,
    rule varchar not null,
    code varchar not null,
    field varchar,
    value_length bigint,
    value_hash varchar,
    message varchar not null
)

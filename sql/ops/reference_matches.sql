-- ops.reference_matches: how many of the ids by which delivered rows name a user, an account or a contact meet one.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per run, source and column with values; columns of a table of which nothing was delivered yet have none
-- columns:
--   run_id: run that took the rows up
--   source: feed that delivered them
--   field: the column, such as owner_id
--   meant: users, accounts or contacts: the table whose ids it should hold
--   row_count: rows with a value
--   matched_row_count: rows whose value is an id of that table, delivered by then
--   value_count: different values
--   matched_value_count: values that are such an id
--   file_name: file of the first row that meets nothing
--   row_number: record in that file, from 1
create table if not exists ops.reference_matches (
    run_id varchar not null,
    source varchar not null,
    field varchar not null,
    meant varchar not null,
    row_count bigint not null,
    matched_row_count bigint not null,
    value_count bigint not null,
    matched_value_count bigint not null,
    file_name varchar,
    row_number bigint
)

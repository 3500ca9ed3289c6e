-- intermediate.int_refused_keys: whom or what refused rows of full lists are about: they are there all the same.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per refused row of a source with full_list
-- columns:
--   source: feed of the row
--   file_id: delivered file
--   list_key: id of the user, account, contact or opportunity, key of the absence; null where the row does not tell it
--   run_id: run that refused it
create table if not exists intermediate.int_refused_keys (
    source varchar,
    file_id bigint,
    list_key varchar,
    run_id varchar
)

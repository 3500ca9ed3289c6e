-- intermediate.int_identity_keys: the person every identity key seen so far belongs to.
-- kind: declared
-- grain: one row per key
-- columns:
--   key_text: kind and value of the key
--   person_no: the person it belongs to now
create table if not exists intermediate.int_identity_keys (
    key_text varchar,
    person_no bigint
)

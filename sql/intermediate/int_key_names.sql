-- intermediate.int_key_names: the names that identity keys came with, and whose each key is together with that name.
-- kind: declared
-- grain: one row per key and name
-- columns:
--   key_text: kind and value of the key
--   sign: the name, for comparison
--   person_no: the person that both belong to now
create table if not exists intermediate.int_key_names (
    key_text varchar,
    sign varchar,
    person_no bigint
)

-- ops.weak_keys: identity keys that did not fold items by themselves, since they prove nothing alone.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per run and such key of its items
-- columns:
--   run_id: run that met it
--   key_hash: keyed hash of kind and value, equal for equal keys of a project
--   kind: email
--   doubt: <<key_doubts>>
--   item_count: items of the run that were not folded by it
--   name_count: different names it came with so far
create table if not exists ops.weak_keys (
    run_id varchar not null,
    key_hash varchar not null,
    kind varchar not null,
    doubt varchar not null,
    item_count bigint not null,
    name_count bigint not null
)

-- weak_keys: keys of this run that proved nothing of some of its items.
-- kind: rows
-- step: identity
-- grain: one row per such key
-- into: ops.weak_keys
-- by: rows of int_keys
select
    getvariable('run_id') as run_id,
    left(sha256($hash_key || keys.key_text), 16) as key_hash,
    split_part(keys.key_text, ':', 1) as kind,
    coalesce(keys.doubt, 'shared') as doubt,
    found.unproven as item_count,
    found.name_count,
from int_keys as keys
inner join lent as found using (key_no)
where found.unproven > 0
order by key_hash

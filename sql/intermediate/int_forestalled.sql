-- int_forestalled: recorded owners of earlier runs who, the router having moved the item before, never got it.
-- kind: temp
-- grain: one row per item and owner that never was
-- key: item_seq, from_at
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   from_at: when the owner was to have it from
--   decided_at: when the router moved it first
select owned.item_seq, owned.from_at, ends.decided_at
from marts.fct_ownership as owned
inner join (select item_seq, min(decided_at) as decided_at from int_owner_ends group by all) as ends
    on ends.item_seq = owned.item_seq
where owned.cause = 'manual' and owned.run_id <> getvariable('run_id') and owned.from_at >= ends.decided_at

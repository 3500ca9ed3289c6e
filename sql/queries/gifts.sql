-- gifts: when each member was given something since an instant, kept items that count included.
-- kind: query
-- step: router
-- grain: one row per item given
select pool_id, member_id, epoch_us(decided_at) as at_us
from (
    select pool_id, member_id, decided_at from marts.fct_decisions where kind in (<<turn_kinds>>)
    union all
    select pool_id, member_id, decided_at from intermediate.int_counted_kept
)
where at_us >= $since_us
order by all
-- until intermediate.int_counted_kept is there:
select pool_id, member_id, epoch_us(decided_at) as at_us
from (
    select pool_id, member_id, decided_at from marts.fct_decisions where kind in (<<turn_kinds>>)
)
where at_us >= $since_us
order by all

-- compare.members: how much of the compared range each member got, on both sides.
-- kind: table
-- grain: one row per pool and member that got anything on either side
-- columns:
--   pool_id: the pool
--   member_id: the member
--   one_assigned_count: items given by the rotation, redo tokens and reassignments
--   other_assigned_count: the same on the other side
--   one_assigned_share: part of what the pool gave, 0 to 1; null where it gave nothing
--   other_assigned_share: the same on the other side
--   difference_count: other less one
with

given as (
    select 'one' as side, pool_id, member_id, kind, decided_at from one.fct_decisions
    union all
    select 'other' as side, pool_id, member_id, kind, decided_at from other.fct_decisions
),

counted as (
    select
        pool_id,
        member_id,
        count(*) filter (side = 'one') as one_assigned_count,
        count(*) filter (side = 'other') as other_assigned_count,
    from given
    where kind in (<<turn_kinds>>)
        and decided_at >= getvariable('compared_from_at') and decided_at < getvariable('compared_until_at')
    group by all
),

final as (
    select
        pool_id,
        member_id,
        one_assigned_count,
        other_assigned_count,
        one_assigned_count / nullif(sum(one_assigned_count) over of_pool, 0) as one_assigned_share,
        other_assigned_count / nullif(sum(other_assigned_count) over of_pool, 0) as other_assigned_share,
        other_assigned_count - one_assigned_count as difference_count,
    from counted
    window of_pool as (partition by pool_id)
)

select * from final order by pool_id, member_id

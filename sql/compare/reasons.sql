-- compare.reasons: why members were passed over in the compared range, on both sides: limits hit, hours, absences, skills.
-- kind: table
-- grain: one row per pool, member and first reason against it
-- columns:
--   pool_id: the pool
--   member_id: the member
--   reason: first reason against the member, as in marts.fct_considered
--   one_count: decisions in which it stood against the member
--   other_count: the same on the other side
--   difference_count: other less one
with

seen as (
    select
        'one' as side,
        decisions.pool_id,
        unnest(rosters.member_ids) as member_id,
        unnest(log.reasons) as reason_no,
    from one.fct_decisions as decisions
    inner join one.considered_log as log using (decision_seq)
    inner join one.rosters as rosters using (roster_id)
    where len(log.reasons) > 0
        and decided_at >= getvariable('compared_from_at') and decided_at < getvariable('compared_until_at')
    union all
    select
        'other' as side,
        decisions.pool_id,
        unnest(rosters.member_ids) as member_id,
        unnest(log.reasons) as reason_no,
    from other.fct_decisions as decisions
    inner join other.considered_log as log using (decision_seq)
    inner join other.rosters as rosters using (roster_id)
    where len(log.reasons) > 0
        and decided_at >= getvariable('compared_from_at') and decided_at < getvariable('compared_until_at')
),

final as (
    select
        pool_id,
        member_id,
        marts.reason_name(reason_no) as reason,
        count(*) filter (side = 'one') as one_count,
        count(*) filter (side = 'other') as other_count,
        other_count - one_count as difference_count,
    from seen
    where reason_no & 63 > 0
    group by all
)

select * from final order by pool_id, member_id, reason

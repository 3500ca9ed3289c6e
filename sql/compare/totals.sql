-- compare.totals: the compared range in a few numbers, on both sides.
-- kind: table
-- grain: one row per measure
-- columns:
--   measure: what is counted
--   one_count: on the one side
--   other_count: on the other
--   difference_count: other less one
with

decided as (
    select 'one' as side, kind, decided_at from one.fct_decisions
    union all
    select 'other' as side, kind, decided_at from other.fct_decisions
),

kinds as (
    select side, kind
    from decided
    where decided_at >= getvariable('compared_from_at') and decided_at < getvariable('compared_until_at')
),

states as (
    select 'one' as side, one_state as state from compare.items
    union all
    select 'other' as side, other_state as state from compare.items
),

counted as (
    select 1 as place, 'items' as measure, count(one_state) as one_count, count(other_state) as other_count
    from compare.items
    union all
    select
        1 + list_position(['owned', 'held', 'queued', 'closed', 'duplicate', 'disqualified'], state) as place,
        'items ' || state as measure,
        count(*) filter (side = 'one') as one_count,
        count(*) filter (side = 'other') as other_count,
    from states
    where state is not null
    group by all
    union all
    select
        10 + list_position(
            [<<decision_kinds>>],
            kind
        ) as place,
        'decisions ' || kind as measure,
        count(*) filter (side = 'one') as one_count,
        count(*) filter (side = 'other') as other_count,
    from kinds
    group by all
    union all
    select 40, 'targets breached', one_breached_count, other_breached_count from compare.sla where attribute = 'all'
    union all
    select 41, 'items with another owner', null, count(*) from compare.items where is_owner_different
),

final as (
    select measure, one_count, other_count, other_count - one_count as difference_count, place from counted
)

select * exclude (place) from final order by place, measure

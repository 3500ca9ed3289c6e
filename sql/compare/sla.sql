-- compare.sla: service levels of what was given in the compared range, by attributes of the items, on both sides, as at
-- the end of the range. Touches are those that happened: where the other side gave an item to somebody else, nobody
-- knows when that owner would have touched it, and it counts as untouched; unseen counts say how many those are.
-- kind: table
-- grain: one row per attribute and value
-- columns:
--   attribute: all, pool, object_type, source, source_channel, campaign, country, tier or priority
--   value: its value; null for items without one
--   one_given_count: owner intervals with a target
--   other_given_count: the same on the other side
--   one_met_count: touched in time
--   other_met_count: the same on the other side
--   one_breached_count: due and not touched by then
--   other_breached_count: the same on the other side
--   other_unseen_count: of the other side's breaches, items that the one side had given to somebody else
--   one_compliance_rate: met of met and breached, 0 to 1
--   other_compliance_rate: the same on the other side
--   one_assign_p50_seconds: median from creation to first assignment
--   other_assign_p50_seconds: the same on the other side
--   one_assign_p95_seconds: time that 95 of 100 did not exceed
--   other_assign_p95_seconds: the same on the other side
with

sides as (
    select 'one' as side, sla.*, items.source_channel, items.campaign, items.country, items.tier, items.priority,
        items.object_type
    from one.fct_sla as sla
    inner join one.fct_items as items using (item_seq)
    union all by name
    select 'other' as side, sla.*, items.source_channel, items.campaign, items.country, items.tier, items.priority,
        items.object_type
    from other.fct_sla as sla
    inner join other.fct_items as items using (item_seq)
),

judged as (
    select
        sides.*,
        target is not null as is_given,
        is_given and first_touch_at <= due_at and first_touch_at < getvariable('compared_until_at') as is_met,
        is_given and status = 'breached' and due_at < getvariable('compared_until_at') as is_breached,
        side = 'other' and not exists (
            from one.fct_ownership as owned
            where owned.item_seq = sides.item_seq and owned.owner_id = sides.owner_id
        ) as is_unseen,
    from sides
    where applied_at >= getvariable('compared_from_at') and applied_at < getvariable('compared_until_at')
),

attributes as (
    select
        judged.*,
        unnest(['all', 'pool', 'object_type', 'source', 'source_channel', 'campaign', 'country', 'tier', 'priority'])
            as attribute,
        unnest([null, pool_id, object_type, source, source_channel, campaign, country, tier, priority::varchar])
            as value,
    from judged
),

final as (
    select
        attribute,
        value,
        count(*) filter (side = 'one' and is_given) as one_given_count,
        count(*) filter (side = 'other' and is_given) as other_given_count,
        count(*) filter (side = 'one' and is_met) as one_met_count,
        count(*) filter (side = 'other' and is_met) as other_met_count,
        count(*) filter (side = 'one' and is_breached) as one_breached_count,
        count(*) filter (side = 'other' and is_breached) as other_breached_count,
        count(*) filter (is_breached and is_unseen) as other_unseen_count,
        one_met_count / nullif(one_met_count + one_breached_count, 0) as one_compliance_rate,
        other_met_count / nullif(other_met_count + other_breached_count, 0) as other_compliance_rate,
        quantile_cont(time_to_assign_seconds, 0.5) filter (side = 'one') as one_assign_p50_seconds,
        quantile_cont(time_to_assign_seconds, 0.5) filter (side = 'other') as other_assign_p50_seconds,
        quantile_cont(time_to_assign_seconds, 0.95) filter (side = 'one') as one_assign_p95_seconds,
        quantile_cont(time_to_assign_seconds, 0.95) filter (side = 'other') as other_assign_p95_seconds,
    from attributes
    group by all
)

select * from final
where attribute = 'all' or value is not null or one_given_count + other_given_count > 0
order by list_position(
    ['all', 'pool', 'object_type', 'source', 'source_channel', 'campaign', 'country', 'tier', 'priority'], attribute
), value nulls last

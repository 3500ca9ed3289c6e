-- marts.mart_sla_daily: how the members of each pool kept their targets, and how soon items were assigned and touched.
-- A percentile is one of the values: the smallest that at least so many percent of them do not exceed (nearest rank).
-- A band includes its upper end: 0_5 are waits of at most five minutes, as a target of five minutes has them. Working
-- seconds are those of the member's own hours.
-- kind: view
-- grain: one row per pool, member and local date of the member on which the items became theirs
-- columns:
--   pool_id: the pool; null for kept items, which no pool gave
--   member_id: the owner
--   assigned_date: local date of the member
--   assigned_count: items the router gave to the member, by rotation, redo token or reassignment
--   kept_count: items that stayed with the member as their existing owner
--   met_count: touched in time
--   breached_count: not touched when due
--   running_count: not touched yet and not due
--   late_touch_count: of those met, touches that were told after the router had acted on a missed target
--   sla_compliance_rate: met of met and breached, 0..1; null where none is either
--   speed_to_lead_p50_seconds: created to first touch by any owner, for items first touched by this one
--   speed_to_lead_working_p50_seconds: the same in working time
--   time_to_assign_p50_seconds: created to first assignment, for items that had this owner first
--   time_to_assign_working_p50_seconds: the same in working time
--   first_response_p50_seconds: assignment to first touch by this owner
--   first_response_working_p50_seconds: the same in working time
--   speed_to_lead_p95_seconds: as p50; likewise the others
--   speed_to_lead_working_p95_seconds: in working time
--   time_to_assign_p95_seconds: created to first assignment
--   time_to_assign_working_p95_seconds: in working time
--   first_response_p95_seconds: assignment to first touch
--   first_response_working_p95_seconds: in working time
--   speed_to_lead_0_5_min_count: items with up to 5 minutes
--   speed_to_lead_working_0_5_min_count: items with up to 5 minutes of working time
--   time_to_assign_0_5_min_count: items with up to 5 minutes
--   time_to_assign_working_0_5_min_count: items with up to 5 minutes of working time
--   first_response_0_5_min_count: items with up to 5 minutes
--   first_response_working_0_5_min_count: items with up to 5 minutes of working time
--   speed_to_lead_5_15_min_count: items with over 5, up to 15 minutes
--   speed_to_lead_working_5_15_min_count: items with over 5, up to 15 minutes of working time
--   time_to_assign_5_15_min_count: items with over 5, up to 15 minutes
--   time_to_assign_working_5_15_min_count: items with over 5, up to 15 minutes of working time
--   first_response_5_15_min_count: items with over 5, up to 15 minutes
--   first_response_working_5_15_min_count: items with over 5, up to 15 minutes of working time
--   speed_to_lead_15_60_min_count: items with over 15, up to 60 minutes
--   speed_to_lead_working_15_60_min_count: items with over 15, up to 60 minutes of working time
--   time_to_assign_15_60_min_count: items with over 15, up to 60 minutes
--   time_to_assign_working_15_60_min_count: items with over 15, up to 60 minutes of working time
--   first_response_15_60_min_count: items with over 15, up to 60 minutes
--   first_response_working_15_60_min_count: items with over 15, up to 60 minutes of working time
--   speed_to_lead_60_plus_min_count: items with over 60 minutes
--   speed_to_lead_working_60_plus_min_count: items with over 60 minutes of working time
--   time_to_assign_60_plus_min_count: items with over 60 minutes
--   time_to_assign_working_60_plus_min_count: items with over 60 minutes of working time
--   first_response_60_plus_min_count: items with over 60 minutes
--   first_response_working_60_plus_min_count: items with over 60 minutes of working time
with

intervals as (
    select
        pool_id,
        owner_id as member_id,
        assigned_date,
        cause,
        status,
        is_late_touch,
        speed_to_lead_seconds,
        speed_to_lead_working_seconds,
        time_to_assign_seconds,
        time_to_assign_working_seconds,
        elapsed_seconds as first_response_seconds,
        elapsed_working_seconds as first_response_working_seconds,
    from marts.fct_sla
),

final as (
    select
        pool_id,
        member_id,
        assigned_date,
        count(*) filter (cause <> 'kept') as assigned_count,
        count(*) filter (cause = 'kept') as kept_count,
        count(*) filter (status = 'met') as met_count,
        count(*) filter (status = 'breached') as breached_count,
        count(*) filter (status = 'running') as running_count,
        count(*) filter (is_late_touch) as late_touch_count,
        met_count / nullif(met_count + breached_count, 0) as sla_compliance_rate,
        quantile_disc(columns('^(.+)_seconds$'), 0.5) as '\1_p50_seconds',
        quantile_disc(columns('^(.+)_seconds$'), 0.95) as '\1_p95_seconds',
        count(nullif(columns('^(.+)_seconds$') <= 300, false)) as '\1_0_5_min_count',
        count(nullif(columns('^(.+)_seconds$') > 300 and columns('^(.+)_seconds$') <= 900, false)) as '\1_5_15_min_count',
        count(nullif(columns('^(.+)_seconds$') > 900 and columns('^(.+)_seconds$') <= 3600, false)) as '\1_15_60_min_count',
        count(nullif(columns('^(.+)_seconds$') > 3600, false)) as '\1_60_plus_min_count',
    from intervals
    group by all
)

select * from final

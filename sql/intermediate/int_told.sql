-- int_told: the latest instant that each delivery tells of, apart from when it came and what is due.
-- kind: temp
-- grain: one row per ingest_batch with new rows, or with activities whose time has come
-- columns:
--   ingest_batch: number of the delivery
--   last_told_at: latest creation or activity in it, not after the run's until
--   has_events: it tells what happened to items, so it takes the frontier a microsecond further at least
with

told as (
    select ingest_batch, max(created_at) as last_told_at, false as has_events
    from staged_items
    where created_at_code is null and created_at <= getvariable('until_at')
    group by all
    union all
    select ingest_batch, max(created_at) + interval 1 microsecond as last_told_at, true as has_events
    from int_closing_rows
    where role = 'due'
    group by all
    union all
    select ingest_batch, null as last_told_at, true as has_events
    from int_closing_rows
    where role = 'repeated'
    group by all
    union all
    select ingest_batch, null as last_told_at, false as has_events
    from int_closing_rows
    where role = 'waiting'
    group by all
    union all
    select ingest_batch, null as last_told_at, true as has_events
    from int_owner_rows
    group by all
    union all
    select
        ingest_batch,
        max(occurred_at) filter (where occurred_at <= getvariable('until_at')) as last_told_at,
        true as has_events,
    from staged_activities
    group by all
    union all
    select ingest_batch, max(occurred_at) as last_told_at, false as has_events
    from intermediate.int_waiting_activities
    where waits_for = 'time' and occurred_at <= getvariable('until_at')
    group by all
),

final as (
    select ingest_batch, max(last_told_at) as last_told_at, bool_or(has_events) as has_events
    from told
    group by all
)

select * from final

-- int_given: what was given to whom as far back as a window of this run reaches, kept items that count included.
-- kind: temp
-- grain: one row per decision that gave an item to somebody, and per kept item that counts
-- columns:
--   decision_seq: the decision; null for kept items
--   decided_at: when
--   policy_version: version in force; null for kept items
--   is_of_run: given in this run
--   is_zone_known: the member's days were counted in the zone it has now; not known of what an earlier run gave to a
--     user whose zone in the users feed has changed within reach
with

decisions as (
    select * from marts.fct_decisions where kind in ('assign', 'redo', 'reassign')
),

reach as (
    select min(decided_at) - interval 9 days as since_at
    from (
        select decided_at from marts.fct_decisions where run_id = getvariable('run_id')
        union all
        select decided_at from intermediate.int_counted_kept where item_seq > getvariable('last_item_seq')
    )
),

given as (
    select decision_seq, pool_id, member_id, policy_version, decided_at, run_id = getvariable('run_id') as is_of_run
    from decisions
    where decided_at >= (select since_at from reach)
    union all by name
    select pool_id, member_id, decided_at, item_seq > getvariable('last_item_seq') as is_of_run
    from intermediate.int_counted_kept
    where decided_at >= (select since_at from reach)
),

zones as (
    select
        users.user_id as member_id,
        batches.effective_at,
        coalesce(users.time_zone, '') as time_zone,
        lag(coalesce(users.time_zone, '')) over (partition by users.user_id order by batches.ingest_batch) as before,
    from staging.stg_users as users
    inner join ops.batches as batches using (ingest_batch)
),

moved as (
    select distinct member_id
    from zones
    where before <> time_zone and effective_at >= (select since_at from reach)
),

final as (
    select given.*, given.is_of_run or moved.member_id is null as is_zone_known
    from given
    left join moved using (member_id)
)

select * from final

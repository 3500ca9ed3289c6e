-- marts.mart_balance_daily: the ledger as it stood at the end of each day, from the day of a member's first share on: a
-- snapshot a day, whatever runs made it. The last one is what the router carries on from the last run.
-- kind: view
-- grain: one row per pool, member and day
-- columns:
--   pool_id: the pool
--   member_id: the member, those who have left included (at 0)
--   local_date: the day, in the project's time zone
--   assigned_count: items got by rotation, redo token or reassignment up to then
--   turn_count: turns charged up to then, skipped ones included; less those that moved on with their items
--   balance: credit less charges up to then and what leavers left, in parts of a turn; those of a pool sum to zero
--   balance_turns: the same in turns: above zero the pool owes the member, below zero the member is ahead
with

days as (
    select local_date from marts.dim_days where is_business group by local_date
),

gained as (
    select
        pool_id,
        member_id,
        decided_date,
        sum(assigned_count) as assigned_count,
        sum(turn_count) as turn_count,
        sum(credited_parts - charged_parts + settled_parts) as balance,
    from ops.fair_shares
    group by all
),

stands as (
    select
        pool_id,
        member_id,
        decided_date,
        lead(decided_date) over of_member as next_date,
        sum(assigned_count) over of_member as assigned_count,
        sum(turn_count) over of_member as turn_count,
        sum(balance) over of_member as balance,
    from gained
    window of_member as (partition by pool_id, member_id order by decided_date)
),

lasting as (
    select
        * exclude (next_date),
        unnest(generate_series(
            decided_date, coalesce(next_date - 1, (select max(local_date) from days)), interval 1 day
        ))::date as local_date,
    from stands
),

final as (
    select
        pool_id,
        member_id,
        local_date,
        assigned_count::bigint as assigned_count,
        turn_count::bigint as turn_count,
        balance::bigint as balance,
        round(balance / 232792560000, 6) as balance_turns,
    from lasting
    semi join days using (local_date)
)

select * from final

-- marts.fairness: items against fair share of the members of a pool over days of the project's time zone.
-- kind: macro
-- grain: one row per member
create or replace macro marts.fairness(wanted_pool_id, from_date, until_date) as table (
    select
        member_id,
        sum(assigned_count)::bigint as assigned_count,
        sum(turn_count)::bigint as turn_count,
        round(sum(fair_share_parts) / 232792560000, 6) as fair_share_count,
        round(sum(turn_count) - sum(fair_share_parts) / 232792560000, 6) as deviation_turns,
    from ops.fair_shares
    where pool_id = wanted_pool_id and decided_date >= from_date::date and decided_date < until_date::date
    group by all
    order by member_id
)

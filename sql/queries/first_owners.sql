-- first_owners: owners that a feed's first delivery names for more than half of its open items, where those are many.
-- kind: query
-- step: owners
-- grain: one row per source, such owner and policy version that decides some of the items
with

counted as (
    select
        due.source,
        due.policy_no,
        owners.owner_id,
        coalesce(owners.is_nobody, true) as is_nobody,
        count(*) as item_count,
    from int_due_items as due
    inner join int_first_batches using (source, ingest_batch)
    anti join int_arrived_closed as closed using (item_seq)
    left join int_delivered_owners as owners using (item_seq)
    group by all
),

summed as (
    select
        *,
        sum(item_count) over (partition by source, owner_id) as of_owner,
        sum(item_count) over (partition by source) as of_all,
    from counted
)

select source, policy_no, owner_id, of_owner::bigint as of_owner, of_all::bigint as of_all
from summed
where not is_nobody and of_all >= $few and 2 * of_owner > of_all
order by source, owner_id, policy_no

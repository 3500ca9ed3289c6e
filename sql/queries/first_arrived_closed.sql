-- first_arrived_closed: feeds of which more than half of the first delivery arrives closed, where it is not a small one.
-- kind: query
-- step: arrivals
-- grain: one row per source and policy version that sets such items aside
with

counted as (
    select
        due.source,
        due.policy_no,
        count(*) as arrived,
        count(closed.item_seq) as set_aside,
    from int_due_items as due
    inner join int_first_batches using (source, ingest_batch)
    left join int_arrived_closed as closed using (item_seq)
    group by all
),

summed as (
    select
        source,
        policy_no,
        set_aside as set_aside_here,
        sum(set_aside) over of_source as all_set_aside,
        sum(arrived) over of_source as all_arrived,
    from counted
    window of_source as (partition by source)
)

select source, policy_no, all_set_aside::bigint as all_set_aside, all_arrived::bigint as all_arrived
from summed
where all_arrived >= $few and 2 * all_set_aside > all_arrived and set_aside_here > 0
order by source, policy_no

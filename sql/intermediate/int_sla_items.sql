-- int_sla_items: the items of which this run may change what marts.fct_sla and marts.fct_waits say: newly decided, with
-- news of their activities, or with a clock that has run out since.
-- kind: temp
-- grain: one row per item
-- columns:
--   item_seq: the item
with

decided as (
    select item_seq from marts.fct_decisions where run_id = getvariable('run_id')
),

owned as (
    select item_seq from marts.fct_ownership where run_id = getvariable('run_id')
),

active as (
    select item_seq from intermediate.int_item_activities where run_id = getvariable('run_id')
),

missed as (
    select item_seq from marts.fct_breaches where run_id = getvariable('run_id')
),

run_out as (
    select item_seq
    from marts.fct_sla
    where (status = 'running' and due_at < getvariable('new_frontier_at'))
        or (resolve_status = 'running' and resolve_due_at < getvariable('new_frontier_at'))
),

final as (
    select item_seq from decided
    union
    select item_seq from owned
    union
    select item_seq from active
    union
    select item_seq from missed
    union
    select item_seq from run_out
)

select item_seq from final

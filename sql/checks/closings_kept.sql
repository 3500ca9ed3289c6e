-- closings_kept: every closing and return that this run heard of is kept; and what is closed has an end, and waits for nobody.
-- kind: check
with

heard as (
    select item_seq, kind from int_item_events where kind in ('close', 'return', 'withdraw')
),

kept as (
    select item_seq, kind
    from intermediate.int_item_activities
    where kind in ('close', 'return', 'withdraw') and run_id = getvariable('run_id')
),

-- What is open again has owners and waits once more.
closed as (
    select item_seq from kept where item_seq not in (select item_seq from int_reopened_at)
),

final as (
    select item_seq from heard anti join kept using (item_seq, kind)
    union all
    select item_seq
    from marts.fct_sla
    semi join closed using (item_seq)
    where ended_at is null or cleared_at is null
    union all
    select item_seq
    from marts.fct_waits
    semi join closed using (item_seq)
    where kind = 'queue' and until_at is null
)

select * from final

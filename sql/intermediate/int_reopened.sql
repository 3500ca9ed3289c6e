-- int_reopened: items that this run finds open again after they were closed; news that change nothing are left out.
-- kind: temp
-- grain: one row per item and time that it is open again
-- columns as: int_reopenings
-- columns:
--   closed_at: when it had been closed
--   reopens: 1: its last owner has it again, if there; 2: it is decided as one that has just come
with

closings as (
    select item_seq, ingest_batch, occurred_at, at_at
    from intermediate.int_item_activities
    where kind in ('close', 'return') and item_seq in (select item_seq from int_reopenings)
    union all
    select item_seq, ingest_batch, occurred_at, at_at from int_item_events where kind in ('close', 'return')
),

ended as (
    select
        reopenings.*,
        max(closings.ingest_batch) as closed_batch,
        arg_max(closings.occurred_at, (closings.ingest_batch, closings.at_at)) as closed_at,
    from int_reopenings as reopenings
    inner join closings
        on closings.item_seq = reopenings.item_seq and closings.ingest_batch < reopenings.ingest_batch
        and closings.at_at <= reopenings.decided_at
    group by all
),

-- A row of a feed whose status says nothing of closings may not know of them.
said as (
    select * from ended where is_by_row or occurred_at > closed_at
),

known as (
    select item_seq, ingest_batch
    from intermediate.int_item_activities
    where kind = 'reopen' and item_seq in (select item_seq from said)
    union all
    select item_seq, ingest_batch from said
),

final as (
    select
        said.* exclude (closed_batch) replace (greatest(occurred_at, closed_at) as occurred_at),
        if(
            reopens_to = 'owner'
            and epoch_us(greatest(occurred_at, closed_at)) - epoch_us(closed_at) <= reopens_within * 1000000, 1, 2
        ) as reopens,
    from said
    anti join known as before
        on before.item_seq = said.item_seq and before.ingest_batch < said.ingest_batch
        and before.ingest_batch > said.closed_batch
)

select * from final

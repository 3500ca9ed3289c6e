-- user_gaps: users that full lists miss, from when on, and since when they have left.
-- kind: query
-- step: owners
-- grain: one row per user and stretch
-- by: rows of int_unlisted
select
    gaps.list_key as user_id,
    greatest(
        begun.effective_at, if(getvariable('is_live') and begun.effective_at is not null, begun.known_at, null)
    ) as effective_at,
    greatest(
        ended.effective_at, if(getvariable('is_live') and ended.effective_at is not null, ended.known_at, null)
    ) as back_at,
    greatest(
        gone.effective_at, if(getvariable('is_live') and gone.effective_at is not null, gone.known_at, null)
    ) as left_at,
from int_unlisted as gaps
inner join ops.batches as begun on begun.ingest_batch = gaps.from_batch
left join ops.batches as ended on ended.ingest_batch = gaps.until_batch
left join ops.batches as gone on gone.ingest_batch = gaps.left_batch
where gaps.canonical_table = 'users'
order by all

-- int_refused_items: item rows of this run that were set aside, each with the first rule it broke.
-- kind: temp
-- grain: one row per refused row of an items feed
-- columns:
--   item_id: as delivered, when it could be read
--   code: code of the first rule broken, in the order the rules are checked
with

by_suites as (
    select file_id, row_number, code
    from refused_rows
    where suite = 'staged_items'
),

by_readers as (
    select file_id, row_number, min(code) as code
    from int_run_refusals
    where suite = 'reader'
    group by all
),

refused as (
    select * from by_suites
    union all
    select * from by_readers
),

ids as (
    select file_id, row_number, any_value(item_id) as item_id
    from int_run_refusals
    group by all
),

final as (
    select
        files.source,
        ids.item_id,
        refused.file_id,
        refused.row_number,
        feeds.object_type,
        files.delivered_at as ingested_at,
        files.ingest_batch,
        refused.code,
    from refused
    inner join ops.ingested_files as files using (file_id)
    inner join int_feeds as feeds on feeds.source = files.source and feeds.canonical_table = 'items'
    left join ids using (file_id, row_number)
)

select * from final

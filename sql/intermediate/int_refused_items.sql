-- int_refused_items: item rows of this run that were set aside, each with the first rule it broke.
-- kind: temp
-- grain: one row per refused row of an items feed
-- columns:
--   item_id: as delivered, when it could be read
--   code: code of the first rule broken, in the order the rules are checked
with

refused as (
    select
        source,
        file_id,
        row_number,
        first(item_id order by rule_order) as item_id,
        first(code order by rule_order) as code,
    from (
        select *, row_number() over () as rule_order
        from ops.quarantine
        where run_id = getvariable('run_id')
    )
    group by all
),

final as (
    select
        refused.source,
        refused.item_id,
        refused.file_id,
        refused.row_number,
        feeds.object_type,
        files.delivered_at as ingested_at,
        files.ingest_batch,
        refused.code,
    from refused
    inner join int_feeds as feeds on feeds.source = refused.source and feeds.canonical_table = 'items'
    inner join ops.ingested_files as files using (file_id)
)

select * from final

-- tied_records: ids that come several times in one delivery with different values, and where the first stands.
-- kind: query
-- step: owners
-- grain: one row
with

-- Without an id opportunities are distinguished by their place, so that two are never one.
delivered as (
    from staged_<table> where not starts_with(<record>_id, 'without id:')
),

several as (
    select <record>_id from delivered group by all having count(*) > 1
),

newest as (
    select <record>_id, ingest_batch, row_hash, file_id, row_number
    from delivered
    semi join several using (<record>_id)
    qualify rank() over (partition by <record>_id, ingest_batch order by updated_at desc nulls last) = 1
),

tied as (
    select min((files.file_name, newest.row_number, files.source)) as place
    from newest
    inner join ops.ingested_files as files using (file_id)
    group by <record>_id, newest.ingest_batch
    having count(distinct newest.row_hash) > 1
)

select count(*), min(place) from tied

-- tied_history: changes of owner that give one item to several users at once by one delivery, and where the first
-- stands.
-- kind: query
-- step: owners
-- grain: one row
with

-- Some exports tell of a change twice, once with the id and once with the name of the owner: only users can tie.
delivered as (
    from staged_ownership_history where owner_id in (select user_id from int_known_users)
),

several as (
    select object_type, item_id, from_at from delivered group by all having count(*) > 1
),

newest as (
    select object_type, item_id, from_at, ingest_batch, row_hash, file_id, row_number
    from delivered
    semi join several using (object_type, item_id, from_at)
    qualify rank() over (partition by object_type, item_id, from_at, ingest_batch order by updated_at desc nulls last) = 1
),

tied as (
    select min((files.file_name, newest.row_number, files.source)) as place
    from newest
    inner join ops.ingested_files as files using (file_id)
    group by object_type, item_id, from_at, newest.ingest_batch
    having count(distinct newest.row_hash) > 1
)

select count(*), min(place) from tied

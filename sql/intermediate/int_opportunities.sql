-- int_opportunities: versions of each opportunity, with the deliveries each version was known for.
-- kind: temp
-- grain: one row per opportunity_id and delivery that told something newer than what was known
-- by: key(opportunity_id)
-- columns:
--   from_batch: first ingest_batch that knows this version
--   until_batch: first ingest_batch that knows a later one (exclusive)
with

final as (
    select
        * exclude (file_id, row_number, row_hash, ingest_batch),
        ingest_batch as from_batch,
        coalesce(
            lead(ingest_batch) over (partition by opportunity_id order by ingest_batch),
            9223372036854775807
        ) as until_batch,
    from int_opportunity_versions
)

select * from final

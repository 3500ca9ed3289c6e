-- int_accounts: versions of each account, with the deliveries each version was known for.
-- kind: temp
-- grain: one row per account_id and delivery that brought it
-- columns:
--   from_batch: first ingest_batch that knows this version
--   until_batch: first ingest_batch that knows a later one (exclusive)
with

newest_of_batch as (
    select *
    from staging.stg_accounts
    qualify row_number() over (
        partition by account_id, ingest_batch
        order by row_hash, file_id, row_number
    ) = 1
),

final as (
    select
        * exclude (file_id, row_number, row_hash, ingest_batch),
        ingest_batch as from_batch,
        coalesce(
            lead(ingest_batch) over (partition by account_id order by ingest_batch),
            9223372036854775807
        ) as until_batch,
    from newest_of_batch
)

select * from final

-- int_accounts: versions of each account, with the deliveries each version was known for.
-- kind: temp
-- grain: one row per account_id and stretch of deliveries that know the same of it
-- by: key(account_id)
-- columns:
--   from_batch: first ingest_batch that knows this version
--   until_batch: first ingest_batch that knows a later one (exclusive)
with

known as (
    select
        * exclude (file_id, row_number, row_hash, ingest_batch),
        ingest_batch as from_batch,
        coalesce(
            lead(ingest_batch) over (partition by account_id order by ingest_batch),
            9223372036854775807
        ) as until_batch,
    from int_account_versions
),

-- What full lists have missed at some time is known in the deliveries that name it.
final as (
    select
        known.* replace (
            greatest(known.from_batch, coalesce(listed.from_batch, known.from_batch)) as from_batch,
            least(known.until_batch, coalesce(listed.until_batch, known.until_batch)) as until_batch
        ),
    from known
    left join int_listed_stretches as listed
        on listed.canonical_table = 'accounts' and listed.list_key = known.account_id
    where greatest(known.from_batch, coalesce(listed.from_batch, known.from_batch))
        < least(known.until_batch, coalesce(listed.until_batch, known.until_batch))
)

select * from final

-- int_listed_stretches: of who and what full lists have missed at some time, the deliveries in which they name it.
-- kind: temp
-- grain: one row per table, key and stretch of deliveries
-- key: canonical_table, list_key, from_batch
-- by: key(list_key)
-- columns:
--   canonical_table: users, accounts, contacts, opportunities or absences
--   list_key: id of the user, account, contact or opportunity, key of the absence
--   from_batch: first ingest_batch of the stretch
--   until_batch: the ingest_batch that misses it (exclusive)
with

ends as (
    select
        canonical_table,
        list_key,
        coalesce(lag(until_batch) over (partition by canonical_table, list_key order by from_batch), 0) as from_batch,
        from_batch as until_batch,
    from int_unlisted
    union all
    select canonical_table, list_key, max(until_batch), 9223372036854775807 from int_unlisted group by all
)

select * from ends where from_batch < until_batch

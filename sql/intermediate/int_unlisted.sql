-- int_unlisted: who and what full lists no longer name, from which delivery on, and until which.
-- A list is all files of a source with one delivered_at; the latest counts. Of one that is incomplete, because a file was
-- refused or a row does not tell whom it is about, nobody is missing. Who is in the lists of several sources is missing
-- when all of them miss it.
-- kind: temp
-- grain: one row per table, key and stretch of deliveries
-- key: canonical_table, list_key, from_batch
-- columns:
--   canonical_table: users, accounts, contacts, opportunities or absences
--   list_key: id of the user, account, contact or opportunity, key of the absence
--   from_batch: first ingest_batch that knows it to be missing
--   until_batch: first ingest_batch that names it again (exclusive); the greatest number where none does
--   left_batch: ingest_batch by which it was missing leave_after times in a row; null where it was not
with

files as (
    select files.source, files.file_id, files.file_name, files.delivered_at, files.ingest_batch, files.rejected_count
    from ops.ingested_files as files
    semi join (from int_feeds where is_full_list) as feeds using (source)
    semi join ops.batches using (ingest_batch)
),

keys as (
    select canonical_table, source, file_id, list_key from int_listed_rows
    union all
    select feeds.canonical_table, refused.source, refused.file_id, refused.list_key
    from intermediate.int_refused_keys as refused
    inner join int_feeds as feeds using (source)
),

incomplete as (
    select source, delivered_at from files where rejected_count > 0
    union
    select files.source, files.delivered_at from keys inner join files using (file_id) where keys.list_key is null
    union
    -- A file that was refused and then delivered again under its name is not missing.
    select source, delivered_at
    from ops.ingested_files as refused
    anti join files using (source, file_name)
    where refused.status = 'refused'
),

lists as (
    select distinct files.source, files.ingest_batch, files.delivered_at, incomplete.source is null as is_complete
    from files
    left join incomplete using (source, delivered_at)
),

points as (
    select *
    from lists
    qualify delivered_at >= max(delivered_at) over (partition by source order by ingest_batch)
),

numbered as (
    select
        points.*,
        feeds.leave_after,
        row_number() over by_batch as place,
        count(distinct if(is_complete, delivered_at, null)) over by_batch as list_count,
    from points
    inner join int_feeds as feeds using (source)
    window by_batch as (partition by points.source order by ingest_batch)
),

named as (
    select distinct
        keys.canonical_table, keys.list_key, points.source, points.place, points.ingest_batch, points.list_count,
        points.leave_after,
    from numbered as points
    inner join files
        on files.source = points.source and files.delivered_at = points.delivered_at
        and files.ingest_batch <= points.ingest_batch
    inner join keys on keys.file_id = files.file_id
    where keys.list_key is not null
),

followed as (
    select
        *,
        lead(place) over by_place as next_place,
        lead(ingest_batch) over by_place as next_batch,
    from named
    window by_place as (partition by canonical_table, source, list_key order by place)
),

gaps as (
    select
        followed.canonical_table,
        followed.list_key,
        followed.source,
        followed.place,
        coalesce(any_value(followed.next_batch), 9223372036854775807) as until_batch,
        min(points.ingest_batch) as from_batch,
        min(points.ingest_batch) filter (
            points.list_count >= followed.list_count + followed.leave_after
        ) as left_batch,
    from followed
    inner join numbered as points
        on points.source = followed.source and points.is_complete and points.place > followed.place
        and (followed.next_place is null or points.place < followed.next_place)
    group by followed.canonical_table, followed.list_key, followed.source, followed.place
),

source_counts as (
    select 'users' as canonical_table, user_id as list_key, count(distinct source) as source_count
    from staging.stg_users
    group by all
    union all
    select 'accounts', account_id, count(distinct source) from staging.stg_accounts group by all
    union all
    select 'contacts', contact_id, count(distinct source) from staging.stg_contacts group by all
    union all
    select 'opportunities', opportunity_id, count(distinct source) from staging.stg_opportunities group by all
),

edges as (
    select canonical_table, list_key, from_batch as at_batch, 1 as missing, left_batch from gaps
    union all
    select canonical_table, list_key, until_batch, -1, null from gaps
),

swept as (
    select
        canonical_table,
        list_key,
        at_batch,
        sum(sum(missing)) over by_batch as missing,
        lead(at_batch) over by_batch as until_batch,
    from edges
    group by canonical_table, list_key, at_batch
    window by_batch as (partition by canonical_table, list_key order by at_batch)
),

stretches as (
    select swept.canonical_table, swept.list_key, swept.at_batch as from_batch, swept.until_batch
    from swept
    left join source_counts using (canonical_table, list_key)
    where swept.missing >= coalesce(source_counts.source_count, 1) and swept.at_batch < swept.until_batch
),

final as (
    select
        stretches.canonical_table,
        stretches.list_key,
        stretches.from_batch,
        stretches.until_batch,
        case
            when count(*) filter (gaps.left_batch is null) = 0
                and max(gaps.left_batch) < stretches.until_batch
                then greatest(max(gaps.left_batch), stretches.from_batch)
        end as left_batch,
    from stretches
    inner join gaps
        on gaps.canonical_table = stretches.canonical_table and gaps.list_key = stretches.list_key
        and gaps.from_batch <= stretches.from_batch and gaps.until_batch >= stretches.until_batch
    group by stretches.canonical_table, stretches.list_key, stretches.from_batch, stretches.until_batch
)

select * from final order by canonical_table, list_key, from_batch

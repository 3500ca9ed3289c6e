-- int_again_rows: newer rows of items that an earlier delivery brought and that may have been set aside, or closed, or may
-- wait: they are looked at once more. Of several rows of an item in one delivery the newest; none that is older than one
-- delivered before, and none that says that the item is closed. Beside what may belong elsewhere now stands the row before.
-- Where a policy version begins with other territories or skills, what may wait is looked at once more by both versions.
-- kind: temp
-- grain: one row per such row
-- columns:
--   file_id: delivered file
--   row_number: record in the file
--   source: feed that delivered it
--   ingest_batch: delivery it came with; of a row before that of the newer one
--   place: number of the row, from 1
--   purpose: what it may say of its item: qualify (it was set aside), reopen (it was closed), reroute (it waits, and belongs
--     elsewhere now), or before (the row before the newer one of purpose reroute); version (what is known of an item that
--     may wait as a policy version begins), or version_before (the same row, by the version before)
--   version_at: when that version begins; null for newer rows
--   is_by_row: the row delivered before it says that the item is closed; null where it does not come to that
--   is_closed: this run reaches the close of its delivery; otherwise it waits for a later one
with

told as (
    select file_id, row_number, source, item_id from int_arrivals where role = 'repeated'
    union all
    select rows.file_id, rows.row_number, rows.source, rows.item_id
    from staging.stg_items as rows
    semi join (from intermediate.int_waiting_news where is_again) as waiting using (file_id, row_number)
),

set_aside as (
    select source, item_id
    from int_earlier_items
    where outcome = 'disqualified'
        and item_seq not in (
            select item_seq from intermediate.int_item_activities where kind in ('close', 'return')
        )
        and outcome_reason <> 'withdrawn'
    union all
    select source, item_id from int_arrivals where role = 'due'
),

-- Whether an item was closed by what happened to it is known later.
ended as (
    select items.source, items.item_id
    from int_earlier_items as items
    semi join (
        from intermediate.int_item_activities where kind in ('close', 'return')
    ) as closings using (item_seq)
    where items.outcome_reason is distinct from 'withdrawn'
    union
    select source, item_id from int_closing_rows
    union
    select told.source, told.item_id
    from told
    semi join (
        select item_id from staged_activities where kind in ('status_change', 'stage_change')
        union
        select item_id from intermediate.int_waiting_activities where kind in ('status_change', 'stage_change')
    ) as changes using (item_id)
),

-- What arrives in this run may wait by the time its newer row comes; and what the router follows, if its owner goes.
waiting as (
    select source, item_id
    from int_earlier_items
    where outcome in ('held', 'queued')
        or item_seq in (select item_seq from ops.router_open)
        or (getvariable('takes_back') and (outcome = 'assigned' or outcome_reason in ('survivor', 'reopened')))
    union all
    select source, item_id from int_arrivals where role = 'due'
),

wanted as (
    select source, item_id, 'qualify' as purpose
    from told
    semi join set_aside using (source, item_id)
    where getvariable('looks_again')
    group by all
    union all
    select source, item_id, 'reopen' as purpose
    from told
    semi join ended using (source, item_id)
    where getvariable('looks_reopened')
    group by all
    union all
    select source, item_id, 'reroute' as purpose
    from told
    semi join waiting using (source, item_id)
    where getvariable('looks_rerouted')
    group by all
),

versions as (
    select
        rows.file_id, rows.row_number, rows.source, rows.item_id, rows.ingest_batch, rows.updated_at, rows.row_hash,
        rows.closed_at is not null or coalesce(rows.is_converted, false) or coalesce(rows.is_deleted, false)
            or coalesce(
                word_of(rows.status) in (select unnest(closing_statuses) from int_event_words), false
            ) as is_closing,
        rows.status is not null and rows.updated_at is not null as says_open,
        rows.route_hash,
    from (
        select
            *,
            hash(*columns(* exclude (
                file_id, row_number, ingest_batch, row_hash, updated_at, status, closed_at, is_converted, is_deleted, owner_id
            ))) as route_hash,
        from staging.stg_items
        semi join wanted using (source, item_id)
    ) as rows
    semi join wanted using (source, item_id)
    qualify row_number() over (
        partition by rows.source, rows.item_id, rows.ingest_batch
        order by rows.updated_at desc nulls last, rows.row_hash, rows.file_id, rows.row_number
    ) = 1
),

-- What was withdrawn by then is nothing to go by.
compared as (
    select
        versions.file_id,
        versions.row_number,
        any_value(versions.source) as source,
        any_value(versions.item_id) as item_id,
        any_value(versions.ingest_batch) as ingest_batch,
        any_value(versions.row_hash) as row_hash,
        any_value(versions.updated_at) as updated_at,
        arg_max(earlier.row_hash, earlier.ingest_batch) as last_hash,
        max(earlier.updated_at) as last_updated_at,
        any_value(versions.is_closing) as is_closing,
        any_value(versions.says_open) as says_open,
        arg_max(earlier.is_closing, earlier.ingest_batch) as was_closing,
        any_value(versions.route_hash) as route_hash,
        arg_max(earlier.route_hash, earlier.ingest_batch) as last_route_hash,
        arg_max(earlier.file_id, earlier.ingest_batch) as last_file_id,
        arg_max(earlier.row_number, earlier.ingest_batch) as last_row_number,
    from versions
    left join (
        select versions.*, coalesce(withdrawn.from_batch, 9223372036854775807) as gone_batch
        from versions
        left join ops.withdrawn_files as withdrawn using (file_id)
    ) as earlier
        on earlier.source = versions.source and earlier.item_id = versions.item_id
        and earlier.ingest_batch < versions.ingest_batch and versions.ingest_batch < earlier.gone_batch
    group by versions.file_id, versions.row_number
),

newer as (
    select
        compared.file_id, compared.row_number, compared.source, compared.ingest_batch, wanted.purpose,
        was_closing as is_by_row, last_file_id, last_row_number,
    from compared
    inner join wanted using (source, item_id)
    semi join told using (file_id, row_number)
    anti join int_closing_rows as closing using (file_id, row_number)
    where row_hash is distinct from last_hash and coalesce(updated_at >= last_updated_at, true)
        and case wanted.purpose
            when 'reopen' then not is_closing and (was_closing or says_open)
            when 'reroute' then not is_closing and route_hash <> last_route_hash
            else true
        end
),

closes as (
    select newer.*, files.delivered_at <= getvariable('until_at') as is_closed
    from newer
    inner join ops.ingested_files as files using (file_id)
),

begun as (
    select policies.from_at as version_at
    from int_policies as policies
    inner join int_update_rules as rules using (policy_no)
    where rules.reroutes and rules.changes_routes and policies.from_at <= getvariable('until_at')
        and (getvariable('frontier_at') is null or policies.from_at > getvariable('frontier_at'))
),

-- What is known of each item by then; of one that is delivered later, and counts before, the row that decides it.
known as (
    select rows.file_id, rows.row_number, rows.source, rows.item_id, rows.ingest_batch, rows.updated_at, begun.version_at
    from staging.stg_items as rows
    semi join waiting using (source, item_id)
    cross join begun
    left join int_batches as batches using (ingest_batch)
    left join ops.withdrawn_files as withdrawn using (file_id)
    left join int_batches as gone on gone.ingest_batch = withdrawn.from_batch
    where getvariable('is_begun') and rows.created_at < begun.version_at
        and (batches.closes_at is null or batches.closes_at <= begun.version_at)
        and (withdrawn.file_id is null or gone.closes_at > begun.version_at)
    union all by name
    select file_id, row_number, source, item_id, ingest_batch, null::timestamptz as updated_at, version_at
    from int_arrivals
    inner join int_batches as batches using (ingest_batch)
    cross join begun
    where getvariable('is_begun') and role = 'due' and created_at < version_at and batches.closes_at > version_at
),

ordered as (
    select
        *,
        max(updated_at) over (
            partition by source, item_id, version_at order by ingest_batch
            range between unbounded preceding and current row
        ) as newest_at,
    from known
),

latest as (
    select file_id, row_number, source, ingest_batch, version_at
    from ordered
    where updated_at is null or updated_at >= newest_at
    qualify row_number() over (
        partition by source, item_id, version_at
        order by ingest_batch desc, updated_at desc nulls last, file_id, row_number
    ) = 1
),

-- By what was known of it before it belonged there.
looked_at as (
    select file_id, row_number, source, ingest_batch, purpose, is_by_row, is_closed, null::timestamptz as version_at
    from closes
    union all
    select last_file_id, last_row_number, source, ingest_batch, 'before', is_by_row, is_closed, null::timestamptz
    from closes
    where purpose = 'reroute'
    union all
    select
        file_id, row_number, source, ingest_batch, unnest(['version', 'version_before']), null::boolean, true, version_at,
    from latest
),

final as (
    select
        *,
        row_number() over (
            order by
                ingest_batch, file_id, row_number, version_at nulls first,
                list_position(['qualify', 'reopen', 'reroute', 'before', 'version', 'version_before'], purpose)
        ) as place,
    from looked_at
)

select * from final

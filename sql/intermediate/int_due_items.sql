-- int_due_items: the items this run decides, in canonical order, each with the instant and the policy it is decided by.
-- kind: temp
-- grain: one row per item
-- columns:
--   item_seq: place in the canonical order (ingest_batch, created_at, source, item_id, in which runs of digits are numbers
--     and equal numbers texts); gapless over all runs
--   file_id: file of the row the item is decided by
--   row_number: its record in that file
--   decided_at: created_at, or the frontier when the item came late; of a live source not before known_at
--     of a newer row known_at; as a policy version begins that instant, and the one before it by the version before
--   known_at: when its delivery closed
--   is_live: its source's items are decided once delivered
--   policy_no: policy version in force at decided_at
with

due as (
    select
        arrivals.file_id,
        arrivals.row_number,
        batches.known_at,
        feeds.is_live,
        greatest(arrivals.created_at, batches.frontier_at, if(feeds.is_live, batches.known_at, null)) as decided_at,
        row_number() over (
            order by
                arrivals.ingest_batch, arrivals.created_at, arrivals.source, natural_order(arrivals.item_id),
                arrivals.item_id
        ) + getvariable('last_item_seq') as item_seq,
    from int_arrivals as arrivals
    left join int_batches as batches on batches.ingest_batch = arrivals.ingest_batch
    inner join int_feeds as feeds on feeds.source = arrivals.source
    where arrivals.role = 'due'
    union all
    -- Whether it decides its item again is told by the rules; until then such a row has a number below 0.
    select
        again.file_id,
        again.row_number,
        coalesce(again.version_at, batches.known_at) as known_at,
        feeds.is_live,
        case again.purpose
            when 'version' then again.version_at
            when 'version_before' then again.version_at - interval 1 microsecond
            else least(batches.known_at, batches.closes_at)
        end as decided_at,
        -again.place as item_seq,
    from int_again_rows as again
    left join int_batches as batches using (ingest_batch)
    inner join int_feeds as feeds using (source)
),

-- Only what later steps read: rows of the staging layer are wide, and are found again by file and record.
item_rows as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        item_id,
        object_type,
        created_at,
        email,
        other_emails,
        domain,
        email_domain,
        country,
        country_code,
        needed_skills,
        product_interest,
        source_channel,
        campaign,
        tier,
        priority,
        owner_id,
        account_id,
        contact_id,
    from staging.stg_items
    where file_id >= (select min(file_id) from due)
),

final as (
    select
        due.item_seq,
        due.decided_at,
        due.known_at,
        due.is_live,
        policies.policy_no,
        item_rows.*,
    from due
    inner join item_rows using (file_id, row_number)
    inner join int_policies as policies
        on due.decided_at >= policies.from_at and due.decided_at < policies.until_at
)

select * from final

-- marts.fct_items: every item that came in, with the one outcome it has now. Refused rows are items too; further rows
-- of an item already here (exact repeats, newer versions) are counted per file in ops.ingested_files instead.
-- kind: table
-- changes: rewritten by item_seq
-- grain: one row per item; refused rows have item_seq null and are one row each
-- masks: item_id id, duplicate_of id, account_id id, contact_id id, owner_id user, delivered_owner_id user,
--   source_channel word, campaign word, product_interest word, tier word, country country
-- columns:
--   item_seq: number in canonical order, gapless from 1; null for refused rows
--   source: feed that delivered it
--   item_id: id in the source, as delivered for refused rows
--   object_type: <<object_types>>
--   file_id: delivered file of the row the item came with
--   row_number: record in that file, from 1
--   created_at: when the source says it was created
--   ingested_at: when the file was delivered
--   ingest_batch: number of the delivery
--   known_at: when its delivery closed: nobody could know of it before; null where an earlier version decided it
--   decided_at: instant the item was first decided: created_at, or the frontier for late ones; of a source with decide:
--     delivered not before known_at; of one that was set aside and qualifies later the close of the delivery that says so
--   policy_version: version in force at decided_at
--   person_id: identity the item belongs to
--   duplicate_of: item_id this one was folded into
--   duplicate_of_source: source of that item
--   account_id: account as delivered or found by contact or domain
--   contact_id: contact as delivered or found by e-mail
--   territory_id: rule that chose the pool; null for the catch-all or when settled before
--   pool_id: pool whose rotation decides, or decided last; null when settled before
--   outcome: <<item_outcomes>>
--   outcome_reason: the rule, claim, flag, cause or code behind the outcome
--   route_flag: what was noted on the way to the rotation: owner_inactive, owner_unknown, skill_unknown, country_unknown
--   owner_id: who has it now; of a duplicate who has the item it was folded into
--   assigned_at: when that owner got it; null for duplicates
--   told_at: when that owner could know it: the instant of the run, or with run_instant last_record of the close; null
--     where nobody has it, it was closed by then, or an earlier version decided it
--   first_assigned_at: when its first owner got it
--   queue_id: queue it is in
--   tied_owner_count: existing owners with a claim of the same rank, where the item was kept
--   source_channel: as delivered; published as hash: and a keyed hash where nothing declares the value
--   campaign: likewise
--   country: two-letter code, or the text as delivered where unknown, published as a keyed hash
--   product_interest: like source_channel
--   tier: like source_channel
--   priority: order in the hold queue, lowest first
--   delivered_owner_id: owner named in the delivered row itself; by name or address it is the user the users feed then
--     had by it, else a keyed hash where published
--   run_id: run that last changed the row
with

-- What belonged elsewhere before it was anybody's stands as it is there.
due as (
    select due.* replace (coalesce(rerouted.priority, due.priority) as priority)
    from int_due_items as due
    left join int_rerouted as rerouted using (item_seq)
),

routing as (
    select
        routing.* exclude (policy_no) replace (
            if(rerouted.item_seq is null, routing.territory_id, rerouted.territory_id) as territory_id,
            if(rerouted.item_seq is null, routing.route_flag, rerouted.route_flag) as route_flag
        ),
    from int_routing as routing
    left join int_rerouted as rerouted using (item_seq)
),

contexts as (
    select item_seq, contact_id, account_id from int_item_contexts
),

files as (
    select file_id, delivered_at from ops.ingested_files
),

ends as (
    select * from int_item_ends
),

kept_tellings as (
    select item_seq, told_at from int_tellings where decision_seq is null
),

last_recorded as (
    select item_seq, owner_id, from_at from int_history_intervals where is_last
),

survivors as (
    select item_seq, source, item_id from int_survivors
),

decided as (
    select
        due.item_seq,
        due.source,
        due.item_id,
        due.object_type,
        coalesce(again.file_id, due.file_id) as file_id,
        coalesce(again.row_number, due.row_number) as row_number,
        due.created_at,
        files.delivered_at as ingested_at,
        due.ingest_batch,
        due.known_at,
        due.decided_at,
        policies.version as policy_version,
        routing.person_id,
        survivors.item_id as duplicate_of,
        survivors.source as duplicate_of_source,
        contexts.account_id,
        contexts.contact_id,
        if(ends.is_kept_first, null, routing.territory_id) as territory_id,
        ends.pool_id,
        coalesce(ends.outcome, routing.outcome) as outcome,
        case
            when ends.outcome_reason = 'manual' then 'manual'
            when ends.outcome = 'assigned' then coalesce(routing.route_flag, ends.outcome_reason)
            else coalesce(ends.outcome_reason, routing.outcome_reason)
        end as outcome_reason,
        routing.route_flag,
        if(ends.outcome is null, coalesce(last_recorded.owner_id, routing.owner_id), ends.owner_id) as owner_id,
        case
            when ends.outcome is not null then ends.assigned_at
            when routing.outcome = 'kept' then coalesce(last_recorded.from_at, due.decided_at)
        end as assigned_at,
        if(ends.outcome is null, kept_tellings.told_at, ends.told_at) as told_at,
        if(routing.outcome = 'kept', due.decided_at, ends.first_assigned_at) as first_assigned_at,
        ends.queue_id,
        routing.tied_owner_count,
        due.source_channel,
        due.campaign,
        due.country,
        due.product_interest,
        due.tier,
        due.priority,
        delivered_owners.owner_id as delivered_owner_id,
    from due
    inner join routing using (item_seq)
    inner join contexts using (item_seq)
    inner join files using (file_id)
    inner join int_policies as policies using (policy_no)
    left join ends using (item_seq)
    left join int_again as again using (item_seq)
    left join last_recorded using (item_seq)
    left join kept_tellings using (item_seq)
    left join int_delivered_owners as delivered_owners using (item_seq)
    left join survivors on survivors.item_seq = routing.duplicate_of_seq
),

refused as (
    select
        source,
        item_id,
        file_id,
        row_number,
        object_type,
        ingested_at,
        ingest_batch,
        'quarantined' as outcome,
        code as outcome_reason,
    from int_refused_items
),

final as (
    select * from decided
    union all by name
    select * from refused
)

select *, getvariable('run_id') as run_id from final order by item_seq nulls last, file_id, row_number

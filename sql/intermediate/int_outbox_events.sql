-- int_outbox_events: what happened in this run that somebody else may have to be told.
-- kind: temp
-- grain: one row per item that got an owner, went to a queue or waits for long, and per step of a target, or decline,
-- that tells somebody
-- columns:
--   event_key: what makes it one thing, whichever run finds it out
--   what: given (the item has a new owner), queued, duplicate (its person asked again), held (it has waited so long that somebody is to hear of it), breach
--     (the manager is told, also of an owner who declined), remind, alternate_channel, withdrawn or reopened (its owner's
--     manager is told that it is open again, time after time)
--   decision_id: router decision behind it; null for kept items and breaches
--   item_seq: the item; likewise source, item_id and object_type
--   pool_id: pool it is about; null for kept items
--   policy_version: the version in force; null for kept items and breaches
--   owner_id: the new owner; of a breach the owner at that time; null in a queue
--   manager_id: of a breach who is told above that owner at that time; null when nobody is there
--   level: of a breach which manager up
--   previous_owner_id: who lost the item
--   queue_id: the queue it went to
--   reason: why: rotation, redo, a claim of an existing owner, nobody, hold_expired, waited, breach, decline, departed, away,
--     idle, withdrawn or reopened
--   outcome: what came of a breach
--   target: the service level that runs or was missed, and due_at its instant
--   created_at: when it happened
--   is_new_to_crm: the delivered item does not name this owner, or may not any more
--   told: what every message about it says, as JSON without its opening brace
with

decisions as (
    select
        decision_id as event_key,
        case kind when 'queue' then 'queued' when 'alert' then 'held' else 'given' end as what,
        decision_id,
        item_seq,
        pool_id,
        policy_version,
        if(kind = 'queue', null, member_id) as owner_id,
        previous_member_id as previous_owner_id,
        if(kind = 'queue', sent_to, null) as queue_id,
        case kind when 'assign' then 'rotation'
            when 'keep' then if(decision_seq in (select decision_seq from int_owner_ends where is_reopening), 'reopened', 'survivor')
            when 'redo' then 'redo' else cause end
            as reason,
        target,
        if(kind = 'alert', null, due_at) as due_at,
        decided_at as created_at,
        kind in (<<moving_kinds>>, 'queue') as is_moved,
    from marts.fct_decisions
    where run_id = getvariable('run_id')
        and kind in (<<told_kinds>>, 'queue', 'alert')
),

-- As they came, whoever has them now: what the rotation does with them later is a decision.
kept as (
    select
        concat_ws(chr(31), 'kept', due.source, due.item_id, routing.owner_id, epoch_us(due.decided_at)) as event_key,
        'given' as what,
        due.item_seq,
        routing.owner_id,
        routing.outcome_reason as reason,
        due.decided_at as created_at,
        false as is_moved,
    from int_routing as routing
    inner join int_due_items as due using (item_seq)
    -- Of owners that the item itself or the history names nobody needs to be told: it is where they were told of.
    where routing.outcome = 'kept' and routing.outcome_reason not in ('history', 'item_owner')
),

breaches as (
    select
        -- Of the first manager at the due instant as it was when there were no other steps.
        concat_ws(
            chr(31), kind, source, item_id, member_id, epoch_us(decided_at), nullif(level, 1),
            if(step in ('remind', 'alternate_channel'), step, null), nullif(target_kind, 'first_touch')
        ) as event_key,
        if(is_notified, 'breach', step) as what,
        item_seq,
        pool_id,
        member_id as owner_id,
        kind as reason,
        coalesce(level, 1) as level,
        outcome,
        target,
        due_at,
        decided_at as created_at,
    from marts.fct_breaches
    where run_id = getvariable('run_id') and (is_notified or step in ('remind', 'alternate_channel'))
        and outcome <> 'waits'
    -- Who is told of several steps of one instant is told once, of the last of them.
    qualify row_number() over (partition by event_key order by step_no desc nulls last) = 1
),

-- Whoever gets the item afterwards is told of it as a whole. Of one that was converted nobody asks again.
duplicates as (
    select
        concat_ws(
            chr(31), 'duplicate', items.owner_id, routing.person_id, epoch_us(batches.known_at)
        ) as event_key,
        'duplicate' as what,
        arg_min(survivors.item_seq, survivors.item_seq) as item_seq,
        items.owner_id,
        'same_person' as reason,
        max(due.decided_at) as created_at,
        count(*) as counted,
        false as is_moved,
    from int_routing as routing
    inner join int_due_items as due using (item_seq)
    inner join int_batches as batches using (ingest_batch)
    inner join marts.fct_items as items using (item_seq)
    inner join marts.fct_items as survivors on survivors.item_seq = routing.duplicate_of_seq
    anti join (select source, item_id from staging.stg_items where is_converted) as converted
        on converted.source = survivors.source and converted.item_id = survivors.item_id
    where items.outcome = 'duplicate' and items.owner_id is not null
        and epoch_us(due.decided_at) - epoch_us(survivors.assigned_at) >= 0
    group by items.owner_id, routing.person_id, batches.known_at
),

-- Whoever has it then is told that it is no more; of what was closed before nobody needs to know.
withdrawn as (
    select
        concat_ws(chr(31), 'withdrawn', items.source, items.item_id, items.owner_id) as event_key,
        'withdrawn' as what,
        items.item_seq,
        items.pool_id,
        items.owner_id,
        'withdrawn' as reason,
        events.at_at as created_at,
        false as is_moved,
    from int_item_events as events
    inner join marts.fct_items as items using (item_seq)
    anti join (
        from intermediate.int_item_activities where kind in ('close', 'return')
    ) as closed on closed.item_seq = events.item_seq and closed.at_at <= events.at_at
    where events.kind = 'withdraw' and items.owner_id is not null
),

-- Of one that waits the manager of whoever had it last.
reopened as (
    select
        concat_ws(chr(31), 'reopened', items.source, items.item_id, epoch_us(numbered.reopened_at)) as event_key,
        'reopened' as what,
        numbered.item_seq,
        arg_max(owned.owner_id, owned.from_at) as owner_id,
        'reopened' as reason,
        1 as level,
        numbered.reopened_at as created_at,
        numbered.times as counted,
        false as is_moved,
    from (
        select item_seq, reopened_at, count(*) over (partition by item_seq order by reopened_at) as times
        from (select distinct item_seq, reopened_at from int_reopened_at)
    ) as numbered
    inner join int_reopened as news
        on news.item_seq = numbered.item_seq and news.decided_at = numbered.reopened_at
    inner join int_update_rules as rules on rules.policy_no = news.policy_no
    inner join marts.fct_items as items on items.item_seq = numbered.item_seq
    left join marts.fct_ownership as owned
        on owned.item_seq = numbered.item_seq and owned.from_at <= numbered.reopened_at
    where numbered.times >= rules.told_times
    group by all
),

happened as (
    select * from decisions
    union all by name
    select * from reopened
    union all by name
    select * from withdrawn
    union all by name
    select * from duplicates
    union all by name
    select * from kept
    union all by name
    select * from breaches
),

named as (
    select
        happened.* exclude (is_moved),
        if(happened.what in ('breach', 'reopened'), managers.manager_id, null) as manager_id,
        items.source,
        items.item_id,
        items.object_type,
        happened.is_moved or items.delivered_owner_id is distinct from happened.owner_id as is_new_to_crm,
    from happened
    inner join marts.fct_items as items using (item_seq)
    asof left join int_managers as managers
        on managers.user_id = happened.owner_id and managers.level = happened.level
        and managers.from_at <= happened.created_at
),

final as (
    select
        *,
        substr(to_json({
            created_at: strftime(make_timestamp(epoch_us(created_at)), '%Y-%m-%dT%H:%M:%S.%fZ'),
            source: source,
            item_id: item_id,
            object_type: object_type,
            pool_id: pool_id,
            owner_id: owner_id,
            previous_owner_id: previous_owner_id,
            queue_id: queue_id,
            reason: reason,
            outcome: outcome,
            target: target,
            due_at: strftime(make_timestamp(epoch_us(due_at)), '%Y-%m-%dT%H:%M:%S.%fZ')
        })::varchar, 2) as told,
    from named
)

select
    * exclude (counted) replace (
        if(counted is null, told, left(told, -1) || ',"count":' || counted || '}') as told
    ),
from final

-- ops.outbox: the messages that other systems are due: one a thing that happened, kind and recipient. Which kinds are
-- written is said by outbox.messages of project.yaml; what was delivered stands in outbox_deliveries.jsonl.
-- kind: table
-- changes: appended by run_id
-- grain: one row per message
-- masks: item_id id, recipient_id user, payload message
-- columns:
--   message_id: key; depends on what happened, the kind and the recipient only, never on the run
--   kind: assignment (to the new owner), crm_owner_update (the CRM is to name another owner or queue), task (the owner's
--     first touch is due), breach (to the manager of an owner who missed a target or declined), held (it has waited so
--     long that somebody is to hear of it), queued (it is in a queue; both to the pool's alert_to, else to the managers of
--     its members), remind (to the owner of an item whose target is about to be missed, or was), alternate_channel
--     (another system is to act), duplicate (to the owner: a person of theirs asked again), withdrawn
--     (to the owner: the item is no more, its file was withdrawn), reopened (to the owner's manager: an item is open again
--     time after time, with their count)
--   decision_id: router decision behind it; null for kept items and breaches
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id in the source
--   object_type: kind of item
--   pool_id: pool it is about; null for kept items
--   recipient_id: user it is for, queue that the CRM is to name; null for the CRM, and where no manager is known
--   due_at: when the first touch is, or was, due; null without a clock
--   created_at: instant of what happened
--   payload: the message as JSON: ids, pool, reason and times; no address, number or name
--   run_id: run that wrote it
--   is_undeliverable: nobody above the owner, or above the pool's members, is there to be told; such a message is not
--     delivered
with

-- A stretch of time at a time, so that memory does not grow with the run.
happened as (
    select *
    from int_outbox_events
    where created_at >= getvariable('outbox_from_at') and created_at < getvariable('outbox_until_at')
),

-- Of what waits: who the pool says, else the managers of its members, each once; nobody where none is known.
told as (
    select
        event_key,
        unnest(if(len(recipient_ids) = 0, [null], recipient_ids)) as recipient_id,
    from (
        select
            waiting.event_key,
            list_sort(list_distinct(list(coalesce(pools.alert_to, managers.manager_id)))) as recipient_ids,
        from (select *, 1 as manager_level from happened where what in ('held', 'queued')) as waiting
        left join int_policy_pools as pools
            on pools.pool_id = waiting.pool_id and pools.version = waiting.policy_version
        left join int_policy_members as members
            on members.pool_id = waiting.pool_id and members.version = waiting.policy_version
        asof left join int_managers as managers
            on managers.user_id = members.member_id and managers.level = waiting.manager_level
            and managers.from_at <= waiting.created_at
        group by all
    )
),

messages as (
    select *, 'assignment' as kind, owner_id as recipient_id from happened where what = 'given'
    union all by name
    select *, 'crm_owner_update' as kind, queue_id as recipient_id
    from happened
    where what in ('given', 'queued') and is_new_to_crm
    union all by name
    select *, 'task' as kind, owner_id as recipient_id
    from happened
    where what = 'given' and due_at is not null
    union all by name
    select *, what as kind, manager_id as recipient_id, manager_id is null as is_undeliverable
    from happened
    where what in ('breach', 'reopened')
    union all by name
    select happened.*, happened.what as kind, told.recipient_id, told.recipient_id is null as is_undeliverable
    from happened
    inner join told using (event_key)
    union all by name
    select *, what as kind, if(what = 'alternate_channel', null, owner_id) as recipient_id
    from happened
    where what in ('remind', 'alternate_channel', 'duplicate', 'withdrawn')
),

keyed as (
    select *, md5(concat_ws(
        chr(31), event_key, kind, if(kind = 'crm_owner_update', '', coalesce(recipient_id, ''))
    )) as message_id
    from messages
    where list_contains(getvariable('outbox_messages'), kind)
),

final as (
    select
        message_id,
        kind,
        decision_id,
        item_seq,
        source,
        item_id,
        object_type,
        pool_id,
        recipient_id,
        due_at,
        created_at,
        '{"message_id":"' || message_id || '","kind":"' || kind || '","recipient_id":'
            || coalesce(to_json(recipient_id)::varchar, 'null') || if(is_undeliverable, ',"is_undeliverable":true', '')
            || ',' || told as payload,
        getvariable('run_id') as run_id,
        coalesce(is_undeliverable, false) as is_undeliverable,
    from keyed
)

select * from final order by created_at, item_seq, kind, message_id

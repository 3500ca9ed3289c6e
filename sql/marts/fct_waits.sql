-- marts.fct_waits: every time that an item met nobody who could take it, or was taken to a queue, and how long it then
-- had no owner. A row is written again when its wait ends.
-- kind: table
-- changes: rewritten by item_seq
-- grain: one row per decision of kind hold, failover or queue
-- masks: item_id id
-- columns:
--   decision_id: the decision
--   decision_seq: its number
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id in the source
--   pool_id: pool that had nobody for it, or that sent it away
--   kind: hold (it waits in the pool), failover (it goes to another pool at once), queue (it goes to a named queue)
--   cause: nobody (nobody was eligible), hold_expired (it had waited long enough), breach, decline, departed,
--     away or idle
--   nobody_reason: what kept the member that came closest from taking it: of all members' first reasons the last in the
--     order of the routing rule; null where the cause is another
--   sent_to: the other pool or the queue
--   ended_by: what ended the wait: assign, redo, failover, queue, hold (offered again in vain), withdraw, reroute or close; null
--     while it lasts
--   created_at: when the source says the item was created
--   from_at: first instant without an owner here
--   until_at: end of the wait, exclusive; from_at itself for a failover; null while it lasts
--   time_zone: the project's, to which the dates belong
--   from_date: date at from_at
--   until_date: date at until_at
--   run_id: run that last wrote the row
with

waiting as (
    select distinct item_seq
    from marts.fct_decisions
    semi join int_sla_items using (item_seq)
    where kind in ('hold', 'failover', 'queue')
),

decisions as (
    select decision_id, decision_seq, item_seq, source, item_id, pool_id, kind, decided_at, cause, sent_to
    from marts.fct_decisions
    semi join waiting using (item_seq)
    where kind not in ('skip', 'alert', 'raise', 'drop')
),

items as (
    select item_seq, created_at from marts.fct_items semi join waiting using (item_seq)
),

queued as (
    select decision_seq, item_seq, decided_at from decisions where kind = 'queue'
),

closings as (
    select queued.decision_seq, min(closings.occurred_at) as closed_at
    from queued
    inner join intermediate.int_item_activities as closings
        on closings.item_seq = queued.item_seq and closings.kind in ('close', 'return', 'withdraw')
    left join int_reopened_at as reopened
        on reopened.item_seq = closings.item_seq
        and reopened.reopened_at >= closings.at_at and reopened.reopened_at <= queued.decided_at
    where reopened.item_seq is null
    group by all
),

nearest as (
    select
        decision_seq,
        list_max(
            list_transform(
                reasons, lambda code: coalesce(list_position([<<reasons_told>>], marts.reason_name(code)), 0)
            )
        ) as reason_no,
    from ops.considered_log
    where decision_seq in (select decision_seq from decisions where kind in ('hold', 'failover', 'queue'))
),

-- A held item that is closed is withdrawn by the router; of what went to a queue it hears no more.
followed as (
    select
        decisions.*,
        lead(decisions.decided_at) over of_item as lead_at,
        lead(decisions.kind) over of_item as lead_kind,
    from decisions
    window of_item as (partition by decisions.item_seq order by decisions.decision_seq)
),

steps as (
    select
        followed.* exclude (lead_at, lead_kind),
        closings.closed_at is not null and (lead_at is null or reopened.item_seq is not null) as is_closed,
        if(is_closed, closings.closed_at, lead_at) as next_at,
        if(is_closed, 'close', lead_kind) as ended_by,
    from followed
    left join closings using (decision_seq)
    left join int_reopened_at as reopened
        on reopened.item_seq = followed.item_seq and reopened.reopened_at = followed.lead_at
),

business_days as (
    select local_date, from_at from int_day_stretches where time_zone = getvariable('business_zone')
),

waits as (
    select
        steps.*,
        coalesce(steps.cause, 'nobody') as wait_cause,
        items.created_at,
        if(next_at is null, null, greatest(next_at, decided_at)) as until_at,
        nearest.reason_no,
    from steps
    inner join items using (item_seq)
    left join nearest using (decision_seq)
    where steps.kind in ('hold', 'failover', 'queue')
),

final as (
    select
        waits.decision_id,
        waits.decision_seq,
        waits.item_seq,
        waits.source,
        waits.item_id,
        waits.pool_id,
        waits.kind,
        waits.wait_cause as cause,
        if(wait_cause = 'nobody', list_extract([<<reasons_told>>], nullif(waits.reason_no, 0)), null)
            as nobody_reason,
        waits.sent_to,
        waits.ended_by,
        waits.created_at,
        waits.decided_at as from_at,
        waits.until_at,
        getvariable('business_zone') as time_zone,
        from_days.local_date as from_date,
        until_days.local_date as until_date,
        getvariable('run_id') as run_id,
    from waits
    asof left join business_days as from_days on waits.decided_at >= from_days.from_at
    asof left join business_days as until_days on waits.until_at >= until_days.from_at
)

select * from final

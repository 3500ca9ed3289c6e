-- marts.fct_sla: how soon each owner touched each item, against the target that applied. A row is written again when
-- something is learnt of it or its clock runs out, at the cost of what is new. Later owners of the ownership
-- history that came with the item or before it have no row.
-- kind: table
-- changes: rewritten by item_seq
-- grain: one row per item and owner interval, of items given by the router or by a person and of kept ones
-- masks: item_id id, owner_id user, next_owner_id user
-- columns:
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id in the source
--   pool_id: pool that gave it; null for kept items
--   owner_id: the user who had it
--   decision_id: router decision that gave it; null for kept items
--   cause: rotation, redo, reassigned, kept or manual
--   target: name of the SLA; null where none applies
--   status: met (touched at or before due_at, 0 seconds included), breached (untouched when due_at had passed), running
--     (due_at had not passed as of the last run; of a live item also until activities are known up to it), null where there is nothing to judge: no target, or the item was closed or
--     taken away untouched before it fell due
--   is_late_touch: the router acted on a missed target, but the touch had come in time and was told late: it is met
--   is_declined: the owner declined the item
--   lost_cause: why the item was taken from this owner: breach, decline or manual; null when it was not
--   next_owner_id: who got it then; null when nobody did, or it went to a queue
--   created_at: when the source says the item was created
--   known_at: when the item's delivery closed; null where an earlier version decided it
--   applied_at: when the owner got it
--   told_at: when the owner could know it; null where they lost it, or it was closed, before that
--   due_at: when the first touch is due; never moved; null without a target, or where it lies beyond 400 days
--   first_touch_at: first outbound human activity of this owner while the item was theirs and not closed, of its first
--     owner since it was created; null while there is none
--   ended_at: when the item was closed or taken from this owner; null while neither
--   cleared_at: when it left the owner's backlog: touched or ended; null while it waits
--   time_zone: zone of the owner's days
--   assigned_date: local date of the owner at applied_at
--   cleared_date: local date of the owner at cleared_at
--   decided_date: date at applied_at in the project's time zone
--   elapsed_seconds: applied_at to first_touch_at; of live items from told_at on; 0 for a touch before that
--   elapsed_working_seconds: the same within the owner's hours and without holidays; all time for who has no hours
--   speed_to_lead_seconds: created_at to the first touch of the item by any owner, on the row of that owner only
--   speed_to_lead_working_seconds: the same in working time of that owner
--   time_to_assign_seconds: created_at to the first assignment, on the row of the first owner only
--   time_to_assign_working_seconds: the same in working time of that owner
--   run_id: run that last wrote the row
--   resolve_target: name of the target for closing it; null where none applies
--   resolve_due_at: when it is to be closed
--   resolve_status: met (closed at or before resolve_due_at), breached, running, or null where the item was taken away
--     before
with

intervals as (
    select *, coalesce(due_at, 'infinity'::timestamptz) as judged_at from int_sla_intervals
),

local_times as (
    select * from int_sla_local_times
),

final as (
    select
        intervals.item_seq,
        intervals.source,
        intervals.item_id,
        intervals.pool_id,
        intervals.owner_id,
        intervals.decision_id,
        intervals.cause,
        intervals.target,
        case
            when intervals.target is null then null
            when intervals.first_touch_at <= judged_at then 'met'
            when intervals.closed_at <= judged_at or intervals.until_at < judged_at then null
            when intervals.until_at = judged_at and intervals.lost_cause is distinct from 'breach' then null
            when intervals.is_missed then 'breached'
            -- Of a live item a touch may still be on its way, until the router finds its target missed.
            when judged_at < getvariable('new_frontier_at') and (not intervals.is_live or intervals.ended_at is not null)
                then 'breached'
            else 'running'
        end as status,
        coalesce(status = 'met' and intervals.is_missed, false) as is_late_touch,
        intervals.is_declined,
        intervals.lost_cause,
        intervals.next_owner_id,
        intervals.created_at,
        intervals.known_at,
        intervals.applied_at,
        intervals.told_at,
        intervals.due_at,
        intervals.first_touch_at,
        intervals.ended_at,
        intervals.cleared_at,
        local_times.time_zone,
        local_times.assigned_date,
        local_times.cleared_date,
        local_times.decided_date,
        (epoch_us(greatest(intervals.first_touch_at, if(first_touch_at is null, null, intervals.started_at)))
            - epoch_us(intervals.started_at)) / 1000000 as elapsed_seconds,
        local_times.response_worked_us / 1000000 as elapsed_working_seconds,
        if(is_first_touched, epoch_us(intervals.first_touch_at) - epoch_us(intervals.created_at), null) / 1000000
            as speed_to_lead_seconds,
        local_times.lead_worked_us / 1000000 as speed_to_lead_working_seconds,
        if(is_first_owner, epoch_us(intervals.applied_at) - epoch_us(intervals.created_at), null) / 1000000
            as time_to_assign_seconds,
        local_times.assign_worked_us / 1000000 as time_to_assign_working_seconds,
        getvariable('run_id') as run_id,
        intervals.resolve_target,
        intervals.resolve_due_at,
        case
            when intervals.resolve_target is null then null
            when intervals.closed_at <= coalesce(resolve_due_at, 'infinity'::timestamptz) then 'met'
            when intervals.until_at <= coalesce(resolve_due_at, 'infinity'::timestamptz)
                and (intervals.closed_at is null or intervals.until_at < intervals.closed_at) then null
            when resolve_due_at < getvariable('new_frontier_at') then 'breached'
            else 'running'
        end as resolve_status,
    from intervals
    inner join local_times using (interval_no)
)

select * from final

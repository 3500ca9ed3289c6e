-- int_item_ends: where the decisions of this run have left each item they are about.
-- kind: temp
-- grain: one row per item
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   outcome: assigned, kept, held, queued, or disqualified (closed while it waited)
--   outcome_reason: rotation, redo, reassigned, manual, survivor, reopened, nobody_eligible, closed_while_waiting, withdrawn, or why it is in a queue
--   owner_id: who has it, and assigned_at since when; null when nobody has
--   told_at: when that owner was told; null where nobody was
--   first_assigned_at: when it was first given to somebody in this run; null when it was not
--   pool_id: pool it was last decided in; null where no pool decided
--   queue_id: the queue it is in
--   is_kept_first: somebody who had an earlier item of the person kept it as it came
with

last_rows as (
    select
        item_seq,
        max(decision_seq) filter (where kind not in ('skip', 'failover', 'reroute', 'alert', 'raise', 'drop')) as decision_seq,
        min(coalesce(since_at, decided_at))
            filter (where kind in (<<owner_kinds>>)) as first_assigned_at,
        arg_min(kind, decision_seq) = 'keep' as is_kept_first,
    from routed_decisions
    group by all
),

final as (
    select
        last_rows.item_seq,
        case kind
            when 'hold' then 'held' when 'queue' then 'queued' when 'withdraw' then 'disqualified'
            when 'keep' then 'kept' else 'assigned'
        end as outcome,
        case kind
            when 'assign' then 'rotation' when 'redo' then 'redo'
            when 'reassign' then 'reassigned' when 'handover' then 'reassigned'
            when 'stand_in' then 'reassigned'
            when 'give' then 'manual'
            when 'keep' then if(ends.is_reopening, 'reopened', 'survivor') when 'hold' then 'nobody_eligible' when 'withdraw' then if(ended.item_seq is null, 'closed_while_waiting', 'withdrawn')
            else cause
        end as outcome_reason,
        if(outcome in ('assigned', 'kept'), member_id, null) as owner_id,
        if(outcome in ('assigned', 'kept'), coalesce(since_at, decided_at), null) as assigned_at,
        coalesce(tellings.told_at, since_at) as told_at,
        last_rows.first_assigned_at,
        if(kind = 'keep', null, pool_id) as pool_id,
        if(kind = 'queue', sent_to, null) as queue_id,
        last_rows.is_kept_first,
    from last_rows
    inner join routed_decisions using (decision_seq)
    left join (select distinct item_seq from int_item_events where kind = 'withdraw') as ended
        on ended.item_seq = last_rows.item_seq
    left join int_tellings as tellings using (decision_seq)
    left join (select decision_seq, is_reopening from int_owner_ends) as ends using (decision_seq)
)

select * from final

-- sla_agrees: what fct_sla says of a target is what the router did about it: every target that the router found missed is
-- breached there, or the touch or the end that saved it was told late; and every breached one has its row in fct_breaches,
-- unless its step is yet to come or the item went before. A step that a touch in time has stopped is not to come. Looked
-- at: what this run wrote or found.
-- kind: check
with

found as (
    select item_seq, member_id as owner_id, due_at
    from marts.fct_breaches
    where run_id = getvariable('run_id') and kind = 'breach' and target_kind = 'first_touch'
),

judged as (
    select
        item_seq, owner_id, status, is_late_touch, applied_at, due_at, first_touch_at, ended_at,
        coalesce(is_live, false) as is_live,
    from marts.fct_sla
    left join int_feeds using (source)
    where target is not null
        and (run_id = getvariable('run_id') or item_seq in (select item_seq from found))
),

known as (
    select item_seq, member_id as owner_id, due_at
    from marts.fct_breaches
    where kind in ('breach', 'later') and target_kind is distinct from 'resolve'
        and item_seq in (select item_seq from judged)
),

touches as (
    select item_seq, user_id, epoch_us(occurred_at) as touched_us
    from intermediate.int_item_activities
    where kind = 'touch' and item_seq in (select item_seq from judged)
),

to_come as (
    select item_seq, make_timestamptz(due_us) as due_at
    from (select * from ops.router_open where not is_breached and due_us is not null) as opened
    anti join touches
        on touches.item_seq = opened.item_seq and touches.user_id = opened.member_id
        and touches.touched_us = if(opened.touched_us <= opened.due_us, opened.touched_us, null)
),

final as (
    select found.item_seq
    from found
    left join judged using (item_seq, owner_id, due_at)
    where coalesce(
        judged.status is distinct from 'breached' and not judged.is_late_touch
        and (judged.ended_at is null or judged.ended_at > judged.due_at)
        -- Who touched it while it still waited met the target, whatever was done since.
        and not coalesce(judged.first_touch_at < judged.applied_at, false),
        true
    )
    union all
    select judged.item_seq
    from judged
    anti join known using (item_seq, owner_id, due_at)
    left join to_come using (item_seq, due_at)
    where judged.status = 'breached'
        and (
            judged.due_at >= getvariable('new_frontier_at')
            or (judged.ended_at is null and to_come.item_seq is null)
        )
    union all
    select item_seq
    from judged
    where (status = 'running' and ((due_at < getvariable('new_frontier_at') and not is_live) or ended_at <= due_at))
        or (status = 'breached' and (due_at is null or first_touch_at <= due_at or ended_at < due_at))
        or (status = 'met' and (first_touch_at is null or first_touch_at > due_at))
)

select * from final

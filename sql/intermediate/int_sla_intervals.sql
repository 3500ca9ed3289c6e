-- int_sla_intervals: every owner interval of the items in int_sla_items, with the clock that was started, the first touch
-- and the end, as known now.
-- kind: temp
-- grain: one row per item and owner interval
-- columns:
--   interval_no: number of the row, from 0, without a meaning
--   item_seq: the item
--   created_at: when the source says the item was created
--   known_at: when its delivery closed
--   applied_at: first instant of the interval
--   told_at: when the owner could know it; null where they never could
--   is_live: its source is
--   started_at: what elapsed time counts from: when a live item's owner was told, else applied_at
--   until_at: when the item was taken from this owner; null when it was not
--   closed_at: when the item was closed or returned, but not before applied_at; null while it is open
--   ended_at: the first of until_at and closed_at
--   cleared_at: when it left the owner's backlog: the first of touch and end
--   is_first_owner: the first interval of the item
--   is_missed: the router acted on a missed target
--   is_declined: the owner declined the item
--   resolve_target: the target for closing it; null without one
--   resolve_due_at: when it is to be closed
with

-- Those of kept items.
clocks as (
    select item_seq, applied_at, target, due_at
    from ops.clocks
    semi join int_sla_items using (item_seq)
    where target_kind = 'first_touch'
),

-- What a person gave to somebody is theirs since before it was told.
gifts as (
    select item_seq, decision_id, from_at
    from marts.fct_ownership
    semi join int_sla_items using (item_seq)
    where cause = 'manual' and decision_id is not null
),

-- What is kept without a decision was told of by this run, or by the one that took it up.
told_owners as (
    select item_seq, max(told_at) as told_at
    from (
        select item_seq, told_at from int_tellings where decision_seq is null
        union all
        select item_seq, told_at from int_told_before
    )
    group by all
),

given as (
    select
        item_seq, source, item_id, pool_id, member_id as owner_id, decision_id,
        case
            when kind = 'assign' then 'rotation' when kind in (<<moving_kinds>>) then 'reassigned' else kind
        end as cause,
        decided_at as applied_at, told_at, policy_version, target, due_at,
    from marts.fct_decisions
    semi join int_sla_items using (item_seq)
    where kind in (<<turn_kinds>>, 'stand_in')
    union all
    select
        decisions.item_seq, decisions.source, decisions.item_id, decisions.pool_id, decisions.member_id as owner_id,
        decisions.decision_id, 'manual' as cause, gifts.from_at as applied_at, decisions.told_at,
        decisions.policy_version, decisions.target, decisions.due_at,
    from marts.fct_decisions as decisions
    inner join gifts using (decision_id)
    where decisions.kind = 'give'
    union all
    select
        fct_ownership.item_seq, source, item_id, pool_id, owner_id, fct_ownership.decision_id,
        cause,
        from_at as applied_at,
        if(fct_ownership.decision_id is null and cause = 'kept', told_owners.told_at, by_router.told_at) as told_at,
        null as policy_version, clocks.target, clocks.due_at,
    from marts.fct_ownership
    semi join int_sla_items using (item_seq)
    left join clocks
        on clocks.item_seq = fct_ownership.item_seq and clocks.applied_at = fct_ownership.from_at
    left join (
        select decision_id, told_at from marts.fct_decisions where kind = 'keep'
    ) as by_router on by_router.decision_id = fct_ownership.decision_id
    left join told_owners on told_owners.item_seq = fct_ownership.item_seq
    where cause not in ('rotation', 'redo', 'reassigned', 'manual')
),

items as (
    select item_seq, created_at, known_at, policy_version from marts.fct_items
),

moves as (
    select item_seq, decided_at, cause, member_id
    from marts.fct_decisions
    semi join int_sla_items using (item_seq)
    where kind in (<<moving_kinds>>, 'queue') or kind <> 'give' and previous_member_id is not null
),

taken as (
    select
        owned.item_seq, owned.from_at, owned.until_at,
        if(gifts.decision_id is null, moves.cause, given.cause) as lost_cause,
        if(gifts.decision_id is null, moves.member_id, given.member_id) as next_owner_id,
    from marts.fct_ownership as owned
    left join gifts on gifts.item_seq = owned.item_seq and gifts.from_at = owned.until_at
    left join marts.fct_decisions as given on given.decision_id = gifts.decision_id
    left join moves
        on moves.item_seq = owned.item_seq and moves.decided_at = if(gifts.decision_id is null, owned.until_at, null)
    where owned.until_at is not null and owned.item_seq in (from int_sla_items)
),

resolves as (
    select item_seq, applied_at, target as resolve_target, due_at as resolve_due_at
    from ops.clocks
    semi join int_sla_items using (item_seq)
    where target_kind = 'resolve'
),

closings as (
    select owned.item_seq, owned.applied_at, min(closings.occurred_at) as first_closed_at
    from (select item_seq, applied_at from given) as owned
    inner join intermediate.int_item_activities as closings
        on closings.item_seq = owned.item_seq and closings.kind in ('close', 'return', 'withdraw')
    left join int_reopened_at as reopened
        on reopened.item_seq = closings.item_seq
        and reopened.reopened_at >= closings.at_at and reopened.reopened_at <= owned.applied_at
    where reopened.item_seq is null
    group by all
),

misses as (
    select
        item_seq,
        member_id as owner_id,
        list(distinct due_at) filter (kind in ('breach', 'later') and target_kind is distinct from 'resolve') as missed_due_ats,
        bool_or(kind = 'decline') as is_declined,
    from marts.fct_breaches
    semi join int_sla_items using (item_seq)
    group by all
),

final as (
    select
        row_number() over () - 1 as interval_no,
        given.* replace (
            coalesce(given.policy_version, items.policy_version) as policy_version,
        ),
        items.created_at,
        items.known_at,
        coalesce(feeds.is_live, false) as is_live,
        if(is_live, coalesce(given.told_at, given.applied_at), given.applied_at) as started_at,
        touches.first_touch_at,
        taken.until_at,
        taken.lost_cause,
        taken.next_owner_id,
        if(first_closed_at is null, null, greatest(first_closed_at, given.applied_at)) as closed_at,
        least(taken.until_at, closed_at) as ended_at,
        least(greatest(touches.first_touch_at, if(first_touch_at is null, null, given.applied_at)), ended_at) as cleared_at,
        given.cause <> 'reassigned' and reopened.item_seq is null
            and coalesce(given.cause <> 'manual' or previous.item_seq is null, true) as is_first_owner,
        coalesce(touches.is_first_of_item, false) as is_first_touched,
        coalesce(list_contains(misses.missed_due_ats, given.due_at), false) as is_missed,
        coalesce(misses.is_declined, false) as is_declined,
        resolves.resolve_target,
        resolves.resolve_due_at,
    from given
    inner join items using (item_seq)
    left join int_feeds as feeds using (source)
    left join taken on taken.item_seq = given.item_seq and taken.from_at = given.applied_at
    left join int_sla_touches as touches on touches.item_seq = given.item_seq and touches.from_at = given.applied_at
    left join closings on closings.item_seq = given.item_seq and closings.applied_at = given.applied_at
    left join (
        select item_seq, min(from_at) as first_from_at from marts.fct_ownership semi join int_sla_items using (item_seq) group by all
    ) as previous on previous.item_seq = given.item_seq and previous.first_from_at < given.applied_at
    left join int_reopened_at as reopened
        on reopened.item_seq = given.item_seq and reopened.reopened_at = given.applied_at
    left join resolves on resolves.item_seq = given.item_seq and resolves.applied_at = given.applied_at
    left join misses on misses.item_seq = given.item_seq and misses.owner_id = given.owner_id
)

select * from final

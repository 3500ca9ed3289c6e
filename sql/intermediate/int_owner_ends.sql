-- int_owner_ends: the decisions of this run that take an item from its owner, owners that a person changed, and the first
-- decision about an item that is open again.
-- kind: temp
-- grain: one row per decision
-- by: key(item_seq)
-- columns:
--   decision_seq: the decision
--   item_seq: the item
--   decided_at: from when on the owner has it no more
--   is_reopening: it was closed before
--   last_owner_id: of such an item who had it last in this run; null where nobody did
with

taken as (
    select decision_seq, item_seq, coalesce(since_at, decided_at) as decided_at, false as is_reopening,
        null::varchar as last_owner_id,
    from routed_decisions
    where kind in (<<moving_kinds>>, 'give')
        or (kind in ('hold', 'queue', 'reroute') and previous_member_id is not null)
),

reopened as (
    select
        min(decisions.decision_seq) as decision_seq,
        reopened.item_seq,
        -- Whoever a person gave it to as it opened has had it since then.
        coalesce(
            arg_min(if(decisions.kind = 'give', decisions.since_at, reopened.decided_at), decisions.decision_seq),
            reopened.decided_at
        ) as decided_at,
        true as is_reopening,
        arg_max(before.member_id, before.decision_seq) as last_owner_id,
    from int_reopened as reopened
    inner join routed_decisions as decisions on decisions.item_seq = reopened.item_seq
    left join routed_decisions as before
        on before.item_seq = reopened.item_seq and before.decided_at < reopened.decided_at and before.member_id is not null
        and before.kind <> 'skip'
    where decisions.decided_at >= reopened.decided_at
    group by reopened.item_seq, reopened.decided_at
),

final as (
    select * from taken anti join reopened using (decision_seq)
    union all
    select * from reopened
)

select * from final

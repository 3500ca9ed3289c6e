-- owners_told: whoever was given an item in this run, has it still at its end, and it was never closed, was told of it: in
-- fct_decisions, fct_items and fct_sla alike. By a person it is given at the instant that the person names.
-- kind: check
with

given as (
    select item_seq, decision_id, told_at
    from marts.fct_decisions
    where run_id = getvariable('run_id') and kind in (<<owner_kinds>>)
        and item_seq not in (
            select item_seq from intermediate.int_item_activities where kind in ('close', 'return', 'withdraw')
        )
),

standing as (
    select given.item_seq, given.told_at, owned.owner_id, owned.from_at
    from given
    inner join marts.fct_ownership as owned using (decision_id)
    where owned.until_at is null
),

-- Intervals without length begin then too.
clocks as (
    select item_seq, owner_id, applied_at as from_at, list(told_at) as told_ats
    from marts.fct_sla
    where item_seq in (select item_seq from standing)
    group by all
),

final as (
    select standing.item_seq
    from standing
    inner join marts.fct_items as items using (item_seq)
    left join clocks
        on clocks.item_seq = standing.item_seq and clocks.owner_id = standing.owner_id
        and clocks.from_at = standing.from_at
    where standing.told_at is null
        or items.told_at is distinct from standing.told_at
        or not coalesce(list_contains(clocks.told_ats, standing.told_at), true)
)

select * from final

-- int_told_again: whom the runs that a restatement takes the place of had made the owner of an item, and when those were
-- told, where runs are of the instant at which they take place.
-- kind: temp
-- grain: one row per item and decision, kept owners too; none in a run that is no restatement, nor in a shadow
-- columns:
--   item_seq: the item
--   member_id: the owner
--   since_us: when it became theirs; null: the decision no longer stood
--   told_us: when they were told; null: they lost the item before
with

told as (
    select item_seq, member_id, decided_at as since_at, told_at
    from marts.fct_decisions_before
    where kind in (<<owner_kinds>>)
    union all
    select item_seq, member_id, null as since_at, told_at
    from ops.superseded_decisions
    where kind in (<<owner_kinds>>) and told_at is not null
    union all
    select sla.item_seq, sla.owner_id as member_id, items.first_assigned_at as since_at, sla.told_at
    from marts.fct_sla_before as sla
    inner join marts.fct_items_before as items using (item_seq)
    where sla.cause = 'kept' and sla.decision_id is null
),

final as (
    select item_seq, member_id, epoch_us(since_at) as since_us, epoch_us(told_at) as told_us
    from told
    where getvariable('restated_at')::timestamptz is not null
)

select * from final
-- until marts.fct_sla_before is there:
select
    null::bigint as item_seq,
    null::varchar as member_id,
    null::bigint as since_us,
    null::bigint as told_us,
where false

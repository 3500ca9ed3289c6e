-- int_told_owners: whom the router has told by now that an item is theirs, before this run; and since when somebody has it
-- because a person said so. Of a duplicate whom it told of the item it was folded into.
-- kind: temp
-- grain: one row per item and telling
-- columns:
--   source: feed of the item
--   item_id: its id there
--   owner_id: who was told
--   told_at: when
--   is_given: a person gave it to the owner
with

decided as (
    select
        source,
        item_id,
        member_id as owner_id,
        if(kind = 'give' or known_at is null, decided_at, told_at) as told_at,
        kind = 'give' as is_given,
    from marts.fct_decisions
    where kind in (<<owner_kinds>>)
    union all
    select source, item_id, owner_id, from_at as told_at, false as is_given
    from marts.fct_ownership
    where cause = 'kept' and decision_id is null
),

folded as (
    select item_id, source, duplicate_of, duplicate_of_source from marts.fct_items where outcome = 'duplicate'
),

final as (
    select * from decided
    union all
    select folded.source, folded.item_id, decided.owner_id, decided.told_at, decided.is_given
    from folded
    inner join decided on decided.item_id = folded.duplicate_of and decided.source = folded.duplicate_of_source
    union all
    select source, item_id, member_id as owner_id, decided_at as told_at, false as is_given
    from ops.superseded_decisions
    where kind in (<<told_kinds>>)
)

select * from final
-- until marts.fct_decisions is there:
select source, item_id, member_id as owner_id, decided_at as told_at, false as is_given
from ops.superseded_decisions
where kind in (<<told_kinds>>)

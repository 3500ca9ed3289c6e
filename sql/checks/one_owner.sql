-- one_owner: an item has one owner at any instant: intervals follow each other without overlap, the last one is the item's
-- owner, and nobody gets an item back that was taken from them, unless it was closed and is open again, or waited and was
-- decided again where it belongs. What is told of owners outside the router (manual) may leave the item to nobody for a
-- while, and may give it back.
-- kind: check
with

changed as (
    select item_seq, if(outcome = 'duplicate', null, owner_id) as owner_id
    from marts.fct_items
    where run_id = getvariable('run_id') and item_seq is not null
),

intervals as (
    select item_seq, owner_id, from_at, until_at, cause
    from marts.fct_ownership
    where item_seq in (select item_seq from changed)
),

several as (
    select item_seq
    from intervals
    group by all
    having count(*) > 1
),

-- Its owner was gone and nobody could take it: it waited again, nobody's. Or it was closed, and is open again.
left_by_owner as (
    select item_seq, decided_at as until_at
    from marts.fct_decisions
    where kind = 'hold' and previous_member_id is not null and item_seq in (select item_seq from several)
    union all
    select item_seq, reopened_at as until_at from int_reopened_at
),

-- Taken from its owner it lay in a queue or waited, and belonged elsewhere then.
rerouted as (
    select item_seq, decided_at from marts.fct_decisions where kind = 'reroute' and item_seq in (select item_seq from several)
),

following as (
    select
        *,
        lead(from_at) over of_item as next_from_at,
        lead(cause) over of_item as next_cause,
    from intervals
    semi join several using (item_seq)
    window of_item as (partition by item_seq order by from_at, until_at)
),

current_owners as (
    select item_seq, owner_id from intervals where until_at is null
),

final as (
    select item_seq
    from following
    where next_from_at is not null
        and (until_at is null or until_at > next_from_at or (until_at < next_from_at and next_cause <> 'manual'))
        and (item_seq, until_at) not in (select (item_seq, until_at) from left_by_owner)
        -- It lay in a queue, or waited, as it was closed.
        and not (
            until_at < next_from_at
            and (item_seq, next_from_at) in (select (item_seq, reopened_at) from int_reopened_at)
        )
        and not exists (
            from rerouted
            where rerouted.item_seq = following.item_seq
                and rerouted.decided_at >= following.until_at and rerouted.decided_at <= following.next_from_at
        )
    union all
    select item_seq
    from following
    where cause <> 'manual' and item_seq not in (select item_seq from left_by_owner union select item_seq from rerouted)
    group by item_seq
    having count(*) <> count(distinct owner_id)
    union all
    select item_seq from intervals where until_at < from_at
    union all
    select changed.item_seq
    from changed
    left join current_owners using (item_seq)
    where changed.owner_id is distinct from current_owners.owner_id
)

select * from final

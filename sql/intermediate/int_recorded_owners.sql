-- int_recorded_owners: the claim of history, and what follows it: the first recorded owner who may keep the item, or the
-- first of all where none may; then the owners recorded later, as long as somebody knows them.
-- kind: temp
-- grain: one row per due item and recorded owner, from the one with the claim on
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   place: 1 for the owner with the claim, then on without a gap
--   owner_id: the user who had it
--   owner_state: active, owner_inactive or owner_unknown (a queue, somebody deleted), at from_at as far as the item's
--     delivery knew
--   from_at: first instant; of the claim the item's decision
--   until_at: end, exclusive; null for the last, who has it still, also where the record ends
--   next_from_at: when the next one begins; null for the last
--   tied_count: different owners recorded from the same instant on
with

items as (
    select due.item_seq, due.decided_at, batches.closes_at, precedence.keep_inactive
    from int_due_items as due
    inner join int_batches as batches using (ingest_batch)
    inner join int_precedence as precedence
        on precedence.policy_no = due.policy_no and precedence.claim = 'history'
),

judged as (
    select
        recorded.*,
        items.decided_at,
        case
            when not recorded.is_known then 'owner_unknown'
            when active.user_id is null then 'owner_inactive'
            else 'active'
        end as owner_state,
        owner_state = 'active' or (items.keep_inactive and owner_state = 'owner_inactive') as holds,
    from int_recorded_stretches as recorded
    inner join items using (item_seq)
    left join int_user_intervals as active
        on active.user_id = recorded.owner_id
        -- Of an owner to come it counts what the item's own delivery knew: what came later may be of another run.
        and least(recorded.from_at, items.closes_at) >= active.from_at
        and least(recorded.from_at, items.closes_at) < active.until_at
),

claims as (
    select item_seq, arg_min(from_at, (not holds, from_at)) as claim_from_at
    from judged
    group by all
),

placed as (
    select
        judged.*,
        row_number() over of_item as place,
        lead(judged.from_at) over of_item as next_from_at,
    from judged
    inner join claims using (item_seq)
    where judged.from_at = claim_from_at or (judged.from_at > claim_from_at and owner_state <> 'owner_unknown')
    window of_item as (partition by item_seq order by judged.from_at)
),

final as (
    select
        item_seq,
        place,
        owner_id,
        owner_state,
        if(place = 1, decided_at, from_at) as from_at,
        if(next_from_at is null, null, until_at) as until_at,
        next_from_at,
        tied_count,
    from placed
)

select * from final

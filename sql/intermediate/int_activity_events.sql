-- int_activity_events: what activities say happened to items, by the words of the policy in force when it counts.
-- kind: temp
-- grain: one row per activity version and item
-- by: key(item_seq)
-- columns:
--   activity_no: the activity's row in int_new_activities
--   item_seq: the item
--   kind: <<event_kinds>>
--   is_by_contact: a touch of the item's contact or account, which counts if the user has the item
--   at_at: when it counts: when it happened, or of a live item when its delivery closed, but after the item was decided,
--     and after what was final when it was delivered
with

matches as (
    select activity_no, item_seq, decided_at, is_live, false as is_by_contact from int_item_matches
    union all
    select activity_no, item_seq, null as decided_at, is_live, true as is_by_contact from int_contact_matches
),

timed as (
    select
        matches.item_seq,
        matches.is_by_contact,
        greatest(
            if(matches.is_live, batches.known_at, activities.occurred_at),
            batches.effective_at,
            matches.decided_at + interval 1 microsecond
        ) as at_at,
        activities.*,
    from matches
    inner join int_new_activities as activities using (activity_no)
    inner join ops.batches as batches using (ingest_batch)
),

of_a_kind as (
    select
        timed.* exclude (kind),
        case
            when timed.kind = 'decline' then 'decline'
            when timed.kind in ('status_change', 'meeting') and list_contains(words.return_outcomes, timed.outcome)
                then 'return'
            when timed.kind in ('status_change', 'stage_change') and list_contains(words.closing_outcomes, timed.outcome)
                then 'close'
            when timed.kind = 'meeting' and list_contains(words.not_held_outcomes, timed.outcome) then null
            when timed.is_human and list_contains(words.touch_kinds, timed.kind) then 'touch'
        end as kind,
    from timed
    inner join int_policies as policies on timed.at_at >= policies.from_at and timed.at_at < policies.until_at
    inner join int_event_words as words using (policy_no)
),

final as (
    select
        activity_no,
        item_seq,
        source,
        activity_id,
        kind,
        user_id,
        occurred_at,
        at_at,
        ingest_batch,
        row_hash,
        is_by_contact,
    from of_a_kind
    where kind = 'touch' or not is_by_contact and kind is not null
)

select * from final

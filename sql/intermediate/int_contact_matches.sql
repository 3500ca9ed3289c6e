-- int_contact_matches: the items that a touch counts for because it names their contact or account, and no item that its
-- delivery knew. Who has an item is only known after the rotation; so here are all that the user may have by then.
-- kind: temp
-- grain: one row per activity and item
-- columns:
--   activity_no: the activity
--   item_seq: the item
--   is_live: as of int_item_matches
with

-- An id that is of no item known may be of a contact or an account.
activities as (
    select
        activities.activity_no,
        activities.user_id,
        coalesce(activities.contact_id, activities.item_id) as contact_id,
        coalesce(activities.account_id, activities.item_id) as account_id,
        activities.contact_id is null as is_without_contact,
        greatest(activities.occurred_at, batches.effective_at) as at_at,
        greatest(batches.known_at, batches.effective_at) as live_at,
    from int_new_activities as activities
    anti join (select activity_no from int_item_matches where is_known) as known using (activity_no)
    inner join ops.batches as batches using (ingest_batch)
    where activities.is_human and activities.waits_for is null
        and activities.occurred_at <= getvariable('events_until_at')
),

items as (
    select items.item_seq, items.source, items.decided_at, contexts.contact_id, contexts.account_id, null::varchar as owner_id
    from int_due_items as items
    inner join int_item_contexts as contexts using (item_seq)
    where contexts.contact_id is not null or contexts.account_id is not null
    union all
    select item_seq, source, decided_at, contact_id, account_id, owner_id
    from int_earlier_items
    where outcome in ('assigned', 'kept', 'held')
        and (
            contact_id in (select contact_id from activities) or account_id in (select account_id from activities)
        )
),

matches as (
    select activities.activity_no, activities.user_id, activities.at_at, activities.live_at, items.*
    from activities
    inner join items on items.contact_id = activities.contact_id
    union
    select activities.activity_no, activities.user_id, activities.at_at, activities.live_at, items.*
    from activities
    inner join items on items.account_id = activities.account_id
    where activities.is_without_contact or items.contact_id is null
),

final as (
    select matches.activity_no, matches.item_seq, coalesce(feeds.is_live, false) as is_live
    from matches
    left join int_feeds as feeds using (source)
    where decided_at < if(feeds.is_live, live_at, at_at)
        and (owner_id is null or owner_id = user_id or item_seq in (select item_seq from ops.router_open))
)

select * from final

-- int_owner_claims: every owner an item may already have, with the state of that owner at the item's instant.
-- Of several claims of one rank the latest stands, then the smallest id; how many differed is kept. Before a users feed
-- tells who is active, everybody is whom a feed names as owner, but for whom the policy takes for nobody.
-- kind: temp
-- grain: one row per due item and kind of claim
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   claim: item, opportunity, contact, account or history
--   owner_id: the user who has it
--   owner_state: active, owner_inactive or owner_unknown, at decided_at; of history when the recorded owner got it
--   tied_count: different owners with a claim of the same rank
with

items as (
    select item_seq, decided_at, policy_no from int_due_items
),

contexts as (
    select * from int_item_contexts where contact_id is not null or account_id is not null
),

open_opportunities as (
    select opportunity_id, contact_id, account_id, owner_id, from_batch, until_batch
    from int_opportunities
    where is_open and owner_id is not null
),

opportunity_matches as (
    select contexts.item_seq, found.owner_id, found.from_batch, found.opportunity_id
    from contexts
    inner join open_opportunities as found
        on found.contact_id = contexts.contact_id
        and contexts.ingest_batch >= found.from_batch and contexts.ingest_batch < found.until_batch
    union
    select contexts.item_seq, found.owner_id, found.from_batch, found.opportunity_id
    from contexts
    inner join open_opportunities as found
        on found.account_id = contexts.account_id
        and contexts.ingest_batch >= found.from_batch and contexts.ingest_batch < found.until_batch
),

claims as (
    select item_seq, 'item' as claim, owner_id, 1 as tied_count
    from int_delivered_owners
    where not is_nobody
    union all
    select
        item_seq,
        'opportunity' as claim,
        arg_min(owner_id, (-from_batch, opportunity_id)) as owner_id,
        count(distinct owner_id) as tied_count,
    from opportunity_matches
    group by all
    union all
    select contexts.item_seq, 'contact' as claim, contacts.owner_id, 1 as tied_count
    from contexts
    inner join int_contacts as contacts
        on contacts.contact_id = contexts.contact_id
        and contexts.ingest_batch >= contacts.from_batch and contexts.ingest_batch < contacts.until_batch
    where contacts.owner_id is not null
    union all
    select item_seq, 'account' as claim, account_owner_id as owner_id, 1 as tied_count
    from contexts
    where account_owner_id is not null
),

final as (
    select
        claims.item_seq,
        claims.claim,
        claims.owner_id,
        claims.tied_count,
        case
            when epoch_us(items.decided_at) < getvariable('users_from_us') then 'active'
            when known.user_id is null or known.known_from_at > items.decided_at then 'owner_unknown'
            when active.user_id is null then 'owner_inactive'
            else 'active'
        end as owner_state,
    from claims
    inner join items using (item_seq)
    left join int_known_users as known on known.user_id = claims.owner_id
    left join int_user_intervals as active
        on active.user_id = claims.owner_id
        and items.decided_at >= active.from_at and items.decided_at < active.until_at
    anti join int_nobodies as nobodies
        on nobodies.policy_no = items.policy_no and nobodies.word = lower(trim(claims.owner_id))
    union all by name
    select item_seq, 'history' as claim, owner_id, tied_count, owner_state from int_recorded_owners where place = 1
)

select * from final

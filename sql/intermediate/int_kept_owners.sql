-- int_kept_owners: the claim that decides, in the policy's order of precedence: the first whose owner is active. Where
-- no owner is active, the first claim says why the item goes on to rotation (or is kept all the same, by policy).
-- kind: temp
-- grain: one row per due item with a claim
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   claim: item, opportunity, contact, account or history
--   owner_id: the owner who keeps the item; null when none is active
--   owner_state: active, or why the best claim does not hold: owner_inactive, owner_unknown, owner_away
--   tied_count: different owners with a claim of that rank
with

-- Whom the record names later has the item then, whoever is away at the first of it.
claims as (
    select claims.*, claims.claim = 'history' and later.item_seq is not null as is_passed_on
    from int_owner_claims as claims
    left join (select item_seq from int_recorded_owners where place = 2) as later using (item_seq)
),

-- Who is away for long has no claims meanwhile: the deputy has them, or nobody.
stood_in as (
    select
        claims.item_seq,
        claims.claim,
        coalesce(away.deputy_id, claims.owner_id) as owner_id,
        if(away.user_id is not null and away.deputy_id is null, 'owner_away', claims.owner_state) as owner_state,
        claims.tied_count,
    from claims
    inner join int_due_items as items using (item_seq)
    left join int_stand_ins as away
        on away.policy_no = items.policy_no and away.user_id = claims.owner_id
        and claims.owner_state = 'active' and not claims.is_passed_on
        and items.decided_at >= away.from_at and items.decided_at < away.until_at
),

ranked as (
    select
        claims.item_seq,
        claims.claim,
        claims.owner_id,
        claims.owner_state,
        claims.tied_count,
        precedence.claim_rank,
        claims.owner_state = 'active' or (precedence.keep_inactive and claims.owner_state = 'owner_inactive') as holds,
    from stood_in as claims
    inner join int_due_items as items using (item_seq)
    inner join int_precedence as precedence
        on precedence.policy_no = items.policy_no and precedence.claim = claims.claim
),

best as (
    select item_seq, arg_min(ranked, (not holds, claim_rank)) as claim
    from ranked
    group by all
),

final as (
    select
        item_seq,
        claim.claim as claim,
        if(claim.holds, claim.owner_id, null) as owner_id,
        claim.owner_state as owner_state,
        claim.tied_count as tied_count,
    from best
)

select * from final

-- int_routing: what is settled about each due item before the rotation, in the order of decisions: set aside because it
-- arrived closed, duplicate, set aside by qualification, existing owner, territory.
-- kind: temp
-- grain: one row per due item
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   outcome: duplicate, disqualified or kept; null when the rotation of pool_id decides
--   outcome_reason: the rule or claim behind the outcome
--   pool_id: the pool whose rotation decides; null when settled before
--   territory_id: the rule that chose the pool; null for the catch-all
--   routed_pool_id: the pool of its territory, also of a kept item
--   needs: skills an owner must have, sorted; wishes, prefers and targets: what else its rules say of it
--   owner_id: the owner of a kept item
--   route_flag: what was noted on the way of an item that the rotation decides
with

items as (
    select item_seq, policy_no, priority, decided_at from int_due_items
),

settled as (
    select
        items.item_seq,
        items.policy_no,
        items.decided_at,
        items.priority,
        identities.person_id,
        identities.duplicate_of_seq,
        if(closed.item_seq is not null, 'closed_on_arrival', rules.disqualified_by) as disqualified_by,
        rules.territory_id,
        rules.pool_id,
        rules.needs,
        rules.wishes,
        rules.prefers,
        rules.targets,
        rules.route_flag,
        kept.claim,
        kept.owner_id,
        kept.owner_state,
        kept.tied_count,
        case
            when closed.item_seq is not null then 'disqualified'
            when identities.duplicate_of_seq is not null then 'duplicate'
            when rules.disqualified_by is not null then 'disqualified'
            when kept.owner_id is not null then 'kept'
        end as outcome,
    from items
    inner join int_rule_hits as rules using (item_seq)
    left join int_arrived_closed as closed using (item_seq)
    left join int_identities as identities using (item_seq)
    left join int_kept_owners as kept using (item_seq)
),

final as (
    select
        item_seq,
        policy_no,
        decided_at,
        priority,
        person_id,
        duplicate_of_seq,
        outcome,
        if(outcome is null, if(owner_state <> 'active', owner_state, route_flag), null) as route_flag,
        case
            when outcome = 'duplicate' then 'same_person'
            when outcome = 'disqualified' then disqualified_by
            when outcome = 'kept' then if(claim = 'history', claim, claim || '_owner')
        end as outcome_reason,
        if(outcome is null, pool_id, null) as pool_id,
        if(outcome is null, territory_id, null) as territory_id,
        if(coalesce(outcome, 'kept') = 'kept', pool_id, null) as routed_pool_id,
        needs,
        wishes,
        prefers,
        targets,
        if(outcome = 'kept', owner_id, null) as owner_id,
        if(outcome = 'kept', tied_count, null) as tied_owner_count,
    from settled
)

select * from final order by item_seq

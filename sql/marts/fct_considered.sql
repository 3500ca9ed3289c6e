-- marts.fct_considered: for each decision every member of the pool: eligible or the first reason why not, with balance
-- and weight. Enough to prove the winner again.
-- kind: view
-- grain: one row per decision and pool member
-- columns:
--   decision_id: the decision
--   decision_seq: its number
--   member_id: member of the pool at that decision
--   roster_position: place in the roster, from 1; breaks the last tie
--   is_eligible: nothing kept the member from taking the item, and it did not pass by a token
--   reason: first reason against the member, in the order of the routing rule; null when eligible
--   came_first: eligible and among those that come before the other eligible ones: the person's last owner, or preferred
--   is_accruing: the member earns a share of the item: eligible, or away for reasons the pool lets it earn during
--   balance: the member's balance before the decision, in parts of a turn
--   open_count: the member's open items before the decision, in pools that choose by them
--   weight: the member's weight
--   is_winner: the member got the item
with

log as (
    select
        decisions.decision_id,
        considered.decision_seq,
        decisions.member_id as winner_id,
        decisions.kind,
        unnest(rosters.member_ids) as member_id,
        unnest(range(1, len(rosters.member_ids) + 1)) as roster_position,
        unnest(considered.reasons) as reason_no,
        unnest(considered.balances) as balance,
        unnest(considered.open_counts) as open_count,
        unnest(rosters.weights) as weight,
        coalesce(decisions.kind = 'skip' and decisions.member_id = unnest(rosters.member_ids), false) as is_passing,
    from ops.considered_log as considered
    inner join ops.rosters as rosters using (roster_id)
    inner join marts.fct_decisions as decisions using (decision_seq)
    where len(considered.reasons) > 0
),

final as (
    select
        decision_id,
        decision_seq,
        member_id,
        roster_position,
        reason_no & 63 = 0 and not is_passing as is_eligible,
        if(is_passing, 'skip_token', marts.reason_name(reason_no)) as reason,
        reason_no = 128 as came_first,
        reason_no & 63 = 0 or reason_no & 64 = 64 as is_accruing,
        balance,
        open_count,
        weight,
        coalesce(kind in (<<turn_kinds>>) and member_id = winner_id, false) as is_winner,
    from log
)

select * from final

-- turns_rederived: every turn cost what the rule says, and nothing else moved a balance: credits by the weights of those
-- that earn, their sum the price; at the debt limit those who are not eligible earn less; and what the members of a pool stood at after one decision is
-- what they stand at before the next, and after the last one in the state. Taken as recorded: who earned. Of a turn that
-- went with a reassigned item its bounds are known, and that the one who lost the item got it. What leavers left between
-- two decisions is taken from fct_settlements; where a member leaves the roster, its part of that one step is not looked at.
-- Of a run of half a million decisions or more blocks of decisions are looked at, a quarter of a million at least.
-- kind: check
with

blocks as (
    select greatest(count(*) // 250000, 1) as step
    from marts.fct_decisions
    where run_id = getvariable('run_id')
),

decisions as (
    select *
    from marts.fct_decisions
    where run_id = getvariable('run_id') and kind not in (<<bare_kinds>>)
),

settled_between as (
    select settlements.member_id, settlements.parts, before.decision_seq
    from (
        select pool_id, member_id, parts, next_decision_seq - 1 as last_seq
        from marts.fct_settlements
        where run_id = getvariable('run_id')
    ) as settlements
    asof join (select pool_id, decision_seq from decisions) as before
        on before.pool_id = settlements.pool_id and before.decision_seq <= settlements.last_seq
),

ends as (
    select *
    from (
        select
            decisions.decision_seq,
            decisions.pool_id,
            log.roster_id,
            lead(decisions.decision_seq) over in_pool as next_seq,
            lead(log.roster_id) over in_pool as next_roster_id,
        from decisions
        inner join ops.considered_log as log using (decision_seq)
        window in_pool as (partition by decisions.pool_id order by decisions.decision_seq)
    )
    where next_seq is null or next_roster_id <> roster_id
),

-- Where the next look is at another roster, or is the state after the run: what it says, in the order of this roster.
turned as (
    select
        ends.decision_seq,
        list(
            if(ends.next_seq is null, state.balance, log.balances[list_position(next_rosters.member_ids, ends.member_id)])
            order by ends.place
        ) as next_balances,
    from (
        select
            ends.*,
            unnest(rosters.member_ids) as member_id,
            unnest(range(1, len(rosters.member_ids) + 1)) as place,
        from ends
        inner join ops.rosters as rosters using (roster_id)
    ) as ends
    left join ops.considered_log as log on log.decision_seq = ends.next_seq
    left join ops.rosters as next_rosters on next_rosters.roster_id = ends.next_roster_id
    left join ops.router_state as state
        on state.run_id = getvariable('run_id') and state.pool_id = ends.pool_id and state.member_id = ends.member_id
    group by all
),

-- What was settled between a decision of the pool and the next, in the order of its roster.
settled_after as (
    select
        settled.decision_seq,
        list(coalesce(settled.parts, 0) order by settled.place) as settled_parts,
    from (
        select
            places.decision_seq,
            places.place,
            sum(parts.parts) as parts,
        from (
            select
                log.decision_seq,
                unnest(rosters.member_ids) as member_id,
                unnest(range(1, len(rosters.member_ids) + 1)) as place,
            from ops.considered_log as log
            inner join ops.rosters as rosters using (roster_id)
            where log.decision_seq in (select decision_seq from settled_between)
        ) as places
        left join settled_between as parts using (decision_seq, member_id)
        group by all
    ) as settled
    group by all
),

looked_at as (
    select
        decisions.* exclude (item_seq, source, item_id, decision_id, cause, sent_to, target, due_at, run_id),
        log.roster_id,
        log.reasons,
        log.balances,
        lead(log.roster_id) over in_block as next_roster_id,
        lead(log.balances) over in_block as next_balances,
    from decisions
    inner join ops.considered_log as log using (decision_seq)
    cross join blocks
    where decisions.decision_seq // 8192 % blocks.step = 0
    window in_block as (
        partition by decisions.pool_id, if(blocks.step = 1, 0, decisions.decision_seq // 8192)
        order by decisions.decision_seq
    )
),

weighed as (
    select
        looked_at.decision_seq,
        looked_at.balance_before,
        looked_at.balance_after,
        looked_at.balances,
        looked_at.reasons,
        coalesce(
            turned.next_balances,
            if(looked_at.next_roster_id = looked_at.roster_id, looked_at.next_balances, null)
        ) as next_balances,
        settled_after.settled_parts,
        pools.debt_limit * 232792560000 as debt_parts,
        list_position(rosters.member_ids, looked_at.member_id) as winner_no,
        list_position(rosters.member_ids, looked_at.previous_member_id) as loser_no,
        case
            when looked_at.kind in ('assign', 'skip') then 'charged'
            when looked_at.kind = 'redo' or (
                looked_at.kind in ('reassign', 'handover') and looked_at.token_id is not null
            )
                then if(pools.is_redo_charged, 'charged', 'free')
            when looked_at.kind in ('reassign', 'handover')
                then if(pools.is_charged_back and losers.member_id is not null, 'moved', 'charged')
            else 'free'
        end as what,
        list_transform(
            list_zip(looked_at.reasons, rosters.weights),
            lambda member: if(member[1] & 63 = 0 or member[1] & 64 = 64, member[2], 0)
        ) as earning_weights,
        list_sum(earning_weights) as total_weight,
    from looked_at
    inner join ops.rosters as rosters using (roster_id)
    inner join marts.dim_pools as pools
        on pools.pool_id = looked_at.pool_id and pools.policy_version = looked_at.policy_version
    left join turned on turned.decision_seq = looked_at.decision_seq
    left join settled_after on settled_after.decision_seq = looked_at.decision_seq
    -- Nothing is charged back to who is no member any more.
    left join marts.dim_members as losers
        on losers.pool_id = looked_at.pool_id and losers.policy_version = looked_at.policy_version
        and losers.member_id = looked_at.previous_member_id
        and coalesce(losers.member_from_at <= looked_at.decided_at, true)
        and coalesce(losers.member_until_at > looked_at.decided_at, true)
),

-- The price is at most a turn: most need no sum of credits to be seen not to reach the limit.
priced as (
    select
        *,
        balance_before + earning_weights[winner_no] * 232792560000 // nullif(total_weight, 0) + debt_parts as room,
        what = 'charged' and room < 232792560000 as is_near,
    from weighed
),

-- What the eligible earn is never cut: only what the winner comes to owe to those who are not eligible.
split as (
    select
        *,
        if(is_near, list_transform(
            list_zip(reasons, earning_weights), lambda member: if(member[1] & 63 = 0, 0, member[2])
        ), null) as outside_weights,
        list_sum(outside_weights) as outside_weight,
        list_transform(earning_weights, lambda weight: weight * 232792560000 // nullif(total_weight, 0)) as full_credits,
        if(is_near, list_sum(list_transform(
            list_zip(full_credits, outside_weights), lambda member: if(member[2] > 0, 0, member[1])
        )), null) as inside_parts,
    from priced
),

credited as (
    select
        * exclude (earning_weights, outside_weights, full_credits),
        case
            when what <> 'charged' then list_transform(earning_weights, lambda weight: 0)
            when is_near and room < list_sum(full_credits)
                then list_transform(
                    list_zip(full_credits, outside_weights),
                    lambda member: if(
                        member[2] > 0,
                        member[2] * greatest(room - inside_parts, 0) // nullif(outside_weight, 0),
                        member[1]
                    )
                )
            else full_credits
        end as credits,
        list_sum(credits) as price,
    from split
),

changed as (
    select
        * exclude (credits),
        case what when 'charged' then -price when 'moved' then balance_after - balance_before else 0 end
            as winner_change,
        coalesce(credits[winner_no], 0) as winner_credit,
        if(what = 'moved' and loser_no is not null, balance_before - balance_after, 0) as loser_change,
        list_transform(
            list_zip(next_balances, balances, credits, settled_parts),
            lambda member: member[1] - member[2] - coalesce(member[3], 0) - coalesce(member[4], 0)
        ) as changes,
    from credited
),

final as (
    select decision_seq
    from changed
    where balance_after <> balance_before + winner_credit + winner_change
        or (what <> 'free' and balance_after is null)
        or (what = 'moved' and not winner_change between -greatest(balance_before + debt_parts, 0) and 0)
        or changes[winner_no] <> winner_change
        or changes[loser_no] <> loser_change
        or list_sum(list_transform(changes, lambda change: abs(change)))
            <> if(changes[winner_no] is null, 0, abs(winner_change))
            + if(changes[loser_no] is null, 0, abs(loser_change))
)

select * from final

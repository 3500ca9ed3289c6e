-- marts.explain: every decision of an item with every member considered, in words; marts.story tells the steps between.
-- kind: macro
-- grain: one row per decision and considered member
create or replace macro marts.explain(wanted_item_id) as table (
    with seen as (
        select
            decisions.*,
            unnest(rosters.member_ids) as considered_id,
            unnest(range(1, len(rosters.member_ids) + 1)) as roster_position,
            unnest(log.reasons) as reason_no,
            unnest(log.balances) as balance,
            unnest(log.open_counts) as open_count,
            unnest(rosters.weights) as weight,
            list_contains(log.reasons, 128::utinyint) as has_first,
        from marts.fct_decisions as decisions
        inner join ops.considered_log as log using (decision_seq)
        inner join ops.rosters as rosters using (roster_id)
        where decisions.item_id = wanted_item_id and len(log.reasons) > 0
    ),

    weighed as (
        select
            seen.*,
            reason_no & 63 = 0 as is_eligible,
            reason_no & 63 = 0 or reason_no & 64 = 64 as is_accruing,
            considered_id = seen.member_id as is_named,
            coalesce(members.max_open, 1) as room,
            members.max_open,
            sum(seen.weight) filter (where reason_no & 63 = 0 or reason_no & 64 = 64) over (partition by decision_seq)
                as total_weight,
        from seen
        left join marts.dim_members as members
            on members.pool_id = seen.pool_id and members.policy_version = seen.policy_version
            and members.member_id = considered_id
    ),

    standing as (
        select
            *,
            balance + if(is_accruing, weight * 232792560000 // nullif(total_weight, 0), 0) as claim,
            open_count / room as load,
            max(claim) filter (where is_named) over (partition by decision_seq) as winning_claim,
            max(load) filter (where is_named) over (partition by decision_seq) as winning_load,
        from weighed
    )

    select
        decision_seq,
        decided_at,
        source,
        item_id,
        pool_id,
        kind,
        policy_version,
        roster_position,
        considered_id as member_id,
        coalesce(kind in (<<turn_kinds>>) and is_named, false) as is_winner,
        is_eligible and not (kind = 'skip' and is_named) as is_eligible,
        reason_no = 128 as came_first,
        is_accruing,
        if(kind = 'skip' and is_named, 'skip_token', marts.reason_name(reason_no)) as reason,
        round(balance / 232792560000, 3) as balance_turns,
        round(claim / 232792560000, 3) as claim_turns,
        open_count,
        max_open,
        weight,
        claim,
        case
            when is_named and kind in ('redo', 'reassign', 'handover') and token_id is not null
                then 'takes it on a redo token; ' || if(turn is null, 'no turn is charged', 'a turn is charged')
            when is_named and kind in ('assign', 'reassign', 'handover') then 'takes it, as turn ' || (turn + 1) || ' of the pool'
            when is_named and kind = 'skip'
                then 'was next but used a skip token: the turn is charged, the item offered again'
            when not is_eligible
                then marts.reason_words(marts.reason_name(reason_no)) || if(is_accruing, '; earns its share all the same', '')
            when kind = 'redo' or token_id is not null and kind in ('reassign', 'handover') then 'could take it; a redo token goes before'
            when has_first and reason_no <> 128 then 'could take it; somebody else came first'
            when load > winning_load then 'could take it; has more open items for its room'
            when claim < winning_claim then 'could take it; the winner was owed more'
            when winning_claim is null then 'could take it'
            else 'could take it; was owed as much, but had its last turn later, or stands later in the roster'
        end as in_words,
    from standing
    order by decision_seq, roster_position
)

-- marts.explain: every decision of an item with every member considered, in words.
-- kind: macro
-- grain: one row per decision and considered member
create or replace macro marts.explain(wanted_item_id) as table (
    with decisions as (
        select * from marts.fct_decisions where item_id = wanted_item_id
    ),

    seen as (
        select
            decisions.*,
            unnest(rosters.member_ids) as considered_id,
            unnest(range(1, len(rosters.member_ids) + 1)) as roster_position,
            unnest(log.reasons) as reason_no,
            unnest(log.balances) as balance,
            unnest(rosters.weights) as weight,
        from decisions
        inner join ops.considered_log as log using (decision_seq)
        inner join ops.rosters as rosters using (roster_id)
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
        coalesce(kind in ('assign', 'redo') and considered_id = member_id, false) as is_winner,
        reason_no = 0 as is_eligible,
        marts.reason_name(reason_no) as reason,
        round(balance / 232792560000, 3) as balance_turns,
        weight,
        case
            when kind = 'redo' and considered_id = member_id then 'takes it on a redo token; no turn is charged'
            when kind = 'assign' and considered_id = member_id then 'takes it, as turn ' || (turn + 1) || ' of the pool'
            when kind = 'skip' and considered_id = member_id
                then 'was next but used a skip token: the turn is charged, the item offered again'
            when reason_no = 0 then 'could take it; the winner was owed more'
            else marts.reason_words(marts.reason_name(reason_no))
        end as in_words,
    from seen
    order by decision_seq, roster_position
)

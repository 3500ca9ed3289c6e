-- winner_rederived: whoever won a turn is the one the rule names, worked out again from what was recorded of every
-- member: of those that came first, or else of all eligible, in a least_loaded pool the one with the lowest open items to
-- max_open; then the largest balance and credit, the credits by the weights of those that earn; then the oldest turn;
-- then the roster. Taken as recorded: who was eligible, who came first, who earned; the order of redo tokens.
-- Of a run of half a million decisions or more blocks of decisions are looked at, a quarter of a million at least.
-- kind: check
with

blocks as (
    select greatest(count(*) // 250000, 1) as step
    from marts.fct_decisions
    where run_id = getvariable('run_id')
),

won as not materialized (
    select
        decisions.decision_seq,
        log.roster_id,
        log.reasons,
        log.balances,
        log.open_counts,
        rosters.weights,
        list_position(rosters.member_ids, decisions.member_id) as winner_no,
        if(list_contains(log.reasons, 128::utinyint), 128, 0) as first_code,
        list_inner_product(
            list_transform(log.reasons, lambda code: if(code & 63 = 0 or code & 64 = 64, 1, 0)::double),
            rosters.weights::double[]
        )::bigint as total_weight,
    from marts.fct_decisions as decisions
    inner join ops.considered_log as log using (decision_seq)
    inner join ops.rosters as rosters on rosters.roster_id = log.roster_id
    cross join blocks
    where decisions.run_id = getvariable('run_id')
        and (decisions.kind in ('assign', 'skip') or (decisions.kind in ('reassign', 'handover') and decisions.token_id is null))
        and decisions.decision_seq // 8192 % blocks.step = 0
),

-- Exact: weights are at most 10000, and a turn has 232792560000 parts.
by_turns as (
    select
        decision_seq,
        winner_no,
        first_code,
        total_weight,
        unnest(range(1, len(reasons) + 1)) as rival_no,
        unnest(reasons) as code,
        unnest(balances) as balance,
        unnest(weights) as weight,
        balances[winner_no] + weights[winner_no] * 232792560000 // total_weight as won_with,
    from won
    where open_counts is null
),

capacities as (
    select rosters.roster_id, list(greatest(coalesce(max_open, 1), 1) order by roster_position) as capacities
    from ops.rosters as rosters
    inner join marts.dim_members as members using (pool_id, policy_version)
    group by all
),

by_load as (
    select
        * exclude (reasons, balances, open_counts, weights, capacities),
        unnest(range(1, len(reasons) + 1)) as rival_no,
        unnest(reasons) as code,
        unnest(balances) as balance,
        unnest(weights) as weight,
        unnest(open_counts) as open_count,
        unnest(capacities) as capacity,
        open_counts[winner_no] as won_open_count,
        capacities[winner_no] as won_capacity,
        balances[winner_no] + weights[winner_no] * 232792560000 // total_weight as won_with,
    from won
    inner join capacities using (roster_id)
    where open_counts is not null
),

-- Above 0: the rival stood before the winner.
rivals as (
    select decision_seq, winner_no, rival_no, balance + weight * 232792560000 // total_weight - won_with as difference
    from by_turns
    where code = first_code and rival_no <> winner_no and difference >= 0
    union all
    select
        decision_seq,
        winner_no,
        rival_no,
        case sign(won_open_count * capacity::hugeint - open_count * won_capacity::hugeint)
            when 0 then balance + weight * 232792560000 // total_weight - won_with
            when 1 then 1
        end as difference,
    from by_load
    where code = first_code and rival_no <> winner_no and difference >= 0
),

-- Places between decisions are those at which somebody left, which ends the memory of their turns.
turns as (
    select pool_id, member_id, 2 * decision_seq as place, turn
    from marts.fct_decisions
    where run_id = getvariable('run_id') and turn is not null
    union all
    select pool_id, member_id, 2 * next_decision_seq - 1 as place, -1 as turn
    from marts.fct_settlements
    where run_id = getvariable('run_id') and has_left
    union all
    select pool_id, member_id, 0 as place, last_turn as turn
    from ops.router_state
    where run_id = (select max(run_id) from ops.router_state where run_id < getvariable('run_id'))
),

tied as (
    select
        rivals.*,
        2 * rivals.decision_seq as place,
        decisions.pool_id,
        decisions.member_id,
        rosters.member_ids[rivals.rival_no] as rival_id,
    from rivals
    inner join marts.fct_decisions as decisions using (decision_seq)
    inner join ops.considered_log as log using (decision_seq)
    inner join ops.rosters as rosters on rosters.roster_id = log.roster_id
    where rivals.difference = 0
),

dated as (
    select tied.*, coalesce(won_turns.turn, -1) as won_turn, coalesce(rival_turns.turn, -1) as rival_turn
    from tied
    asof left join turns as won_turns
        on won_turns.pool_id = tied.pool_id and won_turns.member_id = tied.member_id
        and won_turns.place < tied.place
    asof left join turns as rival_turns
        on rival_turns.pool_id = tied.pool_id and rival_turns.member_id = tied.rival_id
        and rival_turns.place < tied.place
),

final as (
    select decision_seq from rivals where difference > 0
    union all
    select decision_seq from dated where rival_turn < won_turn or (rival_turn = won_turn and rival_no < winner_no)
)

select * from final

-- earning_rederived: who earned a share without being eligible was kept away by a reason the pool lets its members earn
-- during, and stood below the catch-up limit. Only the first reason against a member is recorded: that somebody earned
-- nothing although that reason would let them is held against the router where no later reason was possible: by the
-- member's limits and max_open, the kind of the decision and the tokens of the item.
-- Of a run of half a million decisions or more blocks of decisions are looked at, a quarter of a million at least.
-- kind: check
with

blocks as (
    select greatest(count(*) // 250000, 1) as step
    from marts.fct_decisions
    where run_id = getvariable('run_id')
),

-- Reasons as bits, by their numbers: 1 for not_member up to 8192 for skip_token, and 16384 for paused, which comes
-- before at_capacity (4096) in the order of the routing rule.
accruing as (
    select
        pool_id,
        policy_version,
        catch_up_limit * 232792560000 as catch_up_parts,
        list_sum(list_transform(accrue_while, lambda reason: 1 << (list_position(names.reasons, reason) - 1)))::bigint
            as accruing_bits,
    from marts.dim_pools
    cross join (
        select list_transform(range(1, 16), lambda number: marts.reason_name(number)) as reasons
    ) as names
),

pauses as (
    select if(count(*) > 0, 16384, 0) as paused_bit from ops.exception_tokens where kind = 'pause'
),

settings as (
    select
        rosters.roster_id,
        members.roster_position as place,
        members.weight,
        accruing.catch_up_parts,
        coalesce(accruing.accruing_bits, 0) as accruing_bits,
        -- Always possible: the first seven, up to skill_missing.
        127 + if(members.limits <> '{}' or members.user_limits <> '{}', 3840, 0)
            + if(members.max_open is not null or members.user_max_open is not null, 4096, 0) + pauses.paused_bit
            as possible_bits,
    from ops.rosters as rosters
    inner join marts.dim_members as members using (pool_id, policy_version)
    inner join accruing using (pool_id, policy_version)
    cross join pauses
),

passed as (
    select distinct item_seq from marts.fct_decisions where kind = 'skip'
),

-- What a departed owner leaves and nobody takes waits for somebody who has not had it.
left_by_owner as (
    select item_seq from marts.fct_decisions where kind = 'hold' and previous_member_id is not null
),

seen as (
    select
        decisions.decision_seq,
        decisions.item_seq,
        -- Only an item that is taken from an owner has a previous one.
        if(
            decisions.kind in ('reassign', 'handover', 'skip', 'queue') or decisions.item_seq in (from left_by_owner),
            128, 0
        ) as more_bits,
        log.roster_id,
        unnest(range(1, len(log.reasons) + 1)) as place,
        unnest(log.reasons) as code,
        unnest(log.balances) as balance,
    from marts.fct_decisions as decisions
    inner join ops.considered_log as log using (decision_seq)
    cross join blocks
    where decisions.run_id = getvariable('run_id') and decisions.decision_seq // 8192 % blocks.step = 0
),

away as (
    select
        seen.code, seen.decision_seq,
        seen.code & 64 = 64 as is_accruing,
        settings.weight > 0 and seen.balance < settings.catch_up_parts
            and settings.accruing_bits >> ((seen.code & 63)::bigint - 1) & 1 = 1 as may_accrue,
        -- Of the reasons after the first one none is possible but those that let the member earn.
        (settings.possible_bits | seen.more_bits | if(passed.item_seq is null, 0, 8192)) & ~settings.accruing_bits
            & case seen.code & 63
                when 13 then 8192 when 14 then 0 when 15 then 12288 else ~((1 << (seen.code & 63)::bigint) - 1)
            end = 0 as is_certain,
    from seen
    inner join settings using (roster_id, place)
    left join passed using (item_seq)
)

-- Who is eligible is left out only here: with that condition in front of the join DuckDB 2.0.0 stops at an assertion of
-- its own ("dict-surviving cache") for some tables, and takes the run with it.
select decision_seq from away where code & 63 > 0 and is_accruing <> may_accrue and (is_accruing or is_certain)

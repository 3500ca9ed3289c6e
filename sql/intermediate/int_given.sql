-- int_given: what was given to whom as far back as a window of this run reaches, kept items that count included.
-- kind: temp
-- grain: one row per decision that gave an item to somebody, and per kept item that counts
-- columns:
--   decision_seq: the decision; null for kept items, but for those of this run that are kept within limits
--   decided_at: when
--   policy_version: version in force; null where decision_seq is
--   is_of_run: given in this run
--   is_kept: kept by an owner, so that no turn was charged
with

decisions as (
    select * from marts.fct_decisions where kind in (<<turn_kinds>>)
),

-- Who owns a person's last item has the next one within limits, as the version in force says.
within_limits as (
    select decisions.decision_seq, decisions.item_seq, decisions.decided_at, decisions.policy_version
    from routed_decisions as decisions
    inner join int_policies as policies on policies.version = decisions.policy_version
    inner join int_policy_uses as uses using (policy_no)
    where decisions.kind = 'keep' and uses.are_survivors_limited
        and (decisions.item_seq, decisions.decided_at) not in (select (item_seq, decided_at) from int_reopened)
),

kept as (
    select
        within_limits.decision_seq,
        counted.pool_id,
        counted.member_id,
        within_limits.policy_version,
        counted.decided_at,
        within_limits.decision_seq is not null
            or counted.item_seq > getvariable('last_item_seq') or counted.item_seq in (select item_seq from int_again)
            or (counted.item_seq, counted.decided_at) in (select (item_seq, decided_at) from int_reopened) as is_of_run,
    from intermediate.int_counted_kept as counted
    left join within_limits using (item_seq, decided_at)
),

reach as (
    select min(decided_at) - to_days((select max(reach_days) from int_limit_windows)) as since_at
    from (
        select decided_at from marts.fct_decisions where run_id = getvariable('run_id')
        union all
        select decided_at from kept
        where is_of_run
    )
),

final as (
    select decision_seq, pool_id, member_id, policy_version, decided_at, run_id = getvariable('run_id') as is_of_run,
        false as is_kept,
    from decisions
    where decided_at >= (select since_at from reach)
    union all
    select decision_seq, pool_id, member_id, policy_version, decided_at, is_of_run, true
    from kept
    where decided_at >= (select since_at from reach)
)

select * from final

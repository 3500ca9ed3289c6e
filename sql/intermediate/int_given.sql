-- int_given: what was given to whom as far back as a window of this run's decisions reaches, kept items that count included.
-- kind: temp
-- grain: one row per decision that gave an item to somebody, and per kept item that counts
-- columns:
--   decision_seq: the decision; null for kept items
--   decided_at: when
--   policy_version: version in force; null for kept items
with

reach as (
    select min(decided_at) - interval 8 days as since_at
    from marts.fct_decisions
    where run_id = getvariable('run_id')
),

final as (
    select decision_seq, pool_id, member_id, policy_version, decided_at
    from marts.fct_decisions
    where kind in ('assign', 'redo', 'reassign') and decided_at >= (select since_at from reach)
    union all by name
    select pool_id, member_id, decided_at
    from intermediate.int_counted_kept
    where decided_at >= (select since_at from reach)
)

select * from final

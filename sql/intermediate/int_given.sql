-- int_given: what was given to whom as far back as a window of this run reaches, kept items that count included.
-- kind: temp
-- grain: one row per decision that gave an item to somebody, and per kept item that counts
-- columns:
--   decision_seq: the decision; null for kept items
--   decided_at: when
--   policy_version: version in force; null for kept items
--   is_of_run: given in this run
with

decisions as (
    select * from marts.fct_decisions where kind in ('assign', 'redo', 'reassign', 'handover')
),

kept as (
    select
        pool_id,
        member_id,
        decided_at,
        item_seq > getvariable('last_item_seq') or item_seq in (select item_seq from int_again)
            or (item_seq, decided_at) in (select (item_seq, decided_at) from int_reopened) as is_of_run,
    from intermediate.int_counted_kept
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
    select decision_seq, pool_id, member_id, policy_version, decided_at, run_id = getvariable('run_id') as is_of_run
    from decisions
    where decided_at >= (select since_at from reach)
    union all by name
    select
        pool_id,
        member_id,
        decided_at,
        is_of_run,
    from kept
    where decided_at >= (select since_at from reach)
)

select * from final

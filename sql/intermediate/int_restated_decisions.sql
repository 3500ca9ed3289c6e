-- int_restated_decisions: the decisions in which a restatement differs from what stood before it. Decisions before its
-- first instant must be the same in all they say, later ones are the same where their ids are.
-- kind: temp
-- grain: one row per decision taken back or new, and per decision before the start that says something else
-- columns:
--   decision_id: the decision
--   change: superseded (it no longer stands), new, or altered
--   decided_at: instant of the decision
--   is_before_start: taken before the first instant that was to be restated
with

before as (
    select * exclude (run_id, known_at, told_at) from marts.fct_decisions_before
),

after as (
    select * exclude (run_id, known_at, told_at) from marts.fct_decisions
),

-- In runs that were ahead of the clock nobody knew of anything then.
told_otherwise as (
    select decision_id
    from marts.fct_decisions_before as before
    inner join marts.fct_decisions as after using (decision_id)
    where (before.told_at is distinct from after.told_at and coalesce(before.told_at <= getvariable('as_of_at'), true))
        or (before.known_at is distinct from after.known_at and coalesce(before.known_at <= getvariable('as_of_at'), true))
),

differing as (
    select decision_id, 'superseded' as change, decided_at from before anti join after using (decision_id)
    union all
    select decision_id, 'new' as change, decided_at from after anti join before using (decision_id)
    union all
    select before.decision_id, 'altered' as change, before.decided_at
    from before
    inner join after using (decision_id)
    where before.decided_at < getvariable('restated_from_at')
        and (before is distinct from after or decision_id in (select decision_id from told_otherwise))
),

final as (
    select *, decided_at < getvariable('restated_from_at') as is_before_start
    from differing
)

select * from final

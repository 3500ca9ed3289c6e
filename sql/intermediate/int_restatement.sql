-- int_restatement: what this restatement has changed, as ops.restatements keeps it.
-- kind: temp
-- grain: one row
-- columns:
--   run_id: the run
--   from_date: first local day of the project that was decided again
--   from_at: its first instant
--   decision_count_before: decisions from there on that stood before
--   decision_count: decisions from there on that stand now
--   superseded_count: of those before, taken back; they are in ops.superseded_decisions
--   new_count: of those now, not there before
--   changed_item_count: items that ended elsewhere: other outcome, owner, pool or queue
--   changed_owner_count: of those, items that another user has now, or nobody any more
--   restated_at: when it took place; null with run_instant last_record
with

differing as (
    select
        count(*) filter (where change = 'superseded') as superseded_count,
        count(*) filter (where change = 'new') as new_count,
    from int_restated_decisions
),

items as (
    select count(*) as changed_item_count, count(*) filter (where is_owner_changed) as changed_owner_count
    from int_restated_items
),

final as (
    select
        getvariable('run_id') as run_id,
        getvariable('restated_from_date') as from_date,
        getvariable('restated_from_at') as from_at,
        (select count(*) from marts.fct_decisions_before where decided_at >= getvariable('restated_from_at'))
            as decision_count_before,
        (select count(*) from marts.fct_decisions where decided_at >= getvariable('restated_from_at')) as decision_count,
        differing.*,
        items.*,
        getvariable('restated_at')::timestamptz as restated_at,
    from differing
    cross join items
)

select * from final

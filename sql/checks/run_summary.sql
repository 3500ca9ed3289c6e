-- run_summary: the counts that ops.runs gives of this run are those of the tables it wrote.
-- kind: check
with

decisions as (
    select
        count(*) as decision_count,
        count(distinct item_seq) filter (where kind = 'reassign') as reassigned_count,
        count(distinct item_seq) filter (where kind = 'queue') as queued_count,
    from marts.fct_decisions
    where run_id = getvariable('run_id')
),

items as (
    select
        count(*) filter (where item_seq > getvariable('last_item_seq')) as item_count,
        count(*) filter (where outcome = 'held') as held_count,
    from marts.fct_items
),

final as (
    select runs.run_id
    from ops.runs as runs
    cross join decisions
    cross join items
    where runs.run_id = getvariable('run_id')
        and [
            runs.item_count, runs.held_count, runs.decision_count, runs.reassigned_count, runs.queued_count,
            runs.event_count, runs.breach_count,
        ] is distinct from [
            items.item_count, items.held_count, decisions.decision_count, decisions.reassigned_count,
            decisions.queued_count,
            (select count(*) from marts.fct_item_events where run_id = getvariable('run_id')),
            (
                select count(distinct (item_seq, target, due_at))
                from marts.fct_breaches
                where run_id = getvariable('run_id') and kind = 'breach'
                    and (item_seq, decided_at) in (select (item_seq, decided_at) from routed_breaches)
            ),
        ]
)

select * from final

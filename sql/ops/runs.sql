-- ops.runs: every run that changed something. When it ran, and how long, stands in runs.log of the project.
-- kind: table
-- grain: one row per run
-- columns:
--   run_id: key, in the order of the runs
--   as_of_at: instant of the run
--   until_at: items created later were left for another run
--   frontier_at: everything up to here is final since this run
--   file_count: files delivered to it, refused ones included
--   refused_file_count: of those, refused whole
--   row_count: physical rows in them
--   item_count: items it decided for the first time
--   decision_count: decisions of the router
--   event_count: what it took up that had happened to items, each a row of marts.fct_item_events
--   breach_count: targets it found missed
--   reassigned_count: items it gave to another owner
--   queued_count: items it put in a queue
--   quarantined_count: rows set aside
--   held_count: items waiting for somebody eligible after it
--   rule_version: the routing rule that decided: 2; null in runs from before the debt limit spared what the eligible owe
--   status: done, or degraded where a file was refused
with

files as (
    select
        count(*) as file_count,
        count(*) filter (where status = 'refused') as refused_file_count,
        coalesce(sum(row_count), 0)::bigint as row_count,
    from int_run_files
),

final as (
    select
        getvariable('run_id') as run_id,
        getvariable('as_of_at') as as_of_at,
        getvariable('until_at') as until_at,
        getvariable('new_frontier_at') as frontier_at,
        files.*,
        (select count(*) from int_due_items where item_seq > getvariable('last_item_seq')) as item_count,
        (select count(*) from routed_decisions) as decision_count,
        (select count(*) from intermediate.int_item_activities where run_id = getvariable('run_id')) as event_count,
        (select count(distinct (item_seq, target, due_at)) from routed_breaches where kind = 'breach') as breach_count,
        (select count(distinct item_seq) from routed_decisions where kind = 'reassign') as reassigned_count,
        (select count(distinct item_seq) from routed_decisions where kind = 'queue') as queued_count,
        (select count(distinct (file_id, row_number)) from int_run_refusals)
            as quarantined_count,
        (select count(*) from ops.router_holds) as held_count,
        2::bigint as rule_version,
        if(files.refused_file_count > 0, 'degraded', 'done') as status,
    from files
)

select * from final

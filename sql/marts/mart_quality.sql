-- marts.mart_quality: how clean each feed was in each run, rule by rule.
-- kind: view
-- grain: one row per run, source, suite and rule
-- columns:
--   run_id: the run
--   source: the feed
--   suite: suite of expectations, or reader for rows that could not be read
--   rule: the rule
--   action: quarantine (the row is set aside), warn (counted) or stop
--   checked_count: rows looked at
--   failed_count: rows that broke the rule
--   quarantined_count: rows of the feed set aside in this run, for whatever rule
--   row_count: rows of the feed in this run
--   duplicate_rate: items of the feed folded into others, of all its items in this run
--   kept_rate: items that stayed with an existing owner
--   failover_rate: items nobody was eligible for when they came
with

results as (
    select run_id, source, suite, rule, action, checked_count, failed_count
    from ops.quality_results
    union all
    select run_id, source, 'reader' as suite, rule, 'quarantine' as action, null as checked_count, count(*) as failed_count
    from ops.quarantine
    where suite = 'reader'
    group by all
),

refused as (
    select run_id, source, count(distinct (file_id, row_number)) as quarantined_count
    from ops.quarantine
    group by all
),

files as (
    select run_id, source, sum(row_count)::bigint as row_count
    from ops.ingested_files
    group by all
),

-- Of the items that came with the files of the run, whichever run wrote their rows last.
items as (
    select files.run_id, items.source, items.item_seq, items.outcome
    from marts.fct_items as items
    inner join ops.ingested_files as files using (file_id)
),

outcomes as (
    select
        run_id,
        source,
        count(*) filter (where outcome = 'duplicate') / count(*) as duplicate_rate,
        count(*) filter (where outcome = 'kept') / count(*) as kept_rate,
    from items
    group by all
),

holds as (
    select
        items.run_id,
        items.source,
        count(distinct items.item_seq) filter (where kind = 'hold' or cause = 'nobody')
            / count(distinct items.item_seq) as failover_rate,
    from marts.fct_decisions
    inner join items using (item_seq)
    group by all
),

final as (
    select
        results.run_id,
        results.source,
        results.suite,
        results.rule,
        results.action,
        coalesce(results.checked_count, files.row_count) as checked_count,
        results.failed_count,
        coalesce(refused.quarantined_count, 0) as quarantined_count,
        files.row_count,
        outcomes.duplicate_rate,
        outcomes.kept_rate,
        holds.failover_rate,
    from results
    left join refused using (run_id, source)
    left join files using (run_id, source)
    left join outcomes using (run_id, source)
    left join holds using (run_id, source)
)

select * from final

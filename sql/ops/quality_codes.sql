-- ops.quality_codes: the failed rows of ops.quality_results by what was found; nothing where nothing failed.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per run, suite, rule, source and code found
-- columns:
--   run_id: the run
--   source: feed of the rows; null for a rule about a table as a whole
--   suite: suite of expectations, named for its table
--   rule: the rule
--   code: what was found
--   action: quarantine (the row is set aside), warn (counted) or stop (the run)
--   failed_count: rows it was found in
create table if not exists ops.quality_codes (
    run_id varchar not null,
    source varchar,
    suite varchar not null,
    rule varchar not null,
    code varchar not null,
    action varchar not null,
    failed_count bigint not null
)

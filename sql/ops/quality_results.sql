-- ops.quality_results: what every expectation found in every run, as Great Expectations and SQL agree on it.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per run, suite, rule and source
-- columns:
--   run_id: the run
--   source: feed of the rows; null for a rule about a table as a whole
--   suite: suite of expectations, named for its table
--   rule: the rule
--   code: what breaking it is called; a rule may stand for several codes, see ops.quality_codes
--   action: quarantine (the row is set aside), warn (counted) or stop (the run)
--   checked_count: rows looked at
--   failed_count: rows that broke the rule; 1 for a whole table that did
create table if not exists ops.quality_results (
    run_id varchar not null,
    source varchar,
    suite varchar not null,
    rule varchar not null,
    code varchar not null,
    action varchar not null,
    checked_count bigint not null,
    failed_count bigint not null
)

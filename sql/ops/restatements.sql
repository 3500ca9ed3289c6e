-- ops.restatements: the runs that decided again what had been decided, and what came of it.
-- kind: declared
-- grain: one row per restatement
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
--   restated_at: when it took place: owners who had not been told of an item before are told then; null with run_instant
--     last_record
create table if not exists ops.restatements (
    run_id varchar,
    from_date date,
    from_at timestamptz,
    decision_count_before bigint,
    decision_count bigint,
    superseded_count bigint,
    new_count bigint,
    changed_item_count bigint,
    changed_owner_count bigint,
    restated_at timestamptz
)

-- intermediate.int_waiting_activities: activities that no run could use yet: they lie after the last run's until, or name
-- an item that has not come.
-- kind: declared
-- grain: one row per activity version and delivery
-- columns:
--   source: feed that delivered it; likewise activity_id, item_id, contact_id, account_id and user_id as delivered
--   kind: as standardised; likewise direction and is_automated
--   outcome: as conditions compare it
--   occurred_at: when it happened
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values
--   waits_for: time (its instant lies ahead) or item (everything else about it is settled)
create table if not exists intermediate.int_waiting_activities (
    source varchar,
    activity_id varchar,
    item_id varchar,
    contact_id varchar,
    account_id varchar,
    user_id varchar,
    kind varchar,
    direction varchar,
    is_automated boolean,
    outcome varchar,
    occurred_at timestamptz,
    ingest_batch bigint,
    row_hash ubigint,
    waits_for varchar
)

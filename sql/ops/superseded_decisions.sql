-- ops.superseded_decisions: decisions that stood until a restatement took them back, as they were. Nothing that was ever
-- decided is forgotten.
-- kind: declared
-- grain: one row per restatement and decision it took back
-- masks: item_id id, member_id user, previous_member_id user
-- columns:
--   decision_id: the decision; the same id may come back in a later restatement
--   decision_seq: its number then
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id of the item in its source
--   pool_id: pool whose rotation decided
--   kind: as in marts.fct_decisions
--   member_id: the winner then
--   decided_at: instant of the decision
--   policy_version: version of the policy then
--   turn: number of the turn charged
--   cause: why it was moved or taken out
--   previous_member_id: who lost the item
--   sent_to: pool of a failover, name of a queue
--   run_id: run that had taken the decision
--   superseded_by: run that restated it
--   told_at: when the member had been told of it; null where they never were
create table if not exists ops.superseded_decisions (
    decision_id varchar,
    decision_seq bigint,
    item_seq bigint,
    source varchar,
    item_id varchar,
    pool_id varchar,
    kind varchar,
    member_id varchar,
    decided_at timestamptz,
    policy_version varchar,
    turn bigint,
    cause varchar,
    previous_member_id varchar,
    sent_to varchar,
    run_id varchar,
    superseded_by varchar,
    told_at timestamptz
)

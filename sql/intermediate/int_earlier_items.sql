-- int_earlier_items: the items that earlier runs have decided, and this one does not decide by a newer row.
-- kind: temp view
-- grain: one row per item
-- key: item_seq
-- columns:
--   item_seq: the item
--   source: feed that delivered it
--   item_id: its id in the source
--   ingest_batch: delivery it came with
--   decided_at: when it was decided first
--   contact_id: its contact
--   account_id: its account
--   owner_id: who has it; null for duplicates, which are with whoever has the item they were folded into
--   outcome: how it stands
--   outcome_reason: the rule, claim, flag or cause behind it
--   object_type: kind of item
--   pool_id: pool it was decided in last
--   priority: order in the hold queue
--   file_id: the row it came with
--   row_number: its record in that file
--   person_id: its person
select item_seq, source, item_id, ingest_batch, decided_at, contact_id, account_id,
    if(outcome = 'duplicate', null, owner_id) as owner_id, outcome, outcome_reason, object_type, pool_id, priority, file_id, row_number,
    person_id
from marts.fct_items
where item_seq is not null and item_seq not in (select item_seq from int_again)
-- until marts.fct_items is there:
select null::bigint as item_seq, null::varchar as source, null::varchar as item_id, null::bigint as ingest_batch,
    null::timestamptz as decided_at, null::varchar as contact_id, null::varchar as account_id,
    null::varchar as owner_id, null::varchar as outcome, null::varchar as outcome_reason, null::varchar as object_type, null::varchar as pool_id,
    null::integer as priority, null::bigint as file_id, null::bigint as row_number,
    null::varchar as person_id
where false

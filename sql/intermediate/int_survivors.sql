-- int_survivors: the items that due items are folded into.
-- kind: temp
-- grain: one row per such item
-- key: item_seq
-- columns:
--   item_seq: the item
--   source: feed that delivered it
--   item_id: its id in the source
with

wanted as (
    select distinct duplicate_of_seq as item_seq from int_identities where duplicate_of_seq is not null
)

select item_seq, source, item_id from int_due_items semi join wanted using (item_seq)
union
select item_seq, source, item_id from marts.fct_items semi join wanted using (item_seq)
-- until marts.fct_items is there:
with

wanted as (
    select distinct duplicate_of_seq as item_seq from int_identities where duplicate_of_seq is not null
)

select item_seq, source, item_id from int_due_items semi join wanted using (item_seq)

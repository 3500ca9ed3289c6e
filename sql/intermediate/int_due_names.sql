-- int_due_names: what identity keys are made of, of the items this run decides.
-- kind: temp
-- grain: one row per due item
-- key: item_seq
-- by: rows of int_due_items
-- columns:
--   item_seq: the item
--   policy_no: policy version in force for it
--   email: its first address
--   other_emails: its further addresses
--   phone: its phone number in E.164
--   full_name: its name
--   last_name: its last name
select
    due.item_seq, due.policy_no, due.email, due.other_emails, staged.phone, staged.full_name, staged.last_name
from int_due_items as due
inner join (
    -- Of staging only from the oldest file of a due item on: history is long.
    select file_id, row_number, phone, full_name, last_name
    from staging.stg_items
    where file_id >= (select min(file_id) from int_due_items)
) as staged using (file_id, row_number)

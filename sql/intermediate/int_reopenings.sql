-- int_reopenings: rows that may say that an item is open again which was closed, with what the rules then say of it. Those
-- that a rule sets aside, or of a policy that ignores them, are left out.
-- kind: temp
-- grain: one row per such row
-- columns:
--   item_seq: the item
--   source: feed that delivers it
--   ingest_batch: delivery of the row
--   decided_at: when its delivery closed
--   occurred_at: when it was open again, as far as the row says; not after that close
--   is_live: its source is
--   is_by_row: the row delivered before says that it is closed
--   policy_no: version in force
--   priority: of the item by that row; likewise pool_id, needs, wishes, prefers and targets
--   claimed_by: who else has a claim to it
--   reopens_to: who is to have it: owner or rotate
--   reopens_within: so many seconds after its closing
with

items as (
    select item_seq, source, item_id, ingest_batch from int_due_items where item_seq > 0
    union all
    select item_seq, source, item_id, ingest_batch from int_earlier_items
),

final as (
    select
        items.item_seq,
        due.source,
        due.ingest_batch,
        due.decided_at,
        least(coalesce(rows.updated_at, due.decided_at), due.decided_at) as occurred_at,
        due.is_live,
        coalesce(again.is_by_row, false) as is_by_row,
        due.policy_no,
        due.priority,
        hits.pool_id,
        hits.needs,
        hits.wishes,
        hits.prefers,
        hits.targets,
        kept.owner_id as claimed_by,
        rules.reopens_to,
        rules.reopens_within,
    from int_due_items as due
    inner join int_again_rows as again on again.place = -due.item_seq and again.purpose = 'reopen'
    inner join items
        on items.source = due.source and items.item_id = due.item_id and items.ingest_batch < due.ingest_batch
    inner join staging.stg_items as rows on rows.file_id = due.file_id and rows.row_number = due.row_number
    inner join int_rule_hits as hits on hits.item_seq = due.item_seq
    inner join int_update_rules as rules on rules.policy_no = due.policy_no
    left join int_kept_owners as kept on kept.item_seq = due.item_seq
    where hits.disqualified_by is null and rules.reopens_to <> 'ignore'
)

select * from final

-- again: what was set aside, by an earlier run or an earlier delivery of this one, and qualifies by a newer row; of several
-- the one delivered first. What was told to be closed before is left alone.
-- kind: rows
-- step: territories
-- grain: one row per item
-- into: int_again
with

candidates as (
    select due.item_seq as again_seq, due.source, due.item_id, due.ingest_batch
    from int_due_items as due
    inner join int_rule_hits as hits using (item_seq)
    inner join int_update_rules as rules using (policy_no)
    inner join int_again_rows as rows on rows.place = -due.item_seq and rows.purpose = 'qualify'
    where due.item_seq < 0 and hits.disqualified_by is null and rules.decides_later
),

set_aside as (
    select due.item_seq, due.source, due.item_id, due.ingest_batch, due.file_id, due.row_number
    from int_due_items as due
    inner join int_rule_hits as hits using (item_seq)
    anti join int_arrived_closed using (item_seq)
    where due.item_seq > 0 and hits.disqualified_by is not null
    union all
    select item_seq, source, item_id, ingest_batch, file_id, row_number from int_earlier_items where outcome = 'disqualified'
),

closed as (
    select source, item_id, min(ingest_batch) as ingest_batch from int_closing_rows where not is_ahead group by all
),

final as (
    select candidates.again_seq, set_aside.item_seq, set_aside.file_id, set_aside.row_number
    from candidates
    inner join set_aside
        on set_aside.source = candidates.source and set_aside.item_id = candidates.item_id
        and set_aside.ingest_batch < candidates.ingest_batch
    left join closed on closed.source = candidates.source and closed.item_id = candidates.item_id
    where closed.ingest_batch is null or closed.ingest_batch > candidates.ingest_batch
    qualify row_number() over (partition by set_aside.item_seq order by candidates.ingest_batch, again_seq desc) = 1
)

select * from final

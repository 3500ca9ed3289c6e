-- item_sequence: items are numbered without gap or repeat, and each due item came out exactly once.
-- kind: check
select counted.*
from (
    select
        count(*) as row_count,
        count(distinct item_seq) as item_count,
        max(item_seq) as last_seq,
    from marts.fct_items
    where item_seq > getvariable('last_item_seq')
) as counted
where
    counted.row_count <> (select count(*) from int_due_items where item_seq > getvariable('last_item_seq'))
    or counted.item_count <> counted.row_count
    or coalesce(counted.last_seq, getvariable('last_item_seq')) <> getvariable('last_item_seq') + counted.row_count

-- holds: what is held is what the router still holds, no more and no less.
-- kind: check
select coalesce(items.item_seq, holds.item_seq) as item_seq
from (select item_seq from marts.fct_items where outcome = 'held') as items
full join ops.router_holds as holds using (item_seq)
where items.item_seq is null or holds.item_seq is null

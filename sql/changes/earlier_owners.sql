-- earlier_owners: who had an item of an earlier run had it until this run's first decision about it.
-- kind: change
-- step: marts
-- into: marts.fct_ownership
-- reads: int_owner_ends
update marts.fct_ownership as ownership
set until_at = ends.decided_at, run_id = getvariable('run_id')
from (select item_seq, min(decided_at) as decided_at from int_owner_ends group by all) as ends
where ownership.item_seq = ends.item_seq and ends.item_seq <= getvariable('last_item_seq')
    and ownership.until_at is null and ownership.run_id <> getvariable('run_id')

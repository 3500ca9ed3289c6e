-- forestalled_before: who had the item before one who never got it had it until the router moved it.
-- kind: change
-- step: marts
-- into: marts.fct_ownership
-- reads: int_forestalled
update marts.fct_ownership as owned
set until_at = lasting.decided_at, run_id = getvariable('run_id')
from (
    select item_seq, max(from_at) as from_at, any_value(gone.decided_at) as decided_at
    from marts.fct_ownership as earlier
    inner join (select distinct item_seq, decided_at from int_forestalled) as gone using (item_seq)
    where earlier.run_id <> getvariable('run_id')
    group by all
) as lasting
where owned.item_seq = lasting.item_seq and owned.from_at = lasting.from_at
    and owned.run_id <> getvariable('run_id')

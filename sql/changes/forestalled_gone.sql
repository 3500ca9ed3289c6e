-- forestalled_gone: recorded owners who never got the item are gone.
-- kind: change
-- step: marts
-- into: marts.fct_ownership
-- reads: int_forestalled
delete from marts.fct_ownership as owned
using int_forestalled as gone
where owned.item_seq = gone.item_seq and owned.from_at = gone.from_at and owned.cause = 'manual'

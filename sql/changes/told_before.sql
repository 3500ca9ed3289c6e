-- told_before: whom the runs that are being restated have told.
-- kind: rows
-- step: router
-- grain: one row per item and telling
-- into: int_told_owners
select source, item_id, member_id as owner_id, decided_at as told_at, false as is_given
from marts.fct_decisions_before
where kind in (<<told_kinds>>)

-- duplicate_owners: duplicates are with whoever has the item they were folded into.
-- kind: change
-- step: marts
-- into: marts.fct_items
update marts.fct_items as items
set owner_id = survivors.owner_id, run_id = getvariable('run_id')
from marts.fct_items as survivors
where items.outcome = 'duplicate'
    and survivors.item_id = items.duplicate_of and survivors.source = items.duplicate_of_source
    and survivors.item_seq is not null
    and (survivors.run_id = getvariable('run_id') or items.run_id = getvariable('run_id'))
    and items.owner_id is distinct from survivors.owner_id

-- nobody_forgotten: what is accepted and neither set aside nor a duplicate has an owner, or is held or queued; a duplicate
-- is with the owner of the item it was folded into, or that one has none yet. Looked at: items that this run wrote.
-- kind: check
with

items as (
    select item_seq, outcome, owner_id, duplicate_of, duplicate_of_source
    from marts.fct_items
    where run_id = getvariable('run_id') and item_seq is not null
),

survivors as (
    select item_seq, source, item_id, owner_id, outcome
    from marts.fct_items
    where item_id in (select duplicate_of from items) and item_seq is not null
),

final as (
    select item_seq
    from items
    where outcome not in ('assigned', 'kept', 'held', 'queued', 'disqualified', 'duplicate')
        or (outcome in ('assigned', 'kept') and owner_id is null)
    union all
    select items.item_seq
    from items
    left join survivors on survivors.item_id = items.duplicate_of and survivors.source = items.duplicate_of_source
    where items.outcome = 'duplicate'
        and (survivors.item_seq is null or survivors.owner_id is distinct from items.owner_id)
)

select * from final

-- marts.mart_persons: one person, several owners: persons whose open items are with more than one of them, with all that
-- turned out to be one person counted as one.
-- kind: view
-- grain: one row per such person
-- columns:
--   person_id: the person that stands, see ops.persons
--   owner_count: owners of their open items
--   item_count: their open items that somebody has
--   last_assigned_at: when one of them went to its owner last
with recursive

joined as (
    select person_id, into_person_id from ops.persons
    union
    select joined.person_id, persons.into_person_id
    from joined
    inner join ops.persons as persons on persons.person_id = joined.into_person_id
),

standing as (
    select joined.person_id, joined.into_person_id
    from joined
    anti join ops.persons as persons on persons.person_id = joined.into_person_id
),

closed as (
    select item_seq
    from marts.fct_item_events
    where kind in ('close', 'return', 'withdraw', 'reopen')
    group by all
    having arg_max(kind, counted_at) <> 'reopen'
),

owned as (
    select coalesce(standing.into_person_id, items.person_id) as person_id, items.owner_id, items.assigned_at
    from marts.fct_items as items
    left join standing using (person_id)
    anti join closed using (item_seq)
    where items.outcome in ('assigned', 'kept')
)

select
    person_id,
    count(distinct owner_id) as owner_count,
    count(*) as item_count,
    max(assigned_at) as last_assigned_at,
from owned
group by all
having owner_count > 1

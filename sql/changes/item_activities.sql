-- item_activities: events of this run, once it is known who has had which item.
-- kind: rows
-- step: marts
-- grain: one row per item and event
-- into: intermediate.int_item_activities
-- by: key(item_seq)
select
    item_seq,
    activity_id,
    source,
    kind,
    user_id,
    occurred_at,
    at_at,
    ingest_batch,
    getvariable('run_id') as run_id,
from (
    from int_item_events where not is_by_contact
    union all by name
    from int_owner_touches
)
order by at_at, item_seq, kind, source, activity_id

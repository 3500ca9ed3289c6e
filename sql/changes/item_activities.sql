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
    union all by name
    select
        item_seq, null as activity_id, source, 'reopen' as kind, null as user_id, occurred_at, decided_at as at_at,
        ingest_batch,
    from int_reopened
    union all by name
    select
        due.item_seq, null as activity_id, due.source, 'qualify' as kind, null as user_id,
        least(coalesce(rows.updated_at, due.decided_at), due.decided_at) as occurred_at, due.decided_at as at_at,
        due.ingest_batch,
    from int_due_items as due
    inner join staging.stg_items as rows using (file_id, row_number)
    semi join int_again using (item_seq)
    union all by name
    select
        item_seq, null as activity_id, source, 'reroute' as kind, null as user_id, occurred_at, decided_at as at_at,
        ingest_batch,
    from int_reroutings
    -- What changed nothing is no event: which items are asked about depends on how runs are cut.
    where (item_seq, decided_at) in (select (item_seq, decided_at) from routed_decisions where kind = 'reroute')
    union all by name
    select
        given.item_seq, null as activity_id, any_value(news.source) as source, 'give' as kind,
        given.member_id as user_id, given.since_at as occurred_at, given.decided_at as at_at,
        any_value(news.ingest_batch) as ingest_batch,
    from routed_decisions as given
    inner join int_owner_news as news
        on news.item_seq = given.item_seq and news.owner_id = given.member_id and news.at_at = given.decided_at
    where given.kind = 'give'
    group by given.item_seq, given.member_id, given.since_at, given.decided_at
)
order by at_at, item_seq, kind, source, activity_id

-- int_reroutings: news of items that may wait: by a newer row, or a version of the policy that begins, they belong elsewhere,
-- to another pool, or need other skills.
-- kind: temp
-- grain: one row per item and delivery, or version, that says so
-- columns:
--   item_seq: the item
--   source: feed that delivered it
--   ingest_batch: delivery that says so; of a version that of the item
--   created_at: when the item was created
--   decided_at: from when on it counts: the close of that delivery, but after the item was decided and after what was final;
--     of several of one item and instant one a microsecond after the other; of a version when it begins
--   occurred_at: when it came to be so: the row's updated_at, else the close; when the version begins
--   is_live: its source is
--   is_queued: an earlier run has left it in a queue
--   policy_no, priority, territory_id, pool_id, needs, wishes, prefers, targets, route_flag: as of a due item, by that row
with

said as (
    select
        due.item_seq, due.source, due.item_id, due.file_id, due.row_number, due.decided_at, due.is_live, due.policy_no,
        due.priority, again.purpose, again.ingest_batch, again.version_at, hits.territory_id, hits.pool_id, hits.needs, hits.wishes,
        hits.prefers, hits.targets, hits.route_flag,
    from int_again_rows as again
    inner join int_due_items as due on due.item_seq = -again.place
    inner join int_rule_hits as hits on hits.item_seq = due.item_seq
    inner join int_update_rules as rules on rules.policy_no = due.policy_no
    -- The version before may have said what it likes: what waits has qualified by it.
    where again.purpose = 'version_before'
        or (again.purpose in ('reroute', 'before', 'version') and rules.reroutes and hits.disqualified_by is null)
),

before as (
    select source, item_id, ingest_batch, version_at, pool_id, needs
    from said
    where purpose in ('before', 'version_before')
),

compared as (
    select said.*, said.pool_id <> before.pool_id or said.needs <> before.needs as is_elsewhere
    from said
    inner join before
        on before.source = said.source and before.item_id = said.item_id and before.ingest_batch = said.ingest_batch
        and before.version_at is not distinct from said.version_at
    where said.purpose in ('reroute', 'version')
),

moved as (
    select * from compared where is_elsewhere
),

items as (
    select item_seq, source, item_id, ingest_batch, decided_at, false as is_queued
    from int_due_items
    semi join moved using (source, item_id)
    where item_seq > 0
    union all
    select item_seq, source, item_id, ingest_batch, decided_at, outcome = 'queued' as is_queued
    from int_earlier_items
    semi join moved using (source, item_id)
),

-- What earlier runs know of the ends of items; what this run is told of it the router hears.
ended as (
    select item_seq
    from intermediate.int_item_activities
    where item_seq in (select item_seq from items where is_queued)
    group by all
    having arg_max(kind, at_at) filter (where kind in ('close', 'return', 'withdraw', 'reopen')) <> 'reopen'
),

timed as (
    select
        items.item_seq,
        moved.source,
        if(moved.version_at is null, moved.ingest_batch, items.ingest_batch) as ingest_batch,
        rows.created_at,
        coalesce(
            moved.version_at,
            greatest(
                moved.decided_at, batches.frontier_at + interval 1 microsecond, items.decided_at + interval 1 microsecond
            )
        ) as decided_at,
        coalesce(
            moved.version_at, least(coalesce(rows.updated_at, moved.decided_at), moved.decided_at)
        ) as occurred_at,
        moved.is_live,
        items.is_queued and ended.item_seq is null as is_queued,
        moved.policy_no,
        moved.priority,
        moved.territory_id,
        moved.pool_id,
        moved.needs,
        moved.wishes,
        moved.prefers,
        moved.targets,
        moved.route_flag,
    from moved
    inner join items
        on items.source = moved.source and items.item_id = moved.item_id
        and if(moved.version_at is null, items.ingest_batch < moved.ingest_batch, items.decided_at < moved.version_at)
    left join ended on ended.item_seq = items.item_seq
    left join int_batches as batches on batches.ingest_batch = moved.ingest_batch
    inner join staging.stg_items as rows on rows.file_id = moved.file_id and rows.row_number = moved.row_number
),

final as (
    select
        timed.* replace (
            decided_at + to_microseconds(
                row_number() over (partition by item_seq, decided_at order by ingest_batch) - 1
            ) as decided_at
        ),
    from timed
    -- Its pool is one of the version by which it was looked at.
    inner join int_policies as policies
        on policies.policy_no = timed.policy_no
        and timed.decided_at >= policies.from_at and timed.decided_at < policies.until_at
)

select * from final

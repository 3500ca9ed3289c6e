-- int_owner_news: what this run is told of owners that a person changed, as far as it can be known before the router: an
-- owner other than the one delivered before, and not one whom the router had told since that one was.
-- kind: temp
-- grain: one row per item and row that says so
-- columns:
--   item_seq: the item
--   source: feed that says so
--   ingest_batch: delivery it came with
--   owner_id: who has it
--   before_id: the owner delivered before
--   named_at: since when, as far as the row says
--   at_at: when it counts: at the close of its delivery, but after the item was decided and after what was final
--   pool_id: pool of the item, where the router does not follow it
--   priority: of the item
--   last_owner_id: who had it before, where the router does not follow it
with

items as (
    select
        due.item_seq, due.source, due.item_id, due.ingest_batch, due.decided_at, due.priority,
        rules.pool_id, routing.outcome, routing.owner_id,
    from int_due_items as due
    inner join int_rule_hits as rules using (item_seq)
    inner join int_routing as routing using (item_seq)
    union all
    select
        item_seq, source, item_id, ingest_batch, decided_at, priority, pool_id, outcome, owner_id,
    from int_earlier_items
),

changed as (
    select
        changes.*,
        items.source as item_source,
        items.item_id,
        items.decided_at,
        coalesce(last_changes.changed_at, items.decided_at) as changed_at,
        items.priority,
        items.pool_id,
        items.owner_id as last_owner_id,
        greatest(
            least(batches.known_at, batches.closes_at),
            batches.frontier_at + interval 1 microsecond,
            items.decided_at + interval 1 microsecond
        ) as at_at,
    from int_owner_changes as changes
    semi join int_owner_rows as fresh
        on fresh.file_id = changes.file_id and fresh.row_number = changes.row_number
        and fresh.is_history = changes.is_history
    inner join items using (item_seq)
    inner join int_batches as batches on batches.ingest_batch = changes.ingest_batch
    left join int_last_changes as last_changes using (item_seq)
    where items.outcome is distinct from 'disqualified' and changes.ingest_batch > items.ingest_batch
        and case
            when changes.is_history
                then changes.named_at >= coalesce(changes.last_named_at, '-infinity'::timestamptz)
                    and (
                        changes.owner_id is distinct from changes.before_id
                        or (not changes.is_before_history and changes.named_at > changes.before_close_at)
                    )
            else changes.owner_id is distinct from changes.before_id
        end
),

-- Since when owners that the router told count: since it told the one delivered before, or a person chose that one.
told_since as (
    select changed.item_seq, changed.file_id, changed.row_number, max(told.told_at) as since_at
    from changed
    inner join int_told_owners as told
        on told.source = changed.item_source and told.item_id = changed.item_id
        and told.owner_id = changed.before_id and told.told_at < changed.close_at
    group by all
),

written_back as (
    select changed.item_seq, changed.file_id, changed.row_number
    from changed
    left join told_since using (item_seq, file_id, row_number)
    inner join int_told_owners as told
        on told.source = changed.item_source and told.item_id = changed.item_id
        and told.owner_id = changed.owner_id and not told.is_given
        and told.told_at < changed.close_at
        and told.told_at > coalesce(told_since.since_at, '-infinity'::timestamptz)
),

closings as (
    select item_seq, at_at
    from (
        select item_seq, at_at from intermediate.int_item_activities where kind in ('close', 'return', 'withdraw')
        union all
        select item_seq, at_at from int_item_events where kind in ('close', 'return', 'withdraw')
    )
    where item_seq in (select item_seq from changed)
),

-- Closed then: no row since has said that it is open again.
closed as (
    select distinct changed.item_seq, changed.file_id, changed.row_number
    from changed
    inner join closings on closings.item_seq = changed.item_seq and closings.at_at < changed.at_at
    left join int_reopened_at as reopened
        on reopened.item_seq = closings.item_seq
        and reopened.reopened_at >= closings.at_at and reopened.reopened_at <= changed.at_at
    where reopened.item_seq is null
),

fresh as (
    select changed.*, row_number() over (partition by item_seq order by at_at, named_at, file_id, row_number) as place
    from changed
    anti join written_back using (item_seq, file_id, row_number)
    anti join closed using (item_seq, file_id, row_number)
    inner join int_policies as policies on changed.at_at >= policies.from_at and changed.at_at < policies.until_at
    inner join int_update_rules as rules using (policy_no)
    where rules.takes_owners
),

catch_alls as (
    select policies.from_at, policies.until_at, territories.pool_id as catch_all_id
    from int_territories as territories
    inner join int_policies as policies using (policy_no)
    where territories.territory_no = 0
),

final as (
    select
        fresh.item_seq,
        fresh.source,
        fresh.ingest_batch,
        fresh.owner_id,
        fresh.before_id,
        greatest(coalesce(fresh.named_at, fresh.close_at), fresh.changed_at) as named_at,
        fresh.at_at,
        coalesce(fresh.pool_id, catch_alls.catch_all_id) as pool_id,
        fresh.priority,
        fresh.last_owner_id,
    from fresh
    inner join catch_alls on fresh.at_at >= catch_alls.from_at and fresh.at_at < catch_alls.until_at
    where fresh.owner_id is distinct from fresh.last_owner_id
        or fresh.place > 1
        or fresh.item_seq in (select item_seq from ops.router_open)
        or fresh.item_seq in (select item_seq from int_router_arrivals)
)

select * from final

-- int_tellings: what owners are told of this run: of each item only who still has it at the close, and nobody of one that is
-- closed by then.
-- kind: temp
-- grain: one row per decision of the router that gave an item to somebody who is told, and per kept item
-- columns:
--   item_seq: the item
--   decision_seq: the decision; null where the item was kept before the router
--   told_at: the instant the owner can know it
with

given as (
    select item_seq, decision_seq, decided_at, member_id
    from routed_decisions
    where kind in (<<told_kinds>>)
    union all by name
    select item_seq, decided_at, owner_id as member_id
    from int_routing
    where outcome = 'kept'
),

runs as (
    select last_batch, max(as_of_at) as as_of_at from int_past_runs group by all
),

-- In history mode an item may be decided before it was known.
known as (
    select
        given.*,
        greatest(given.decided_at, items.known_at) as known_at,
        -- Nobody was told of it by a run before the one that took it up.
        runs.as_of_at + interval 1 microsecond as run_from_at,
    from given
    left join int_due_items as items using (item_seq)
    asof left join runs on runs.last_batch < items.ingest_batch
),

-- In a restatement: what is decided as it was, and whoever had been told of the item.
told_again as (
    select
        given.item_seq,
        coalesce(given.decision_seq, 0) as place,
        bool_or(before.since_us = epoch_us(given.decided_at)) as is_same,
        min(before.told_us) filter (before.since_us = epoch_us(given.decided_at)) as same_us,
        min(before.told_us) filter (before.told_us >= epoch_us(given.decided_at)) as first_us,
        count(before.told_us) > 0 as is_told,
    from given
    inner join int_told_again as before using (item_seq, member_id)
    group by given.item_seq, place, given.decision_seq
),

closed_at as (
    select
        known.*,
        coalesce(greatest(closes.told_at, known.known_at), known.known_at) as told_at,
        closes.ingest_batch,
    from known
    asof left join int_closes as closes on closes.close_at >= greatest(known.known_at, known.run_from_at)
),

timed as (
    select
        closed_at.* replace (
            case
                when getvariable('restated_at')::timestamptz is null then closed_at.told_at
                when before.is_same then coalesce(make_timestamptz(before.same_us), closed_at.told_at)
                when before.is_told then coalesce(make_timestamptz(before.first_us), closed_at.decided_at)
                else getvariable('restated_at')::timestamptz
            end as told_at
        ),
    from closed_at
    left join told_again as before
        on before.item_seq = closed_at.item_seq and before.place = coalesce(closed_at.decision_seq, 0)
),

closed as (
    select item_seq, at_at, ingest_batch
    from int_item_events
    where kind in ('close', 'return', 'withdraw') and not is_by_contact
),

final as (
    select timed.item_seq, timed.decision_seq, timed.told_at
    from timed
    anti join int_owner_ends as ends
        on ends.item_seq = timed.item_seq and ends.decision_seq > coalesce(timed.decision_seq, 0)
        and ends.decided_at <= timed.told_at
    anti join closed
        on closed.item_seq = timed.item_seq and closed.at_at > timed.decided_at
        and closed.at_at <= timed.told_at + interval 1 microsecond
        and coalesce(closed.ingest_batch, -1) <= coalesce(timed.ingest_batch, 9223372036854775807)
)

select * from final

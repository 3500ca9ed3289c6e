-- int_new_activities: the activities this run has to look at: new ones, and those that waited for this time or for an item
-- that is due now. Only what can be an event by the words of some policy version.
-- kind: temp
-- grain: one row per activity version and delivery
-- columns:
--   activity_no: number of the row in this run
--   waiting_row: where it stands in int_waiting_activities; null for new ones
--   waits_for: item when only its item was missing; otherwise null
--   is_human: can be a touch: outbound, or without a direction, by a user and not automated
with

fresh as (
    select
        source,
        activity_id,
        item_id,
        contact_id,
        account_id,
        user_id,
        kind,
        direction,
        is_automated,
        texts.outcome_text as outcome,
        occurred_at,
        ingest_batch,
        row_hash,
        null::bigint as waiting_row,
        null::varchar as waits_for,
    from staged_activities as activities
    left join int_outcome_texts as texts on texts.outcome = activities.outcome
),

waited as (
    select * exclude (waits_for), rowid as waiting_row, nullif(waits_for, 'time') as waits_for
    from intermediate.int_waiting_activities
    where (waits_for = 'time' and occurred_at <= getvariable('events_until_at'))
        or (waits_for = 'item' and item_id in (select item_id from int_due_items))
),

-- Words that waited were folded as the version before this one did.
several as (
    select
        * replace (word_key(kind) as kind, word_key(outcome) as outcome),
        not is_automated and coalesce(direction, 'outbound') = 'outbound' and user_id is not null as is_human,
    from (from fresh union all by name from waited)
),

final as (
    select *, row_number() over () as activity_no
    from several
    where (is_human and kind in (select unnest(touch_kinds) from int_event_words))
        or (kind in ('status_change', 'stage_change') and outcome in (
            select unnest(closing_outcomes || return_outcomes) from int_event_words
        ))
        or (kind = 'meeting' and outcome in (select unnest(return_outcomes) from int_event_words))
        or (kind = 'decline' and user_id is not null)
)

select * from final

-- marts.story: everything that happened to an item, one step a row, in words; marts.explain shows who was considered.
-- kind: macro
-- grain: one row per step, in the order of time
create or replace macro marts.story(wanted_item_id) as table (
    with considered as (
        select
            *,
            is_eligible and came_first = bool_or(came_first) over (partition by decision_seq) as is_in_front,
            open_count / coalesce(max_open, 1) as load,
            min(load) filter (where is_winner) over (partition by decision_seq) as winning_load,
        from marts.explain(wanted_item_id)
    ),

    -- What kept the others away; by name where a reason was that of few.
    away as (
        select decision_seq, string_agg(words, '; ' order by how_many desc, words) as away_words
        from (
            select
                decision_seq,
                count(*) as how_many,
                if(
                    count(*) <= 3,
                    string_agg(member_id || ' ' || marts.reason_words(reason), '; ' order by roster_position),
                    count(*) || ' members, each of whom ' || marts.reason_words(reason)
                ) as words,
            from considered
            where not is_eligible
            group by decision_seq, reason
        )
        group by all
    ),

    races as (
        select
            decision_seq,
            count(*) as member_count,
            count(*) filter (where is_eligible) as eligible_count,
            count(*) filter (where is_in_front) as front_count,
            bool_or(came_first) as has_first,
            arg_max(member_id, claim) filter (where is_rival) as next_id,
            max(claim) filter (where is_rival) as next_claim,
            max(claim) filter (where is_winner) as claim,
            max(open_count) filter (where is_winner) as open_count,
            max(max_open) filter (where is_winner) as max_open,
            -- Others came as far, but had more open items for their room.
            bool_and(load > winning_load) filter (where is_in_front and not is_winner) as is_least_loaded,
        from (select *, is_in_front and not is_winner and load is not distinct from winning_load as is_rival from considered)
        group by all
    ),

    decided as (
        select
            decisions.*,
            items.person_id,
            pools.sticky_for_seconds,
            races.* exclude (decision_seq),
            coalesce(away.away_words, 'nobody is in the pool') as away_words,
            exists (
                from marts.fct_item_events as events
                where events.item_seq = decisions.item_seq and events.kind = 'reopen'
                    and events.counted_at = decisions.decided_at
            ) as is_reopening,
        from marts.fct_decisions as decisions
        inner join marts.fct_items as items using (item_seq)
        left join marts.dim_pools as pools
            on pools.pool_id = decisions.pool_id and pools.policy_version = decisions.policy_version
        left join races using (decision_seq)
        left join away using (decision_seq)
        where decisions.item_id = wanted_item_id
    ),

    last_owners as (
        select decided.decision_seq, arg_max(ownership.owner_id, ownership.from_at) as last_owner_id
        from decided
        inner join marts.fct_items as items on items.person_id = decided.person_id
        inner join marts.fct_ownership as ownership on ownership.item_seq = items.item_seq
        where decided.has_first and decided.sticky_for_seconds is not null
            and ownership.from_at <= decided.decided_at
            and ownership.from_at >= decided.decided_at - to_seconds(decided.sticky_for_seconds)
            and ownership.decision_id is distinct from decided.decision_id
        group by all
    ),

    chosen as (
        select
            decided.*,
            case
                when token_id is not null and kind in ('redo', 'reassign', 'handover')
                    then 'used a redo token' || if(turn is null, '; no turn is charged', '')
                when member_count = 1 then 'the only member of the pool'
                when eligible_count = 1 then 'the only one who could take it: ' || away_words
                when has_first and front_count = 1
                    then if(member_id = last_owner_id, 'the last owner of this person', 'the only one preferred')
                when is_least_loaded
                    then 'has the fewest open items for its room: ' || open_count || ' of ' || coalesce(max_open, 1)
                when claim > next_claim
                    then format(
                        'was owed the most: {:+.3f} turns with its share of this item, next {} with {:+.3f}',
                        claim / 232792560000, next_id, next_claim / 232792560000
                    )
                else format(
                    'was owed as much as {} ({:+.3f} turns), but its last turn is longer ago or it stands first in the roster',
                    next_id, claim / 232792560000
                )
            end || if(has_first and front_count > 1, '; one of ' || front_count || ' preferred', '') as why,
        from decided
        left join last_owners using (decision_seq)
    ),

    steps as (
        select
            source,
            item_seq,
            coalesce(created_at, ingested_at) as happened_at,
            0 as phase,
            'arrived' as step,
            if(decided_at > created_at and not is_later, decided_at, null) as counted_at,
            'a ' || coalesce(object_type, 'row') || ' of ' || source || ' came in'
                || case
                    when is_later then ', and was set aside by a rule'
                    when decided_at <= created_at or decided_at is null then ''
                    when decided_at = known_at and ingested_at >= decided_at then ', known once its delivery had closed'
                    else ', delivered when later things had been decided already'
                end as in_words,
        from (
            select
                *,
                exists (
                    from marts.fct_item_events as events
                    where events.item_seq = items.item_seq and events.kind = 'qualify'
                ) as is_later,
            from marts.fct_items as items
            where item_id = wanted_item_id
        )
        union all by name
        select
            source,
            item_seq,
            coalesce(decided_at, ingested_at) as happened_at,
            1 as phase,
            outcome as step,
            case outcome
                when 'duplicate'
                    then 'is the same person as ' || duplicate_of || ' of ' || duplicate_of_source || ': folded into it'
                when 'disqualified' then 'was set aside by the rule ' || outcome_reason
                else 'was refused: ' || outcome_reason || ' (ops.quarantine says which field, and how to fix it)'
            end as in_words,
        from marts.fct_items
        where item_id = wanted_item_id and outcome in ('duplicate', 'disqualified', 'quarantined')
            and outcome_reason is distinct from 'closed_while_waiting'
        union all by name
        select
            ownership.source,
            ownership.item_seq,
            ownership.from_at as happened_at,
            1 as phase,
            'kept' as step,
            ownership.owner_id as user_id,
            'stays with ' || ownership.owner_id
                || case
                    when items.outcome <> 'kept' then ''
                    when items.outcome_reason = 'history' then ', who had it by the ownership history'
                    else ', who has the ' || regexp_replace(items.outcome_reason, '_owner$', '') || ' it belongs to'
                end
                || '; no turn is charged' as in_words,
        from marts.fct_ownership as ownership
        inner join marts.fct_items as items using (item_seq)
        where ownership.item_id = wanted_item_id and ownership.cause = 'kept' and ownership.decision_id is null
        union all by name
        select
            source,
            item_seq,
            from_at as happened_at,
            1 as phase,
            'manual' as step,
            owner_id as user_id,
            'passes to ' || owner_id || ' by the ownership history; no turn is charged' as in_words,
        from marts.fct_ownership
        where item_id = wanted_item_id and cause = 'manual' and decision_id is null
        union all by name
        select
            decided.source,
            decided.item_seq,
            min(decided.decided_at) as happened_at,
            2 as phase,
            'routed' as step,
            arg_min(decided.pool_id, decided.decision_seq) as pool_id,
            'goes to the pool ' || arg_min(decided.pool_id, decided.decision_seq)
                || coalesce(' by the territory ' || any_value(items.territory_id), '') as in_words,
        from decided
        inner join marts.fct_items as items using (item_seq)
        where decided.kind not in ('keep', 'give', 'stand_in', 'reroute')
        group by decided.source, decided.item_seq
        union all by name
        select
            source,
            item_seq,
            occurred_at as happened_at,
            if(kind = 'qualify', 0, 3) as phase,
            kind as step,
            user_id,
            if(counted_at > occurred_at, counted_at, null) as counted_at,
            case kind
                when 'touch' then coalesce(user_id, 'somebody') || ' touched it'
                when 'close' then 'was closed'
                when 'return' then 'was returned as bad'
                when 'withdraw' then 'ended: the file that alone told of it was withdrawn'
                when 'reopen' then 'is open again'
                when 'qualify' then 'qualifies now by a newer row, and is decided'
                when 'reroute' then 'belongs elsewhere ' || if(is_by_version, 'as a version of the policy begins', 'by a newer row')
                    || ': to another pool, or it needs other skills'
                else coalesce(user_id, 'somebody') || ' declined it'
            end || if(kind in ('touch', 'decline') and not is_by_owner, ', who did not have it then', '') as in_words,
        from (
            select
                *,
                exists (
                    from marts.fct_ownership as ownership
                    where ownership.item_seq = events.item_seq and ownership.owner_id = events.user_id
                        and ownership.from_at <= events.occurred_at
                        and (ownership.until_at is null or ownership.until_at >= events.occurred_at)
                ) as is_by_owner,
                counted_at in (select valid_from_at from marts.dim_pools) as is_by_version,
            from marts.fct_item_events as events
            where item_id = wanted_item_id and kind <> 'give'
        )
        union all by name
        select
            source,
            item_seq,
            decided_at as happened_at,
            4 as phase,
            kind as step,
            pool_id,
            member_id as user_id,
            due_at,
            coalesce(step_no, 0) + if(outcome = 'waits', 0, 0.5) as ladder_place,
            case kind
                when 'decline' then member_id || ' declined it'
                when 'ahead' then member_id || ' is about to miss the target ' || target
                else member_id || ' missed the target ' || target
            end
                || case outcome
                    when 'reminded' then ': ' || member_id || ' is reminded'
                    when 'told' then ': another system is told to act'
                    when 'waits' then ': nobody else could take it yet; the step ' || step || ' waits for somebody'
                    when 'reassigned' then ': somebody else is to have it'
                    when 'queued' then ': it goes to a queue'
                    when 'returned' then ': it waits in its pool again, for those who have not had it'
                    when 'stayed' then case
                        when has_moved_enough and coalesce(step, 'reassign') not in ('queue', 'remind')
                            then ': it has been moved as often as it may, so it stays'
                        when kind = 'decline' or step_no is null then ': nobody else could take it, so it stays'
                        when step is not null then ', but touched it since, so it stays'
                        else ''
                    end
                    else ''
                end
                || if(is_notified, '; the manager ' || if(level > 1, level || ' levels up ', '') || 'is told', '')
                || if(is_late_touch, ' (a touch in time became known only later)', '') as in_words,
        from (
            select
                *,
                exists (
                    from marts.fct_item_events as events
                    where events.item_seq = breaches.item_seq and events.kind = 'touch'
                        and events.user_id = breaches.member_id and events.occurred_at <= breaches.due_at
                        and events.counted_at >= breaches.decided_at
                ) as is_late_touch,
                (
                    select count(*)
                    from marts.fct_decisions as moves
                    where moves.item_seq = breaches.item_seq
                        and (moves.kind = 'reassign' or (moves.kind = 'hold' and moves.cause = 'breach'))
                        and moves.decided_at <= breaches.decided_at
                ) >= (
                    select max(max_reassignments)
                    from marts.dim_pools as pools
                    where pools.pool_id = breaches.pool_id and pools.policy_version = breaches.policy_version
                ) as has_moved_enough,
            from marts.fct_breaches as breaches
            where item_id = wanted_item_id
        )
        union all by name
        select
            source,
            item_seq,
            decided_at as happened_at,
            5 as phase,
            kind as step,
            decision_seq,
            pool_id,
            coalesce(member_id, previous_member_id) as user_id,
            if(kind in ('alert', 'raise', 'drop'), null, due_at) as due_at,
            case
                when kind in ('assign', 'redo') then member_id || ' gets it: ' || why
                when kind = 'reassign'
                    then member_id || ' gets it in place of ' || previous_member_id || ': ' || why
                when kind = 'handover'
                    then member_id || ' gets it, for ' || previous_member_id
                        || case cause
                            when 'away' then ' is away for long: '
                            when 'idle' then ' did nothing about it for long: '
                            else ' is gone: '
                        end || why
                when kind = 'skip' then member_id || ' was next, but passes it on with a skip token; the turn is charged'
                when kind = 'keep'
                    then 'stays with ' || member_id || if(
                        is_reopening, ', who had it before it was closed', ', the last owner of this person'
                    ) || '; no turn is charged'
                when kind = 'give'
                    then 'is given to ' || member_id || coalesce(' in place of ' || previous_member_id, '')
                        || ' by a person; no turn is charged, and the router leaves it there'
                when kind = 'withdraw' then 'waits no longer: it was closed'
                when kind = 'reroute'
                    then coalesce('leaves ' || previous_member_id || ', who had not touched it', 'waits there no longer')
                        || ': it belongs elsewhere now, and is decided in ' || pool_id
                when kind = 'alert' then 'still waits in ' || pool_id || ': the managers are told'
                when kind = 'raise' then 'still waits in ' || pool_id || ': it goes ahead of others from now on'
                when kind = 'drop' then 'still waits in ' || pool_id || ': it needs ' || sent_to || ' no longer'
                when kind = 'hold' and previous_member_id is not null
                    then if(cause = 'breach', 'leaves ' || previous_member_id, previous_member_id || ' is gone')
                        || '; it waits in ' || pool_id || if(cause = 'breach', '', ', nobody could take it: ' || away_words)
                when kind = 'hold' then 'waits in ' || pool_id || ', nobody could take it: ' || away_words
                when kind = 'stand_in'
                    then member_id || ' gets it as the deputy of ' || previous_member_id
                        || case cause
                            when 'away' then ', who is away for long'
                            when 'idle' then ', who did nothing about it for long'
                            else ', who is gone'
                        end || '; no turn is charged'
                when kind = 'queue' and previous_member_id is not null
                    then case cause
                        when 'breach' then ''
                        when 'away' then previous_member_id || ' is away for long: it '
                        when 'idle' then previous_member_id || ' did nothing about it for long: it '
                        else previous_member_id || ' is gone: it '
                    end || 'leaves ' || previous_member_id || ' for the queue ' || sent_to
                else if(cause = 'hold_expired', 'has waited as long as it may', 'nobody could take it')
                    || ': ' || away_words || '. It goes to the ' || if(kind = 'failover', 'pool ', 'queue ') || sent_to
            end || coalesce('. The clock of target ' || target || ' starts', '') as in_words,
        from chosen
    ),

    zones as (
        select member_id as user_id, arg_max(time_zone, valid_from_at) as time_zone from marts.dim_members group by all
    )

    select
        source,
        wanted_item_id as item_id,
        item_seq,
        row_number() over (
            partition by source, item_seq order by happened_at, phase, decision_seq, ladder_place, in_words
        ) as step_no,
        happened_at,
        step,
        decision_seq,
        pool_id,
        user_id,
        zones.time_zone,
        due_at,
        counted_at,
        in_words,
    from steps
    left join zones using (user_id)
    order by source, item_seq nulls last, step_no
)

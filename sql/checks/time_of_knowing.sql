-- time_of_knowing: of a live item nothing is decided before its delivery closed, nobody is told of a decision before it was
-- taken, and no clock that starts when the owner is told runs out, or has a step taken, before that. Looked at: what this
-- run decided or wrote.
-- kind: check
with

decided as (
    select decisions.item_seq, kind, known_at, decided_at, told_at
    from marts.fct_decisions as decisions
    inner join int_feeds as feeds using (source)
    where decisions.run_id = getvariable('run_id') and feeds.is_live
),

of_pools as (
    select unnest(cast(targets as json[])) as said from int_policy_pools
),

-- One that starts otherwise in any version is left out.
started_when_told as (
    select said ->> 'target' as target
    from of_pools
    group by all
    having bool_and(coalesce(said ->> 'starts', 'told') = 'told')
),

running as (
    select sla.item_seq, sla.owner_id, sla.told_at, sla.due_at
    from marts.fct_sla as sla
    inner join int_feeds as feeds using (source)
    semi join started_when_told using (target)
    where sla.run_id = getvariable('run_id') and feeds.is_live and sla.told_at is not null
),

final as (
    select item_seq from decided where decided_at < known_at
    union all
    -- What a person gave to somebody is theirs since before it was told.
    select item_seq from decided where told_at < decided_at and kind <> 'give'
    union all
    select item_seq from running where due_at < told_at
    union all
    select running.item_seq
    from running
    inner join marts.fct_breaches as breaches
        on breaches.item_seq = running.item_seq and breaches.member_id = running.owner_id
        and breaches.due_at = running.due_at and breaches.decided_at < running.told_at
    where breaches.kind <> 'decline'
)

select * from final

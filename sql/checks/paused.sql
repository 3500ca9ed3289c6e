-- paused: nobody was given anything by the rotation while the pool, the member or the member there was paused.
-- kind: check
with

pauses as (
    select
        paused.token_id,
        paused.pool_id,
        paused.member_id,
        paused.effective_at as from_at,
        -- A resume that the first run finds counts from ever, if it does not say from when.
        min(least(
            paused.expires_at,
            if(ends.token_id is null, null, coalesce(ends.effective_at, '-infinity'::timestamptz))
        )) as until_at,
    from ops.exception_tokens as paused
    left join ops.exception_tokens as ends
        on ends.kind = 'resume' and ends.pool_id = paused.pool_id and ends.member_id = paused.member_id
        and ends.position > paused.position
    where paused.kind = 'pause'
    group by all
),

final as (
    select decisions.decision_seq
    from marts.fct_decisions as decisions
    inner join pauses
        on pauses.pool_id in ('', decisions.pool_id) and pauses.member_id in ('', decisions.member_id)
        and decisions.decided_at >= coalesce(pauses.from_at, '-infinity'::timestamptz)
        and decisions.decided_at < coalesce(pauses.until_at, 'infinity'::timestamptz)
    where decisions.run_id = getvariable('run_id') and decisions.kind in (<<turn_kinds>>)
)

select * from final

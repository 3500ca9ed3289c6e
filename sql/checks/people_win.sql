-- people_win: the router takes no item from whom a person gave it to, unless that owner declined it.
-- kind: check
with

taken as (
    select item_seq, previous_member_id, decided_at
    from marts.fct_decisions
    where run_id = getvariable('run_id')
        and (cause = 'idle' or (kind in ('reassign', 'queue', 'hold') and cause = 'breach'))
),

final as (
    select taken.item_seq
    from taken
    inner join marts.fct_ownership as owned
        on owned.item_seq = taken.item_seq and owned.owner_id = taken.previous_member_id
        and owned.until_at = taken.decided_at
    where owned.cause = 'manual'
)

select * from final

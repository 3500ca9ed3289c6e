-- decision_sequence: decisions are numbered without gap, in the order of time, each with its own id.
-- kind: check
with

decisions as (
    select decision_seq, decision_id, decided_at
    from marts.fct_decisions
    where run_id = getvariable('run_id')
),

counted as (
    select
        count(*) as row_count,
        count(distinct decision_id) as id_count,
        min(decision_seq) as first_seq,
        max(decision_seq) as last_seq,
    from decisions
),

backwards as (
    select decision_seq
    from (
        select decision_seq, decided_at, lag(decided_at) over (order by decision_seq) as previous_at
        from decisions
    )
    where decided_at < previous_at
),

final as (
    select row_count from counted
    where row_count > 0
        and (last_seq - first_seq + 1 <> row_count or id_count <> row_count
            or first_seq <> getvariable('next_decision_seq'))
    union all
    select decision_seq from backwards
    union all
    select counted.row_count
    from counted
    where counted.row_count <> (
        select count(reasons) from ops.considered_log where decision_seq >= getvariable('next_decision_seq')
    )
)

select * from final

-- after_lines: what this run learnt of owners after the assignment, by pool, kept items last.
-- kind: query
-- step: report
-- grain: one row per pool
-- by: key(pool_id)
select
    pool_id,
    count(*),
    count(first_touch_at),
    count(*) filter (status = 'met'),
    count(*) filter (status = 'breached'),
    count(*) filter (status = 'running'),
    count(*) filter (lost_cause is not null and next_owner_id is not null),
    count(*) filter (lost_cause is not null and next_owner_id is null),
from marts.fct_sla
where run_id = getvariable('run_id')
group by pool_id
order by pool_id nulls last

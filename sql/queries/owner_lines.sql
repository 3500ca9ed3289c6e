-- owner_lines: what each member got in this run, by pool.
-- kind: query
-- step: report
-- grain: one row per pool and member
-- by: key(pool_id)
select pool_id, member_id, sum(assigned_count)::bigint, round(sum(fair_share_parts) / 232792560000, 1)
from ops.fair_shares
where run_id = getvariable('run_id')
group by all
order by all

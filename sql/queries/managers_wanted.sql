-- managers_wanted: whose managers messages of this run may go to, and how many levels up.
-- kind: query
-- step: marts
-- grain: one row per user and level
select member_id as user_id, coalesce(level, 1) as level
from marts.fct_breaches
where run_id = getvariable('run_id') and is_notified
union
select member_id as user_id, 1 as level from int_policy_members
union
select owner_id as user_id, 1 as level
from marts.fct_ownership
where item_seq in (select item_seq from int_reopened) and owner_id is not null
order by all

-- marts.dim_members: the members of every pool, as each policy version has them.
-- kind: rebuilt
-- grain: one row per pool, member and policy version
-- masks: member_id user, manager_id user
-- columns:
--   pool_id: the pool
--   member_id: the user
--   policy_version: the version
--   valid_from_at: first instant the version is in force
--   valid_until_at: end, exclusive; null for the latest
--   is_latest: the version is the latest one
--   roster_position: place in the roster, from 1
--   weight: share in the rotation, 0 to 10000
--   skills: what the member can do
--   limits: limits of the member in this pool as JSON: <<limits>>
--   max_open: most open items of the member in this pool; null: no bound
--   user_limits: limits of the user over all pools as JSON
--   user_max_open: most open items of the user over all pools; null: no bound
--   time_zone: zone of the member's days, the latest known; fct_sla has the one of each item
--   calendar: the named calendar it works by; null for none
--   working_hours: blocks of its week in local time; null: all hours
--   holidays: its holiday calendars, further dates off, and dates that are worked all the same
--   member_from_at: first instant of membership; null for ever
--   member_until_at: end of membership, exclusive; null for ever
--   is_active: active by policy
--   manager_id: manager of the user, from the users feed
select
    members.pool_id,
    members.member_id,
    members.version as policy_version,
    members.valid_from_at,
    members.valid_until_at,
    members.valid_until_at is null as is_latest,
    members.roster_position,
    members.weight,
    members.skills,
    members.limits,
    members.max_open,
    members.user_limits,
    members.user_max_open,
    members.time_zone,
    members.calendar,
    members.working_hours,
    members.holidays,
    members.member_from_at,
    members.member_until_at,
    members.is_active,
    users.manager_id,
from int_policy_members as members
left join int_known_users as users on users.user_id = members.member_id
order by members.pool_id, members.valid_from_at, members.roster_position

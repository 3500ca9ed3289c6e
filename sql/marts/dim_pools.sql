-- marts.dim_pools: the pools of every policy version that a run has seen.
-- kind: rebuilt
-- grain: one row per pool and policy version
-- columns:
--   pool_id: the pool
--   policy_version: the version
--   valid_from_at: first instant the version is in force
--   valid_until_at: end, exclusive; null for the latest
--   is_latest: the version is the latest one
--   is_catch_all: takes the items no territory claims
--   is_default_owner: stands for the default owner of another pool, which its id begins with
--   member_count: members in its roster
--   total_weight: sum of their weights
--   strategy: fair (turns by weight) or least_loaded (fewest open items)
--   accrue_while: reasons during which a member still earns its share
--   debt_limit: most turns a member can come to owe those who are not eligible
--   catch_up_limit: most turns a member who is away can be owed
--   is_redo_charged: a redo costs a turn
--   limits: default limits of its members as JSON: hourly, daily, weekly, total
--   sticky_for_seconds: how long a person's next item goes to its last owner; null: never
--   when_nobody: what happens when nobody is eligible: hold, failover or queue
--   hold_for_seconds: longest wait of a hold; null: until somebody is eligible
--   when_hold_ends: what follows a hold that ran out: failover or queue; null: holds do not run out
--   failover_pool_id: the pool its items fail over to, at once or after a hold
--   queue_id: the queue its items go to, at once or after a hold
--   targets: service levels as JSON, in order: target, first_touch_within_seconds, clock, on_breach, is_default
--   activity_delay_seconds: steps on a missed target come that long after it fell due
--   max_reassignments: most times one item is taken from an owner
--   is_charged_back: the turn of a reassigned item moves to its new owner
--   has_declines: an owner may decline an item
--   has_redo_on_return: who returns an item as bad is given a redo
--   is_kept_counted: kept items count in limits and as open
--   capacity_until: an item is open until it is closed, or until it is touched
select
    pool_id,
    version as policy_version,
    valid_from_at,
    valid_until_at,
    valid_until_at is null as is_latest,
    is_catch_all,
    is_default_owner,
    member_count,
    total_weight,
    strategy,
    accrue_while,
    debt_limit,
    catch_up_limit,
    is_redo_charged,
    limits,
    sticky_for_seconds,
    when_nobody,
    hold_for_seconds,
    when_hold_ends,
    failover_pool_id,
    queue_id,
    targets,
    activity_delay_seconds,
    max_reassignments,
    is_charged_back,
    has_declines,
    has_redo_on_return,
    is_kept_counted,
    capacity_until,
from int_policy_pools
order by pool_id, valid_from_at

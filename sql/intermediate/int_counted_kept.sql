-- intermediate.int_counted_kept: kept items that count in the limits of their owner, because their pool says so, or the claim of
-- a person's last owner holds within limits.
-- kind: table
-- grain: one row per item, and per time that it is open again
-- columns:
--   item_seq: the item
--   pool_id: pool that counts it
--   member_id: its owner, a member of that pool
--   decided_at: when it was kept
with

kept as (
    select item_seq, policy_no, routed_pool_id as pool_id, owner_id as member_id, decided_at, false as is_survivors
    from int_routing
    where outcome = 'kept'
    union all
    select decisions.item_seq, policies.policy_no, decisions.pool_id, decisions.member_id, decisions.decided_at,
        (decisions.item_seq, decisions.decided_at) not in (select (item_seq, decided_at) from int_reopened),
    from routed_decisions as decisions
    inner join int_policies as policies on policies.version = decisions.policy_version
    where decisions.kind = 'keep'
),

final as (
    select kept.item_seq, kept.pool_id, kept.member_id, kept.decided_at
    from kept
    inner join int_policies as policies using (policy_no)
    inner join int_policy_pools as pools on pools.version = policies.version and pools.pool_id = kept.pool_id
    semi join int_policy_members as members
        on members.version = policies.version and members.pool_id = kept.pool_id and members.member_id = kept.member_id
    inner join int_policy_uses as uses using (policy_no)
    where pools.is_kept_counted or (kept.is_survivors and uses.are_survivors_limited)
)

select * from final order by item_seq

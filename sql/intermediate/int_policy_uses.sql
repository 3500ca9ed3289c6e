-- int_policy_uses: what each policy version asks the router to know beyond the items it decides.
-- kind: temp
-- grain: one row per policy version
-- key: policy_no
-- columns:
--   policy_no: the version
--   has_persons: some version follows persons from item to item
--   is_survivor_listed: the owner of an earlier item of the person has a claim
--   are_survivors_limited: that owner has it within limits only, and it counts in them
--   kept_pools: pools whose kept items the router is told of
--   hands_over: open items of owners who are gone, or do nothing about them, go to others
create or replace temp table int_policy_uses (
    policy_no integer, has_persons boolean, is_survivor_listed boolean, are_survivors_limited boolean,
    kept_pools varchar[], hands_over boolean
)

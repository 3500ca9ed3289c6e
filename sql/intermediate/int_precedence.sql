-- int_precedence: which claim on an item each policy version heeds, and in which order.
-- kind: temp
-- grain: one row per policy version and claim
-- key: policy_no, claim
-- columns:
--   policy_no: the version
--   claim: the claim
--   claim_rank: its place, from 1
--   keep_inactive: an owner who is not active keeps the item
create or replace temp table int_precedence (
    policy_no integer, claim varchar, claim_rank integer, keep_inactive boolean
)

-- int_territories: the territories of each policy version, the catch-all as number 0.
-- kind: temp
-- grain: one row per policy version and territory
-- key: policy_no, territory_no
-- columns:
--   policy_no: the version
--   territory_no: place in the policy, from 1; 0 for what no territory claims
--   territory_id: name of the territory; null for the catch-all
--   pool_id: pool its items go to
--   needs: skills its items need
create or replace temp table int_territories (
    policy_no integer, territory_no integer, territory_id varchar, pool_id varchar, needs varchar[]
)

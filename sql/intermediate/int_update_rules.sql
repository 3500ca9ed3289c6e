-- int_update_rules: what each policy version makes of news of its items.
-- kind: temp
-- grain: one row per policy version
-- key: policy_no
-- columns:
--   policy_no: the version
--   takes_owners: whoever is delivered as another owner has the item
--   decides_later: what is set aside and qualifies later is decided then
create or replace temp table int_update_rules (policy_no integer, takes_owners boolean, decides_later boolean)

-- int_set_aside_versions: the policy versions that set aside what arrives closed, converted or deleted.
-- kind: temp
-- grain: one row per such version
-- key: policy_no
-- columns:
--   policy_no: the version
create or replace temp table int_set_aside_versions (policy_no integer)

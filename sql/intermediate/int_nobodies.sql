-- int_nobodies: the owners that each policy version takes for nobody: integration users and queues.
-- kind: temp
-- grain: one row per policy version and word
-- key: policy_no, word
-- columns:
--   policy_no: the version
--   word: an id, a name or an address, in small letters
create or replace temp table int_nobodies (policy_no integer, word varchar)

-- int_deduplicated: the kinds of items that each policy version folds into one item a person.
-- kind: temp
-- grain: one row per policy version and kind
-- key: policy_no, object_type
-- columns:
--   policy_no: the version
--   object_type: the kind of item
create or replace temp table int_deduplicated (policy_no integer, object_type varchar)

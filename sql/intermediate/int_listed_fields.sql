-- int_listed_fields: columns whose words are looked up in lists.
-- kind: temp
-- grain: one row per column
-- key: field
-- columns:
--   field: the column
create or replace temp table int_listed_fields (field varchar)

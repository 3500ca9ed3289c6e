-- phone_fast: phone numbers that the library's own tables decide.
-- kind: temp
-- grain: one row per number decided that way
-- key: phone_text, region
-- reads: phone_digits
-- columns:
--   phone_text: the cell
--   region: region of its row; empty where none is known
--   e164: the number in E.164; null where it is none
create or replace temp table phone_fast (phone_text varchar, region varchar, e164 varchar)

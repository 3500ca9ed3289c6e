-- int_listed_words: words that some policy version, or the program itself, lists for a column.
-- kind: temp
-- grain: one row per column and word
-- key: field, word, is_start
-- columns:
--   field: the column
--   word: the word as lists of words compare it
--   is_start: every word that begins so is listed
create or replace temp table int_listed_words (field varchar, word varchar, is_start boolean)

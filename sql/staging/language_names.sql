-- language_names: names and codes of languages, as cells may have them.
-- kind: temp
-- grain: one row per name
-- key: name_key
-- columns:
--   name_key: the name as language_key compares it
--   language: code of the language
select language_key(name) as name_key, min(code) as language from lent group by all

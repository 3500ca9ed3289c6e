-- country_names: names and codes of countries, as cells may have them.
-- kind: temp
-- grain: one row per name
-- key: name_key
-- columns:
--   name_key: the name as country_key compares it
--   iso2: ISO 3166-1 code of two letters
select country_key(name) as name_key, min(code) as iso2 from lent group by all

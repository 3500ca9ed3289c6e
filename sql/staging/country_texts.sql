-- country_texts: what each text that stands for a country means.
-- kind: temp
-- grain: one row per distinct country text of the new items and accounts
-- columns:
--   country_text: as delivered, tidy
--   country: ISO 3166-1 alpha-2 where known, else the text itself
--   is_known: whether it is
with

texts as (
    select distinct country as country_text from country_cells where country is not null
),

final as (
    select
        texts.country_text,
        coalesce(names.iso2, texts.country_text) as country,
        names.iso2 is not null as is_known,
    from texts
    left join country_names as names on names.name_key = country_key(texts.country_text)
)

select * from final

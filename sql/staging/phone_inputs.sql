-- phone_inputs: phone numbers to read, each with the region it is dialled in.
-- kind: temp
-- grain: one row per distinct text and region
-- columns:
--   phone_text: as delivered, tidy
--   region: ISO 3166-1 code of the row's country if known, else the project's phone_region, else empty
with

final as (
    select distinct
        cells.phone as phone_text,
        coalesce(case when countries.is_known then countries.country end, getvariable('phone_region'), '') as region,
    from phone_cells as cells
    left join country_texts as countries on cells.country = countries.country_text
    where cells.phone is not null
)

select * from final

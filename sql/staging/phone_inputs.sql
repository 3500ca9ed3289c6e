-- phone_inputs: phone numbers to read, each with the region it is dialled in.
-- kind: temp
-- grain: one row per distinct text and region
-- columns:
--   phone_text: as delivered, tidy
--   region: ISO 3166-1 code of the item's country if known, else the project's phone_region, else empty
with

item_phones as (
    select
        items.phone as phone_text,
        coalesce(case when countries.is_known then countries.country end, getvariable('phone_region'), '') as region,
    from mapped_items as items
    left join country_texts as countries on items.country = countries.country_text
    where items.phone is not null
),

contact_phones as (
    select phone as phone_text, coalesce(getvariable('phone_region'), '') as region
    from mapped_contacts
    where phone is not null
),

final as (
    select phone_text, region from item_phones
    union
    select phone_text, region from contact_phones
)

select * from final

-- staged_contacts: people already known, typed and standardised. Context only: never routed.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed contacts
-- by: rows of mapped_contacts
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   contact_id: id in the source, text as delivered
--   email: one address in lower case
--   other_emails: further addresses of the same cell, sorted; null when none
--   phone: E.164
--   email_domain: domain of the address
--   updated_at: when the source changed it last, null when not said
--   number_code: NUMBER_INVALID or null
--   boolean_code: BOOLEAN_INVALID or null
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   email_code: EMAIL_INVALID, EMAIL_TOO_LONG, EMAIL_SEVERAL or null
--   phone_code: PHONE_INVALID, PHONE_REGION_UNKNOWN or null
--   updated_at_code: UPDATED_AT_INVALID or null
with

mapped as not materialized (
    select * from mapped_contacts
),

read as (
    select
        mapped.* replace (case when emails.email_text is null then lower(mapped.email) else emails.email end as email),
        emails.other_emails,
        emails.email_code,
        coalesce(case when countries.is_known then countries.country end, getvariable('phone_region'), '') as _region,
    from mapped
    left join email_texts as emails on mapped.email = emails.email_text
    left join country_texts as countries on mapped._country = countries.country_text
),

final as (
    select
        read.* exclude (source_time_zone, _country, _region) replace (phones.e164 as phone),
        nullif(split_part(email, '@', 2), '') as email_domain,

        id_code(contact_id) as id_code,
        phones.phone_code,
    from read
    left join phone_texts as phones on read.phone = phones.phone_text and read._region = phones.region
)

select * from final

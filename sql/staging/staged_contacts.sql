-- staged_contacts: people already known, typed and standardised. Context only: never routed.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed contacts
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   contact_id: id in the source, text as delivered
--   email: one address in lower case
--   other_emails: further addresses of the same cell, sorted; null when none
--   phone: E.164
--   email_domain: domain of the address
--   updated_at: when the source changed it last, null when not said
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   email_code: EMAIL_INVALID, EMAIL_TOO_LONG, EMAIL_SEVERAL or null
--   phone_code: PHONE_INVALID, PHONE_REGION_UNKNOWN or null
--   updated_at_code: UPDATED_AT_INVALID or null
with

mapped as not materialized (
    select
        *,
        time_us(updated_at) as updated_us,
        case when has_offset(updated_at) then 'UTC' else source_time_zone end as updated_zone,
    from mapped_contacts
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        contact_id,
        account_id,
        case when emails.email_text is null then lower(mapped.email) else emails.email end as email,
        emails.other_emails,
        phones.e164 as phone,
        name,
        owner_id,
        nullif(split_part(
            case when emails.email_text is null then lower(mapped.email) else emails.email end, '@', 2
        ), '') as email_domain,
        sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) as updated_at,

        cell_code,
        id_code(contact_id) as id_code,
        emails.email_code,
        phones.phone_code,
        case
            when mapped.updated_at is not null
                and sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) is null
                then 'UPDATED_AT_INVALID'
        end as updated_at_code,
    from mapped
    left join email_texts as emails on mapped.email = emails.email_text
    left join country_texts as countries on mapped.country = countries.country_text
    left join phone_texts as phones
        on mapped.phone = phones.phone_text and phones.region = coalesce(
            case when countries.is_known then countries.country end, getvariable('phone_region'), ''
        )
    left join local_days as updated_days
        on mapped.updated_zone = updated_days.zone and day_of(mapped.updated_us) = updated_days.day
        and mapped.updated_us >= updated_days.local_from_us and mapped.updated_us < updated_days.local_until_us
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            contact_id, account_id, email, other_emails, phone, name, owner_id
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

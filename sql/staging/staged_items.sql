-- staged_items: the new item rows, typed and standardised. Nothing is refused here: the code columns say what was wrong
-- with a cell (null: nothing), and the suites decide what that means for the row.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed items
-- by: rows of mapped_items
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   item_id: id in the source, text as delivered
--   object_type: <<object_types>>
--   created_at: instant; a bare date is the first instant of that day in the source's zone; one up to five minutes after
--     the close of its file is that close
--   email: one address in lower case, IDN domains in their ASCII form
--   other_emails: further addresses, sorted; null when none
--   phone: E.164
--   full_name: as delivered, else first and last name
--   domain: host of the website, without www
--   country: ISO 3166-1 alpha-2, or the text as delivered when unknown
--   language: ISO 639-1 where known
--   needed_skills: sorted, distinct, lower case; null when none
--   priority: smaller is more urgent; 0 where nothing is said
--   consent_status: granted, denied, withdrawn or unknown (nothing was said); denied for a word that no list has
--   consent_text: that word as delivered; else null
--   time_warning: local time in a gap or repeated hour (TIME_DST_GAP, TIME_DST_REPEATED), created after the close of its
--     file (TIME_AHEAD), or an unreadable UPDATED_AT_INVALID, CLOSED_AT_INVALID
--   number_code: NUMBER_INVALID or null
--   boolean_code: BOOLEAN_INVALID or null
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   object_type_code: OBJECT_TYPE_MISSING, OBJECT_TYPE_UNKNOWN or null
--   created_at_code: TIME_MISSING, TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE, TIME_FUTURE or null
--   country_code: COUNTRY_UNKNOWN or null
--   phone_code: PHONE_INVALID, PHONE_REGION_UNKNOWN or null
--   contact_code: NO_CONTACT (no address and no phone number of a lead or contact) or null
--   email_domain: domain of the address
--   email_warning: EMAIL_CONFUSABLE, EMAIL_TEST, EMAIL_ROLE or null
--   email_code: EMAIL_INVALID, EMAIL_TOO_LONG (no address); EMAIL_SEVERAL (the first is taken)
with

mapped as not materialized (
    select * from mapped_items
),

read as (
    select
        *,
        time_us(created_at) as _created_us,
        case when has_offset(created_at) then 'UTC' else source_time_zone end as _created_zone,
        priority_number(priority) as _rank,
        object_type_word(object_type) as _type_word,
        consent_word(consent_status) as _consent,
    from mapped
),

looked_up as (
    select
        read.* exclude (email, other_emails, country, language),
        created_days.offset_us as _created_offset_us,
        clock_warning(
            read.created_at, created_days.day, created_days.local_until_us, created_days.is_gap, created_days.is_repeated
        ) as _clock_warning,
        case when emails.email_text is null then lower(read.email) else emails.email end as email,
        case when others.email_text is null then lower(read.other_emails) else others.email end as _other_email,
        emails.other_emails as _more_emails,
        others.other_emails as _yet_more_emails,
        emails.email_code,
        emails.is_confusable as _is_confusable,
        countries.country,
        countries.is_known as _is_country_known,
        coalesce(languages.language, language_key(read.language)) as language,
        coalesce(case when countries.is_known then countries.country end, getvariable('phone_region'), '') as _region,
    from read
    left join local_days as created_days
        on read._created_zone = created_days.zone and day_of(read._created_us) = created_days.day
        and read._created_us >= created_days.local_from_us and read._created_us < created_days.local_until_us
    left join email_texts as emails on read.email = emails.email_text
    left join email_texts as others on read.other_emails = others.email_text
    left join country_texts as countries on read.country = countries.country_text
    left join language_names as languages on language_key(read.language) = languages.name_key
),

typed as (
    select
        looked_up.*,
        sane(_created_us - coalesce(_created_offset_us, utc_offset(_created_zone))) as _created,
        split_part(email, '@', 1) as _local_part,
        nullif(split_part(email, '@', 2), '') as email_domain,
        phones.e164 as _e164,
        phones.phone_code,
        files.closes_at as _closes_at,
    from looked_up
    left join phone_texts as phones on looked_up.phone = phones.phone_text and looked_up._region = phones.region
    left join ops.ingested_files as files on looked_up.file_id = files.file_id
),

final as (
    select
        typed.* exclude (
            source_time_zone, _created_us, _created_zone, _created_offset_us, _created, _closes_at, _clock_warning, _rank,
            _other_email, _more_emails, _yet_more_emails, _local_part, _e164, _is_confusable, _is_country_known, _region,
            updated_at_code, closed_at_code, _type_word, _consent
        ) replace (
            _type_word as object_type,
            at_close(_created, _closes_at) as created_at,
            _e164 as phone,
            coalesce(full_name, nullif(concat_ws(' ', first_name, last_name), '')) as full_name,
            coalesce(_rank, 0) as priority,
            if(typed.consent_status is null, 'unknown', coalesce(_consent, 'denied')) as consent_status,
            if(typed.priority is not null and _rank is null, 'NUMBER_INVALID', number_code) as number_code
        ),
        email_list(email, _other_email, _more_emails, _yet_more_emails) as other_emails,
        coalesce(domains.domain, hosts.host) as domain,
        if(_consent is null, typed.consent_status, null) as consent_text,

        id_code(item_id) as id_code,
        case
            when typed.object_type is null then 'OBJECT_TYPE_MISSING'
            when _type_word is null then 'OBJECT_TYPE_UNKNOWN'
        end as object_type_code,
        case
            when typed.created_at is null then 'TIME_MISSING'
            else coalesce(time_code(typed.created_at, _created_us, _created_zone, _created), future_code(_created, _closes_at))
        end as created_at_code,
        case
            when _clock_warning is not null then _clock_warning
            when _created > _closes_at and future_code(_created, _closes_at) is null then 'TIME_AHEAD'
            else coalesce(updated_at_code, closed_at_code)
        end as time_warning,
        case when typed._is_confusable then 'EMAIL_CONFUSABLE' else email_flag(_local_part, email_domain) end as email_warning,
        case when not _is_country_known then 'COUNTRY_UNKNOWN' end as country_code,
        case
            when _type_word in ('lead', 'contact') and email is null and _e164 is null
                and phone_code is distinct from 'PHONE_REGION_UNKNOWN' then 'NO_CONTACT'
        end as contact_code,
    from typed
    left join website_texts as hosts on typed.website = hosts.website_text
    left join domain_names as domains on hosts.host = domains.domain_text
)

select * from final

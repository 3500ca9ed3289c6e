-- staged_items: the new item rows, typed and standardised. Nothing is refused here: the code columns say what was wrong
-- with a cell (null: nothing), and the suites decide what that means for the row.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed items
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   item_id: id in the source, text as delivered
--   object_type: lead, contact, account, opportunity, case, task or conversation
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
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   email_code: EMAIL_INVALID, EMAIL_TOO_LONG (no address); EMAIL_SEVERAL (the first is taken)
with

mapped as not materialized (
    select * from mapped_items
),

read as (
    select
        *,
        time_us(created_at) as created_us,
        time_us(updated_at) as updated_us,
        time_us(closed_at) as closed_us,
        case when has_offset(created_at) then 'UTC' else source_time_zone end as created_zone,
        case when has_offset(updated_at) then 'UTC' else source_time_zone end as updated_zone,
        case when has_offset(closed_at) then 'UTC' else source_time_zone end as closed_zone,
        number(annual_revenue) as revenue,
        number(intent_score) as score,
        whole_number(employee_count) as employees,
        priority_number(priority) as rank,
        yes_no(is_converted) as was_converted,
        yes_no(is_deleted) as was_deleted,
        object_type_word(object_type) as type_word,
        consent_word(consent_status) as consent,
    from mapped
),

looked_up as (
    select
        read.* exclude (email, other_emails, country, language),
        created_days.offset_us as created_offset_us,
        updated_days.offset_us as updated_offset_us,
        closed_days.offset_us as closed_offset_us,
        clock_warning(
            read.created_at, created_days.day, created_days.local_until_us, created_days.is_gap, created_days.is_repeated
        ) as clock_warning,
        case when emails.email_text is null then lower(read.email) else emails.email end as email,
        case when others.email_text is null then lower(read.other_emails) else others.email end as other_email,
        emails.other_emails as more_emails,
        others.other_emails as yet_more_emails,
        emails.email_code,
        emails.is_confusable,
        countries.country,
        countries.is_known as is_country_known,
        coalesce(languages.language, language_key(read.language)) as language,
        coalesce(case when countries.is_known then countries.country end, getvariable('phone_region'), '') as region,
    from read
    left join local_days as created_days
        on read.created_zone = created_days.zone and day_of(read.created_us) = created_days.day
        and read.created_us >= created_days.local_from_us and read.created_us < created_days.local_until_us
    left join local_days as updated_days
        on read.updated_zone = updated_days.zone and day_of(read.updated_us) = updated_days.day
        and read.updated_us >= updated_days.local_from_us and read.updated_us < updated_days.local_until_us
    left join local_days as closed_days
        on read.closed_zone = closed_days.zone and day_of(read.closed_us) = closed_days.day
        and read.closed_us >= closed_days.local_from_us and read.closed_us < closed_days.local_until_us
    left join email_texts as emails on read.email = emails.email_text
    left join email_texts as others on read.other_emails = others.email_text
    left join country_texts as countries on read.country = countries.country_text
    left join language_names as languages on language_key(read.language) = languages.name_key
),

typed as (
    select
        looked_up.*,
        sane(created_us - coalesce(created_offset_us, utc_offset(created_zone))) as created,
        sane(updated_us - coalesce(updated_offset_us, utc_offset(updated_zone))) as updated,
        sane(closed_us - coalesce(closed_offset_us, utc_offset(closed_zone))) as closed,
        split_part(email, '@', 1) as local_part,
        nullif(split_part(email, '@', 2), '') as email_domain,
        phones.e164,
        phones.phone_code,
        files.closes_at,
    from looked_up
    left join phone_texts as phones on looked_up.phone = phones.phone_text and looked_up.region = phones.region
    left join ops.ingested_files as files on looked_up.file_id = files.file_id
),

values_and_codes as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        item_id,
        type_word as object_type,
        at_close(created, closes_at) as created_at,
        updated as updated_at,
        email,
        email_list(email, other_email, more_emails, yet_more_emails) as other_emails,
        e164 as phone,
        first_name,
        last_name,
        coalesce(full_name, nullif(concat_ws(' ', first_name, last_name), '')) as full_name,
        company,
        website,
        coalesce(domains.domain, hosts.host) as domain,
        email_domain,
        country,
        state,
        city,
        postal_code,
        language,
        words(needed_skills) as needed_skills,
        product_interest,
        industry,
        employees as employee_count,
        revenue as annual_revenue,
        tier,
        lifecycle_stage,
        source_channel,
        campaign,
        score as intent_score,
        coalesce(rank, 0) as priority,
        if(typed.consent_status is null, 'unknown', coalesce(consent, 'denied')) as consent_status,
        if(consent is null, typed.consent_status, null) as consent_text,
        status,
        owner_id,
        account_id,
        contact_id,
        coalesce(was_converted, false) as is_converted,
        coalesce(was_deleted, false) as is_deleted,
        closed as closed_at,

        cell_code,
        id_code(item_id) as id_code,
        case
            when typed.object_type is null then 'OBJECT_TYPE_MISSING'
            when type_word is null then 'OBJECT_TYPE_UNKNOWN'
        end as object_type_code,
        case
            when typed.created_at is null then 'TIME_MISSING'
            else coalesce(time_code(typed.created_at, created_us, created_zone, created), future_code(created, closes_at))
        end as created_at_code,
        case
            when clock_warning is not null then clock_warning
            when created > closes_at and future_code(created, closes_at) is null then 'TIME_AHEAD'
            when typed.updated_at is not null and updated is null then 'UPDATED_AT_INVALID'
            when typed.closed_at is not null and closed is null then 'CLOSED_AT_INVALID'
        end as time_warning,
        email_code,
        case when typed.is_confusable then 'EMAIL_CONFUSABLE' else email_flag(local_part, email_domain) end as email_warning,
        phone_code,
        case
            when (typed.employee_count is not null and employees is null)
                or (typed.annual_revenue is not null and revenue is null)
                or (typed.intent_score is not null and score is null)
                or (typed.priority is not null and rank is null) then 'NUMBER_INVALID'
        end as number_code,
        case
            when (typed.is_converted is not null and was_converted is null)
                or (typed.is_deleted is not null and was_deleted is null) then 'BOOLEAN_INVALID'
        end as boolean_code,
        case when not is_country_known then 'COUNTRY_UNKNOWN' end as country_code,
        case
            when type_word in ('lead', 'contact') and email is null and e164 is null
                and phone_code is distinct from 'PHONE_REGION_UNKNOWN' then 'NO_CONTACT'
        end as contact_code,
    from typed
    left join website_texts as hosts on typed.website = hosts.website_text
    left join domain_names as domains on hosts.host = domains.domain_text
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            item_id, object_type, created_at, updated_at, email, other_emails, phone, first_name, last_name, full_name,
            company, website, domain, country, state, city, postal_code, language, needed_skills, product_interest,
            industry, employee_count, annual_revenue, tier, lifecycle_stage, source_channel, campaign, intent_score,
            priority, consent_status, status, owner_id, account_id, contact_id, is_converted, is_deleted, closed_at
        ) as row_hash,
        values_and_codes.* exclude (file_id, row_number, source, ingest_batch),
    from values_and_codes
)

select * from final

-- staged_accounts: companies as delivered, typed and standardised. Context only: never routed.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed accounts
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   account_id: id in the source, text as delivered
--   domain: as delivered, else the host of the website; without www
--   country: ISO 3166-1 alpha-2, or the text as delivered when unknown
--   company_key: name in lower case without accents, signs and legal form, for comparison
--   updated_at: when the source changed it last, null when not said
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   number_code: NUMBER_INVALID or null
--   country_code: COUNTRY_UNKNOWN or null
--   updated_at_code: UPDATED_AT_INVALID or null
with

mapped as not materialized (
    select * from mapped_accounts
),

read as (
    select
        mapped.*,
        coalesce(own_hosts.host, website_hosts.host) as host,
        whole_number(employee_count) as employees,
        time_us(updated_at) as updated_us,
        case when has_offset(updated_at) then 'UTC' else source_time_zone end as updated_zone,
    from mapped
    left join website_texts as own_hosts on mapped.domain = own_hosts.website_text
    left join website_texts as website_hosts on mapped.website = website_hosts.website_text
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        account_id,
        name,
        website,
        coalesce(domains.domain, read.host) as domain,
        countries.country,
        state,
        postal_code,
        industry,
        employees as employee_count,
        tier,
        owner_id,
        parent_account_id,
        company_key(name) as company_key,
        sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) as updated_at,

        cell_code,
        id_code(account_id) as id_code,
        case when read.employee_count is not null and employees is null then 'NUMBER_INVALID' end as number_code,
        case when not countries.is_known then 'COUNTRY_UNKNOWN' end as country_code,
        case
            when read.updated_at is not null
                and sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) is null
                then 'UPDATED_AT_INVALID'
        end as updated_at_code,
    from read
    left join domain_names as domains on read.host = domains.domain_text
    left join country_texts as countries on read.country = countries.country_text
    left join local_days as updated_days
        on read.updated_zone = updated_days.zone and day_of(read.updated_us) = updated_days.day
        and read.updated_us >= updated_days.local_from_us and read.updated_us < updated_days.local_until_us
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            account_id, name, website, domain, country, state, postal_code, industry, employee_count, tier, owner_id,
            parent_account_id
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

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
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   number_code: NUMBER_INVALID or null
--   country_code: COUNTRY_UNKNOWN or null
with

mapped as not materialized (
    select * from mapped_accounts
),

read as (
    select
        mapped.*,
        coalesce(own_hosts.host, website_hosts.host) as host,
        whole_number(employee_count) as employees,
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

        id_code(account_id) as id_code,
        case when read.employee_count is not null and employees is null then 'NUMBER_INVALID' end as number_code,
        case when not countries.is_known then 'COUNTRY_UNKNOWN' end as country_code,
    from read
    left join domain_names as domains on read.host = domains.domain_text
    left join country_texts as countries on read.country = countries.country_text
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

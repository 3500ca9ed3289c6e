-- staged_accounts: companies as delivered, typed and standardised. Context only: never routed.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed accounts
-- by: rows of mapped_accounts
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   account_id: id in the source, text as delivered
--   domain: as delivered, else the host of the website; without www
--   country: ISO 3166-1 alpha-2, or the text as delivered when unknown
--   company_key: name in lower case without accents, signs and legal form, for comparison
--   updated_at: when the source changed it last, null when not said
--   boolean_code: BOOLEAN_INVALID or null
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
        coalesce(own_hosts.host, website_hosts.host) as _host,
    from mapped
    left join website_texts as own_hosts on mapped.domain = own_hosts.website_text
    left join website_texts as website_hosts on mapped.website = website_hosts.website_text
),

final as (
    select
        read.* exclude (source_time_zone, _host) replace (
            coalesce(domains.domain, read._host) as domain,
            countries.country as country
        ),
        company_key(name) as company_key,

        id_code(account_id) as id_code,
        case when not countries.is_known then 'COUNTRY_UNKNOWN' end as country_code,
    from read
    left join domain_names as domains on read._host = domains.domain_text
    left join country_texts as countries on read.country = countries.country_text
)

select * from final

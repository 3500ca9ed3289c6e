-- refused_sources: sources with more refused rows than is allowed: what was found most often, and where first.
-- kind: query
-- step: quality
-- grain: one row per source
-- by: key(source)
with

refused as (
    select
        source,
        code,
        field,
        any_value(message) as message,
        count(distinct (file_id, row_number)) as row_count,
        arg_min((file_name, row_number), (file_id, row_number)) as first_row,
    from ops.quarantine
    where run_id = getvariable('run_id')
    group by all
)

select
    rates.source,
    refused_count,
    rates.row_count,
    code,
    field,
    message,
    refused.row_count as found_count,
    first_row[1] as file_name,
    first_row[2] as row_number,
from refused_rates as rates
inner join refused using (source)
where refused_share > $limit
qualify row_number() over (partition by source order by refused.row_count desc, code, field) = 1
order by source

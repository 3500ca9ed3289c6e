-- staged_opportunities: open and closed opportunities as context of ownership, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed opportunities
-- by: rows of mapped_opportunities
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   opportunity_id: id in the source; where none is delivered, one made of account, contact, owner and place among
--     equals: stable as long as the export is
--   is_open: whether it still runs; null when not said
--   amount: as delivered, in the currency of the source
--   updated_at: when the source changed it last, null when not said
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MANGLED, ID_TOO_LONG or null
--   number_code: NUMBER_INVALID or null
--   boolean_code: OPEN_UNKNOWN (is_open is not said), BOOLEAN_INVALID or null
--   updated_at_code: UPDATED_AT_INVALID or null
with

mapped as not materialized (
    select * from mapped_opportunities
),

read as (
    select *, yes_no(is_open) as _open_now from mapped
),

final as (
    select
        read.* exclude (source_time_zone, _open_now) replace (
            coalesce(
                opportunity_id,
                'without id:'
                || concat_ws('|', source, coalesce(account_id, ''), coalesce(contact_id, ''), coalesce(owner_id, ''))
                || '#' || row_number() over (
                    partition by file_id, source, account_id, contact_id, owner_id
                    order by _open_now desc nulls last, amount desc nulls last, row_number
                )
            ) as opportunity_id,
            _open_now as is_open,
            case
                when _open_now is null then if(read.is_open is null, 'OPEN_UNKNOWN', 'BOOLEAN_INVALID')
                else boolean_code
            end as boolean_code
        ),

        case when read.opportunity_id is not null then id_code(read.opportunity_id) end as id_code,
    from read
)

select * from final

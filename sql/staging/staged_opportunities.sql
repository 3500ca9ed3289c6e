-- staged_opportunities: open and closed opportunities as context of ownership, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed opportunities
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
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
    select
        *,
        yes_no(is_open) as open_now,
        number(amount) as amount_number,
        time_us(updated_at) as updated_us,
        case when has_offset(updated_at) then 'UTC' else source_time_zone end as updated_zone,
    from mapped
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        coalesce(
            opportunity_id,
            'without id:' || concat_ws('|', source, coalesce(account_id, ''), coalesce(contact_id, ''), coalesce(owner_id, ''))
            || '#' || row_number() over (
                partition by file_id, source, account_id, contact_id, owner_id
                order by open_now desc nulls last, amount_number desc nulls last, row_number
            )
        ) as opportunity_id,
        account_id,
        contact_id,
        owner_id,
        open_now as is_open,
        amount_number as amount,
        sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) as updated_at,

        cell_code,
        case when opportunity_id is not null then id_code(opportunity_id) end as id_code,
        case when read.amount is not null and amount_number is null then 'NUMBER_INVALID' end as number_code,
        case when open_now is null then if(read.is_open is null, 'OPEN_UNKNOWN', 'BOOLEAN_INVALID') end as boolean_code,
        case
            when read.updated_at is not null
                and sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) is null
                then 'UPDATED_AT_INVALID'
        end as updated_at_code,
    from read
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
            opportunity_id, account_id, contact_id, owner_id, is_open, amount
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

-- staged_ownership_history: who owned what, and when, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed ownership_history
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   object_type: lead, contact, account, opportunity, case, task or conversation
--   from_at: instant
--   until_at: instant, exclusive; null: still so
--   updated_at: when the source changed the row last, null when not said
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   object_type_code: OBJECT_TYPE_MISSING, OBJECT_TYPE_UNKNOWN or null
--   time_code: TIME_MISSING (no start), TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE or null
--   time_warning: TIME_DST_GAP, TIME_DST_REPEATED or null
--   updated_at_code: UPDATED_AT_INVALID or null
with

mapped as not materialized (
    select * from mapped_ownership_history
),

read as (
    select
        *,
        time_us(from_at) as from_us,
        time_us(until_at) as until_us,
        time_us(updated_at) as updated_us,
        case when has_offset(from_at) then 'UTC' else source_time_zone end as from_zone,
        case when has_offset(until_at) then 'UTC' else source_time_zone end as until_zone,
        case when has_offset(updated_at) then 'UTC' else source_time_zone end as updated_zone,
    from mapped
),

instants as (
    select
        read.*,
        sane(from_us - coalesce(from_days.offset_us, utc_offset(from_zone))) as from_instant,
        sane(until_us - coalesce(until_days.offset_us, utc_offset(until_zone))) as until_instant,
        sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) as updated_instant,
        coalesce(
            clock_warning(read.from_at, from_days.day, from_days.local_until_us, from_days.is_gap, from_days.is_repeated),
            clock_warning(
                read.until_at, until_days.day, until_days.local_until_us, until_days.is_gap, until_days.is_repeated
            )
        ) as clock_warning,
    from read
    left join local_days as from_days
        on read.from_zone = from_days.zone and day_of(read.from_us) = from_days.day
        and read.from_us >= from_days.local_from_us and read.from_us < from_days.local_until_us
    left join local_days as until_days
        on read.until_zone = until_days.zone and day_of(read.until_us) = until_days.day
        and read.until_us >= until_days.local_from_us and read.until_us < until_days.local_until_us
    left join local_days as updated_days
        on read.updated_zone = updated_days.zone and day_of(read.updated_us) = updated_days.day
        and read.updated_us >= updated_days.local_from_us and read.updated_us < updated_days.local_until_us
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        object_type_word(object_type) as object_type,
        item_id,
        owner_id,
        from_instant as from_at,
        until_instant as until_at,
        updated_instant as updated_at,

        cell_code,
        id_code(item_id) as id_code,
        case
            when object_type is null then 'OBJECT_TYPE_MISSING'
            when object_type_word(object_type) is null then 'OBJECT_TYPE_UNKNOWN'
        end as object_type_code,
        case
            when instants.from_at is null then 'TIME_MISSING'
            else coalesce(
                time_code(instants.from_at, from_us, from_zone, from_instant),
                time_code(instants.until_at, until_us, until_zone, until_instant)
            )
        end as time_code,
        clock_warning as time_warning,
        if(instants.updated_at is not null and updated_instant is null, 'UPDATED_AT_INVALID', null) as updated_at_code,
    from instants
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            object_type, item_id, owner_id, from_at, until_at
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

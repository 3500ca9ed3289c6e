-- staged_ownership_history: who owned what, and when, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed ownership_history
-- by: rows of mapped_ownership_history
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   object_type: <<object_types>>
--   from_at: instant
--   until_at: instant, exclusive; null: still so
--   number_code: NUMBER_INVALID or null
--   boolean_code: BOOLEAN_INVALID or null
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   object_type_code: OBJECT_TYPE_MISSING, OBJECT_TYPE_UNKNOWN or null
--   time_code: TIME_MISSING (no start), TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE or null
--   updated_at_code: UPDATED_AT_INVALID or null
--   time_warning: TIME_DST_GAP, TIME_DST_REPEATED or null
with

mapped as not materialized (
    select * from mapped_ownership_history
),

read as (
    select
        *,
        time_us(from_at) as _from_us,
        time_us(until_at) as _until_us,
        case when has_offset(from_at) then 'UTC' else source_time_zone end as _from_zone,
        case when has_offset(until_at) then 'UTC' else source_time_zone end as _until_zone,
    from mapped
),

instants as (
    select
        read.*,
        sane(_from_us - coalesce(from_days.offset_us, utc_offset(_from_zone))) as _from_instant,
        sane(_until_us - coalesce(until_days.offset_us, utc_offset(_until_zone))) as _until_instant,
        coalesce(
            clock_warning(read.from_at, from_days.day, from_days.local_until_us, from_days.is_gap, from_days.is_repeated),
            clock_warning(
                read.until_at, until_days.day, until_days.local_until_us, until_days.is_gap, until_days.is_repeated
            )
        ) as _clock_warning,
    from read
    left join local_days as from_days
        on read._from_zone = from_days.zone and day_of(read._from_us) = from_days.day
        and read._from_us >= from_days.local_from_us and read._from_us < from_days.local_until_us
    left join local_days as until_days
        on read._until_zone = until_days.zone and day_of(read._until_us) = until_days.day
        and read._until_us >= until_days.local_from_us and read._until_us < until_days.local_until_us
),

final as (
    select
        instants.* exclude (
            source_time_zone, _from_us, _until_us, _from_zone, _until_zone, _from_instant, _until_instant, _clock_warning
        ) replace (
            object_type_word(object_type) as object_type,
            _from_instant as from_at,
            _until_instant as until_at
        ),

        id_code(item_id) as id_code,
        case
            when instants.object_type is null then 'OBJECT_TYPE_MISSING'
            when object_type_word(instants.object_type) is null then 'OBJECT_TYPE_UNKNOWN'
        end as object_type_code,
        case
            when instants.from_at is null then 'TIME_MISSING'
            else coalesce(
                time_code(instants.from_at, _from_us, _from_zone, _from_instant),
                time_code(instants.until_at, _until_us, _until_zone, _until_instant)
            )
        end as time_code,
        _clock_warning as time_warning,
    from instants
)

select * from final

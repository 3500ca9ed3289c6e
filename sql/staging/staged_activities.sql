-- staged_activities: what users and customers did, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed activities
-- by: rows of mapped_activities
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   activity_id: id in the source, text as delivered
--   kind: lower case word
--   direction: inbound, outbound or another lower case word
--   is_automated: false where nothing is said
--   occurred_at: instant; one up to five minutes after the close of its file is that close
--   number_code: NUMBER_INVALID or null
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   time_code: TIME_MISSING, TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE, TIME_FUTURE or null
--   time_warning: TIME_DST_GAP, TIME_DST_REPEATED, TIME_AHEAD or null
--   boolean_code: BOOLEAN_INVALID or null
with

mapped as not materialized (
    select * from mapped_activities
),

read as (
    select
        *,
        time_us(occurred_at) as _occurred_us,
        case when has_offset(occurred_at) then 'UTC' else source_time_zone end as _occurred_zone,
    from mapped
),

instants as (
    select
        read.*,
        sane(_occurred_us - coalesce(occurred_days.offset_us, utc_offset(_occurred_zone))) as _occurred,
        clock_warning(
            read.occurred_at, occurred_days.day, occurred_days.local_until_us, occurred_days.is_gap,
            occurred_days.is_repeated
        ) as _clock_warning,
        files.closes_at as _closes_at,
    from read
    left join ops.ingested_files as files on read.file_id = files.file_id
    left join local_days as occurred_days
        on read._occurred_zone = occurred_days.zone and day_of(read._occurred_us) = occurred_days.day
        and read._occurred_us >= occurred_days.local_from_us and read._occurred_us < occurred_days.local_until_us
),

final as (
    select
        instants.* exclude (
            source_time_zone, _occurred_us, _occurred_zone, _occurred, _clock_warning, _closes_at
        ) replace (
            lower(kind) as kind,
            lower(direction) as direction,
            at_close(_occurred, _closes_at) as occurred_at
        ),

        id_code(activity_id) as id_code,
        case
            when instants.occurred_at is null then 'TIME_MISSING'
            else coalesce(
                time_code(instants.occurred_at, _occurred_us, _occurred_zone, _occurred), future_code(_occurred, _closes_at)
            )
        end as time_code,
        case
            when _clock_warning is not null then _clock_warning
            when _occurred > _closes_at and future_code(_occurred, _closes_at) is null then 'TIME_AHEAD'
        end as time_warning,
    from instants
)

select * from final

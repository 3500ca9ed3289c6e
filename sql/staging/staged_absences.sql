-- staged_absences: when users are away: whole local days, or instants. Whose local days they are is known later.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed absences
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   user_id: who
--   start_date: first day away; set where start and end are bare dates
--   end_date: last day away, included
--   start_at: instant; set where one of start and end is no bare date. A time in a gap of the clocks is the gap's end, of
--     two times the first is a start and the second an end
--   end_at: instant, exclusive; a bare date beside an instant is that whole day in the zone of the source
--   kind: as delivered, lower case
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   time_code: TIME_MISSING (no start), TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE or null
--   time_warning: TIME_DST_GAP, TIME_DST_REPEATED or null
with

mapped as not materialized (
    select * from mapped_absences
),

read as (
    select
        * exclude ("start", "end"),
        "start" as start_text,
        "end" as end_text,
        strlen("start") = 10 and coalesce(strlen("end") = 10, true) as is_days,
        time_us("start") as start_us,
        time_us("end")
        + case when strlen("end") = 10 and strlen("start") > 10 then 86400000000 else 0 end as end_us,
        case when has_offset("start") then 'UTC' else source_time_zone end as start_zone,
        case when has_offset("end") then 'UTC' else source_time_zone end as end_zone,
    from mapped
),

instants as (
    select
        read.*,
        sane(case
            when is_days then start_us
            else coalesce(
                utc_of_start(start_us, start_days.local_from_us, start_days.offset_us, start_days.is_gap),
                start_us - utc_offset(start_zone)
            )
        end) as start_at,
        sane(case
            when is_days then end_us
            else coalesce(
                utc_of_end(
                    end_us, end_days.local_from_us, end_days.local_until_us, end_days.offset_us, end_days.is_gap,
                    end_days.is_repeated and strlen(end_text) > 10
                ),
                end_us - utc_offset(end_zone)
            )
        end) as end_at,
        coalesce(
            clock_warning(
                start_text, start_days.day, start_days.local_until_us, start_days.is_gap, start_days.is_repeated
            ),
            clock_warning(end_text, end_days.day, end_days.local_until_us, end_days.is_gap, end_days.is_repeated)
        ) as clock_warning,
    from read
    left join local_days as start_days
        on read.start_zone = start_days.zone and day_of(read.start_us) = start_days.day
        and read.start_us >= start_days.local_from_us and read.start_us < start_days.local_until_us
    left join local_days as end_days
        on read.end_zone = end_days.zone and day_of(read.end_us) = end_days.day
        and read.end_us >= end_days.local_from_us and read.end_us < end_days.local_until_us
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        user_id,
        case when is_days then cast(start_at as date) end as start_date,
        case when is_days then cast(end_at as date) end as end_date,
        case when not is_days then start_at end as start_at,
        case when not is_days then end_at end as end_at,
        lower(kind) as kind,

        cell_code,
        id_code(user_id) as id_code,
        case
            when start_text is null then 'TIME_MISSING'
            else coalesce(
                time_code(start_text, start_us, case when is_days then 'UTC' else start_zone end, start_at),
                time_code(end_text, end_us, case when is_days then 'UTC' else end_zone end, end_at)
            )
        end as time_code,
        case when not is_days then clock_warning end as time_warning,
    from instants
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            user_id, start_date, end_date, start_at, end_at, kind
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

-- staged_absences: when users are away: whole local days, or instants. Whose local days they are is known later.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed absences
-- by: rows of mapped_absences
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   user_id: who
--   start_date: first day away; set where start and end are bare dates
--   end_date: last day away, included, whatever end_dates of the source says
--   start_at: instant; set where one of start and end is no bare date. A time in a gap of the clocks is the gap's end, of
--     two times the first is a start and the second an end
--   end_at: instant, exclusive; a bare date beside an instant is that whole day in the zone of the source
--   kind: as delivered, lower case; works: the user is there all the same
--   absence_id: id in the source; a later row with it counts in place of this one
--   is_withdrawn: whether the absence was called off; false where nothing is said
--   updated_at_code: UPDATED_AT_INVALID or null
--   number_code: NUMBER_INVALID or null
--   boolean_code: BOOLEAN_INVALID or null
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
        "start" as _start_text,
        "end" as _end_text,
        strlen("start") = 10 and coalesce(strlen("end") = 10, true) as _is_days,
        time_us("start") as _start_us,
        -- Of days the last one, of instants the end: a bare date that is the first day back is a day less.
        time_us("end")
        + case when strlen("end") = 10 and strlen("start") > 10 then 86400000000 else 0 end
        - case when strlen("end") = 10 and list_contains(getvariable('day_after_sources'), source) then 86400000000 else 0 end as _end_us,
        case when has_offset("start") then 'UTC' else source_time_zone end as _start_zone,
        case when has_offset("end") then 'UTC' else source_time_zone end as _end_zone,
    from mapped
),

instants as (
    select
        read.*,
        sane(case
            when _is_days then _start_us
            else coalesce(
                utc_of_start(_start_us, start_days.local_from_us, start_days.offset_us, start_days.is_gap),
                _start_us - utc_offset(_start_zone)
            )
        end) as start_at,
        sane(case
            when _is_days then _end_us
            else coalesce(
                utc_of_end(
                    _end_us, end_days.local_from_us, end_days.local_until_us, end_days.offset_us, end_days.is_gap,
                    end_days.is_repeated and strlen(_end_text) > 10
                ),
                _end_us - utc_offset(_end_zone)
            )
        end) as end_at,
        coalesce(
            clock_warning(
                _start_text, start_days.day, start_days.local_until_us, start_days.is_gap, start_days.is_repeated
            ),
            clock_warning(_end_text, end_days.day, end_days.local_until_us, end_days.is_gap, end_days.is_repeated)
        ) as _clock_warning,
    from read
    left join local_days as start_days
        on read._start_zone = start_days.zone and day_of(read._start_us) = start_days.day
        and read._start_us >= start_days.local_from_us and read._start_us < start_days.local_until_us
    left join local_days as end_days
        on read._end_zone = end_days.zone and day_of(read._end_us) = end_days.day
        and read._end_us >= end_days.local_from_us and read._end_us < end_days.local_until_us
),

final as (
    select
        instants.* exclude (
            source_time_zone, _start_text, _end_text, _is_days, _start_us, _end_us, _start_zone, _end_zone, _clock_warning
        ) replace (
            case when not _is_days then start_at end as start_at,
            case when not _is_days then end_at end as end_at,
            lower(kind) as kind
        ),
        case when _is_days then cast(instants.start_at as date) end as start_date,
        case when _is_days then cast(instants.end_at as date) end as end_date,

        coalesce(
            id_code(user_id), case when absence_id is not null then id_code(absence_id) end
        ) as id_code,
        case
            when _start_text is null then 'TIME_MISSING'
            else coalesce(
                time_code(_start_text, _start_us, case when _is_days then 'UTC' else _start_zone end, instants.start_at),
                time_code(_end_text, _end_us, case when _is_days then 'UTC' else _end_zone end, instants.end_at)
            )
        end as time_code,
        case when not _is_days then _clock_warning end as time_warning,
    from instants
)

select * from final

-- staged_users: users and when they are active, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed users
-- by: rows of mapped_users
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   user_id: id in the source, text as delivered
--   is_active: true where nothing is said
--   time_zone: exact IANA name, null when unknown
--   active_from: instant; a bare date is the start of that day in the zone of the user, else of the source
--   active_until: instant, exclusive; a bare date is the last day included
--   updated_at: when the source changed it last, null when not said
--   number_code: NUMBER_INVALID or null
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   time_zone_code: TIME_ZONE_UNKNOWN or null
--   time_code: of active_from, else of active_until: TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE or null
--   time_warning: TIME_DST_GAP, TIME_DST_REPEATED or null
--   email_code: EMAIL_INVALID, EMAIL_TOO_LONG, EMAIL_SEVERAL or null
--   boolean_code: BOOLEAN_INVALID or null
--   updated_at_code: UPDATED_AT_INVALID or null
with

mapped as not materialized (
    select * from mapped_users
),

read as (
    select
        mapped.*,
        zones.zone as _known_zone,
        time_us(active_from) as _from_us,
        -- a bare date is included: the interval ends where the next day begins
        time_us(active_until) + case when strlen(active_until) = 10 then 86400000000 else 0 end as _until_us,
        case when has_offset(active_from) then 'UTC' else coalesce(zones.zone, source_time_zone) end as _from_zone,
        case when has_offset(active_until) then 'UTC' else coalesce(zones.zone, source_time_zone) end as _until_zone,
    from mapped
    left join zone_names as zones on mapped.time_zone = zones.zone
),

instants as (
    select
        read.*,
        sane(coalesce(
            utc_of_start(_from_us, from_days.local_from_us, from_days.offset_us, from_days.is_gap),
            _from_us - utc_offset(_from_zone)
        )) as _from_at,
        sane(coalesce(
            utc_of_end(
                _until_us, until_days.local_from_us, until_days.local_until_us, until_days.offset_us, until_days.is_gap,
                until_days.is_repeated and strlen(active_until) > 10
            ),
            _until_us - utc_offset(_until_zone)
        )) as _until_at,
        coalesce(
            clock_warning(
                active_from, from_days.day, from_days.local_until_us, from_days.is_gap, from_days.is_repeated
            ),
            clock_warning(
                active_until, until_days.day, until_days.local_until_us, until_days.is_gap, until_days.is_repeated
            )
        ) as time_warning,
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
            source_time_zone, _known_zone, _from_us, _until_us, _from_zone, _until_zone, _from_at, _until_at
        ) replace (
            case when emails.email_text is null then lower(instants.email) else emails.email end as email,
            _known_zone as time_zone,
            _from_at as active_from,
            _until_at as active_until
        ),

        id_code(user_id) as id_code,
        case when instants.time_zone is not null and _known_zone is null then 'TIME_ZONE_UNKNOWN' end as time_zone_code,
        coalesce(
            time_code(instants.active_from, _from_us, _from_zone, _from_at),
            time_code(instants.active_until, _until_us, _until_zone, _until_at)
        ) as time_code,
        emails.email_code,
    from instants
    left join email_texts as emails on instants.email = emails.email_text
)

select * from final

-- staged_users: users and when they are active, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed users
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   user_id: id in the source, text as delivered
--   is_active: true where nothing is said
--   time_zone: exact IANA name, null when unknown
--   active_from: instant; a bare date is the start of that day in the zone of the user, else of the source
--   active_until: instant, exclusive; a bare date is the last day included
--   updated_at: when the source changed it last, null when not said
--   cell_code: CELL_TOO_LONG (a cell is longer than anything that belongs there) or null
--   id_code: ID_MISSING, ID_MANGLED, ID_TOO_LONG or null
--   time_zone_code: TIME_ZONE_UNKNOWN or null
--   time_code: of active_from, else of active_until: TIME_INVALID, TIME_ZONE_UNKNOWN, TIME_OUT_OF_RANGE or null
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
        zones.zone as known_zone,
        yes_no(is_active) as active,
        time_us(updated_at) as updated_us,
        case when has_offset(updated_at) then 'UTC' else source_time_zone end as updated_zone,
        time_us(active_from) as from_us,
        -- a bare date is included: the interval ends where the next day begins
        time_us(active_until) + case when strlen(active_until) = 10 then 86400000000 else 0 end as until_us,
        case when has_offset(active_from) then 'UTC' else coalesce(zones.zone, source_time_zone) end as from_zone,
        case when has_offset(active_until) then 'UTC' else coalesce(zones.zone, source_time_zone) end as until_zone,
    from mapped
    left join zone_names as zones on mapped.time_zone = zones.zone
),

instants as (
    select
        read.*,
        sane(coalesce(
            utc_of_start(from_us, from_days.local_from_us, from_days.offset_us, from_days.is_gap),
            from_us - utc_offset(from_zone)
        )) as from_at,
        sane(coalesce(
            utc_of_end(
                until_us, until_days.local_from_us, until_days.local_until_us, until_days.offset_us, until_days.is_gap,
                until_days.is_repeated and strlen(active_until) > 10
            ),
            until_us - utc_offset(until_zone)
        )) as until_at,
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
        on read.from_zone = from_days.zone and day_of(read.from_us) = from_days.day
        and read.from_us >= from_days.local_from_us and read.from_us < from_days.local_until_us
    left join local_days as until_days
        on read.until_zone = until_days.zone and day_of(read.until_us) = until_days.day
        and read.until_us >= until_days.local_from_us and read.until_us < until_days.local_until_us
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        user_id,
        name,
        case when emails.email_text is null then lower(instants.email) else emails.email end as email,
        coalesce(active, true) as is_active,
        known_zone as time_zone,
        manager_id,
        from_at as active_from,
        until_at as active_until,
        sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) as updated_at,

        cell_code,
        id_code(user_id) as id_code,
        case when instants.time_zone is not null and known_zone is null then 'TIME_ZONE_UNKNOWN' end as time_zone_code,
        coalesce(
            time_code(instants.active_from, from_us, from_zone, from_at),
            time_code(instants.active_until, until_us, until_zone, until_at)
        ) as time_code,
        instants.time_warning,
        emails.email_code,
        case when instants.is_active is not null and active is null then 'BOOLEAN_INVALID' end as boolean_code,
        case
            when instants.updated_at is not null
                and sane(updated_us - coalesce(updated_days.offset_us, utc_offset(updated_zone))) is null
                then 'UPDATED_AT_INVALID'
        end as updated_at_code,
    from instants
    left join local_days as updated_days
        on instants.updated_zone = updated_days.zone and day_of(instants.updated_us) = updated_days.day
        and instants.updated_us >= updated_days.local_from_us and instants.updated_us < updated_days.local_until_us
    left join email_texts as emails on instants.email = emails.email_text
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            user_id, name, email, is_active, time_zone, manager_id, active_from, active_until
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

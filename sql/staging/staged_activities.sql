-- staged_activities: what users and customers did, typed and standardised.
-- kind: temp
-- grain: one row per raw row of the new files of the sources that feed activities
-- columns:
--   file_id: delivered file
--   row_number: record in the file, from 1
--   source: feed that delivered it
--   ingest_batch: delivery it came with
--   row_hash: of the standardised values; equal values have equal hashes
--   activity_id: id in the source, text as delivered
--   kind: lower case word
--   direction: inbound, outbound or another lower case word
--   is_automated: false where nothing is said
--   occurred_at: instant; one up to five minutes after the close of its file is that close
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
        yes_no(is_automated) as automated,
        time_us(occurred_at) as occurred_us,
        case when has_offset(occurred_at) then 'UTC' else source_time_zone end as occurred_zone,
    from mapped
),

instants as (
    select
        read.*,
        sane(occurred_us - coalesce(occurred_days.offset_us, utc_offset(occurred_zone))) as occurred,
        clock_warning(
            read.occurred_at, occurred_days.day, occurred_days.local_until_us, occurred_days.is_gap,
            occurred_days.is_repeated
        ) as clock_warning,
        files.closes_at,
    from read
    left join ops.ingested_files as files on read.file_id = files.file_id
    left join local_days as occurred_days
        on read.occurred_zone = occurred_days.zone and day_of(read.occurred_us) = occurred_days.day
        and read.occurred_us >= occurred_days.local_from_us and read.occurred_us < occurred_days.local_until_us
),

typed as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,

        activity_id,
        item_id,
        contact_id,
        account_id,
        user_id,
        lower(kind) as kind,
        lower(direction) as direction,
        coalesce(automated, false) as is_automated,
        at_close(occurred, closes_at) as occurred_at,
        outcome,

        cell_code,
        id_code(activity_id) as id_code,
        case
            when instants.occurred_at is null then 'TIME_MISSING'
            else coalesce(
                time_code(instants.occurred_at, occurred_us, occurred_zone, occurred), future_code(occurred, closes_at)
            )
        end as time_code,
        case
            when clock_warning is not null then clock_warning
            when occurred > closes_at and future_code(occurred, closes_at) is null then 'TIME_AHEAD'
        end as time_warning,
        case when instants.is_automated is not null and automated is null then 'BOOLEAN_INVALID' end as boolean_code,
    from instants
),

final as (
    select
        file_id,
        row_number,
        source,
        ingest_batch,
        hash(
            activity_id, item_id, contact_id, account_id, user_id, kind, direction, is_automated, occurred_at, outcome
        ) as row_hash,
        typed.* exclude (file_id, row_number, source, ingest_batch),
    from typed
)

select * from final

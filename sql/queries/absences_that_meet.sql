-- absences_that_meet: sources in which absences of a user end on the very day on which another one begins: that day is said
-- twice, as where the end is meant to be the first day back.
-- kind: query
-- step: quality
-- grain: one row per source of $sources with such absences
-- by: key(source)
with

days as (
    select source, user_id, absence_id, start_date, end_date, row_number, file_id
    from staged_absences
    where list_contains($sources, source) and not is_withdrawn and kind is distinct from 'works'
        and start_date < end_date
),

final as (
    select
        days.source,
        count(*) as absence_count,
        min_by(files.file_name, (days.file_id, days.row_number)) as file_name,
        min_by(days.row_number, (days.file_id, days.row_number)) as row_number,
    from days
    inner join ops.ingested_files as files using (file_id)
    where exists (
        from staged_absences as following
        where following.source = days.source and following.user_id = days.user_id
            and following.start_date = days.end_date
            and not following.is_withdrawn and following.kind is distinct from 'works'
            and (following.absence_id is null or following.absence_id is distinct from days.absence_id)
    )
    group by all
)

select * from final order by source

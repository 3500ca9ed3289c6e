-- conservation: every physical row of a delivered file ends in exactly one way: the sums agree file by file.
-- kind: check
with

files as (
    select file_id, source, row_count, loaded_count, rejected_count
    from int_run_files
    where status in ('loaded', 'empty')
),

refused as (
    select file_id, count(distinct row_number) as row_count
    from int_run_refusals
    group by all
),

outcomes as (
    select file_id, sum(row_count) as row_count
    from int_file_outcomes
    group by all
),

final as (
    select files.*
    from files
    left join refused using (file_id)
    left join outcomes using (file_id)
    inner join int_feeds as feeds using (source)
    where
        files.row_count <> files.loaded_count + files.rejected_count
        or coalesce(refused.row_count, 0) > files.row_count
        or (feeds.canonical_table = 'items' and files.row_count <> coalesce(outcomes.row_count, 0))
)

select * from final

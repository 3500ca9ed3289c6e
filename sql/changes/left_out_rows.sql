-- left_out_rows: rows of new files of items that only_rows of their source leaves out.
-- kind: rows
-- step: marts
-- grain: one row per file
-- into: int_file_outcomes
-- by: key(file_id)
select files.file_id, 'left_out' as outcome, files.loaded_count - count(typed.file_id) as row_count
from int_run_files as files
left join staging.stg_items as typed using (file_id)
where files.source in (select unnest($filtered))
group by files.file_id, files.loaded_count
having files.loaded_count > count(typed.file_id)

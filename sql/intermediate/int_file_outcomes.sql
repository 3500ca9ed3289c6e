-- int_file_outcomes: rows of each new file of items by what became of them: an outcome of marts.fct_items, repeated,
-- waiting, or left_out by only_rows of the source.
-- kind: temp
-- grain: one row per file and outcome
-- key: file_id, outcome
-- by: key(file_id)
-- columns:
--   file_id: delivered file
--   outcome: what became of the rows
--   row_count: how many rows
select file_id, outcome, count(*) as row_count
from marts.fct_items
where run_id = getvariable('run_id') and file_id in (select file_id from int_run_files)
group by all
union all
select file_id, role as outcome, count(*) as row_count
from int_arrivals
where role <> 'due' and file_id in (select file_id from int_run_files)
group by all

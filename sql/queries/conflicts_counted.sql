-- conflicts_counted: how many rows of each source have the id of another item, and which is the first.
-- kind: query
-- step: arrivals
-- grain: one row per source
select source, count(*), min((files.file_name, row_number))
from int_id_conflicts
inner join ops.ingested_files as files using (file_id, source)
group by source
order by source

-- recalled_refusals: the rows that the suites of earlier runs have refused.
-- kind: rows
-- step: quality
-- grain: one row per refused row
-- into: refused_rows
select file_id, row_number, suite, first(rule) as rule, first(code) as code
from ops.quarantine
where suite <> 'reader'
group by all

-- drop_refused: refused rows of a table other than items are gone.
-- kind: change
-- step: quality
-- into: staging.stg_<table>
-- reads: refused_rows
delete from staging.stg_<table> as rows
using refused_rows as refused
where rows.file_id = refused.file_id and rows.row_number = refused.row_number

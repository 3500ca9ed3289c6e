-- user_texts: cells that named a user by address or name hold the id.
-- kind: change
-- step: quality
-- into: staging.stg_<table>
update staging.stg_<table> as rows
set <column> = texts.user_id
from lent as texts
where rows.ingest_batch = texts.ingest_batch and rows.<column> = texts.text

-- ops.feed_columns: the columns of each source as last delivered; what the next file is compared with.
-- kind: declared
-- grain: one row per source and column of its latest file (JSON Lines: of any file)
-- masks: column_name column
-- columns:
--   source: the feed
--   column_name: the column as delivered
create table if not exists ops.feed_columns (
    source varchar not null,
    column_name varchar not null
)

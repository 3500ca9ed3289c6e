-- int_feeds: the canonical table and the kind of item of each source.
-- kind: temp
-- grain: one row per source
-- key: source
-- columns:
--   source: name of the source
--   canonical_table: the canonical table it feeds
--   object_type: kind of its items; null where the rows say it, or where it feeds no items
--   is_live: its items are decided once delivered; false: at the instant they were created, and of what feeds no items
--   is_full_list: each of its deliveries lists all there is
--   leave_after: who is missing from so many full lists in a row has left
create or replace temp table int_feeds (
    source varchar,
    canonical_table varchar,
    object_type varchar,
    is_live boolean,
    is_full_list boolean,
    leave_after bigint
)

-- int_queue_prefixes: how ids of queues begin, of the sources whose system tells queues from users so.
-- kind: temp
-- grain: one row per such source
-- key: source
-- columns:
--   source: the feed
--   prefix: the beginning
create or replace temp table int_queue_prefixes (source varchar, prefix varchar)

-- ops.layout: the version of the warehouse's layout; a warehouse written by a newer program is refused.
-- kind: declared
-- grain: one row
-- columns:
--   layout_version: raised by one whenever a table changes shape
create table if not exists ops.layout (
    layout_version integer not null
)

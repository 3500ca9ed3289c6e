-- int_listed_rows: whom and what full lists name.
-- kind: temp view
-- grain: one row per row of the sources that deliver full lists
-- key: file_id, row_number
-- columns:
--   canonical_table: the table its source feeds
--   source: the feed
--   file_id: delivered file
--   row_number: record in the file
--   list_key: id of the user, account, contact or opportunity, key of the absence; null where the row does not tell it
--   ended_on: last day of an absence; null of all else, and where it has no end
with

listed as (
    select source from int_feeds where is_full_list
)

select 'users' as canonical_table, source, file_id, row_number, user_id as list_key, null::date as ended_on
from staging.stg_users
semi join listed using (source)
union all
select 'accounts', source, file_id, row_number, account_id, null from staging.stg_accounts semi join listed using (source)
union all
select 'contacts', source, file_id, row_number, contact_id, null from staging.stg_contacts semi join listed using (source)
union all
select 'opportunities', source, file_id, row_number, opportunity_id, null
from staging.stg_opportunities
semi join listed using (source)
union all
select
    'absences', source, file_id, row_number, if(user_id is null, null, absence_key),
    coalesce(end_date, cast(end_at as date), if(start_at is null, start_date, null)),
from int_absence_rows
semi join listed using (source)

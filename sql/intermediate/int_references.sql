-- int_references: how many of the ids by which new rows name a user, an account or a contact meet one.
-- kind: temp
-- grain: one row per source and column; columns without values have none, nor have those of a table of which nothing was delivered yet
-- columns:
--   field: the canonical column
--   meant: users, accounts or contacts: the table whose ids it should hold
--   row_count: rows with a value
--   matched_row_count: those whose value is an id of that table, of this run or an earlier one
--   value_count: different values
--   matched_value_count: those that are such an id
--   email_count: values that meet nothing and hold an @
--   name_count: values that meet nothing and are words with a blank between them
--   place: of the first row that meets nothing: file_id * 2^32 + row_number
with

cells as (
    select source, 'owner_id' as field, 'users' as meant, owner_id as id, count(*) as row_count,
        min(file_id * 4294967296 + row_number) as place
    from staged_accounts group by all
    union all
    select source, 'owner_id', 'users', owner_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_contacts group by all
    union all
    select source, 'owner_id', 'users', owner_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_opportunities group by all
    union all
    select source, 'owner_id', 'users', owner_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_ownership_history group by all
    union all
    select source, 'manager_id', 'users', manager_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_users group by all
    union all
    select source, 'user_id', 'users', user_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_absences group by all
    union all
    select source, 'user_id', 'users', user_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_activities group by all
    union all
    select source, 'account_id', 'accounts', account_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_items group by all
    union all
    select source, 'account_id', 'accounts', account_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_contacts group by all
    union all
    select source, 'account_id', 'accounts', account_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_opportunities group by all
    union all
    select source, 'contact_id', 'contacts', contact_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_items group by all
    union all
    select source, 'contact_id', 'contacts', contact_id, count(*), min(file_id * 4294967296 + row_number)
    from staged_opportunities group by all
),

known as (
    select distinct 'users' as meant, user_id as id from staging.stg_users
    union all
    select distinct 'accounts', account_id from staging.stg_accounts
    union all
    select distinct 'contacts', contact_id from staging.stg_contacts
),

-- Several ids in a cell meet something where one of them does.
listed as (
    select distinct pieces.meant, pieces.id
    from (
        select distinct meant, id, unnest(string_split(id, ';')) as piece from cells where contains(id, ';')
    ) as pieces
    inner join known on known.meant = pieces.meant and known.id = trim(pieces.piece)
),

met as (
    select cells.*, known.id is not null or listed.id is not null as is_met
    from cells
    left join known using (meant, id)
    left join listed using (meant, id)
    where cells.id is not null
        and cells.meant in (select meant from known)
),

final as (
    select
        source,
        field,
        meant,
        sum(row_count)::bigint as row_count,
        coalesce(sum(row_count) filter (is_met), 0)::bigint as matched_row_count,
        count(*) as value_count,
        count(*) filter (is_met) as matched_value_count,
        count(*) filter (not is_met and contains(id, '@')) as email_count,
        count(*) filter (not is_met and not contains(id, '@') and regexp_matches(id, '\pL \pL')) as name_count,
        min(place) filter (not is_met) as place,
    from met
    group by all
)

select * from final

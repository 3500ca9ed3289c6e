-- user_texts: cells of new rows that name a user by address or name, and not by id: whom they mean. Of items it is asked
-- where their owners are settled, because there the policy may say that an owner is nobody.
-- kind: query
-- step: quality
-- grain: one row per column, text and delivery; user_id is null where it fits more than one user
with

cells as (
    select 'accounts' as stored, 'owner_id' as field, owner_id as text, ingest_batch from staged_accounts
    union
    select 'contacts', 'owner_id', owner_id, ingest_batch from staged_contacts
    union
    select 'opportunities', 'owner_id', owner_id, ingest_batch from staged_opportunities
    union
    select 'ownership_history', 'owner_id', owner_id, ingest_batch from staged_ownership_history
    union
    select 'activities', 'user_id', user_id, ingest_batch from staged_activities
    union
    select 'absences', 'user_id', user_id, ingest_batch from staged_absences
    union
    select 'absences', 'deputy_id', deputy_id, ingest_batch from staged_absences
    union
    select 'users', 'manager_id', manager_id, ingest_batch from staged_users
    union
    select 'users', 'deputy_id', deputy_id, ingest_batch from staged_users
),

users_known as (
    select user_id, lower(email) as email, lower(trim(name)) as name, min(ingest_batch) as from_batch
    from staging.stg_users
    group by all
),

-- An id means its user, whatever else it looks like; so does what the policy takes for an id.
texts as (
    select distinct text, ingest_batch, address_in(text) as email, name_before(text) as name
    from cells
    where text is not null and lower(trim(text)) not in (select unnest($named))
        and not exists (
            from staging.stg_users as users
            where users.user_id = cells.text and users.ingest_batch <= cells.ingest_batch
        )
),

users_meant as (
    select texts.text, texts.ingest_batch, users.user_id, 1 as way
    from texts
    inner join users_known as users on users.email = texts.email and users.from_batch <= texts.ingest_batch
    union all
    select texts.text, texts.ingest_batch, users.user_id, 2 as way
    from texts
    inner join users_known as users on users.name = texts.name and users.from_batch <= texts.ingest_batch
),

meant as (
    select text, ingest_batch, if(count(distinct user_id) = 1, any_value(user_id), null) as user_id
    from (
        from users_meant qualify way = min(way) over (partition by text, ingest_batch)
    )
    group by text, ingest_batch
)

select cells.stored, cells.field, cells.text, cells.ingest_batch, meant.user_id
from cells
inner join meant using (text, ingest_batch)
order by all

-- users_named: ids of the users whose name or address, in small letters, is one of some words.
-- kind: query
-- step: owners
-- grain: one row per word and user
select distinct words.word, lower(users.user_id) as user_id
from (select unnest($words::varchar[]) as word) as words
inner join staging.stg_users as users on words.word in (lower(trim(users.name)), lower(users.email))
order by all

-- int_delivered_owners: whom the owner that a due item's own row names means, by the users known with that delivery: an id,
-- else an address in it that one user has, else the name of one user; else the text itself.
-- kind: temp
-- grain: one row per due item whose row names an owner
-- key: item_seq
-- columns:
--   item_seq: the item
--   owner_id: the user; the text as delivered where it means none
--   is_nobody: a queue, or one whom the policy ignores
with

named as (
    select
        item_seq,
        source,
        ingest_batch,
        policy_no,
        owner_id as text,
    from int_due_items
    where owner_id is not null
),

owner_texts as (
    select
        text,
        lower(trim(text)) as word,
        address_in(text) as email,
        name_before(text) as name,
    from (select distinct text from named)
),

users_known as (
    select user_id, lower(email) as email, lower(trim(name)) as name, min(ingest_batch) as from_batch
    from staging.stg_users
    group by all
),

users_meant as (
    select texts.text, users.user_id, users.from_batch, 1 as way
    from owner_texts as texts inner join users_known as users on users.user_id = texts.text
    union all
    select texts.text, users.user_id, users.from_batch, 2 as way
    from owner_texts as texts inner join users_known as users on users.email = texts.email
    union all
    select texts.text, users.user_id, users.from_batch, 3 as way
    from owner_texts as texts inner join users_known as users on users.name = texts.name
),

meant as (
    select text, ingest_batch, any_value(user_id) as user_id
    from (
        select delivered.text, delivered.ingest_batch, users_meant.user_id,
        from (select distinct text, ingest_batch from named) as delivered
        inner join users_meant
            on users_meant.text = delivered.text and users_meant.from_batch <= delivered.ingest_batch
        qualify users_meant.way = min(users_meant.way) over (partition by delivered.text, delivered.ingest_batch)
    )
    group by text, ingest_batch
    having count(distinct user_id) = 1
),

-- Whoever is ignored may be named otherwise in the row than in the policy.
ignored as (
    select distinct words.policy_no, texts.text
    from owner_texts as texts
    inner join int_nobodies as words on words.word in (texts.word, texts.email, texts.name)
),

final as (
    select
        named.item_seq,
        coalesce(meant.user_id, named.text) as owner_id,
        ignored.text is not null
            or ignored_users.word is not null
            or coalesce(starts_with(named.text, prefixes.prefix), false) as is_nobody,
    from named
    left join meant using (text, ingest_batch)
    left join ignored using (policy_no, text)
    left join int_nobodies as ignored_users
        on ignored_users.policy_no = named.policy_no and ignored_users.word = lower(meant.user_id)
    left join int_queue_prefixes as prefixes using (source)
)

select * from final

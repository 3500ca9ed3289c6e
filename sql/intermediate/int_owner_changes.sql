-- int_owner_changes: every owner that has been delivered of the items in int_owner_rows, in the order in which they count,
-- with the one before: users as far as known with that delivery. Rows that are older than one delivered before say nothing;
-- of an owner who is nobody, or unknown, it is as if none were named.
-- kind: temp
-- grain: one row per item and row that names an owner of it
-- columns:
--   item_seq: the item
--   file_id: the row, as row_number
--   is_history: a row of the ownership history
--   source: feed of the row
--   ingest_batch: delivery it came with
--   owner_id: the user
--   named_at: since when, as far as the row says
--   close_at: when the delivery closed
--   before_id: the owner delivered before; null for none
--   is_before_history: that one came with the ownership history
--   before_close_at: when it was delivered
--   last_named_at: the latest instant that earlier deliveries name
with

items as (
    select item_seq, source, item_id, object_type, ingest_batch from int_due_items
    union all
    select item_seq, source, item_id, object_type, ingest_batch from int_earlier_items
),

wanted_ids as (
    select item_id from staging.stg_items semi join int_owner_rows using (file_id, row_number)
    union
    select item_id
    from staging.stg_ownership_history
    semi join (from int_owner_rows where is_history) using (file_id, row_number)
),

wanted as (
    select * from items where item_id in (select item_id from wanted_ids)
),

versions as (
    select
        wanted.item_seq, rows.file_id, rows.row_number, rows.source, rows.ingest_batch, rows.owner_id as text,
        rows.updated_at as named_at, rows.updated_at, rows.row_hash,
    from staging.stg_items as rows
    inner join wanted using (source, item_id)
    qualify row_number() over (
        partition by wanted.item_seq, rows.ingest_batch
        order by rows.updated_at desc nulls last, rows.row_hash, rows.file_id, rows.row_number
    ) = 1
),

timely as (
    select * exclude (updated_at, row_hash)
    from versions
    qualify coalesce(
        updated_at >= max(updated_at) over (
            partition by item_seq order by ingest_batch rows between unbounded preceding and 1 preceding
        ),
        true
    )
),

said as (
    select *, false as is_history from timely where text is not null
    union all by name
    select
        wanted.item_seq, history.file_id, history.row_number, history.source, history.ingest_batch,
        history.owner_id as text, history.from_at as named_at, true as is_history,
    from staging.stg_ownership_history as history
    inner join wanted on wanted.object_type = history.object_type and wanted.item_id = history.item_id
    where history.owner_id is not null
),

texts as (
    select
        text,
        lower(trim(text)) as word,
        lower(regexp_extract(text, '[^\s<>(),;]+@[^\s<>(),;]+')) as email,
        trim(lower(regexp_replace(text, '[<(].*', ''))) as name,
    from (select distinct text from said)
),

users_known as (
    select user_id, lower(email) as email, lower(trim(name)) as name, min(ingest_batch) as from_batch
    from staging.stg_users
    group by all
),

users_meant as (
    select texts.text, known.user_id, -1 as from_batch, 1 as way
    from texts inner join int_known_users as known on known.user_id = texts.text
    union all
    select texts.text, users.user_id, users.from_batch, 2 as way
    from texts inner join users_known as users on users.email = texts.email
    union all
    select texts.text, users.user_id, users.from_batch, 3 as way
    from texts inner join users_known as users on users.name = texts.name
),

meant as (
    select text, ingest_batch, any_value(user_id) as user_id
    from (
        select delivered.text, delivered.ingest_batch, users_meant.user_id
        from (select distinct text, ingest_batch from said) as delivered
        inner join users_meant
            on users_meant.text = delivered.text and users_meant.from_batch <= delivered.ingest_batch
        qualify users_meant.way = min(users_meant.way) over (partition by delivered.text, delivered.ingest_batch)
    )
    group by text, ingest_batch
    having count(distinct user_id) = 1
),

timed as (
    select said.*, coalesce(batches.known_at, batches.delivered_at) as closed_at
    from said
    inner join ops.batches as batches using (ingest_batch)
),

-- Whoever is ignored may be named otherwise in the row than in the policy.
ignored as (
    select distinct words.policy_no, texts.text
    from texts
    inner join int_nobodies as words on words.word in (texts.word, texts.email, texts.name)
),

named as (
    select
        said.* exclude (text, closed_at),
        coalesce(meant.user_id, said.text) as owner_id,
        said.closed_at as close_at,
        coalesce(said.named_at, said.closed_at) as placed_at,
    from timed as said
    left join meant using (text, ingest_batch)
    inner join int_policies as policies on said.closed_at >= policies.from_at and said.closed_at < policies.until_at
    left join ignored on ignored.text = said.text and ignored.policy_no = policies.policy_no
    left join int_nobodies as ignored_users
        on ignored_users.policy_no = policies.policy_no and ignored_users.word = lower(meant.user_id)
    left join int_queue_prefixes as prefixes using (source)
    -- Before a users feed tells who is a user, whoever is named is one.
    where (meant.user_id is not null or epoch_us(said.closed_at) < getvariable('users_from_us'))
        and ignored.text is null and ignored_users.word is null
        and not coalesce(starts_with(said.text, prefixes.prefix), false)
),

final as (
    select
        * exclude (placed_at),
        lag(owner_id) over of_item as before_id,
        lag(is_history) over of_item as is_before_history,
        lag(close_at) over of_item as before_close_at,
        max(placed_at) over (
            partition by item_seq order by ingest_batch range between unbounded preceding and 1 preceding
        ) as last_named_at,
    from named
    window of_item as (
        partition by item_seq order by ingest_batch, placed_at, is_history desc, owner_id, file_id, row_number
    )
)

select * from final

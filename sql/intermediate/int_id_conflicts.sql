-- int_id_conflicts: rows that are no news of the item with their id: created at another instant, and by every identity key
-- somebody else. Where one side has no address and no number, names decide; without any nobody can say.
-- kind: temp
-- grain: one row per such row
-- columns:
--   file_id: delivered file; likewise row_number, source, item_id and created_at of the row
with

known_rows as (
    select stored.*
    from staging.stg_items as stored
    semi join int_id_suspects as suspects on suspects.source = stored.source and suspects.item_id = stored.item_id
    where stored.file_id < (select min(file_id) from staged_items)
        and not exists (
            from ops.quarantine as refused
            where refused.file_id = stored.file_id and refused.row_number = stored.row_number
        )
    union all by name
    select stored.*
    from staged_items as stored
    semi join int_id_suspects as suspects
        on suspects.first_file_id = stored.file_id and suspects.first_row_number = stored.row_number
),

known as (
    select distinct
        source,
        item_id,
        created_at,
        list_concat(coalesce(other_emails, []), list_filter([email, phone], lambda one: one is not null)) as keys,
        name_key(full_name) as person_key,
    from known_rows
),

suspects as (
    select
        rows.file_id,
        rows.row_number,
        rows.source,
        rows.item_id,
        rows.created_at,
        list_concat(coalesce(rows.other_emails, []), list_filter([rows.email, rows.phone], lambda one: one is not null)) as keys,
        name_key(rows.full_name) as person_key,
    from staged_items as rows
    semi join int_id_suspects using (file_id, row_number)
),

final as (
    select file_id, row_number, source, item_id, created_at
    from suspects
    where exists (from known where known.source = suspects.source and known.item_id = suspects.item_id)
        and not exists (
            from known
            where known.source = suspects.source
                and known.item_id = suspects.item_id
                and (
                    known.created_at = suspects.created_at
                    or list_has_any(known.keys, suspects.keys)
                    or (
                        (len(known.keys) = 0 or len(suspects.keys) = 0)
                        and coalesce(known.person_key = suspects.person_key, true)
                    )
                )
        )
)

select * from final

-- odd_email_texts: e-mail cells that need more than lower case: several addresses, decoration, other scripts, mistakes,
-- and addresses at domains whose tags or dots are dropped.
-- kind: temp
-- grain: one row per distinct odd text of the new rows
-- columns:
--   email_text: as delivered, tidy
with

-- Kept apart so that the reading of a cell is not repeated in each condition below.
texts as materialized (
    select distinct email as email_text from email_cells
),

lowered as materialized (
    select email_text, lower(email_text) as cell,
    from texts
    where email_text is not null
),

final as (
    select email_text
    from lowered
    where not is_plain_email(cell)
        or contains(split_part(cell, '@', 1), '+')
        and list_contains(getvariable('plus_tag_domains'), split_part(cell, '@', 2))
        or contains(split_part(cell, '@', 1), '.')
        and list_contains(getvariable('dot_domains'), split_part(cell, '@', 2))
)

select * from final

-- odd_email_texts: e-mail cells that need more than lower case: several addresses, decoration, other scripts, mistakes,
-- and addresses at domains whose tags or dots are dropped. The cells are a table by now, or their reading would be
-- repeated in each condition below.
-- kind: temp
-- grain: one row per distinct odd text of the new rows
-- columns:
--   text_no: its number in this run, from 1
--   email_text: as delivered, tidy
with

final as (
    select row_number() over () as text_no, email_text
    from email_cell_texts
    where not is_plain_email(cell)
        or contains(split_part(cell, '@', 1), '+')
        and list_contains(getvariable('plus_tag_domains'), split_part(cell, '@', 2))
        or contains(split_part(cell, '@', 1), '.')
        and list_contains(getvariable('dot_domains'), split_part(cell, '@', 2))
)

select * from final

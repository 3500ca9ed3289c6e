-- odd_email_texts: e-mail cells that need more than lower case: several addresses, decoration, other scripts, mistakes,
-- and addresses at domains whose tags or dots are dropped.
-- kind: temp
-- grain: one row per distinct odd text of the new rows
-- columns:
--   email_text: as delivered, tidy
with

texts as (
    select distinct email as email_text from mapped_items
    union all
    select distinct other_emails from mapped_items
    union all
    select distinct email from mapped_contacts
    union all
    select distinct email from mapped_users
),

final as (
    select distinct email_text
    from texts
    where email_text is not null
        and (
            not is_plain_email(lower(email_text))
            or contains(split_part(email_text, '@', 1), '+')
            and list_contains(getvariable('plus_tag_domains'), lower(split_part(email_text, '@', 2)))
            or contains(split_part(email_text, '@', 1), '.')
            and list_contains(getvariable('dot_domains'), lower(split_part(email_text, '@', 2)))
        )
)

select * from final

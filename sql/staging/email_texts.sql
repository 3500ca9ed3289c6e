-- email_texts: what each odd e-mail cell comes to. The accepted addresses are the practical ones: letters, digits and
-- !#$%&'*+/=?^_`{}~- in words with single dots between them, at a domain name with at least two labels; no quoted
-- local parts, comments, address literals or domains of one label.
-- kind: temp
-- grain: one row per odd text
-- columns:
--   email_text: the cell
--   email: its first valid address, standardised; null when there is none
--   other_emails: its further addresses, null when there are none
--   email_code: EMAIL_INVALID, EMAIL_TOO_LONG, EMAIL_SEVERAL or null
--   is_confusable: letters of several scripts stand in one word of the address
with

named as (
    select
        pieces.*,
        coalesce(domains.domain, pieces.domain_text) as domain,
        coalesce(domains.is_confusable, false)
            or regexp_matches(local_part, '\p{Latin}') and regexp_matches(local_part, '[\p{Cyrillic}\p{Greek}]')
            or regexp_matches(local_part, '\p{Cyrillic}') and regexp_matches(local_part, '\p{Greek}') as is_confusable,
    from odd_email_pieces as pieces
    left join domain_names as domains using (domain_text)
),

checked as (
    select
        *,
        at_count = 1
            and regexp_full_match(local_part,
                '[\p{L}\p{M}\p{N}!#$%&''*+/=?^_`{}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&''*+/=?^_`{}~-]+)*')
            and regexp_full_match(domain, '(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])')
            as is_address,
        strlen(local_part) > 64 or strlen(local_part) + 1 + strlen(domain) > 254
            or regexp_matches(domain, '[^.]{64}') as is_too_long,
    from named
),

standard as (
    select
        *,
        case
            when list_contains(getvariable('plus_tag_domains'), domain) and not starts_with(local_part, '+')
                then split_part(local_part, '+', 1)
            else local_part
        end as untagged,
    from checked
),

addresses as (
    select
        *,
        case
            when not is_address or is_too_long then null
            when list_contains(getvariable('dot_domains'), domain) then replace(untagged, '.', '') || '@' || domain
            else untagged || '@' || domain
        end as address,
    from standard
),

by_text as (
    select
        text_no,
        arg_min(address, position) filter (where address is not null) as email,
        arg_min(is_confusable, position) filter (where address is not null) as is_confusable,
        list_distinct(list(address order by position) filter (where address is not null)) as found,
        count(*) filter (where address is null) as bad_count,
        bool_or(is_address and is_too_long) as has_long,
        -- words beside an address without brackets: which of them belong to it nobody can say
        bool_or(at_count = 0) as has_words,
    from addresses
    group by text_no
),

final as (
    select
        texts.email_text,
        case when not has_words then email end as email,
        case when not has_words and len(found) > 1 then list_sort(list_filter(found, lambda one: one <> email)) end as other_emails,
        case
            when email is null and has_long then 'EMAIL_TOO_LONG'
            when email is null or has_words then 'EMAIL_INVALID'
            when len(found) > 1 or bad_count > 0 then 'EMAIL_SEVERAL'
        end as email_code,
        coalesce(is_confusable, false) and not has_words as is_confusable,
    from odd_email_texts as texts
    left join by_text using (text_no)
)

select * from final

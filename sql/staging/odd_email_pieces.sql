-- odd_email_pieces: the addresses written in each odd e-mail cell, cut apart. Pieces carry the number of their cell: with
-- the cell itself, memory would grow by the square of its length.
-- kind: temp
-- grain: one row per piece of a text; a text without any has none
-- columns:
--   text_no: the cell, in odd_email_texts
--   position: place of the piece in it, from 1
--   piece: lower case, without mailto:, quotes around it or invisible characters
--   local_part: before the @
--   domain_text: after the @, as written
--   at_count: number of @ in the piece
with

visible as (
    select
        text_no,
        nfc_normalize(lower(nfc_normalize(regexp_replace(
            email_text, '[\x{00AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]', '', 'g'
        )))) as cell,
    from odd_email_texts
),

bracketed as (
    select
        text_no,
        contains(cell, '<') as has_brackets,
        -- Ada Lovelace <ada@example.net>: what stands between the brackets counts, the name before them does not
        case
            when contains(cell, '<') then regexp_replace(cell, '[^<>;,|]*<([^<>]*)>', ' \1 ', 'g')
            else cell
        end as cell,
    from visible
),

split as (
    select text_no, has_brackets, regexp_split_to_array(cell, '[;,|\s\x{00A0}]+') as parts,
    from bracketed
),

cut as (
    select text_no, has_brackets, unnest(parts) as rough, generate_subscripts(parts, 1) as position,
    from split
),

bare as (
    select
        text_no,
        position,
        regexp_replace(regexp_replace(trim(rough), '^mailto:([^?]*)(?:\?.*)?$', '\1'), '^(["''])(.*)(["''])$', '\2') as piece,
    from cut
    where not has_brackets or contains(rough, '@')
),

final as (
    select
        text_no,
        position,
        piece,
        split_part(piece, '@', 1) as local_part,
        split_part(piece, '@', 2) as domain_text,
        len(string_split(piece, '@')) - 1 as at_count,
    from bare
    where piece <> ''
)

select * from final

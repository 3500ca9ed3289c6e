-- int_unlisted_words: words of the new rows that no list names, in columns where a list could.
-- kind: temp
-- grain: one row per source, field and word
-- columns:
--   word: as lists compare it
--   place: of the first row that has it: file_id * 2^32 + row_number
with

cells as (
    select source, 'status' as field, status as cell, count(*) as row_count, min(file_id * 4294967296 + row_number) as place
    from staged_items
    group by all
    union all
    select source, 'lifecycle_stage', lifecycle_stage, count(*), min(file_id * 4294967296 + row_number)
    from staged_items
    group by all
    union all
    select source, 'consent_status', consent_text, count(*), min(file_id * 4294967296 + row_number)
    from staged_items
    group by all
    union all
    select source, 'outcome', outcome, count(*), min(file_id * 4294967296 + row_number)
    from staged_activities
    where word_key(kind) in ('status_change', 'stage_change')
    group by all
    union all
    select source, 'meeting_outcome', outcome, count(*), min(file_id * 4294967296 + row_number)
    from staged_activities
    where word_key(kind) = 'meeting'
    group by all
),

words as (
    select source, field, word_of(cell) as word, sum(row_count)::bigint as row_count, min(place) as place
    from cells
    where cell is not null
    group by all
),

final as (
    select *
    from words
    where word <> ''
        and field in (select field from int_listed_fields)
        and not exists (
            from int_listed_words as listed
            where listed.field = words.field
                and if(listed.is_start, starts_with(words.word, listed.word), words.word = listed.word)
        )
)

select * from final

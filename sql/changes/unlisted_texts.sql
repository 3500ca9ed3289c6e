-- unlisted_texts: words of new rows that no list names, as delivered.
-- kind: rows
-- step: arrivals
-- grain: one row per source, column and word
-- into: staging.unlisted_words
select distinct words.source, words.field, words.word, left(sha256($key || words.word), 16) as word_hash
from int_unlisted_words as words
anti join staging.unlisted_words as known using (source, field, word)
order by all

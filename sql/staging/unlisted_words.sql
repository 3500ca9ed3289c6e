-- staging.unlisted_words: words of status, stage, outcome and consent that no list names, to be looked into. What they
-- count for stands in ops.unlisted_words; the words themselves leave the warehouse with no copy.
-- kind: declared
-- grain: one row per source, field and word
-- columns:
--   source: feed that delivered it
--   field: column it stood in, as in ops.unlisted_words
--   word: as lists compare it: small letters, blanks, dashes and _ as one _
--   word_hash: keyed hash, as in ops.unlisted_words
create table if not exists staging.unlisted_words (
    source varchar not null,
    field varchar not null,
    word varchar not null,
    word_hash varchar not null
)

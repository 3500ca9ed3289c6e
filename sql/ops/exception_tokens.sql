-- ops.exception_tokens: the skip and redo tokens, pauses and withdrawals of exceptions.csv that runs have noted.
-- kind: declared
-- grain: one row per token
-- columns:
--   token_id: key
--   pool_id: pool it is for; of a pause empty for all pools, of a withdrawal always
--   member_id: who holds it, or is paused; of a pause empty for all members, of a withdrawal always
--   kind: skip (pass my next turn), redo (give me one more first), pause (nobody new gets any), resume (that ends) or
--     withdraw (a delivered file no longer counts)
--   skill: only for items that need this skill; null for any
--   from_at: earliest use as written; null for at once
--   expires_at: not used from here on, end of the pause; null for never
--   effective_at: earliest use: from_at, but after everything decided before the token was noted
--   position: order of noting, which is the order of spending
--   run_id: run that noted it
--   file_name: of a withdrawal the file, as ops.ingested_files names it
create table if not exists ops.exception_tokens (
    token_id varchar,
    pool_id varchar,
    member_id varchar,
    kind varchar,
    skill varchar,
    from_at timestamptz,
    expires_at timestamptz,
    effective_at timestamptz,
    position bigint,
    run_id varchar,
    file_name varchar
)

-- marts.reason_words: a reason against a member, in plain words.
-- kind: macro
create or replace macro marts.reason_words(reason) as (
    case reason
        <<reasons: when>>
    end
)
